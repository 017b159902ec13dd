"""What generated requests cannot know of a sandbox: its account, its groups, and what a mobile is.

Values that keep the description's rules are turned into those that exist; whatever breaks a rule stays as it is.
"""

import re
from typing import Any

import schemathesis
from hypothesis import strategies as st

ACCOUNT = 12345
LARGEST = (1 << 63) - 1

schemathesis.openapi.format("mobile", st.integers(0, 9).map("+479999990{}".format))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:  # noqa: ARG001 - schemathesis calls it by these names
    """Lead a request to the account."""
    if _is_number(case.query.get("accountId")):
        case.query["accountId"] = ACCOUNT
    if _is_number(case.query.get("contactGroupId")):
        del case.query["contactGroupId"]
    if re.fullmatch(r"[~^]?[0-9xX*.]+", str(case.headers.get("Accept-Version"))):
        case.headers["Accept-Version"] = "1.*"
    case.body = _known(case.body)


def _is_number(text: Any) -> bool:
    return bool(re.fullmatch("[0-9]{1,18}", str(text)))


def _known(body: Any) -> Any:
    if isinstance(body, list):
        return [_known(item) for item in body]
    if not isinstance(body, dict):
        return body
    groups = body.get("contactGroupIds")
    return {
        **{name: value for name, value in body.items() if not (name == "id" and _is_id(value))},
        **({"accountId": ACCOUNT} if _is_id(body.get("accountId")) else {}),
        **({"contactGroupIds": []} if isinstance(groups, list) and all(map(_is_id, groups)) else {}),
    }


def _is_id(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= LARGEST and value == int(value)
