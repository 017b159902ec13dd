"""The five steps of Front's tutorial, against a sandbox in this very process, or a company of your own.

python examples/front_tutorial.py
FRONT_TOKEN=... python examples/front_tutorial.py    # the custom fields "Job Title" and "Location" have to exist
"""

import asyncio
import base64
import os

from pling_async.frontapp import Alias, ContactChange, FrontClient, Handle, NewContact
from pling_async.sandbox import Sandbox

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def tutorial(front: FrontClient) -> None:
    """Create a contact, and complete it."""
    company = await front.company()
    print(f"1. the token opens {company.id}")

    dale = await front.contacts.create(
        NewContact(
            name="Dale Cooper",
            description="A special agent of the Federal Bureau of Investigation",
            links=("https://twinpeaks.fandom.com/wiki/Dale_Cooper",),
            list_names=("Twin Peaks Characters",),
            handles=(Handle("email", "dale.cooper@example.com"),),
        )
    )
    print(f"2. created {dale.id}")

    fields = {"Job Title": "FBI Special Agent", "Location": "Las Vegas, Nevada"}
    await front.contacts.update(dale.id, ContactChange(custom_fields=fields))
    print(f"3. set {', '.join(fields)}")

    await front.avatars.upload(Alias("email", "dale.cooper@example.com"), PICTURE)
    print("4. uploaded a picture")

    await front.handles.add(dale.id, Handle("email", "coop@example.com"))
    dale = await front.contacts.get(dale.id)
    print(f"5. now it has {len(dale.handles)} handles and {len(dale.custom_fields)} custom fields")


async def main() -> None:
    """Take the company of the environment, or else a sandbox."""
    if "FRONT_TOKEN" in os.environ or "FRONT_TOKEN_FILE" in os.environ:
        async with FrontClient.from_env() as front:
            await tutorial(front)
        return
    async with Sandbox(services=("front",)) as sandbox:
        await sandbox.front.seed(custom_fields=[{"name": "Job Title"}, {"name": "Location"}])
        async with FrontClient(sandbox.front.token, base_url=sandbox.front.url) as front:
            await tutorial(front)


if __name__ == "__main__":
    asyncio.run(main())
