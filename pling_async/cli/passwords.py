"""The password of an account: from the environment, a private file, or the system's keyring."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pling_async.cli.configuration import Configuration, Origin, Setting, check_destination
from pling_async.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from pling_async.session.auth import Secret

_HINT: Final = "keyring=true needs the keyring package; install it with: pip install 'pling-async[keyring]'"


def password_of(configured: Configuration) -> Setting | None:
    """Return the password as a `Secret` with its source, None when there is none; it goes to its own server only."""
    from pling_async.pling.client import DEFAULT_URL  # noqa: PLC0415 - `pling --help` does without

    found = _found(configured)
    if found is not None:
        check_destination(found, configured.settings.get("base_url"), DEFAULT_URL)
    return found


def _found(configured: Configuration) -> Setting | None:
    from pling_async.session.auth import as_secret  # noqa: PLC0415 - `pling --help` does without
    from pling_async.session.environment import secret  # noqa: PLC0415 - likewise

    given = configured.settings.get("password")
    if given is None:
        return _kept(configured)
    password = secret("PLING_PASSWORD") if given.origin is Origin.ENVIRONMENT else as_secret(given.value)
    return Setting(value=password, origin=given.origin, source=given.source)


def _kept(configured: Configuration) -> Setting | None:
    username = configured.value("username")
    if not configured.uses_keyring or username is None:
        return None
    kept = _asked(lambda backend: _sealed(backend.get_password(service(configured), username)))
    if kept is None:
        raise ConfigurationError(f"the keyring has no password for this account; {keep_command(configured)} keeps one")
    return Setting(value=kept, origin=Origin.KEYRING, source=f"keyring, {service(configured)}")


def keep_command(configured: Configuration) -> str:
    """Return the command that puts a password into the keyring."""
    name = configured.profile_name
    return "`pling config password" + (f" --profile {name}`" if name else "`")


def service(configured: Configuration) -> str:
    """Return the name under which the keyring keeps passwords of a server: no other server is sent them."""
    from pling_async.pling.client import DEFAULT_URL  # noqa: PLC0415 - `pling --help` does without
    from pling_async.session.settings import BaseUrl  # noqa: PLC0415 - likewise

    return f"pling-async {BaseUrl.parse(configured.value('base_url') or DEFAULT_URL).origin}"


def keep(configured: Configuration, password: "Secret") -> None:
    """Put a password into the keyring."""
    name, username = service(configured), configured.value("username")
    _asked(lambda backend: backend.set_password(name, username, password.reveal()))


def forget(configured: Configuration) -> None:
    """Take a password out of the keyring."""
    name, username = service(configured), configured.value("username")
    _asked(lambda backend: backend.delete_password(name, username))


def _sealed(text: str | None) -> "Secret | None":
    from pling_async.session.auth import Secret  # noqa: PLC0415 - `pling --help` does without

    return None if text is None else Secret(text)


def _asked(call: Callable[[Any], Any]) -> Any:
    """Call the keyring; its errors are not chained, since their frames may hold a password."""
    try:
        import keyring  # noqa: PLC0415 - an extra
        from keyring.errors import KeyringError  # noqa: PLC0415 - likewise
    except ModuleNotFoundError:
        raise MissingExtraError(_HINT) from None
    try:
        return call(keyring)
    except KeyringError as error:
        failure = ConfigurationError(f"the keyring refused: {type(error).__name__}")
    raise failure
