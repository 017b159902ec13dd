"""The two documents of Front, from top to bottom, against the sandbox; and the example that follows the tutorial.

The addresses in both documents are hidden from us ("email protected"); these stand for them.
"""

import asyncio
import io
import sys
from pathlib import Path
from typing import Any, Final

import aiohttp
import orjson
import pytest

from pling_async.sandbox import FrontLegacyService, FrontSemantics, FrontService, ManualClock, Sandbox

ROOT: Final = Path(__file__).parents[2]
COMPANY: Final = "cloud-content-consulting"
DALE: Final = "dale.cooper@example.com"
OTHER: Final = "coop@example.com"
DESCRIPTION: Final = (
    "Dale Bartholomew Cooper is a special agent of the Federal Bureau of Investigation who in 1989 was assigned to "
    "investigate the brutal murder of the popular high school student, Laura Palmer in the town of Twin Peaks, "
    "Washington. He ended up falling in love with the town and gained a great deal of acceptance within the normally "
    "tight-knit community."
)
LINKS: Final = ["https://twinpeaks.fandom.com/wiki/Dale_Cooper", "https://en.wikipedia.org/wiki/Dale_Cooper"]
CREATE: Final = {
    "name": "Dale Cooper",
    "description": DESCRIPTION,
    "links": LINKS,
    "group_names": ["Twin Peaks Characters"],
    "handles": [{"source": "email", "handle": DALE}],
}
OWN: Final = f"https://{COMPANY}.api.frontapp.com/contacts/crd_1xamg5p"
CREATED: Final = {
    "_links": {
        "self": OWN,
        "related": {"notes": f"{OWN}/notes", "conversations": f"{OWN}/conversations", "owner": None},
    },
    "id": "crd_1xamg5p",
    "name": "Dale Cooper",
    "description": DESCRIPTION,
    "avatar_url": None,
    "links": LINKS,
    "handles": [{"source": "email", "handle": DALE}],
    "groups": ["Twin Peaks Characters"],
    "is_private": False,
    "account": None,
}
"""As the tutorial prints it, but for updated_at, which is a time."""
PICTURE: Final = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4


class Api:
    """Sends what the tutorial shows, as it shows it."""

    def __init__(self, sandbox: Sandbox, http: aiohttp.ClientSession) -> None:
        self.base = sandbox.front.url
        self.http = http
        self.headers = {"Accept": "application/json", "Authorization": f"Bearer {sandbox.front.token}"}

    async def __call__(self, method: str, path: str, body: object = None, **options: Any) -> tuple[int, Any]:
        """Return the status and the JSON of an answer, None when it has no content."""
        headers = dict(self.headers)
        if body is not None:
            headers["Content-Type"] = "application/json"
            options["data"] = io.BytesIO(orjson.dumps(body))
        async with self.http.request(method, self.base + path, headers=headers, **options) as answer:
            content = await answer.read()
            return answer.status, orjson.loads(content) if content else None


async def test_the_tutorial_from_top_to_bottom() -> None:
    """Steps 1 to 3 of the Core API's tutorial have the statuses and the answers that it prints."""
    semantics = FrontSemantics(groups_in_answers="names", links="company")
    service = FrontService(semantics=semantics, company=COMPANY)
    async with Sandbox(deterministic=True, services=(service,)) as sandbox, aiohttp.ClientSession() as http:
        call = Api(sandbox, http)
        status, contact = await call("POST", "contacts", CREATE)
        assert (status, contact | CREATED) == (201, contact)
        assert isinstance(contact["updated_at"], float)
        await sandbox.front.seed(custom_fields=[{"name": "Job Title"}, {"name": "Location"}])  # "configure in Front"
        fields = {"Job Title": "FBI Special Agent", "Location": "Las Vegas, Nevada"}
        assert await call("PATCH", f"contacts/{contact['id']}", {"custom_fields": fields}) == (204, None)
        form = aiohttp.FormData()
        form.add_field("avatar", PICTURE, filename="dale.png", content_type="image/png")
        assert await call("PATCH", f"contacts/{contact['id']}", data=form) == (204, None)
        handle = {"handle": OTHER, "source": "email"}
        assert await call("POST", f"contacts/alt:email:{DALE}/handles", handle) == (204, None)
        status, contact = await call("GET", f"contacts/alt:email:{OTHER}")
    assert (status, contact["custom_fields"]) == (200, fields)
    assert [each["handle"] for each in contact["handles"]] == [DALE, OTHER]
    assert contact["avatar_url"]


async def test_names_of_custom_fields_are_case_sensitive() -> None:
    """The tutorial's note: a name in other letters is another field, and a field has to be made first."""
    async with Sandbox(services=("front",)) as sandbox, aiohttp.ClientSession() as http:
        call = Api(sandbox, http)
        await sandbox.front.seed(custom_fields=[{"name": "Job Title"}])
        _, contact = await call("POST", "contacts", CREATE)
        status, answer = await call("PATCH", f"contacts/{contact['id']}", {"custom_fields": {"job title": "Agent"}})
    assert (status, answer["_error"]["status"], answer["_error"]["title"]) == (400, 400, "Bad request")
    assert answer["_error"]["details"] == ["body.custom_fields: unknown field 'job title'"]


async def test_a_content_type_without_a_boundary_is_the_tutorials_trap() -> None:
    """The header that the tutorial prints has no boundary, and with it nothing can be read."""
    async with Sandbox(services=("front",)) as sandbox, aiohttp.ClientSession() as http:
        call = Api(sandbox, http)
        await call("POST", "contacts", CREATE)
        call.headers["Content-Type"] = "multipart/form-data"
        status, answer = await call("PATCH", f"contacts/alt:email:{DALE}", data=io.BytesIO(b"--x\r\n"))
    assert (status, answer["_error"]["message"]) == (400, "Multipart: Boundary not found")


async def test_the_example_runs() -> None:
    """examples/front_tutorial.py does the five steps against a sandbox and says what it did."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(ROOT / "examples" / "front_tutorial.py"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert [line[:2] for line in output.decode().splitlines()] == ["1.", "2.", "3.", "4.", "5."]


BRUCE: Final = {
    "name": "Bruce Wayne",
    "description": "CEO / Wayne.inc",
    "fields": [
        {"source": "email", "handle": "bruce@wayne.example"},
        {"source": "email", "handle": "ceo@wayne.example"},
        {"source": "twitter", "handle": "@Batman"},
        {"source": "phone", "handle": "+123456789"},
    ],
    "link": [{"url": "https://wayne.inc"}],
}


@pytest.fixture
def legacy() -> Sandbox:
    """Return a sandbox of the deprecated API, whose time stands still."""
    service = FrontLegacyService(company="company", password="password")
    return Sandbox(clock=ManualClock(), services=(service,))


async def post(sandbox: Sandbox, body: object) -> int:
    """Send a contact as the document's curl does."""
    auth = aiohttp.encode_basic_auth("company", "password")
    headers = {"Content-Type": "application/json", "Authorization": auth}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.post(f"{sandbox.front_legacy.url}contacts", data=orjson.dumps(body)) as answer,
    ):
        assert await answer.read() == b""
        return answer.status


async def test_the_legacy_document_from_top_to_bottom(legacy: Sandbox) -> None:
    """202 at once, the contact in less than a second, merged where addresses are shared, and +1 before bare numbers."""
    async with legacy as sandbox:
        assert await post(sandbox, BRUCE) == 202
        assert await sandbox.front_legacy.contacts() == []
        assert isinstance(sandbox.clock, ManualClock)
        await sandbox.clock.advance(1)
        assert await sandbox.front_legacy.contacts() == [BRUCE]
        alfred = {"name": "Alfred", "fields": [{"source": "phone", "handle": "(650) 814-9999"}]}
        assert await post(sandbox, alfred) == 202
        await sandbox.settle()
        (_, other) = await sandbox.front_legacy.contacts()
        assert other["fields"] == [{"source": "phone", "handle": "+16508149999"}]
        both = {"name": "Bruce", "fields": [BRUCE["fields"][0], other["fields"][0]]}
        assert await post(sandbox, both) == 202
        await sandbox.settle()
        (merged,) = await sandbox.front_legacy.contacts()
    assert (merged["name"], len(merged["fields"])) == ("Bruce", 5)
