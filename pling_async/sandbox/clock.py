"""The sandbox's time: real, or one second a request from a fixed start."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 1, 1, tzinfo=UTC)


def wire(moment: datetime) -> str:
    """Return a moment as the API writes it: 2026-01-01T00:00:00.000Z."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


class RealClock:
    """The time of day."""

    def tick(self) -> str:
        """Return the time, in the wire's form."""
        return wire(datetime.now(tz=UTC))

    now = tick

    def set(self, ticks: int) -> None:
        """Do nothing: real time goes on by itself."""

    ticks = 0


class FixedClock:
    """A clock that starts at 2026-01-01T00:00:00Z and moves one second a request."""

    def __init__(self) -> None:
        self.ticks = 0

    def now(self) -> str:
        """Return the time, in the wire's form."""
        return wire(START + timedelta(seconds=self.ticks))

    def tick(self) -> str:
        """Move one second and return the time."""
        self.ticks += 1
        return self.now()

    def set(self, ticks: int) -> None:
        """Go to a number of seconds after the start."""
        self.ticks = ticks


Clock = RealClock | FixedClock
