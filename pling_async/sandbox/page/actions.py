"""What the page's forms do, whatever is served; each returns the part to go on with, and what to say there."""

from typing import Final

from attrs import frozen

from pling_async.sandbox.controls import Controls
from pling_async.sandbox.page import forms
from pling_async.sandbox.page.forms import Form

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


@frozen
class Actions:
    """Changes the traffic of one sandbox, and empties it."""

    controls: Controls

    async def reset(self, _: Form) -> Done:
        """Empty everything; switches stay."""
        await self.controls.reset()
        return "/", "reset"

    async def arm(self, form: Form) -> Done:
        """Make the next requests that match go wrong."""
        self.controls.traffic.faults.arm(forms.fault(form))
        return "/page/faults", "armed"

    async def disarm(self, _: Form) -> Done:
        """Let every request pass again."""
        self.controls.traffic.faults.clear()
        return "/page/faults", "disarmed"

    async def settle(self, _: Form) -> Done:
        """Apply at once what faults hold back, and what services put off."""
        await self.controls.stage.later.settle()
        return "/page/faults", "settled"

    async def forget(self, _: Form) -> Done:
        """Empty the journal."""
        self.controls.traffic.journal.clear()
        return "/page/requests", "forgotten"
