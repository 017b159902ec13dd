"""Listings over pages: every contact once, never another host, never for ever."""

from contextlib import aclosing
from typing import Any

import pytest

from pling_async import errors
from pling_async.ip1.links import next_query
from pling_async.session.protocol import Response
from tests.ip1.conftest import NUMBERS, Serve, Served, wire

ORIGIN = "https://api.ip1sms.com"
NEXT = "https://api.ip1sms.com/v2/contacts?start=50&limit=50"


@pytest.mark.parametrize("links", ["absolute", "relative"])
@pytest.mark.parametrize(("page_size", "pages"), [(50, 2), (7, 15), (100, 1), (99, 2)])
async def test_every_contact_comes_once(serve: Serve, links: str, page_size: int, pages: int) -> None:
    """Whatever the size of a page and the form of its links."""
    served = await serve(links=links)
    ids = await served.fill(100)
    assert [each.id async for each in served.client.contacts.list(page_size=page_size)] == ids
    assert len(served.asked()) == pages


@pytest.mark.parametrize(("asked", "large"), [({}, 500), ({"page_size": 999}, 999)], ids=["unless told", "as told"])
@pytest.mark.parametrize("semantics", ["given", "cut", "skipping"])
async def test_a_page_may_be_larger_than_the_server_likes(
    serve: Serve, semantics: str, asked: dict[str, int], large: int
) -> None:
    """A first page that is cut is read again at the size it came in, whose links pass nobody over."""
    served = await serve(large_pages=semantics)
    ids = await served.fill(1100)
    assert [each.id async for each in served.client.contacts.list(**asked)] == ids
    pages = [large] * (1100 // large + 1) if semantics == "given" else [large, *[200] * 6]
    assert [int(entry.query["limit"]) for entry in served.sandbox.requests] == pages


@pytest.mark.parametrize("count", [199, 200, 201, 450, 500, 501, 650])
@pytest.mark.parametrize("semantics", ["given", "refused", "cut", "skipping"])
async def test_nobody_is_passed_over_at_the_end(serve: Serve, semantics: str, count: int) -> None:
    """A page that was cut may have no link at all, when what was asked for reaches past the last contact."""
    served = await serve(large_pages=semantics)
    ids = await served.fill(count)
    assert [each.id async for each in served.client.contacts.list()] == ids


@pytest.mark.parametrize("count", [50, 99, 100, 101, 350, 1100])
@pytest.mark.parametrize("page_size", [500, 200])
@pytest.mark.parametrize("semantics", ["cut", "skipping"])
async def test_the_server_may_cut_pages_to_less_than_its_examples(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, semantics: str, page_size: int, count: int
) -> None:
    """Where it cuts is not published; and whoever is missing from the blacklist would pass for reachable."""
    monkeypatch.setattr("pling_async.sandbox.ip1.calls._EXAMPLE", 100)
    served = await serve(large_pages=semantics)
    ids = await served.fill(count)
    numbers = [f"46701740{number:04}" for number in range(count)]
    await served.ip1.seed(blacklist=[{"msisdn": number} for number in numbers])
    assert [each.id async for each in served.client.contacts.list(page_size=page_size)] == ids
    assert [each.msisdn async for each in served.client.blacklist.list(page_size=page_size)] == numbers


@pytest.mark.parametrize(
    ("count", "pages"), [(0, [500]), (49, [500]), (50, [500, 50]), (350, [500, 350]), (850, [500, 500])]
)
async def test_what_is_read_twice_is_read_once_more_at_most(served: Served, count: int, pages: list[int]) -> None:
    """A first page may be short because it is the last; nothing else tells it from one that was cut."""
    ids = await served.fill(count)
    assert [each.id async for each in served.client.contacts.list()] == ids
    assert [int(entry.query["limit"]) for entry in served.sandbox.requests] == pages


async def test_a_page_that_is_too_large_is_refused(serve: Serve) -> None:
    """Then nobody notices, unless they wanted that size."""
    served = await serve(large_pages="refused")
    ids = await served.fill(250)
    await served.ip1.seed(blacklist=[{"msisdn": "46701740600"}])
    assert [each.id async for each in served.client.contacts.list()] == ids
    assert [each.msisdn async for each in served.client.blacklist.list()] == ["46701740600"]
    with pytest.raises(errors.BadRequest, match="limit is a whole number from 1 to 200"):
        await anext(served.client.contacts.list(page_size=250))


async def test_filters_and_metadata_stay_on_every_page(served: Served) -> None:
    """The links have them."""
    await served.fill(60, labels=["A"])
    await served.fill(10)
    found = [each async for each in served.client.contacts.list(labels=["A"], meta=True, page_size=25)]
    assert (len(found), {each.is_blocked for each in found}) == (60, {False})
    assert all({"labels", "meta"} <= entry.query.keys() for entry in served.sandbox.requests)


async def test_a_listing_that_grows_or_shrinks_while_it_is_read(served: Served) -> None:
    """What moves to a later page comes once; what moves to an earlier one may be missed, and nothing else is."""
    ids = await served.fill(20)
    found = []
    async with aclosing(served.client.contacts.list(page_size=5)) as reading:
        async for contact in reading:
            found.append(contact.id)
            if len(found) == 2:
                await served.client.contacts.delete(ids[0])
                await served.client.contacts.delete(ids[1])
    assert len(set(found)) == len(found)
    assert set(ids) - set(found) <= set(ids[5:12])


async def test_a_contact_that_comes_again_is_passed_over(scripted: Any) -> None:
    """Pages that overlap, as when contacts are added before them."""
    _, client = await scripted(
        {"json": [wire(1), wire(2)], "headers": {"Link": "<{url}v2/contacts?start=2>; rel=next"}},
        {"json": [wire(2), wire(3)]},
    )
    assert [each.id async for each in client.contacts.list(page_size=2)] == [wire(n)["id"] for n in (1, 2, 3)]


async def test_a_page_loop_ends(scripted: Any) -> None:
    """A link to a page that was read before is an error, after what was read."""
    link = {"Link": "<{url}v2/contacts?start=2>; rel=next"}
    script, client = await scripted({"json": [wire(1)], "headers": link}, {"json": [wire(2)], "headers": link})
    listing, found = client.contacts.list(page_size=1), []
    with pytest.raises(errors.CorrelationError, match="circle"):
        found += [await anext(listing) for _ in range(3)]
    assert len(script.requests) == 2


@pytest.mark.parametrize("rows", [[], [wire(1)]], ids=["empty", "the same"])
async def test_a_listing_that_counts_on_for_ever_ends(
    scripted: Any, monkeypatch: pytest.MonkeyPatch, rows: Any
) -> None:
    """Pages that have nothing new, each with a link to one further on: an error, and not a loop."""
    monkeypatch.setattr("pling_async.session.paging._MOST_IN_VAIN", 5)
    starts = range(1, 20)
    links = [{"Link": f"<{{url}}v2/contacts?limit=200&start={start}>; rel=next"} for start in starts]
    script, client = await scripted(*({"json": rows, "headers": link} for link in links))
    with pytest.raises(errors.CorrelationError, match="nothing new"):
        _ = [each async for each in client.contacts.list()]
    assert len(script.requests) <= 8


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("https://evil.example/base/v2/contacts?start=2", "another host"),
        ("//evil.example/base/v2/contacts?start=2", "another host"),
        ("http://127.0.0.1:1/base/v2/contacts?start=2", "another host"),
        ("http://[/v2/contacts", "is not a URL"),
        ("{url}v2/blacklist?start=2", "another collection"),
        ("/v2/blacklist?start=2", "another collection"),
        ("{url}v2/contacts/../blacklist?start=2", "another collection"),
        ("{url}myv2/contacts?start=2&labels=A", "another collection"),
        ("{url}v2/contacts?start=2&labels=B", "lost the filters"),
        ("{url}v2/contacts?start=2", "lost the filters"),
        ("{url}v2/contacts?start=2&labels=A&labels=B", "a filter that nobody asked for"),
        ("{url}v2/contacts?start=2&labels=A&properties[city]=Oslo", "a filter that nobody asked for"),
        ("{url}v2/contacts?start=2&labels=A&other=x", "a filter that nobody asked for"),
    ],
)
async def test_a_link_that_leads_elsewhere_is_not_followed(scripted: Any, target: str, message: str) -> None:
    """Neither to another host, which would be given the token, nor to a collection that was not asked for."""
    script, client = await scripted({"json": [wire(1)], "headers": {"Link": f"<{target}>; rel=next"}})
    with pytest.raises(errors.CorrelationError, match=message):
        _ = [each async for each in client.contacts.list(labels=["A"])]
    assert len(script.requests) == 1


async def test_only_path_and_query_of_a_link_are_used(scripted: Any) -> None:
    """Behind a proxy scheme and prefix may be others; the request goes to the configured base all the same."""
    script, client = await scripted(
        {"json": [wire(1)], "headers": {"Link": "<https://127.0.0.1/base/v2/contacts?start=1&labels=%2B1>; rel=next"}},
        {"json": [wire(2)], "headers": {"Link": "</v2/contacts?start=2&labels=%2B1>; rel=next"}},
        {"json": [wire(3)], "headers": {"Link": "<{url}v2/contacts?start=3&meta=&labels=%2B1>; rel=next"}},
        {"json": [wire(4)]},
    )
    assert len([each async for each in client.contacts.list(labels=["+1"], page_size=1)]) == 4
    assert [path for _, path in script.requests[1:]] == [
        "/base/v2/contacts?start=1&labels=%2B1",
        "/base/v2/contacts?start=2&labels=%2B1",
        "/base/v2/contacts?start=3&meta=&labels=%2B1",
    ]
    assert {headers["Authorization"] for headers in script.headers} == {"Bearer token"}
    assert "Content-Type" not in script.headers[0]


@pytest.mark.parametrize(
    ("links", "start"),
    [
        ([f"<{NEXT}>; rel=next"], "50"),
        ([f'<{NEXT}>; rel="next"'], "50"),
        ([f'<{NEXT}>; title="a, b"; rel="last next"'], "50"),
        ([f'<x>; rel="prev", <{NEXT}>; REL=Next'], "50"),
        (["<x>; rel=first", f"<{NEXT}>;rel=next"], "50"),
        (["<?start=50>; rel=next"], "50"),
        (["<x>; rel=nextpage", "<x>; rev=next"], None),
        ([f'<x>; title="a; rel=next"; rel=prev, <{NEXT}>; rel=next'], "50"),
        (["<x>; rel=prev; rel=next"], None),
        (['<x>; title="no end; rel=next'], None),
        (["", "nonsense", "<x"], None),
        ([], None),
    ],
)
def test_links_are_read_as_rfc_8288_has_them(links: list[str], start: str | None) -> None:
    """Quoted or bare, one header or several, with other relations and parameters around."""
    response = Response(status=200, headers=tuple(("Link", each) for each in links))
    query = next_query(response, ORIGIN, "v2/contacts", ())
    assert (dict(query)["start"] if query else None) == start


async def test_a_listing_that_is_left_leaves_nothing_behind(served: Served) -> None:
    """Whoever has found what they wanted closes the listing; the page ahead is taken back."""
    await served.fill(100)
    async with aclosing(served.client.contacts.list(page_size=10)) as reading:
        assert (await anext(reading)).properties["phoneNumber"] == NUMBERS[0]
    assert len(served.asked()) <= 2
