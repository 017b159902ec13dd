"""Which account is meant, and which neighbour: each setting with where it comes from, and the laws about passwords."""

import os
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from typing import Any, Final

import click
from attrs import field, frozen

from pling_async.cli.profiles import DEFAULT_PROFILE, ProfileFile, profile_files, suggestion, tables
from pling_async.cli.systems import PLING, System
from pling_async.errors import ConfigurationError

VARIABLES: Final = (
    "PLING_USERNAME",
    "PLING_PASSWORD",
    "PLING_PASSWORD_FILE",
    "PLING_ACCOUNT_ID",
    "PLING_BASE_URL",
    "PLING_PROFILE",
)
"""What the environment can say of an account; when one of them is set, the sandbox is only meant if it is named."""

SANDBOX: Final = "sandbox"
"""The profile that is always there: the embedded sandbox."""

_PROFILE_META: Final = "pling_async.profile"
_ACCOUNT_META: Final = "pling_async.account"


class Origin(Enum):
    """Who gave a setting."""

    OPTION = auto()
    ENVIRONMENT = auto()
    FOLDER = auto()
    USER = auto()
    KEYRING = auto()
    DEFAULT = auto()


_GOES_TO: Final[Mapping[Origin, frozenset[Origin]]] = {
    Origin.ENVIRONMENT: frozenset({Origin.ENVIRONMENT, Origin.USER, Origin.DEFAULT}),
    Origin.FOLDER: frozenset({Origin.FOLDER, Origin.USER, Origin.DEFAULT}),
    Origin.USER: frozenset({Origin.USER, Origin.DEFAULT}),
    Origin.KEYRING: frozenset(Origin),  # it is kept by the server's address
}
"""Whose address a password may be sent to: a folder that somebody prepared must not receive anybody's password."""


@frozen(kw_only=True)
class Setting:
    """One value, and where it comes from."""

    value: Any = field(repr=False)
    origin: Origin
    source: str
    """The origin in words."""


@frozen(kw_only=True)
class Configuration:
    """What is known of the account that is meant, or of a neighbour."""

    system: System = PLING
    profile: Setting | None
    settings: Mapping[str, Setting]
    uses_keyring: bool = False

    @property
    def is_sandbox(self) -> bool:
        """Whether nobody spoke of an account of Pling, or somebody asked for the embedded sandbox."""
        return self.system.is_pling and (not self.settings or self.profile_name == SANDBOX)

    @property
    def profile_name(self) -> str | None:
        """The profile that was chosen, if any."""
        return None if self.profile is None else str(self.profile.value)

    def value(self, name: str) -> Any:
        """Return a value, None when nobody gave it."""
        return self.settings[name].value if name in self.settings else None


def select(profile: str | None = None, account: int | None = None) -> None:
    """Note what an option of this command line chose."""
    meta = click.get_current_context().meta
    meta.update(
        {key: value for key, value in ((_PROFILE_META, profile), (_ACCOUNT_META, account)) if value is not None}
    )


def chosen() -> tuple[str, ...]:
    """Return the options of this command line that choose the account, for the next one to be about the same."""
    context = click.get_current_context(silent=True)
    meta = {} if context is None else context.meta
    options = (("--profile", _PROFILE_META), ("--account", _ACCOUNT_META))
    return tuple(word for option, key in options if key in meta for word in (option, str(meta[key])))


def configuration(system: System = PLING) -> Configuration:
    """Return what options, environment and files say; nothing is asked for, and no password is looked up elsewhere."""
    context = click.get_current_context(silent=True)
    meta = {} if context is None else context.meta
    files = profile_files()
    profile = _chosen(meta.get(_PROFILE_META), files)
    if system.is_pling and profile is not None and profile.value == SANDBOX and _is_meant(profile):
        return Configuration(profile=profile, settings={})
    layers = [*_profile_layers(profile, files, system), _environment(system)]
    if profile is None or profile.origin is not Origin.OPTION:
        layers = [layers[-1], *layers[:-1]]
    account = _account_option(meta.get(_ACCOUNT_META)) if system.has_account else {}
    settings = _overlaid([account, *layers], frozenset({system.secret, "keyring"}))
    keyring = settings.pop("keyring", None)
    return Configuration(
        system=system, profile=profile, settings=settings, uses_keyring=bool(keyring and keyring.value)
    )


def check_destination(secret: Setting, configured: Configuration) -> None:
    """Raise `ConfigurationError` when a password would go to an address that came from somebody else."""
    base_url, default_url = configured.settings.get("base_url"), configured.system.default_url
    if base_url is None or base_url.value == default_url or base_url.origin in _GOES_TO[secret.origin]:
        return
    raise ConfigurationError(
        f"the {configured.system.secret} of {secret.source} would be sent to the base_url of {base_url.source}; "
        "give both in one place if that is what you want"
    )


def _is_meant(profile: Setting) -> bool:
    """Tell whether the sandbox was asked for by name; a file that names it yields to the environment."""
    return profile.origin in {Origin.OPTION, Origin.ENVIRONMENT} or not any(map(os.environ.get, VARIABLES))


def _chosen(named: str | None, files: tuple[ProfileFile, ...]) -> Setting | None:
    for choice in _choices(named, files):
        known = [SANDBOX, *{name: None for each in files for name in each.profiles}]
        if choice.value not in known:
            raise ConfigurationError(
                f"there is no profile {choice.value!r} ({choice.source}); {suggestion(choice.value, known)}"
            )
        return choice
    return None


def _choices(named: str | None, files: tuple[ProfileFile, ...]) -> Iterator[Setting]:
    """Yield what chooses the profile, the first wins."""
    if named is not None:
        yield Setting(value=named, origin=Origin.OPTION, source="--profile")
    if variable := os.environ.get("PLING_PROFILE"):
        yield Setting(value=variable, origin=Origin.ENVIRONMENT, source="PLING_PROFILE")
    for file in files:
        if file.chosen is not None:
            yield Setting(value=file.chosen, origin=_origin(file), source=file.shown)
    for file in files:
        if DEFAULT_PROFILE in file.profiles:
            yield Setting(value=DEFAULT_PROFILE, origin=_origin(file), source=file.shown)


def _origin(file: ProfileFile) -> Origin:
    return Origin.FOLDER if file.shown.startswith("./") else Origin.USER


def _profile_layers(
    profile: Setting | None, files: tuple[ProfileFile, ...], system: System
) -> list[dict[str, Setting]]:
    name = "" if profile is None else str(profile.value)
    table = name if system.is_pling else f"{name}.{system.name}"
    return [
        {
            key: Setting(value=value, origin=_origin(file), source=f"{file.shown} [profiles.{table}]")
            for key, value in _said_of(system, file.profiles.get(name, {})).items()
        }
        for file in files
    ]


def _said_of(system: System, profile: Mapping[str, Any]) -> dict[str, Any]:
    table = {each.name: held for each, held in tables(profile)}.get(system.name, {})
    return {key: value for key, value in table.items() if key in system.keys}


def _environment(system: System) -> dict[str, Setting]:
    """Return what variables say; a secret is read where it is needed, and held as one."""
    found: dict[str, Setting] = {}
    for name in system.names:
        variable = system.variable(name)
        if name == system.secret:
            given = next((each for each in (variable, f"{variable}_FILE") if os.environ.get(each)), None)
            if given is not None:
                found[name] = Setting(value="", origin=Origin.ENVIRONMENT, source=given)
        elif value := os.environ.get(variable):
            found[name] = Setting(value=value, origin=Origin.ENVIRONMENT, source=variable)
    return found


def _account_option(account: int | None) -> dict[str, Setting]:
    return {} if account is None else {"account_id": Setting(value=account, origin=Origin.OPTION, source="--account")}


def _overlaid(layers: list[dict[str, Setting]], same: frozenset[str]) -> dict[str, Setting]:
    """Unite layers, the first one winning; a secret and the keyring are two ways to say the `same`."""
    settings: dict[str, Setting] = {}
    for layer in layers:
        is_secret_known = bool(same & settings.keys())
        for key, setting in layer.items():
            if key not in settings and not (is_secret_known and key in same):
                settings[key] = setting
    return settings
