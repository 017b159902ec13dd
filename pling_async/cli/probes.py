"""Which reading of the document a server shows, found out by trying: one probe for one or two open questions."""

import gzip
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any, Final

import orjson

from pling_async.cli.workbench import Answer, Unexpected, Workbench

Readings = Mapping[str, object]
Probe = Callable[[Workbench], Awaitable[Readings]]

UNKNOWN: Final = "unknown"
"""The server did what no reading explains."""

_CITY: Final = "OSLO"
_GONE: Final = 404


async def look(bench: Workbench) -> AsyncGenerator[Readings]:
    """Yield what requests that write nothing show."""
    for probe in LOOKING:
        yield await _tried(probe, bench)


async def write(bench: Workbench) -> AsyncGenerator[Readings]:
    """Yield what requests that write show; the account has to be empty, and is empty afterwards."""
    bench.check_empty(await bench.listing())
    for probe in WRITING:
        try:
            yield await _tried(probe, bench)
        finally:
            await bench.clear()


async def _tried(probe: Probe, bench: Workbench) -> Readings:
    try:
        return await probe(bench)
    except (Unexpected, KeyError, TypeError, AttributeError):  # the answer has another shape than the document's
        return dict.fromkeys(_DECIDES[probe], UNKNOWN)


async def _versions(bench: Workbench) -> Readings:
    unmatched = await _groups(bench, Accept_Version="99.*")
    newest = (await _groups(bench, Accept_Version="1.*")).header("api-version")
    return {"unmatched_version": unmatched.status, "newest_version": newest or UNKNOWN}


async def _challenge(bench: Workbench) -> Readings:
    refused = await _groups(bench, anonymous=True)
    return {"challenge_charset": "charset" in (refused.header("www-authenticate") or "").lower()}


async def _errors(bench: Workbench) -> Readings:
    refused = await bench.send("GET", "contacts", query={})
    if not isinstance(refused.body, dict):
        return {"error_body": "text"}
    return {"error_body": "restify" if {"code", "message"} <= refused.body.keys() else "error"}


async def _groups(bench: Workbench, **asking: Any) -> Answer:
    async with AsyncExitStack() as stack:
        transport = bench.target.transport(**asking)
        stack.push_async_callback(transport.close)
        query = {"accountId": str(bench.target.account_id)}
        return await bench.send("GET", "contact-groups", query=query, transport=transport)


async def _post_again(bench: Workbench) -> Readings:
    known = await bench.contact(city=_CITY)
    again = await bench.send("POST", "contacts", {"mobile": known["mobile"], "comment": "again"})
    return {"omitted_in_post": _omitted(again.body), "existing_post_status": again.status}


async def _sparse_put(bench: Workbench) -> Readings:
    group = await bench.group()
    known = await bench.contact(city=_CITY, contactGroupIds=[group["id"]])
    changed = await bench.done("PUT", _path(known), {"mobile": known["mobile"], "comment": "changed"})
    kept = "keep" if changed["contactGroupIds"] else "clear"
    return {"omitted_in_put": _omitted(changed), "omitted_groups": kept}


async def _sparse_replace(bench: Workbench) -> Readings:
    known = await bench.contact(city=_CITY, stop=1)
    await bench.replaced({"mobile": known["mobile"], "comment": "changed"})
    changed = (await bench.members())[known["mobile"]]
    omitted = _omitted(changed)
    expected = 1 if omitted == "keep" else 0
    stop = "as_others" if changed["stop"] == expected else "keep" if changed["stop"] else "reset"
    return {"omitted_in_replace": omitted, "omitted_stop_in_replace": stop}


def _omitted(contact: Mapping[str, Any]) -> str:
    """Say what became of a city that a request left out."""
    return {_CITY: "keep", "": "default", None: "null"}.get(contact["city"], UNKNOWN)


async def _stop_list(bench: Workbench) -> Readings:
    known = await bench.contact(stop=1)
    await bench.done("DELETE", _path(known))
    again = await bench.contact(mobile=known["mobile"])
    return {"stop_list": "sticky" if again["stop"] else "attribute"}


async def _stopped_in_groups(bench: Workbench) -> Readings:
    group = await bench.group()
    known = await bench.contact(stop=1, contactGroupIds=[group["id"]])
    return {"stopped_contact_groups": "shown" if known["contactGroupIds"] else "hidden"}


async def _stopped_members(bench: Workbench) -> Readings:
    group = await bench.group()
    known = await bench.contact(stop=1, contactGroupIds=[group["id"]])
    await bench.done("DELETE", f"contact-groups/{group['id']}", query={"deleteContacts": "true"})
    found = await bench.send("GET", _path(known))
    return {"stopped_members": "deleted" if found.status == _GONE else "kept"}


async def _invalid_existing(bench: Workbench) -> Readings:
    known = await bench.contact()
    await bench.replaced({"mobile": known["mobile"], "email": "x" * 300}, {"mobile": bench.mobile()})
    return {"invalid_existing": "keep" if known["mobile"] in await bench.members() else "remove"}


async def _duplicates(bench: Workbench) -> Readings:
    mobile = bench.mobile()
    answer = await bench.replaced({"mobile": mobile, "city": "FIRST"}, {"mobile": mobile, "city": "LAST"})
    if not answer.is_yes:
        return {"duplicates": "reject"}
    if answer.body["invalidContactCount"]:
        return {"duplicates": "invalid"}
    return {"duplicates": (await bench.members())[mobile]["city"].lower()}


async def _group_in_use(bench: Workbench) -> Readings:
    group = await bench.group()
    mobile = (await bench.contact(stop=1, contactGroupIds=[group["id"]]))["mobile"]
    await bench.replaced({"mobile": mobile, "stop": 1, "contactGroupIds": [group["id"]]})
    left = [each["id"] for each in (await bench.listing())["contactGroups"]]
    return {"group_in_use": "any_member" if group["id"] in left else "unstopped_member"}


async def _swapped_speed_dials(bench: Workbench) -> Readings:
    one, other = await bench.contact(speedDial="A1"), await bench.contact(speedDial="B2")
    answer = await bench.replaced(
        {"mobile": one["mobile"], "speedDial": "B2"}, {"mobile": other["mobile"], "speedDial": "A1"}
    )
    return {"speed_dial_check": "sequential" if answer.body["invalidContactCount"] else "final"}


async def _speed_dial_case(bench: Workbench) -> Readings:
    await bench.contact(speedDial="AB")
    answer = await bench.send("POST", "contacts", {"mobile": bench.mobile(), "speedDial": "ab"})
    return {"speed_dial_case": "sensitive" if answer.is_yes else "insensitive"}


async def _conflict(bench: Workbench) -> Readings:
    one, other = await bench.contact(), await bench.contact()
    answer = await bench.send("PUT", _path(one), {"mobile": other["mobile"]})
    return {"conflict_status": answer.status}


async def _derived_name(bench: Workbench) -> Readings:
    return {"derive_name": bool((await bench.contact(firstName="Ola", lastName="Nordmann"))["name"])}


async def _default_region(bench: Workbench) -> Readings:
    national = bench.mobile().removeprefix("+47")
    for number in (national, "0701740620"):
        answer = await bench.send("POST", "contacts", {"mobile": number})
        if answer.is_yes:
            await bench.done("DELETE", _path(answer.body))
            codes = {"+47": "NO", "+46": "SE", "+45": "DK"}
            return {"default_region": codes.get(answer.body["mobile"][:3], UNKNOWN)}
    return {"default_region": "none"}


async def _flags(bench: Workbench) -> Readings:
    answer = await bench.send("POST", "contacts", {"mobile": bench.mobile(), "stop": False})
    return {"flags": "ints_and_booleans" if answer.is_yes else "ints"}


async def _both_groups(bench: Workbench) -> Readings:
    by_id, by_name = await bench.group(), await bench.group()
    given = {"contactGroupIds": [by_id["id"]], "contactGroups": [by_name["name"]]}
    answer = await bench.send("POST", "contacts", {"mobile": bench.mobile(), **given})
    if not answer.is_yes:
        return {"both_groups": "reject"}
    found = set(answer.body["contactGroupIds"])
    readings = {"ids": {by_id["id"]}, "names": {by_name["id"]}, "union": {by_id["id"], by_name["id"]}}
    return {"both_groups": next((each for each, ids in readings.items() if ids == found), UNKNOWN)}


async def _named_groups(bench: Workbench) -> Readings:
    group = await bench.group()
    found = await bench.contact(contactGroups=[group["name"].upper()])
    return {
        "group_name_case": "insensitive" if found["contactGroupIds"] == [group["id"]] else "sensitive",
        "groups_in_answers": "ids_and_names" if "contactGroups" in found else "ids",
    }


async def _ids(bench: Workbench) -> Readings:
    posted = await bench.send("POST", "contacts", {"mobile": bench.mobile(), "id": 1})
    known = await bench.contact()
    other = await bench.send("PUT", _path(known), {"mobile": known["mobile"], "id": known["id"] + 1})
    return {"id_in_post": _taken(posted), "id_mismatch": _taken(other)}


async def _read_only(bench: Workbench) -> Readings:
    moment = "2026-01-01T00:00:00.000Z"
    answer = await bench.send("POST", "contacts", {"mobile": bench.mobile(), "created": moment})
    return {"read_only_fields": _taken(answer)}


def _taken(answer: Answer) -> str:
    return "ignore" if answer.is_yes else "reject"


async def _coding(bench: Workbench) -> Readings:
    body = gzip.compress(orjson.dumps({"accountId": bench.target.account_id, "mobile": bench.mobile()}))
    async with AsyncExitStack() as stack:
        transport = bench.target.transport(Content_Encoding="gzip")
        stack.push_async_callback(transport.close)
        answer = await bench.send("POST", "contacts", body, transport=transport)
    return {"request_coding": "gzip" if answer.is_yes else "identity"}


def _path(contact: Mapping[str, Any]) -> str:
    return f"contacts/{contact['id']}"


_DECIDES: Final[Mapping[Probe, tuple[str, ...]]] = {
    _versions: ("unmatched_version", "newest_version"),
    _challenge: ("challenge_charset",),
    _errors: ("error_body",),
    _post_again: ("omitted_in_post", "existing_post_status"),
    _sparse_put: ("omitted_in_put", "omitted_groups"),
    _sparse_replace: ("omitted_in_replace", "omitted_stop_in_replace"),
    _stop_list: ("stop_list",),
    _stopped_in_groups: ("stopped_contact_groups",),
    _stopped_members: ("stopped_members",),
    _invalid_existing: ("invalid_existing",),
    _duplicates: ("duplicates",),
    _group_in_use: ("group_in_use",),
    _swapped_speed_dials: ("speed_dial_check",),
    _speed_dial_case: ("speed_dial_case",),
    _conflict: ("conflict_status",),
    _derived_name: ("derive_name",),
    _default_region: ("default_region",),
    _flags: ("flags",),
    _both_groups: ("both_groups",),
    _named_groups: ("group_name_case", "groups_in_answers"),
    _ids: ("id_in_post", "id_mismatch"),
    _read_only: ("read_only_fields",),
    _coding: ("request_coding",),
}
"""What each probe finds out. Not tried are what would touch other accounts, or kill the server."""

LOOKING: Final = (_versions, _challenge, _errors)
WRITING: Final = tuple(probe for probe in _DECIDES if probe not in LOOKING)
NOT_TRIED: Final = frozenset({"account_mismatch", "no_access_status", "replace_commit"})
