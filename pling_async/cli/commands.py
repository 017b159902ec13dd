"""Commands whose help keeps the examples as they are written in the docstring."""

import inspect
from textwrap import dedent, indent
from typing import Any, Final

import click

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_UNWRAPPED: Final = "\b\n"
"""Click's sign that a paragraph of help is not to be wrapped."""


def _settings(values: dict[str, Any]) -> dict[str, Any]:
    """Mark the examples of a docstring, and whatever else is indented, as they stand."""
    paragraphs = inspect.cleandoc(values.get("help") or "").split("\n\n")
    text = "\n\n".join(_UNWRAPPED + indent(dedent(each), "  ") if _is_block(each) else each for each in paragraphs)
    return {"context_settings": _CONTEXT, **values, "help": text}


def _is_block(paragraph: str) -> bool:
    return paragraph.startswith(("  ", "pling "))  # alone in a docstring, examples lose their indentation


class Command(click.Command):
    """A command whose indented paragraphs of help are not wrapped."""

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **_settings(values))


class Group(click.Group):
    """A group of such commands."""

    command_class = Command

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **_settings(values))
