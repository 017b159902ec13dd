"""The scaling curves as SVG: rows against seconds, rows against memory; both axes are logarithmic."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 560, 320, 64, 40, 28, 130
_STYLE: Final = """<style>
text { font: 12px system-ui, sans-serif; fill: #24292f }
.grid { stroke: #d0d7de }
polyline { fill: none; stroke-width: 2; stroke: var(--ink) }
circle, text.s0, text.s1, text.s2 { fill: var(--ink) }
.s0 { --ink: #0969da } .s1 { --ink: #bc4c00 } .s2 { --ink: #57606a }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 }
  .grid { stroke: #30363d }
  .s0 { --ink: #58a6ff } .s1 { --ink: #f0883e } .s2 { --ink: #8b949e }
}
</style>"""

Curve = Sequence[tuple[float, float]]


def write_curves(path: Path, title: str, unit: str, curves: Mapping[str, Curve]) -> None:
    """Write one picture."""
    path.write_text("\n".join(_picture(title, unit, curves)) + "\n", encoding="utf-8")


def _picture(title: str, unit: str, curves: Mapping[str, Curve]) -> Iterable[str]:
    points = [point for curve in curves.values() for point in curve]
    across, up = (_Axis(each) for each in zip(*points, strict=True))
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{title}">'
    yield _STYLE
    yield f'<text x="{_LEFT}" y="16">{title}</text>'
    for tick in across.ticks():
        x = _x(across.share(tick))
        yield f'<line class="grid" x1="{x}" x2="{x}" y1="{_TOP}" y2="{_HEIGHT - _BOTTOM}"/>'
        yield f'<text x="{x}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{tick:,.0f}</text>'
    for tick in up.ticks():
        y = _y(up.share(tick))
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{tick:g} {unit}</text>'
    for number, (name, curve) in enumerate(curves.items()):
        places = [(_x(across.share(rows)), _y(up.share(value))) for rows, value in curve]
        yield f'<polyline class="s{number}" points="{" ".join(f"{x},{y}" for x, y in places)}"/>'
        yield from (f'<circle class="s{number}" cx="{x}" cy="{y}" r="3"/>' for x, y in places)
        yield f'<text class="s{number}" x="{places[-1][0] + 8}" y="{places[-1][1] + 4}">{name}</text>'
    yield f'<text x="{_x(0.5)}" y="{_HEIGHT - 4}" text-anchor="middle">rows</text>'
    yield "</svg>"


class _Axis:
    """A logarithmic axis over whole powers of ten."""

    def __init__(self, values: Iterable[float]) -> None:
        logs = [math.log10(max(value, 1e-6)) for value in values]
        self._low, self._high = math.floor(min(logs)), max(math.ceil(max(logs)), math.floor(min(logs)) + 1)

    def share(self, value: float) -> float:
        """Return how far along the axis a value lies, 0 to 1."""
        return (math.log10(max(value, 1e-6)) - self._low) / (self._high - self._low)

    def ticks(self) -> list[float]:
        """Return the powers of ten."""
        return [10.0**power for power in range(self._low, self._high + 1)]


def _x(share: float) -> float:
    return round(_LEFT + share * (_WIDTH - _LEFT - _RIGHT), 1)


def _y(share: float) -> float:
    return round(_HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP), 1)
