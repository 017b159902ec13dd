"""The operations on the blacklist: numbers without a plus, and when they were blocked."""

import re
from typing import Any, Final

from pling_async.sandbox.ip1.calls import Answer, Call
from pling_async.sandbox.ip1.errors import Problem, not_found

MSISDN: Final = re.compile("[1-9][0-9]{6,14}")


def list_blacklist(call: Call) -> Answer:
    """Read the blacklist."""
    window = call.window()
    total: int = call.connection.execute("SELECT count(*) FROM ip1Blacklist").fetchone()[0]
    order = "DESC" if window.descending else "ASC"
    rows = call.connection.execute(
        f"SELECT msisdn, created FROM ip1Blacklist ORDER BY seq {order} LIMIT ? OFFSET ?",  # noqa: S608 - our own
        (window.limit, window.start),
    )
    return Answer.of([_shown(*row) for row in rows], headers=call.links(window, total))


def add_to_blacklist(call: Call) -> Answer:
    """Block a number; one that is blocked already stays as it is."""
    body = call.json()
    return _blocked(call, body.get("msisdn") if isinstance(body, dict) else None)


def get_from_blacklist(call: Call) -> Answer:
    """Read the entry of a number."""
    return Answer.of(_entry(call, call.place["msisdn"]))


def put_on_blacklist(call: Call) -> Answer:
    """Block the number in the path."""
    if not isinstance(call.json(), dict):
        raise Problem(detail="The body is an object.", at="$")
    return _blocked(call, call.place["msisdn"])


def delete_from_blacklist(call: Call) -> Answer:
    """Unblock a number."""
    entry = _entry(call, call.place["msisdn"])
    call.connection.execute("DELETE FROM ip1Blacklist WHERE msisdn = ?", (entry["msisdn"],))
    return Answer(status=204) if call.semantics.write_answer == "empty" else Answer.of(entry)


def _blocked(call: Call, msisdn: Any) -> Answer:
    if not isinstance(msisdn, str) or not MSISDN.fullmatch(msisdn):
        raise Problem(detail="msisdn is 7 to 15 digits with the country code.", at="msisdn")
    statement = "INSERT INTO ip1Blacklist (msisdn, created) VALUES (?, ?) ON CONFLICT DO NOTHING"
    call.connection.execute(statement, (msisdn, call.now.removesuffix("Z")))
    return Answer.of(_entry(call, msisdn))


def _entry(call: Call, msisdn: str) -> dict[str, str]:
    statement = "SELECT msisdn, created FROM ip1Blacklist WHERE msisdn = ?"
    found = call.connection.execute(statement, (msisdn,)).fetchone()
    if found is None:
        raise not_found("number")
    return _shown(*found)


def _shown(msisdn: str, created: str) -> dict[str, str]:
    return {"msisdn": msisdn, "created": created}
