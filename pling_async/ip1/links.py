"""Where the next page of a collection is: `Link: rel=next` (RFC 8288), followed without ever leaving the base URL."""

import re
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urljoin, urlsplit

from pling_async.errors import CorrelationError
from pling_async.session.protocol import Response, values_of

Query = tuple[tuple[str, str], ...]

_LINK: Final = re.compile(r'<([^<>]*+)>((?:[^"<,]++|"[^"]*+")*+)')
_PARAMETER: Final = re.compile(r';\s*([^\s;,="<>]+)\s*(?:=\s*(?:"([^"]*)"|([^\s;,"<>]*)))?')

_PAGING: Final = frozenset({"start", "limit", "order"})
_FLAGS: Final = frozenset({("meta", "")})
"""A link may ask for metadata that nobody wants; the contacts are the same."""


def next_query(response: Response, origin: str, path: str, asked: Query) -> Query | None:
    """Return the query of the next page, None on the last one.

    Only the link's query is used, on the path that was asked before; `CorrelationError` for a link that leads to
    another host or collection, or that has other filters: whoever followed it would read other contacts.
    """
    target = _next(response)
    if target is None:
        return None
    query = tuple(parse_qsl(_query_of(target, origin, path), keep_blank_values=True))
    before, after = _filters(asked), _filters(query)
    if before - after:
        raise _refusal("has lost the filters")
    if after - before - _FLAGS:
        raise _refusal("has a filter that nobody asked for")
    return query


def _query_of(target: str, origin: str, path: str) -> str:
    """Return the query of a link that leads to the collection it was found in."""
    place, _, query = target.partition("?")
    if place.startswith(f"{origin}/") and place.endswith(f"/{path}") and "#" not in target:  # as most servers write it
        return query
    try:
        there = urlsplit(urljoin(f"{origin}/{path}", target))
        _check_place(urlsplit(origin), path, there)
    except ValueError:
        raise _refusal("is not a URL") from None
    return there.query


def _next(response: Response) -> str | None:
    for target, parameters in _LINK.findall(", ".join(values_of(response.headers, "link"))):
        if "next" in parameters.lower() and _leads_on(parameters):
            return str(target)
    return None


def _leads_on(parameters: str) -> bool:
    """Tell whether the relation is to the next page; of several, the first counts (RFC 8288, section 3.3)."""
    relations = (quoted or plain for name, quoted, plain in _PARAMETER.findall(parameters) if name.lower() == "rel")
    return "next" in next(relations, "").lower().split()


def _check_place(here: SplitResult, path: str, there: SplitResult) -> None:
    """Refuse another place; scheme, default port and what is before the API's own path may differ behind a proxy."""
    if there.hostname != here.hostname or (there.port or here.port) != here.port:
        raise _refusal("leads to another host")
    if not there.path.rstrip("/").endswith(f"/{path}"):
        raise _refusal("leads to another collection")


def _refusal(what: str) -> CorrelationError:
    return CorrelationError(f"the link to the next page {what}; it was not followed")


def _filters(query: Query) -> set[tuple[str, str]]:
    """Return what decides which contacts a query is about, and with what; of a flag, that it is there."""
    return {(name, "" if name == "meta" else value) for name, value in query if name not in _PAGING}
