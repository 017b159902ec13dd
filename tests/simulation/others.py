"""What happens beside the client: STOPs from phones, edits in the web interface, and a wall clock that jumps."""

from typing import Final

from tests.simulation.people import POOL
from tests.simulation.world import World

_DAY: Final = 86_400.0


def people_act(world: World, *, within: float, most: int = 4) -> None:
    """Let other people change the account at drawn moments, sooner rather than later."""
    for _ in range(world.rng.randint(0, most)):
        act = world.rng.choice((_stop, _stop, _edit, _add, _remove))
        world.timers.append(world.loop.call_later(within * world.rng.random() ** 2, act, world))


def clock_jumps(world: World, *, within: float) -> None:
    """Let the wall clock jump (#84)."""
    jump = world.rng.choice((-_DAY, -_DAY / 24, _DAY / 24, _DAY))
    world.timers.append(world.loop.call_later(within * world.rng.random(), _jump, world, jump))


def _jump(world: World, seconds: float) -> None:
    world.wall_jump += seconds


def _somebody(world: World) -> str | None:
    return world.rng.choice(sorted(world.server.contacts)) if world.server.contacts else None


def _stop(world: World) -> None:
    if (mobile := _somebody(world)) is not None:
        world.sometimes.add("STOP race")
        world.server.write(mobile, {**world.server.contacts[mobile], "stop": 1}, actor="phone")


def _edit(world: World) -> None:
    if (mobile := _somebody(world)) is not None:
        city = world.rng.choice(("TRONDHEIM", "BODØ"))
        world.server.write(mobile, {**world.server.contacts[mobile], "city": city}, actor="person")


def _add(world: World) -> None:
    mobile = world.rng.choice(POOL)
    if mobile not in world.server.contacts:
        world.server.write(mobile, world.server.fresh(mobile, {"city": "TRONDHEIM"}), actor="person")


def _remove(world: World) -> None:
    if (mobile := _somebody(world)) is not None:
        world.server.write(mobile, None, actor="person")
