"""Put the page together: one file, private, whose policy lets a browser run its one script and nothing else."""

import base64
import hashlib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import orjson
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pling_async import __version__
from pling_async.bulk.private_files import private_file
from pling_async.cli.page import records, summary
from pling_async.cli.page.veil import Plain, Redacted, Veil
from pling_async.sandbox.page.text import visible

if TYPE_CHECKING:
    from pling_async.bulk import Plan

_ESCAPED: Final = {b"<": b"\\u003c", b">": b"\\u003e", b"&": b"\\u0026", b"\xe2\x80\xa8": b"\\u2028"} | {
    b"\xe2\x80\xa9": b"\\u2029"
}
"""What could end a script element, or a line of script, within JSON."""


def write_page(plan: "Plan", path: Path, *, is_redacted: bool = False) -> None:
    """Write a plan as a page to a private file, which is replaced as a whole; it holds personal data.

    A page that is redacted has masked numbers and no other value, only counts, fields and row numbers.
    """
    page = render(plan, Redacted() if is_redacted else Plain())
    with private_file(path) as out:
        out.write(page.encode("utf-8", "replace"))


def render(plan: "Plan", veil: Veil) -> str:
    """Return the page."""
    style = _asset("pling_async.sandbox.page", "base.css") + _asset("pling_async.cli.page", "plan.css")
    script = _asset("pling_async.cli.page", "plan.js")
    return (
        _environment()
        .get_template("plan.html.j2")
        .render(
            **_told(plan, veil),
            **_listed(plan, veil),
            policy=_policy(style, script),
            style=Markup(style),  # noqa: S704 - our own file
            script=Markup(script),  # noqa: S704 - likewise
            version=__version__,
        )
    )


def _told(plan: "Plan", veil: Veil) -> Mapping[str, Any]:
    groups = summary.groups(plan, veil)
    shown, left_out = summary.shown_groups(groups)
    return {
        "plan": summary.heading(plan, veil),
        "verdict": summary.verdict(plan),
        "tiles": summary.tiles(plan),
        "stack": summary.stack(plan),
        "facts": list(summary.facts(plan, veil)),
        "warnings": [] if veil.is_redacted else plan.source.warnings,
        "countries": summary.countries(plan),
        "reasons": summary.reasons(plan),
        "guards": list(summary.guards(plan, veil)),
        "groups": shown,
        "groups_left_out": left_out,
        "groups_words": summary.groups_words(groups),
    }


def _listed(plan: "Plan", veil: Veil) -> Mapping[str, Any]:
    frames = records.changed(plan)
    counts = [frame.height for frame in frames]
    kinds = [{"label": kind.label, "count": n} for kind, n in zip(records.KINDS.values(), counts, strict=True)]
    lists = {
        "changes": list(records.changes(frames, veil)),
        "rejects": list(records.rejects(plan, veil)),
        "duplicates": list(records.duplicates(plan, veil)),
    }
    marks = [[kind.label, kind.mark, kind.colour] for kind in records.KINDS.values()]
    return {
        "kinds": kinds,
        "fields": records.LABELS,
        "counts": {name: len(each) for name, each in lists.items()},
        "left_out": sum(counts) - len(lists["changes"]),
        "data": embedded({**lists, "fields": records.LABELS, "kinds": marks}),
    }


def embedded(value: object) -> Markup:
    """Return JSON that can stand in a script element: nothing in it ends the element or begins a comment."""
    encoded = orjson.dumps(value)
    for sign, escaped in _ESCAPED.items():
        encoded = encoded.replace(sign, escaped)
    return Markup(encoded.decode())  # noqa: S704 - JSON without < > &


def _policy(style: str, script: str) -> str:
    rules = {
        "default-src": "'none'",
        "script-src": _hash(script),
        "style-src": _hash(style),
        "base-uri": "'none'",
        "form-action": "'none'",
        "require-trusted-types-for": "'script'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _asset(package: str, name: str) -> str:
    return files(package).joinpath(name).read_text(encoding="utf-8")


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("pling_async.cli", "page"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["visible"] = visible
    environment.filters["counted"] = "{:,}".format
    return environment
