"""What the OpenAPI documents of all services have in common: the frame around their operations."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final, TypeVar

Json = dict[str, Any]
T = TypeVar("T")

_PATTERN: Final = re.compile(r"{(\w+):(?:[^{}]|{[^{}]*})*}")


def paths(routes: Iterable[tuple[str, str, T]], describe: Callable[[T, str], Json]) -> Json:
    """Return the operations of a service by path and method, the places in the paths without their patterns."""
    found: dict[str, Json] = {}
    for method, pattern, operation in routes:
        path = _PATTERN.sub(r"{\1}", pattern)
        found.setdefault(path, {})[method.lower()] = describe(operation, path)
    return found


def document(prefix: str, *, info: Json, scheme: Json, paths: Json, **components: Json) -> Json:
    """Return the document of a service under a path, every operation behind one scheme of HTTP authentication."""
    name = scheme["scheme"]
    return {
        "openapi": "3.1.0",
        "info": info,
        "servers": [{"url": prefix}],
        "security": [{name: []}],
        "paths": paths,
        "components": {"securitySchemes": {name: {"type": "http", **scheme}}, **components},
    }
