"""What the page's forms do to Pling: fill its store and set its switches."""

import sqlite3
from typing import Final

from attrs import frozen

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.page import forms, pling_queries
from pling_async.sandbox.page.actions import Done
from pling_async.sandbox.page.forms import Form
from pling_async.sandbox.page.sample import sample
from pling_async.sandbox.pling.service import PlingService

_MOST_SAMPLES: Final = 1000


@frozen
class PlingActions:
    """Changes the store and the switches of Pling."""

    controls: Controls
    pling: PlingService

    async def seed(self, form: Form) -> Done:
        """Put objects in their wire form into the store."""
        objects = await self.controls.stage.worker.call(forms.seed, form.get("objects", ""))
        try:
            await self.controls.seed(self.pling.name, objects)
        except sqlite3.IntegrityError:
            raise ValueError("the store refuses that: a number or an id is there already, or a value is none") from None
        except (KeyError, TypeError, AttributeError, OverflowError, sqlite3.Error) as error:
            raise ValueError(f"that cannot be stored: {type(error).__name__}: {error}") from None
        return "/page/contacts", "seeded"

    async def sample(self, form: Form) -> Done:
        """Put fictional people into the store."""
        count = min(forms.whole(form.get("count", ""), "count"), _MOST_SAMPLES)
        known = await self.controls.stage.worker.run(pling_queries.mobiles, self.pling.users[0].accounts[0])
        people = await self.controls.stage.worker.call(sample, count, known)
        await self.controls.seed(self.pling.name, {"contacts": people})
        return "/page/contacts", "sampled"

    async def switch(self, form: Form) -> Done:
        """Set the switches; `all=default` sets every one back."""
        known = {setting.name: setting for setting in self.pling.settings()}
        if form.get("all") == "default":
            chosen = {name: setting.default for name, setting in known.items()}
        else:
            chosen = {name: form[name] for name in known if name in form}
        await self.controls.stage.worker.run(self.pling.change, chosen)
        return "/page/switches", "switched"
