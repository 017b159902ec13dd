"""What the page's forms do; each returns the part of the page to go on with, and what to say there."""

import sqlite3
from typing import Final

from attrs import frozen

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.page import forms, queries
from pling_async.sandbox.page.forms import Form
from pling_async.sandbox.page.sample import sample
from pling_async.sandbox.pling.service import PlingService

Done = tuple[str, str]
"""Where to go on, and a key of `SAID`."""

SAID: Final = {
    "reset": "Everything is empty: store, journal, faults, clock.",
    "seeded": "The objects are in the store.",
    "sampled": "Fictional people are in the store.",
    "armed": "The fault is armed.",
    "disarmed": "No fault is armed.",
    "settled": "What was held back has been applied.",
    "switched": "The switches are set; the next request is read accordingly.",
    "forgotten": "The journal is empty.",
}

_MOST_SAMPLES: Final = 1000


@frozen
class Actions:
    """Changes the store, the traffic and the switches of one sandbox."""

    controls: Controls
    pling: PlingService

    async def reset(self, _: Form) -> Done:
        """Empty everything; switches stay."""
        await self.controls.reset()
        return "/", "reset"

    async def seed(self, form: Form) -> Done:
        """Put objects in their wire form into the store."""
        objects = await self.controls.stage.worker.call(forms.seed, form.get("objects", ""))
        try:
            await self.controls.seed("pling", objects)
        except sqlite3.IntegrityError:
            raise ValueError("the store refuses that: a number or an id is there already, or a value is none") from None
        except (KeyError, TypeError, AttributeError, sqlite3.Error) as error:
            raise ValueError(f"that cannot be stored: {type(error).__name__}: {error}") from None
        return "/page/contacts", "seeded"

    async def sample(self, form: Form) -> Done:
        """Put fictional people into the store."""
        count = min(forms.whole(form.get("count", ""), "count"), _MOST_SAMPLES)
        known = await self.controls.stage.worker.run(queries.mobiles, self.pling.users[0].accounts[0])
        people = await self.controls.stage.worker.call(sample, count, known)
        await self.controls.seed("pling", {"contacts": people})
        return "/page/contacts", "sampled"

    async def arm(self, form: Form) -> Done:
        """Make the next requests that match go wrong."""
        self.controls.traffic.faults.arm(forms.fault(form))
        return "/page/faults", "armed"

    async def disarm(self, _: Form) -> Done:
        """Let every request pass again."""
        self.controls.traffic.faults.clear()
        return "/page/faults", "disarmed"

    async def settle(self, _: Form) -> Done:
        """Apply at once what faults hold back."""
        await self.controls.stage.later.settle()
        return "/page/faults", "settled"

    async def switch(self, form: Form) -> Done:
        """Set the switches; `all=default` sets every one back."""
        known = {setting.name: setting for setting in self.pling.reading.settings()}
        if form.get("all") == "default":
            chosen = {name: setting.default for name, setting in known.items()}
        else:
            chosen = {name: form[name] for name in known if name in form}
        await self.controls.stage.worker.run(self.pling.change, chosen)
        return "/page/switches", "switched"

    async def forget(self, _: Form) -> Done:
        """Empty the journal."""
        self.controls.traffic.journal.clear()
        return "/page/requests", "forgotten"
