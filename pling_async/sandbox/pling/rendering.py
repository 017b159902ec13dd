"""Contacts and groups as an answer shows them, which depends on the version asked for and on the switches."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from pling_async.sandbox.pling.calls import Call
from pling_async.sandbox.pling.groups import groups_of
from pling_async.sandbox.pling.merge import Row

NEW_IN_1_1: Final = {"preferredChannel": "sms"}
"""What version 1.1.0 adds to every object: the document says that there is such a version, not what is in it."""


class Rendering:
    """How one call shows contacts and groups."""

    def __init__(self, call: Call, account_id: int) -> None:
        self._added = NEW_IN_1_1 if call.version == "1.1.0" else {}
        self._hides_groups = call.semantics.stopped_contact_groups == "hidden"
        self._names: Mapping[int, str] | None = None
        if call.semantics.groups_in_answers == "ids_and_names":
            self._names = {group["id"]: group["name"] for group in groups_of(call.connection, account_id)}

    def contact(self, contact: Row) -> dict[str, Any]:
        """Return a contact as JSON object; its group ids are a fragment that only orjson understands."""
        ids = "[]" if self._hides_groups and contact["stop"] else contact["contactGroupIds"]
        shown = {**contact, "contactGroupIds": orjson.Fragment(ids), **self._added}
        if self._names is not None:
            shown["contactGroups"] = [self._names[group_id] for group_id in orjson.loads(ids)]
        return shown

    def group(self, group: Row) -> dict[str, Any]:
        """Return a group as JSON object."""
        return {**group, **self._added}
