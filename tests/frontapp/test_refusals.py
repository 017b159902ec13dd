"""What is refused before a request exists, what the limits do, and what nothing shows."""

import logging
import traceback
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from pling_async import ClientSettings, RetryPolicy, errors
from pling_async.frontapp.avatars import LARGEST
from pling_async.frontapp.client import FrontClient
from pling_async.frontapp.models import ContactChange, Handle, NewContact
from pling_async.frontapp.paths import Alias, at
from pling_async.sandbox import Fault

Front = Any
Serve = Callable[..., Awaitable[Front]]

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    "ref", ["", " ", "crd_1/notes", "/", "..", "crd 1", "crd_1?x", "a%2Fb", "alt:email:a/b", None, 1]
)
async def test_an_id_that_leads_elsewhere_is_refused(front: Front, ref: Any) -> None:
    """Nothing is sent for an id that is empty, has a slash, or is not one."""
    client = front.client
    calls: tuple[Callable[[], Awaitable[Any]], ...] = (
        lambda: client.contacts.get(ref),
        lambda: client.contacts.update(ref, ContactChange(name="x")),
        lambda: client.contacts.delete(ref),
        lambda: client.handles.add(ref, Handle("email", "ola@example.com")),
        lambda: client.handles.delete(ref, Handle("email", "ola@example.com")),
        lambda: client.avatars.upload(ref, PNG),
        lambda: client.lists.delete(ref),
        lambda: client.lists.add("grp_1", [ref]),
        lambda: client.notes.list(ref),
        lambda: client.contacts.merge([ref, "crd_1"]),
    )
    for call in calls:
        with pytest.raises(errors.ValidationError, match="nothing was sent"):
            await call()
    assert front.sandbox.requests == []


@pytest.mark.parametrize(
    ("alias", "path"),
    [
        (Alias("email", "ola+1@example.com"), "alt:email:ola+1@example.com"),
        (Alias("phone", "+4799999001"), "alt:phone:+4799999001"),
        (Alias("custom", "a/b?c#d%e f"), "alt:custom:a%2Fb%3Fc%23d%25e%20f"),
        (Alias("custom", "blåbær"), "alt:custom:bl%C3%A5b%C3%A6r"),
        ("alt:twitter:@leela", "alt:twitter:@leela"),
    ],
)
async def test_an_alias_is_escaped_once(front: Front, alias: Alias | str, path: str) -> None:
    """What a path may hold stays as it is, the rest is escaped, and the server finds the very handle."""
    assert at("contacts", alias).path == f"contacts/{path}"
    await front.add("Kari")
    handle = alias.handle if isinstance(alias, Alias) else "@leela"
    source = alias.source if isinstance(alias, Alias) else "twitter"
    await front.client.handles.add(Alias("email", "kari@example.com"), Handle(source, handle))
    assert (await front.client.contacts.get(alias)).name == "Kari"
    assert "alt:" in at("contacts", alias).shown
    assert handle not in at("contacts", alias).shown


@pytest.mark.parametrize(
    ("source", "handle", "field"),
    [
        ("", "x", "source"),
        ("e/mail", "x", "source"),
        (None, "x", "source"),
        ("email", "", "handle"),
        ("email", " ", "handle"),
        ("email", None, "handle"),
        ("email", "ola\ud800@example.com", "handle"),
    ],
)
def test_an_alias_needs_a_source_and_a_handle(source: Any, handle: Any, field: str) -> None:
    """Half an alias names nothing, and half a character has no bytes."""
    with pytest.raises(errors.ValidationError, match="nothing was sent") as caught:
        Alias(source, handle)
    assert [each.field for each in caught.value.problems] == [field]


async def test_a_login_page_has_changed_nothing(front: Front) -> None:
    """Whose mark of a stop it would answer, nobody had marked."""
    ola = await front.add("Ola")
    page = Fault(method="PATCH", status=200, body=b"<html>Log in</html>", content_type="text/html")
    front.sandbox.fail(page)
    with pytest.raises(errors.DecodeError, match="web page") as caught:
        await front.client.contacts.update(ola.id, ContactChange(name="Kari"))
    assert caught.value.outcome is errors.Outcome.UNKNOWN
    assert (await front.client.contacts.get(ola.id)).name == "Ola"


async def test_one_text_is_no_list(front: Front) -> None:
    """Each of its letters would be an id, a status that no conversation has, or a link."""
    client = front.client
    calls: dict[str, Callable[[], Any]] = {
        "ids": lambda: client.contacts.merge("crd_1"),
        "contacts": lambda: client.lists.remove("grp_1", "crd_1"),
        "statuses": lambda: client.conversations.list("crd_1", statuses="archived"),
        "links": lambda: ContactChange(links="https://example.com"),  # type: ignore[arg-type]
        "list_names": lambda: NewContact(handles=(Handle("email", "a@example.com"),), list_names="VIP"),  # type: ignore[arg-type]
    }
    for field, call in calls.items():
        with pytest.raises(errors.ValidationError, match=f"nothing was sent: {field} are a list") as caught:
            await call()
        assert [each.field for each in caught.value.problems] == [field]
    assert front.sandbox.requests == []


@pytest.mark.parametrize("word", ["merge", "custom_fields"])
async def test_the_words_below_contacts_are_no_contacts(front: Front, word: str) -> None:
    """They have paths of their own, and whatever is asked of such a contact would be asked of something else."""
    client, handle = front.client, Handle("email", "ola@example.com")
    calls: tuple[Callable[[], Awaitable[Any]], ...] = (
        lambda: client.contacts.get(word),
        lambda: client.contacts.update(word, ContactChange(name="x")),
        lambda: client.contacts.delete(word),
        lambda: client.handles.add(word, handle),
        lambda: client.handles.delete(word, handle),
        lambda: client.avatars.upload(word, PNG),
        lambda: client.notes.list(word),
        lambda: client.notes.add(word, author="tea_1", body="x"),
        lambda: anext(client.conversations.list(word)),
    )
    for call in calls:
        with pytest.raises(errors.ValidationError, match="nothing was sent: the id is the name of something else"):
            await call()
    assert front.sandbox.requests == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        (ContactChange(name="\ud800"), "name"),
        (ContactChange(description="x", links=("\ud800",)), "links"),
        (ContactChange(custom_fields={"Location": object()}), "custom_fields"),
        (ContactChange(custom_fields={"\ud800": "x"}), "custom_fields"),
    ],
)
async def test_what_has_no_spelling_is_refused_by_name(front: Front, change: ContactChange, field: str) -> None:
    """Half a character, or a value that JSON does not know, is an error of ours that names the field."""
    with pytest.raises(errors.ValidationError, match=f"nothing was sent: {field} cannot be written") as caught:
        await front.client.contacts.update("crd_1", change, merge=False)
    assert [each.field for each in caught.value.problems] == [field]
    assert front.sandbox.requests == []


async def test_no_error_or_log_names_the_handle(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    """I-26: the handle in a path is in no message, log or traceback, though the server repeats it."""
    caplog.set_level(logging.DEBUG, "pling_async")
    nobody = Alias("phone", f"+47{99999001}")
    with pytest.raises(errors.NotFound) as caught:
        await front.client.contacts.get(nobody)
    shown = caplog.text + "".join(traceback.format_exception(caught.value)) + str(caught.value.path)
    assert "alt:phone:***" in shown
    assert "99999001" not in shown


async def test_an_avatar_of_26_mb_is_refused(front: Front, tmp_path: Path) -> None:
    """More than 25 MB, or nothing, is never sent, whether it is bytes or a file."""
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(26_000_000)
    for picture in (bytes(26_000_000), large, str(large)):
        with pytest.raises(errors.ValidationError, match="25 MB"):
            await front.client.avatars.upload("crd_1", picture)
    with pytest.raises(errors.ValidationError, match="the picture is empty"):
        await front.client.avatars.upload("crd_1", b"")
    with pytest.raises(errors.SourceError, match="FileNotFoundError"):
        await front.client.avatars.upload("crd_1", tmp_path / "none.png")
    assert front.sandbox.requests == []


async def test_an_avatar_is_one_part_with_a_boundary_of_its_own(front: Front, tmp_path: Path) -> None:
    """Large pictures go in pieces; the file's own name is not sent, and what arrives is what was there."""
    ola, picture = await front.add(), PNG + b"\r\n--x\r\n" * 400_000
    file = tmp_path / "ola-nordmann.png"
    file.write_bytes(picture)
    await front.client.avatars.upload(ola.id, file)
    entry = front.sandbox.requests[-1]
    head = entry.body.partition(b"\r\n\r\n")[0]
    assert entry.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="avatar"; filename="avatar.png"\r\nContent-Type: image/png' in head
    assert b"nordmann" not in entry.body
    saved = await front.client.contacts.get(ola.id)
    url = saved.avatar_url.removeprefix(front.sandbox.front.url)
    assert url.startswith("resources/fil_")
    assert len(await stored(front)) == len(picture)
    assert await stored(front) == picture


async def stored(front: Front) -> bytes:
    """Return the picture that the store holds."""
    import base64  # noqa: PLC0415 - here alone

    def read(connection: Any) -> str:
        return str(connection.execute("SELECT avatar FROM frontContacts").fetchone()[0])

    return base64.b64decode(await front.sandbox.front.read(read))


async def test_the_sandbox_too_takes_no_avatar_of_26_mb(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server's own limit is the same, and its answer an error of ours."""
    ola = await front.add()
    monkeypatch.setattr("pling_async.frontapp.avatars.LARGEST", 27_000_000)
    with pytest.raises(errors.PayloadTooLarge, match="25 MB"):
        await front.client.avatars.upload(ola.id, bytes(26_000_000))
    assert LARGEST == 25_000_000


async def test_a_wrong_token_is_an_authentication_error(front: Front) -> None:
    """401 is told with Front's words, for an unknown path as well; the token is in no message."""
    async with FrontClient("other-token", base_url=front.sandbox.front.url) as stranger:
        with pytest.raises(errors.AuthenticationError, match="JSON Web Token error") as caught:
            await stranger.company()
    assert "other-token" not in "".join(traceback.format_exception(caught.value)) + repr(stranger)


@pytest.mark.parametrize("token", ["", "two words", "line\n"])
async def test_a_token_that_no_header_can_hold_is_refused(token: str) -> None:
    """A token is refused when the client is made."""
    with pytest.raises(errors.ConfigurationError, match="token"):
        FrontClient(token)


@pytest.mark.parametrize("retry_after", ["0", "1", None])
async def test_429_is_repeated_for_every_method(serve: Serve, retry_after: str | None) -> None:
    """A request that was refused for its rate was not processed: even a POST is sent again, once it may."""
    settings = ClientSettings(retry=RetryPolicy(base_when_limited=0.01))
    front = await serve(settings=settings)
    body = b'{"_error":{"status":429,"title":"Too many requests","message":"Rate limit exceeded."}}'
    front.sandbox.fail(Fault(path="*/contacts", method="POST", status=429, retry_after=retry_after, body=body))
    assert (await front.add("Ola")).name == "Ola"
    assert [entry.status for entry in front.sandbox.requests] == [429, 201]


async def test_a_refusal_without_status_in_its_body_has_that_of_the_answer(front: Front) -> None:
    """Malformed JSON is answered {"_error": {"message"}} alone."""
    front.sandbox.fail(Fault(path="*/me", status=400, body=b'{"_error":{"message":"Unexpected token a in JSON"}}'))
    with pytest.raises(errors.BadRequest, match="Unexpected token a") as caught:
        await front.client.company()
    assert caught.value.status == 400
    assert caught.value.problem == errors.ProblemDetails(detail="Unexpected token a in JSON")


async def test_what_front_says_can_be_read_by_a_program(front: Front) -> None:
    """Status, title, message and details of `_error`; an error that we made of another keeps them."""
    with pytest.raises(errors.BadRequest) as caught:
        await front.client.contacts.update(await first(front), ContactChange(custom_fields={"Unknown": "x"}))
    assert caught.value.problem == errors.ProblemDetails(
        status=400,
        title="Bad request",
        detail="Body did not satisfy requirements",
        points=("body.custom_fields: unknown field 'Unknown'",),
    )
    with pytest.raises(errors.HandleConflict) as conflict:
        await front.add("Ola")
    assert conflict.value.problem is not None
    assert (conflict.value.problem.status, conflict.value.problem.title) == (409, "Conflict")


async def first(front: Front) -> str:
    """Add Ola and return the id."""
    return str((await front.add("Ola")).id)
