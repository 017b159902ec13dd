"""The secret of an account, a password or a token: from the environment, a private file, or the system's keyring."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from pling_async.cli.configuration import Configuration, Origin, Setting, check_destination
from pling_async.errors import ConfigurationError, MissingExtraError

if TYPE_CHECKING:
    from pling_async.session.auth import Secret

_HINT: Final = "keyring=true needs the keyring package; install it with: pip install 'pling-async[keyring]'"


def password_of(configured: Configuration) -> Setting | None:
    """Return the password as a `Secret` with its source, None when there is none; it goes to its own server only."""
    found = _found(configured)
    if found is not None:
        check_destination(found, configured)
    return found


def needed_password(configured: Configuration) -> "Secret":
    """Return the secret of an account of which all that is needed is known, or raise `ConfigurationError`."""
    found, needed = password_of(configured), configured.system.needed
    given = configured.settings.keys() | ({configured.system.secret} if found else set())
    if found is None or not given >= needed.keys():
        raise ConfigurationError(_missing(configured, [name for name in needed if name not in given]))
    kept: Secret = found.value
    return kept


def _missing(configured: Configuration, names: list[str]) -> str:
    system = configured.system
    wanted = ", ".join(system.needed[name] for name in names)
    if configured.profile_name is None:
        otherwise = _way_to_the_sandbox(configured) if system.is_pling else "or name it in a profile"
        return f"not set: {wanted}; {otherwise}"
    keys = ", ".join(name if system.is_pling else f"{system.name}.{name}" for name in names)
    return f"profile {configured.profile_name!r} has no {keys}, and not set: {wanted}; see: pling config show"


def _way_to_the_sandbox(configured: Configuration) -> str:
    origins = {each.origin for each in configured.settings.values()}
    ways = {Origin.OPTION: "leave --account out", Origin.ENVIRONMENT: "unset all PLING_* variables"}
    return f"{' and '.join(ways[each] for each in ways if each in origins)} for the sandbox"


def _found(configured: Configuration) -> Setting | None:
    from pling_async.session.auth import as_secret  # noqa: PLC0415 - `pling --help` does without
    from pling_async.session.environment import secret  # noqa: PLC0415 - likewise

    system = configured.system
    given = configured.settings.get(system.secret)
    if given is None:
        return _kept(configured)
    password = secret(system.variable(system.secret)) if given.origin is Origin.ENVIRONMENT else as_secret(given.value)
    return Setting(value=password, origin=given.origin, source=given.source)


def _kept(configured: Configuration) -> Setting | None:
    owner, kind = owner_of(configured), configured.system.secret
    if not configured.uses_keyring or owner is None:
        return None
    kept = _asked(lambda backend: _sealed(backend.get_password(service(configured), owner)))
    if kept is None:
        raise ConfigurationError(f"the keyring has no {kind} for this account; {keep_command(configured)} keeps one")
    return Setting(value=kept, origin=Origin.KEYRING, source=f"keyring, {service(configured)}")


def keep_command(configured: Configuration) -> str:
    """Return the command that puts a password into the keyring."""
    name = configured.profile_name
    return f"`pling config password{configured.system.flag}" + (f" --profile {name}`" if name else "`")


def owner_of(configured: Configuration) -> str | None:
    """Return whose secret the keyring keeps; a token is its profile's, None when nobody is named."""
    system = configured.system
    if system.is_pling:
        username: str | None = configured.value("username")
        return username
    owner = configured.value(system.user) if system.user else configured.profile_name
    return f"{system.name} {owner}" if owner else None


def service(configured: Configuration) -> str:
    """Return the name under which the keyring keeps passwords of a server: no other server is sent them."""
    from pling_async.session.settings import BaseUrl  # noqa: PLC0415 - `pling --help` does without

    return f"pling-async {BaseUrl.parse(configured.value('base_url') or configured.system.default_url).origin}"


def keep(configured: Configuration, password: "Secret") -> None:
    """Put a password into the keyring."""
    name, owner = service(configured), owner_of(configured)
    _asked(lambda backend: backend.set_password(name, owner, password.reveal()))


def forget(configured: Configuration) -> None:
    """Take a password out of the keyring."""
    name, owner = service(configured), owner_of(configured)
    _asked(lambda backend: backend.delete_password(name, owner))


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
        failure = ConfigurationError(
            f"the keyring refused: {type(error).__name__}; unlock it, or, where there is none, leave keyring out of "
            "pling.toml and give the password or token in the environment or in that file: pling config show"
        )
    raise failure
