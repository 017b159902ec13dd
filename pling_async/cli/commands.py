"""Commands whose help keeps the examples as they are written, that know which account is meant, and what was meant."""

import inspect
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from textwrap import dedent, indent
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from pling_async.cli.files import check_files

_CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
_TYPED: Final = "pling_async.typed"
_UNWRAPPED: Final = "\b\n"
"""Click's sign that a paragraph of help is not to be wrapped."""


def _settings(values: dict[str, Any], *, hidden: bool = True) -> dict[str, Any]:
    """Mark the examples of a docstring, and whatever else is indented, as they stand; add what chooses the account."""
    paragraphs = inspect.cleandoc(values.get("help") or "").split("\n\n")
    text = "\n\n".join(_UNWRAPPED + indent(dedent(each), "  ") if _is_block(each) else each for each in paragraphs)
    params = [*(values.get("params") or ()), *_account_options(hidden=hidden)]
    return {"context_settings": _CONTEXT, **values, "help": text, "params": params}


def _is_block(paragraph: str) -> bool:
    return paragraph.startswith(("  ", "pling "))  # alone in a docstring, examples lose their indentation


def _account_options(*, hidden: bool) -> list[click.Option]:
    """Return the options that choose the account, which may stand anywhere on a command line."""
    profile = click.Option(
        ["--profile"],
        metavar="NAME",
        help="Account of pling.toml, or sandbox; may stand anywhere.",
        expose_value=False,
        hidden=hidden,
        callback=_select_profile,
        shell_complete=_known_profiles,
    )
    account = click.Option(
        ["--account"],
        metavar="ID",
        type=click.IntRange(min=0),
        help="Another account of the same user; may stand anywhere.",
        expose_value=False,
        hidden=hidden,
        callback=_select_account,
    )
    return [profile, account]


def _select_profile(_: click.Context, __: click.Parameter, name: str | None) -> None:
    from pling_async.cli.configuration import select  # noqa: PLC0415 - a help text does without

    if name is not None:
        select(profile=name)


def _select_account(_: click.Context, __: click.Parameter, account: int | None) -> None:
    from pling_async.cli.configuration import select  # noqa: PLC0415 - a help text does without

    if account is not None:
        select(account=account)


def _known_profiles(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    from pling_async.cli.configuration import SANDBOX  # noqa: PLC0415 - a help text does without
    from pling_async.cli.profiles import profile_files  # noqa: PLC0415 - likewise
    from pling_async.errors import ConfigurationError  # noqa: PLC0415 - likewise

    try:
        names = {SANDBOX, *(name for file in profile_files() for name in file.profiles)}
    except ConfigurationError:  # a key press is no place for an error
        names = {SANDBOX}
    return [CompletionItem(name) for name in sorted(names) if name.startswith(incomplete)]


class Command(click.Command):
    """A command whose indented paragraphs of help are not wrapped, and which overwrites nothing that it reads."""

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **_settings(values))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Note what was typed, for whoever names the next command."""
        ctx.meta[_TYPED] = self.make_parser(ctx).parse_args(list(args))[0]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Look at the names of all files before the command reads any."""
        check_files(ctx)
        return super().invoke(ctx)


def as_typed(names: Collection[str]) -> Iterator[str]:
    """Yield the words of this command line that gave these options, for another command that takes them."""
    context = click.get_current_context()
    given = context.meta[_TYPED]
    for option in context.command.params:
        if option.name in names and option.name in given:
            value = given[option.name]
            for each in value if isinstance(value, list) else [value]:
                yield from _spelled(option, each)


def _spelled(option: click.Parameter, value: Any) -> tuple[str, ...]:
    if isinstance(value, bool):
        return ((option.opts if value else option.secondary_opts)[0],)
    return option.opts[0], str(value)


class Group(click.Group):
    """A group of such commands, which says what a mistyped one was meant to be."""

    command_class = Command
    hides_account = True
    """The root alone shows the options that every command takes."""

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **_settings(values, hidden=self.hides_account))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that the words begin with, or say which one is close."""
        if not ctx.resilient_parsing and self.get_command(ctx, args[0]) is None and not args[0].startswith("-"):
            close = get_close_matches(args[0], self.list_commands(ctx), n=1, cutoff=0.5)
            way_out = f" Did you mean {close[0]!r}?" if close else ""
            ctx.fail(f"No such command {args[0]!r}.{way_out}")
        return super().resolve_command(ctx, args)
