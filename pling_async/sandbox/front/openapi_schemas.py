"""JSON Schemas of what the Core API takes and answers, made of the rules by which the sandbox reads bodies."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pling_async.sandbox.front.lists import MOST_REMOVED
from pling_async.sandbox.front.semantics import FrontSemantics
from pling_async.sandbox.front.validation import FIELD_TYPES, HANDLE, IDS, NEW, RULES, TEXT, TEXTS, JsonSchema, Rule

_NAME: Final = {**TEXT, "minLength": 1}
_NUMBER: Final = {"type": "number"}
_BOOLEAN: Final = {"type": "boolean"}
_TEXT_OR_NULL: Final = {"type": ["string", "null"]}
_OBJECT: Final = {"type": "object"}


def of(name: str) -> JsonSchema:
    """Return a reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def schemas(semantics: FrontSemantics) -> dict[str, JsonSchema]:
    """Return every schema of the document by name."""
    return {**_requests(), **_answers(semantics)}


def _requests() -> dict[str, JsonSchema]:
    ids = IDS.schema
    return {
        "CreateContact": _ruled(NEW),
        "Contact_": _ruled(RULES),
        "Handle": HANDLE,
        "DeleteHandle": {**HANDLE, "properties": {**HANDLE["properties"], "force": _BOOLEAN}},
        "CreateNote": _object({"author_id": TEXT, "body": TEXT}, ("author_id", "body")),
        "CreateContactList": _object({"name": _NAME}, ("name",)),
        "AddContacts": _object({"contact_ids": ids}, ("contact_ids",)),
        "RemoveContacts": _object({"contact_ids": {**ids, "maxItems": MOST_REMOVED}}, ("contact_ids",)),
        "MergeContacts": _object(
            {"contact_ids": {**ids, "maxItems": MOST_REMOVED, "uniqueItems": True}, "target_contact_id": TEXT},
            ("contact_ids",),
        ),
    }


def _answers(semantics: FrontSemantics) -> dict[str, JsonSchema]:
    groups = {"type": "array", "items": TEXT if semantics.groups_in_answers == "names" else of("ContactList")}
    contact = {
        "_links": _OBJECT,
        **dict.fromkeys(("id", "name", "description"), TEXT),
        "avatar_url": _TEXT_OR_NULL,
        "links": TEXTS,
        "handles": {"type": "array", "items": HANDLE},
        **dict.fromkeys(("groups", "lists"), groups),
        "updated_at": _NUMBER,
        "custom_fields": _OBJECT,
        "is_private": _BOOLEAN,
        "account": {"type": ["object", "null"]},
    }
    conversation = {**dict.fromkeys(("id", "subject", "status"), TEXT), "created_at": _NUMBER}
    custom_field = {
        **dict.fromkeys(("id", "name", "description"), TEXT),
        "type": {"type": "string", "enum": list(FIELD_TYPES)},
    }
    shapes = {
        "Contact": contact,
        "ContactList": {"_links": _OBJECT, "id": TEXT, "name": TEXT, "is_private": _BOOLEAN},
        "Note": {"author": _OBJECT, "body": TEXT, "created_at": _NUMBER, "is_private": _BOOLEAN},
        "Conversation": {"_links": _OBJECT, **conversation},
        "CustomField": {"_links": _OBJECT, **custom_field},
    }
    return {
        **{name: _object(members, members) for name, members in shapes.items()},
        **{f"{name}s": _listing(name) for name in shapes},
        "Company": _object({"_links": _OBJECT, "id": TEXT, "name": TEXT}, ("_links", "id", "name")),
        "Error": _object({"_error": _error(semantics)}, ("_error",)),
    }


def _error(semantics: FrontSemantics) -> JsonSchema:
    members = {"status": {"type": "integer"}, "title": TEXT, "message": TEXT, "details": TEXTS}
    return _object(members, ("message",) if semantics.bad_json == "bare" else ("status", "title", "message"))


def _listing(name: str) -> JsonSchema:
    members = {
        "_pagination": _object({"next": _TEXT_OR_NULL}, ("next",)),
        "_links": _object({"self": TEXT}, ("self",)),
        "_results": {"type": "array", "items": of(name)},
    }
    return _object(members, members)


def _ruled(rules: Mapping[str, Rule]) -> JsonSchema:
    properties = {name: rule.schema for name, rule in rules.items()}
    return _object(properties, [name for name, rule in rules.items() if rule.is_required])


def _object(properties: Any, required: Iterable[str]) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": sorted(required)} if list(required) else schema
