"""`pling completion`: what makes a shell complete commands, options and profiles."""

from typing import Final

import click
from click.shell_completion import get_completion_class

from pling_async.cli.commands import Command
from pling_async.cli.output import next_step

_VARIABLE: Final = "_PLING_COMPLETE"
"""Where click looks for the shell that asks."""


@click.command(cls=Command)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what makes a shell complete commands, options and profiles.

      pling completion bash >> ~/.bashrc
      pling completion zsh >> ~/.zshrc
      pling completion fish > ~/.config/fish/completions/pling.fish

    Bash needs 4.4 or newer. Open a new shell afterwards.
    """
    kind = get_completion_class(shell)
    if kind is None:
        raise click.UsageError(f"click knows no completion for {shell}")
    click.echo(kind(ctx.find_root().command, {}, "pling", _VARIABLE).source())
    next_step("doctor")
