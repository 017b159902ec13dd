"""Contacts as requests have them: properties that are texts, and labels."""

from typing import Any

from pling_async.sandbox.ip1.errors import Problem

Document = dict[str, Any]


def read_documents(body: Any) -> list[Document]:
    """Return an array of whole contacts."""
    if not isinstance(body, list):
        raise Problem(detail="The body is an array of contacts.", at="$")
    return [read_document(each, f"[{at}].") for at, each in enumerate(body)]


def read_document(body: Any, at: str = "") -> Document:
    """Return a whole contact: properties, and labels if it has any."""
    properties = read_properties(body, at)
    if any(value is None for value in properties.values()):
        raise Problem(detail="A property is a text.", at=f"{at}properties")
    return {"properties": properties, "labels": read_labels(body, at) or []}


def read_properties(body: Any, at: str = "") -> dict[str, str | None]:
    """Return the properties of a contact, which may be null where they are to be removed."""
    if not isinstance(body, dict):
        raise Problem(detail="A contact is an object.", at=at or "$")
    properties = body.get("properties")
    if not isinstance(properties, dict) or not all(isinstance(each, str | None) for each in properties.values()):
        raise Problem(detail="properties is an object of texts.", at=f"{at}properties")
    return properties


def read_labels(body: Document, at: str = "") -> list[str] | None:
    """Return the labels of a contact, None when it has no such member."""
    labels = body.get("labels")
    if labels is None:
        return None
    return read_texts(labels, f"{at}labels")


def read_texts(value: Any, at: str) -> list[str]:
    """Return an array of texts."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise Problem(detail=f"{at} is an array of texts.", at=at)
    return value
