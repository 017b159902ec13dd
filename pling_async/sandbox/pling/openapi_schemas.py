"""JSON Schemas of what the Pling API takes and answers, made of the tables by which the sandbox reads and stores it."""

from collections.abc import Iterable
from typing import Any, Final

from pling_async.sandbox.pling.fields import INTEGER, JsonSchema, contact_fields, group_fields
from pling_async.sandbox.pling.mobile import E164
from pling_async.sandbox.pling.rendering import NEW_IN_1_1
from pling_async.sandbox.pling.schema import CONTACT_COLUMNS, DEFAULTS, GROUP_COLUMNS, GROUP_NAME_LIMIT, TEXT_LIMITS
from pling_async.sandbox.pling.semantics import Semantics

_TEXT: Final[JsonSchema] = {"type": "string"}
_MOMENT: Final[JsonSchema] = {"type": "string", "format": "date-time"}
_COUNT: Final[JsonSchema] = {"type": "integer", "minimum": 0}
_FLAG: Final[JsonSchema] = {"type": "integer", "enum": [0, 1]}
_SENT_MOBILE: Final[JsonSchema] = {
    "type": "string",
    "format": "mobile",
    "description": "A valid mobile number in any notation; it is stored as E.164.",
    "examples": ["+4799999999"],
}
_COUNTS: Final = ("addedContactCount", "modifiedContactCount", "unchangedContactCount", "invalidContactCount")


def ref(kind: str, name: str) -> JsonSchema:
    """Return a reference to a component of the document."""
    return {"$ref": f"#/components/{kind}/{name}"}


def of(name: str) -> JsonSchema:
    """Return a reference to a schema."""
    return ref("schemas", name)


def schemas(semantics: Semantics) -> dict[str, JsonSchema]:
    """Return every schema of the document by name."""
    return {**_requests(semantics), **_answers(semantics)}


def _requests(semantics: Semantics) -> dict[str, JsonSchema]:
    group = _schemas_of(group_fields(semantics))
    contact = {"mobile": _SENT_MOBILE, **_schemas_of(contact_fields(semantics))}
    one_kind = {"not": {"required": ["contactGroupIds", "contactGroups"]}} if semantics.both_groups == "reject" else {}
    to_change = ["mobile"] if semantics.omitted_in_put != "keep" else []
    return {
        "NewContact": {**_new(contact, ["accountId", "mobile"], semantics), **one_kind},
        "ContactChange": {**_change(contact, to_change, semantics), **one_kind},
        "ContactItem": {
            **_new({**contact, "accountId": _or_null(INTEGER)}, ["mobile"], semantics),
            **one_kind,
            "description": "One that breaks a rule is not applied, but reported in invalidContacts.",
        },
        "AnyItem": _object({"accountId": _or_null(INTEGER)}, ()),
        "NewContactGroup": _new(group, ["accountId"], semantics),
        "ContactGroupChange": _change(group, (), semantics),
    }


def _answers(semantics: Semantics) -> dict[str, JsonSchema]:
    contact, group = _contact(semantics), _group()
    added = dict.fromkeys(NEW_IN_1_1, _TEXT)
    listing = {"contacts": _array(of("Contact")), "contactGroups": _array(of("ContactGroup"))}
    invalid = {"type": "object", "properties": {"error": _TEXT}, "required": ["error"]}
    return {
        "Contact": _object({**contact, **added}, contact),
        "ContactGroup": _object({**group, **added}, group),
        "ContactListing": _object(listing, listing),
        "ReplaceResult": _object(
            {**dict.fromkeys(_COUNTS, _COUNT), "invalidContacts": _array(invalid)}, (*_COUNTS, "invalidContacts")
        ),
        "Error": _error(semantics),
    }


def _contact(semantics: Semantics) -> dict[str, JsonSchema]:
    is_nullable = "null" in {semantics.omitted_in_post, semantics.omitted_in_put, semantics.omitted_in_replace}
    texts = {name: {"type": "string", "maxLength": limit} for name, limit in TEXT_LIMITS.items()}
    columns: dict[str, JsonSchema] = {
        **{name: _or_null(text) if is_nullable else text for name, text in texts.items()},
        **dict.fromkeys(("id", "accountId"), INTEGER),
        **dict.fromkeys(("created", "lastModified"), _MOMENT),
        **dict.fromkeys(("stop", "active"), _FLAG),
        "autoCreated": _or_null(_MOMENT),
        "mobile": {"type": "string", "pattern": f"^{E164.pattern}$"},
    }
    groups = {"contactGroupIds": _array(INTEGER)}
    if semantics.groups_in_answers == "ids_and_names":
        groups["contactGroups"] = _array(_TEXT)
    return {**{name: _with_default(name, columns[name]) for name in CONTACT_COLUMNS}, **groups}


def _group() -> dict[str, JsonSchema]:
    columns: dict[str, JsonSchema] = {
        **dict.fromkeys(("id", "accountId"), INTEGER),
        **dict.fromkeys(("created", "lastModified"), _MOMENT),
        "name": {"type": "string", "maxLength": GROUP_NAME_LIMIT},
    }
    return {name: columns[name] for name in GROUP_COLUMNS}


def _error(semantics: Semantics) -> JsonSchema:
    names = {"error": ("error",), "restify": ("code", "message"), "text": ()}[semantics.error_body]
    return _object(dict.fromkeys(names, _TEXT), names) if names else _TEXT


def _new(properties: dict[str, JsonSchema], required: Iterable[str], semantics: Semantics) -> dict[str, Any]:
    properties = {"accountId": INTEGER, **properties}
    if semantics.id_in_post == "reject":
        properties["id"] = {"not": {}}
    return _object(properties, required)


def _change(properties: dict[str, JsonSchema], required: Iterable[str], semantics: Semantics) -> dict[str, Any]:
    own = {"id": semantics.id_mismatch, "accountId": semantics.account_mismatch}
    checked = {name: _or_null(INTEGER) for name, switch in own.items() if switch == "reject"}
    return _object({**checked, **properties}, required)


def _schemas_of(fields: Any) -> dict[str, JsonSchema]:
    return {name: field.schema for name, field in fields.items()}


def _object(properties: Any, required: Iterable[str]) -> dict[str, Any]:
    schema = {"type": "object", "properties": dict(properties), "required": sorted(required)}
    return schema if schema["required"] else {"type": "object", "properties": dict(properties)}


def _array(items: JsonSchema) -> JsonSchema:
    return {"type": "array", "items": items}


def _or_null(schema: JsonSchema) -> JsonSchema:
    return {**schema, "type": [schema["type"], "null"]}


def _with_default(name: str, schema: JsonSchema) -> JsonSchema:
    return {**schema, "default": DEFAULTS[name]} if name in DEFAULTS else schema
