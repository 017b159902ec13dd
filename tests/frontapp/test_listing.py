"""Listings in pages: where they lead, where they do not, and what happens when the list changes meanwhile."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import pytest

from pling_async import errors
from pling_async.frontapp.models import ContactChange
from pling_async.sandbox import Fault, ManualClock

Front = Any
Serve = Callable[..., Awaitable[Front]]


def people(count: int) -> list[dict[str, Any]]:
    """Return contacts to seed, a second apart."""
    return [
        {
            "name": f"P{number}",
            "handles": [{"source": "email", "handle": f"p{number}@example.com"}],
            "created_at": float(number),
        }
        for number in range(count)
    ]


async def names(front: Front, **options: Any) -> list[Any]:
    """Return everybody's name in the listing's order."""
    return [each.name async for each in front.client.contacts.list(**options)]


@pytest.mark.parametrize("links", ["own", "company"])
@pytest.mark.parametrize("next_page", ["url", "token"])
async def test_a_next_link_to_another_host_is_not_followed_there(serve: Serve, links: str, next_page: str) -> None:
    """Only the query of `next` counts: every page comes from the base URL, wherever the link leads."""
    front = await serve(links=links, next_page=next_page)
    await front.sandbox.front.seed(contacts=people(7))
    found = await names(front, page_size=3, sort_by="created_at", sort_order="asc", q={"updated_after": 0.5})
    assert found == [f"P{number}" for number in range(1, 7)]
    assert len(front.sandbox.requests) == 2
    second = front.sandbox.requests[-1].query
    assert (second["limit"], second["sort_order"], second["q[updated_after]"]) == ("3", "asc", "0.5")


async def test_the_next_page_is_on_its_way_while_one_is_read(front: Front) -> None:
    """With the first contact in hand the second page has been asked for, and no third."""
    await front.sandbox.front.seed(contacts=people(9))
    listing = front.client.contacts.list(page_size=3)
    await anext(listing)
    await anext(listing)
    await front.client.company()
    paths = [entry.path for entry in front.sandbox.requests]
    assert paths.count("/front/contacts") == 2
    await listing.aclose()


def answer(results: str, following: str) -> Fault:
    """Return a fault that answers every listing so."""
    body = f'{{"_results":[{results}],"_pagination":{{"next":{following}}}}}'.encode()
    return Fault(path="*/contacts", method="GET", status=200, body=body, count=None)


async def test_a_page_loop_is_detected(front: Front) -> None:
    """A page that leads to one that was read ends the listing with an error, after its own contacts."""
    front.sandbox.fail(answer('{"id":"crd_1"}', '"https://elsewhere.example/contacts?page_token=x"'))
    listing = front.client.contacts.list()
    assert (await anext(listing)).id == "crd_1"
    with pytest.raises(errors.CorrelationError, match="circle"):
        await anext(listing)


async def test_a_listing_that_goes_on_for_ever_ends(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty pages, each with a token that was never seen before: an error, and not a loop."""
    monkeypatch.setattr("pling_async.session.paging._MOST_IN_VAIN", 5)
    for number in range(20):
        body = f'{{"_results":[],"_pagination":{{"next":"t{number}"}}}}'.encode()
        front.sandbox.fail(Fault(path="*/contacts", method="GET", status=200, body=body))
    with pytest.raises(errors.CorrelationError, match="nothing new"):
        await names(front)
    assert len(front.sandbox.requests) <= 8


async def test_a_link_without_a_page_token_is_refused(front: Front) -> None:
    """It would lead back to the beginning."""
    for link in ('"https://elsewhere.example/contacts"', '"https://[/x?page_token=1"'):
        front.sandbox.fail(answer('{"id":"crd_1"}', link))
        with pytest.raises(errors.CorrelationError, match="page_token"):
            await names(front)


async def test_empty_pages_are_followed(front: Front) -> None:
    """A page without contacts is not the last one as long as it has a next."""
    body = b'{"_results":[],"_pagination":{"next":"https://x.example/?limit=100&page_token=WzAuMCwwLDAuMF0="}}'
    front.sandbox.fail(Fault(path="*/contacts", method="GET", status=200, body=body))
    await front.sandbox.front.seed(contacts=people(2))
    assert await names(front) == []
    assert len(front.sandbox.requests) == 2


@pytest.mark.parametrize("status", [400, 404])
async def test_an_expired_page_token_is_a_clear_error(serve: Serve, status: int) -> None:
    """Whatever the status: the error says that the listing has to be begun again."""
    clock = ManualClock()
    front = await serve(page_tokens="expire", expired_page_status=status, clock=clock)
    await front.sandbox.front.seed(contacts=people(9))
    listing = front.client.contacts.list(page_size=2)
    for _ in range(3):
        await anext(listing)
    await front.client.company()
    await clock.advance(61)
    with pytest.raises(errors.PageTokenExpired, match="begin the listing again") as caught:
        async for _ in listing:
            pass
    assert caught.value.status == status


async def test_another_refusal_is_not_called_an_expired_token(front: Front) -> None:
    """A bad request that has no page token is a bad request."""
    with pytest.raises(errors.BadRequest, match="sort_by") as caught:
        await names(front, sort_by="name")
    assert not isinstance(caught.value, errors.PageTokenExpired)
    for listing in (front.client.contacts.list, partial(front.client.lists.members, "grp_1")):
        for page_size in (0, 101, True, "7"):
            with pytest.raises(errors.ValidationError, match="1 to 100"):
                await anext(listing(page_size=page_size))


async def test_a_listing_that_changes_while_read_has_nobody_twice(front: Front) -> None:
    """Sorted by change, who is changed moves to the end and would come again; who is deleted is left out."""
    await front.sandbox.front.seed(contacts=people(8))
    found = []
    async for each in front.client.contacts.list(page_size=2, sort_by="updated_at", sort_order="asc"):
        found.append(each.name)
        if each.name == "P0":
            await front.client.contacts.update(each.id, ContactChange(name="P0 again"))
    assert found == [f"P{number}" for number in range(8)]
    assert len(front.sandbox.requests) > 5


async def test_a_listing_that_is_left_takes_its_page_back(front: Front) -> None:
    """Closing the iterator cancels the page that was on its way, and leaves the client usable."""
    await front.sandbox.front.seed(contacts=people(5))
    listing = front.client.contacts.list(page_size=1)
    await anext(listing)
    await listing.aclose()
    assert len(await names(front)) == 5
