"""The operations on labels, and the summary of what there is."""

from collections import Counter
from typing import Any

from pling_async.sandbox.ip1.calls import Answer, Call
from pling_async.sandbox.ip1.documents import read_texts
from pling_async.sandbox.ip1.errors import Problem, not_found
from pling_async.sandbox.ip1.store import AUTOMATIC, Contacts


def add_label(call: Call) -> Answer:
    """Give contacts a label, by their ids; one that is unknown is passed over."""
    label = call.place["labelName"]
    contacts = Contacts(call.connection, call.semantics)
    ids = dict.fromkeys(read_texts(call.json(), "$"))
    for row in filter(None, map(contacts.get, ids)):
        contacts.save(row, contacts.properties(row), [*contacts.labels(row), label])
    return _usage(call, label)


def delete_label(call: Call) -> Answer:
    """Take a label from every contact; the contacts stay."""
    label = call.place["labelName"]
    if label == AUTOMATIC:
        raise Problem(status=409, detail="This label is on every contact and cannot be deleted.", at="labelName")
    contacts = Contacts(call.connection, call.semantics)
    having = [row for row in contacts.every() if label in contacts.labels(row)]
    if not having:
        raise not_found("label")
    for row in having:
        contacts.save(row, contacts.properties(row), [each for each in contacts.labels(row) if each != label])
    return Answer.of({"labelName": label, "usageCount": len(having)})


def summarise(call: Call) -> Answer:
    """Return how many contacts there are, and which labels and properties they have."""
    contacts = Contacts(call.connection, call.semantics)
    labels: Counter[str] = Counter()
    lengths: dict[str, list[int]] = {}
    total = 0
    for row in contacts.every():
        total += 1
        labels.update([*contacts.labels(row), AUTOMATIC])
        for name, value in contacts.properties(row).items():
            lengths.setdefault(name, []).append(len(value))
    return Answer.of(
        {
            "totalCount": total,
            "labels": [{"labelName": name, "usageCount": count} for name, count in labels.items()],
            "properties": [_property(name, found) for name, found in lengths.items()],
        }
    )


def _property(name: str, lengths: list[int]) -> dict[str, Any]:
    return {
        "propertyName": name,
        "usageCount": len(lengths),
        "averageLength": sum(lengths) / len(lengths),
        "maxLength": max(lengths),
        "minLength": min(lengths),
    }


def _usage(call: Call, label: str) -> Answer:
    contacts = Contacts(call.connection, call.semantics)
    having = sum(label == AUTOMATIC or label in contacts.labels(row) for row in contacts.every())
    return Answer.of({"labelName": label, "usageCount": having})
