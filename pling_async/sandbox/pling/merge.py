"""What a request makes of a contact: the fields it gives, and the switches' say on those it omits."""

from collections.abc import Mapping
from typing import Any, Final

from attrs import frozen

from pling_async.sandbox.pling.schema import DEFAULTS, NULLS
from pling_async.sandbox.pling.semantics import Omitted, Semantics

Row = dict[str, Any]
"""A contact by wire names; contactGroupIds is canonical JSON text, as in [1,2]."""

_OMITTED: Final[dict[Omitted, Mapping[str, Any]]] = {"keep": {}, "default": DEFAULTS, "null": NULLS}


@frozen(kw_only=True)
class Policy:
    """How one operation treats what it omits on existing contacts."""

    omitted: Omitted
    omitted_groups: str
    omitted_stop: str = "as_others"

    @classmethod
    def for_post(cls, semantics: Semantics) -> "Policy":
        """Return the policy of POST /contacts."""
        return cls(omitted=semantics.omitted_in_post, omitted_groups=semantics.omitted_groups)

    @classmethod
    def for_put(cls, semantics: Semantics) -> "Policy":
        """Return the policy of PUT /contacts/:id."""
        return cls(omitted=semantics.omitted_in_put, omitted_groups=semantics.omitted_groups)

    @classmethod
    def for_replace(cls, semantics: Semantics) -> "Policy":
        """Return the policy of POST /contacts/replace."""
        return cls(
            omitted=semantics.omitted_in_replace,
            omitted_groups=semantics.omitted_groups,
            omitted_stop=semantics.omitted_stop_in_replace,
        )


def new_contact(given: Row) -> Row:
    """Return a contact that did not exist, with the document's defaults (section 3.3)."""
    return {**DEFAULTS, "contactGroupIds": "[]", **given}


def merge(existing: Row, given: Row, policy: Policy) -> Row:
    """Return what an existing contact becomes."""
    contact = {**existing, **_OMITTED[policy.omitted], **given}
    if "stop" not in given and policy.omitted_stop != "as_others":
        contact["stop"] = existing["stop"] if policy.omitted_stop == "keep" else 0
    if "contactGroupIds" not in given and policy.omitted_groups == "clear":
        contact["contactGroupIds"] = "[]"
    return contact
