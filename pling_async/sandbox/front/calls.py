"""One call of the Core API as its operations see it, and what they answer."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import orjson
from attrs import field, frozen

from pling_async.sandbox.front.errors import ApiError
from pling_async.sandbox.front.multipart import Form
from pling_async.sandbox.front.schema import number_of
from pling_async.sandbox.front.semantics import FrontSemantics

Row = dict[str, Any]


@frozen(kw_only=True)
class Answer:
    """A status, and a body that is JSON unless it has another type."""

    status: int = 200
    body: bytes | None = None
    content_type: str = "application/json"

    @classmethod
    def of(cls, body: object, *, status: int = 200) -> "Answer":
        """Return an answer whose body is JSON."""
        return cls(status=status, body=orjson.dumps(body))


DONE: Final = Answer(status=204)


@frozen(kw_only=True)
class Call:
    """Everything an operation may look at."""

    connection: sqlite3.Connection
    semantics: FrontSemantics
    base: str
    """Of the links in answers, without a slash at the end."""
    company: str
    path: str
    query: Sequence[tuple[str, str]]
    now: float
    """Seconds since 1970."""
    body: bytes = b""
    form: Form | None = None
    """The body, when it is multipart."""
    ids: Mapping[str, str] = field(factory=dict)
    """What the path names."""

    def one(self, name: str) -> str | None:
        """Return a parameter of the query, None when it is absent."""
        values = [value for each, value in self.query if each == name]
        if len(values) > 1:
            raise ApiError(status=400, message=f"{name} is repeated")
        return values[0] if values else None

    def json_object(self) -> dict[str, Any]:
        """Return the body, which must be a JSON object."""
        try:
            body = orjson.loads(self.body)
        except orjson.JSONDecodeError as error:
            is_bare = self.semantics.bad_json == "bare"
            raise ApiError(status=400, message=f"{error.msg} at position {error.pos}", is_bare=is_bare) from error
        if not isinstance(body, dict):
            raise ApiError.bad("body: must be object")
        return body

    def row(self, statement: str, *values: object) -> Row | None:
        """Return the first row that a statement finds."""
        return next(iter(self.rows(statement, *values)), None)

    def rows(self, statement: str, *values: object) -> list[Row]:
        """Return the rows that a statement finds, by column."""
        cursor = self.connection.execute(statement, values)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def contact(self, ref: str | None = None) -> Row:
        """Return the contact that an id or alias names, that of the path unless another is given."""
        ref = self.ids["contact_id"] if ref is None else ref
        found = self._by_alias(ref) if ref.startswith("alt:") else self._by_id(ref)
        if found is None:
            raise ApiError(status=404, message=f"Unknown contact {ref}")
        return found

    def _by_alias(self, alias: str) -> Row | None:
        _, source, handle = [*alias.split(":", 2), "", ""][:3]
        return self.row(
            """SELECT * FROM frontContacts WHERE id =
                (SELECT contactId FROM frontHandles WHERE source = ? AND handle = ?)""",
            source,
            handle,
        )

    def _by_id(self, public: str) -> Row | None:
        number = number_of("crd", public)
        found = self.row("SELECT * FROM frontContacts WHERE id = ?", number)
        if found is None and self.semantics.merged_ids == "resolve":
            known = "SELECT * FROM frontContacts WHERE id = (SELECT contactId FROM frontFormerIds WHERE id = ?)"
            found = self.row(known, number)
        return found

    def contact_list(self) -> Row:
        """Return the contact list that the path names."""
        number = number_of("grp", self.ids["list_id"])
        found = self.row("SELECT * FROM frontLists WHERE id = ?", number)
        if found is None:
            raise ApiError(status=404, message=f"Unknown contact list {self.ids['list_id']}")
        return found


Operation = Callable[[Call], Answer]
