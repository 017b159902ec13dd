"""What a command ends with: the exit codes, and one ordered table from errors to them."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Final

import click
from attrs import frozen

from pling_async import errors
from pling_async.cli.systems import SYSTEMS


class Exit(IntEnum):
    """The exit codes, the same for every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    DIFFERENCES = 3
    """`plan --detailed-exitcode`: the plan would change something."""
    AUTH = 4
    GUARD = 5
    STALE = 6
    REJECTS = 7
    """Everything was applied that could be; some rows of the list could not."""
    UNKNOWN = 8
    """The network failed, or nobody knows whether the account changed."""
    INTERRUPTED = 130


class Interrupted(click.ClickException):
    """Ctrl-C, with a sentence about what was done until then."""

    exit_code = Exit.INTERRUPTED


@frozen
class Ending:
    """How one class of errors ends a command."""

    error: type[BaseException]
    code: Exit
    hint: str = ""
    """What to do; most messages say so themselves."""


ENDINGS: Final = (
    Ending(errors.ConfigurationError, Exit.USAGE),
    Ending(errors.ValidationError, Exit.USAGE),
    Ending(errors.MissingExtraError, Exit.FAILED),
    Ending(errors.SourceError, Exit.FAILED),
    Ending(errors.GuardRefused, Exit.GUARD),
    Ending(errors.StalePlan, Exit.STALE),
    Ending(errors.AccountBusy, Exit.FAILED),
    Ending(errors.RunInDoubt, Exit.UNKNOWN),
    Ending(errors.JournalError, Exit.FAILED),
    Ending(errors.VerificationError, Exit.FAILED, "plan the list again to see what differs"),
    Ending(
        errors.ConnectFailed, Exit.UNKNOWN, "nothing was sent; check PLING_BASE_URL and the network: `pling doctor`"
    ),
    Ending(errors.NoAnswer, Exit.UNKNOWN),
    Ending(errors.UnexpectedRedirect, Exit.UNKNOWN, "check PLING_BASE_URL; redirects are never followed"),
    Ending(errors.BadAnswer, Exit.UNKNOWN, "check that PLING_BASE_URL is the API's, for instance .../api/"),
    Ending(
        errors.AuthenticationError,
        Exit.AUTH,
        "check PLING_USERNAME and PLING_PASSWORD, or the profile; `pling config show` says which are used",
    ),
    Ending(
        errors.PermissionDenied,
        Exit.AUTH,
        "check that the user has access to the account in PLING_ACCOUNT_ID, or in the profile",
    ),
    Ending(errors.NotFound, Exit.FAILED, "check the id, and that PLING_BASE_URL is the API's, for instance .../api/"),
    Ending(errors.ServerError, Exit.UNKNOWN),
    Ending(errors.StatusError, Exit.FAILED),
    Ending(errors.PlingError, Exit.FAILED),
    Ending(OSError, Exit.FAILED),
)
"""Ordered: the first class that an error belongs to decides."""

_INTERNAL: Final = Ending(Exception, Exit.FAILED, "this is a bug in pling itself; PLING_DEBUG=1 shows where")


def ending(error: BaseException) -> Ending:
    """Return how an error ends a command."""
    return next((each for each in ENDINGS if isinstance(error, each.error)), _INTERNAL)


def exit_code(error: BaseException | str) -> Exit:
    """Return the exit code of an error, or of the name of one of our error classes."""
    if isinstance(error, str):
        known = getattr(errors, error, errors.PlingError)
        return next((each.code for each in ENDINGS if issubclass(known, each.error)), Exit.FAILED)
    return ending(error).code


def worst_of(codes: Iterable[str], *, has_unknown: bool) -> Exit | None:
    """Return what the codes of outcomes end a command with: not being let in, then not knowing; None for all others."""
    found = {exit_code(code) for code in codes if code != "halted"} | ({Exit.UNKNOWN} if has_unknown else set())
    return next((worst for worst in (Exit.AUTH, Exit.UNKNOWN) if worst in found), None)


def message(error: BaseException) -> str:
    """Return what to tell a person: what went wrong, where, and what to do."""
    hints = [] if _is_plain_absence(error) else [_hint(error)]
    if _may_have_changed(error):
        hints.append("whether it was carried out is unknown: look at the account before you repeat it")
    return "\n".join([_what(error), *filter(None, hints)])


def _hint(error: BaseException) -> str:
    """Return what to do, in the variables of the system that the error is about."""
    hint, system = ending(error).hint, SYSTEMS[getattr(error, "system", "pling")]
    if system.is_pling or "PLING_" not in hint:
        return hint
    variables = f"{system.variable(system.secret)} and {system.variable('base_url')}"
    return f"check {variables}, or the profile: `pling config show`, `pling doctor{system.flag}`"


def _is_plain_absence(error: BaseException) -> bool:
    """Tell whether we looked for something in an answer; no URL can be to blame then."""
    return isinstance(error, errors.NotFound) and error.status is None


def _may_have_changed(error: BaseException) -> bool:
    if not isinstance(error, errors.PlingError):
        return False
    return error.outcome is errors.Outcome.UNKNOWN and error.method not in {None, "GET"}


def _what(error: BaseException) -> str:
    if isinstance(error, errors.PlingError):
        return str(error)
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return f"{type(error).__name__}: {error}"
