"""A messy Norwegian Excel list becomes a reviewed plan, and then the state of an account.

    make demo

Everything is local: the sandbox serves the API on this machine and keeps its data below .demo/, and the commands
are those that you would type. Run it twice: the second time there is nothing to change.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from make_kunder import LISTED, SWEDES, Person, person

from pling_async.cli.main import run
from pling_async.sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
FOLDER = Path(sys.argv[1] if len(sys.argv) > 1 else ".demo")
LIST = Path("examples/kunder.xlsx")
DATABASE = FOLDER / "sandbox.sqlite"
PLAN = FOLDER / "kunder.plan"
REJECTS = FOLDER / "rejects.csv"

ACCOUNT = range(440)
"""People whom the account has before the list comes; the first 40 are not in it, or only in rows that are refused."""
AUTO_CREATED = {30, 31}
STOPPED = {*range(32, 37), 38, 62, 63, 64}
"""Some are not in the list, one (38) is behind a row that is refused, and two are in it with "nei" under Stopp."""


async def main(*, is_new: bool) -> None:
    """Start the sandbox and go through an import."""
    async with Sandbox(database=DATABASE) as sandbox:
        if is_new:
            await sandbox.seed(contacts=account())
        await tell(sandbox, is_new=is_new)


async def tell(sandbox: Sandbox, *, is_new: bool) -> None:
    """Run the commands, each after a word on why."""
    contacts = await sandbox.contacts()
    stopped = sum(contact["stop"] for contact in contacts)
    say(f"An account on a local sandbox ({FOLDER}/): {len(contacts)} contacts, {stopped} of them on the stop list.")
    pling = Commands(sandbox)
    if is_new:
        say("A list from Excel. What is in it, and what cannot be used?")
        await pling("check", LIST)
    say("What would it do to the account, if the account is to be what the list says?")
    if await pling("plan", LIST, "--mode", "replace", "--details", "0", "--detailed-exitcode") == 0:
        say("The account already is what the list says: nothing to change. `make clean` starts afresh.")
        return
    await go_through_with_it(pling)


async def go_through_with_it(pling: "Commands") -> None:
    """Review, apply, and look at what came of it."""
    say("Nobody is removed while rows cannot be read: the person may be behind one of them.\nWe have looked at those.")
    await pling("plan", LIST, "--mode", "replace", "--remove-despite-rejects", "--out", PLAN, "-q")
    await pling("show", PLAN, "--details", "3")
    say("That is reviewed. Now it is carried out; the account must still be the one we looked at.")
    await pling("apply", PLAN, "--yes", "--rejects", REJECTS)
    say("Rows that could not be used, for whoever keeps the list:")
    say(f"$ head -n 4 {REJECTS}", style="1;36")
    print(*REJECTS.read_text(encoding="utf-8").splitlines()[:4], sep="\n")
    say("The stop list: everybody who was on it, and two whom the list says have opted out.")
    await pling("stop-list", "list")
    say("Run `make demo` again: nothing is left to change.")
    say("Or take a list of your own: `. .venv/bin/activate`, then `pling check FILE`.")


class Commands:
    """Runs command lines against one sandbox: what you would type, in this process to be quick."""

    def __init__(self, sandbox: Sandbox) -> None:
        os.environ |= {
            "PLING_BASE_URL": sandbox.url,
            "PLING_USERNAME": sandbox.username,
            "PLING_PASSWORD": sandbox.password,
            "PLING_ACCOUNT_ID": str(sandbox.account_id),
        }
        os.environ.setdefault("COLUMNS", "100")

    async def __call__(self, *arguments: object) -> int:
        """Print a command line, run it, and return its exit code."""
        words = [str(each) for each in arguments]
        say("$ pling " + " ".join(words), style="1;36")
        code = await asyncio.to_thread(run, words)
        if code not in {0, 3, 7}:
            sys.exit(f"pling ended with {code}")
        return code


def say(words: str, *, style: str = "1") -> None:
    """Print a line that is not a command's."""
    is_plain = "NO_COLOR" in os.environ or not sys.stdout.isatty()
    print(f"\n{words}" if is_plain else f"\n\033[{style}m{words}\033[0m", flush=True)


def account() -> Iterator[dict[str, Any]]:
    """Yield what the account holds before the list comes: the same people, as they were last year."""
    for number in ACCOUNT:
        yield last_year(person(number))
    for place, mobile in enumerate(SWEDES[:2]):
        yield last_year(person(500 + place, mobile.replace(" ", "").replace("-", "")))


def last_year(customer: Person) -> dict[str, Any]:
    """Return a contact in the API's form; some have moved since, changed their address or joined a group."""
    number = customer.number
    contact = {
        "mobile": customer.mobile,
        "firstName": customer.first,
        "lastName": customer.last,
        "name": f"{customer.first} {customer.last}",
        "email": customer.email,
        "address": customer.address,
        "postalCode": customer.postal_code,
        "city": customer.city,
        "contactGroups": list(customer.groups),
        "stop": int(number in STOPPED),
    }
    if number in AUTO_CREATED:
        return contact | {"autoCreated": "2025-03-01T12:00:00.000Z", "autoCreatedNumber": "26114"}
    if number in LISTED and number % 9 == 0:
        return contact | {"address": "Gamleveien 3", "postalCode": "0663", "city": "OSLO"}
    if number in LISTED and number % 23 == 0:
        return contact | {"email": f"kunde{number}@example.org", "contactGroups": ["Kunder"]}
    return contact


if __name__ == "__main__":
    os.chdir(ROOT)
    FOLDER.mkdir(exist_ok=True)
    asyncio.run(main(is_new=not DATABASE.exists()))
