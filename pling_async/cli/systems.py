"""The systems that commands speak with: what their credentials are called, in the environment and in a profile."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Final

from attrs import frozen


@frozen(kw_only=True)
class System:
    """One system, and the settings without which nobody is let in there."""

    name: str
    prefix: str
    """What its variables begin with."""
    secret: str
    """Which of its settings is the secret."""
    user: str | None = None
    """Which one says whose secret it is; a token says so itself."""
    has_account: bool = False
    module: str
    client: str

    @property
    def is_pling(self) -> bool:
        """Whether it is the API that this package is about; the others are its neighbours."""
        return self.has_account

    @property
    def names(self) -> tuple[str, ...]:
        """Its settings."""
        account = "account_id" if self.has_account else None
        return tuple(filter(None, (self.user, self.secret, account, "base_url")))

    @property
    def needed(self) -> Mapping[str, str]:
        """The settings that have no default, and the variables that give them."""
        return {name: self._variables(name) for name in self.names if name != "base_url"}

    @property
    def keys(self) -> Mapping[str, type]:
        """What a profile can say of it."""
        return {**{name: int if name == "account_id" else str for name in self.names}, "keyring": bool}

    @property
    def default_url(self) -> str:
        """Where it lives unless somebody says otherwise."""
        url: str = self._loaded().DEFAULT_URL
        return url

    @property
    def opener(self) -> Any:
        """The class of its client."""
        return getattr(self._loaded(), self.client)

    @property
    def flag(self) -> str:
        """What names it on a command line, where it is not the usual one."""
        return "" if self.is_pling else f" --service {self.name}"

    def variable(self, name: str) -> str:
        """Return the variable that gives a setting."""
        return f"{self.prefix}_{name.upper()}"

    def _variables(self, name: str) -> str:
        variable = self.variable(name)
        return f"{variable} or {variable}_FILE" if name == self.secret else variable

    def _loaded(self) -> Any:
        return import_module(f"pling_async.{self.module}")


PLING: Final = System(
    name="pling",
    prefix="PLING",
    user="username",
    secret="password",  # noqa: S106 - the name of a setting
    has_account=True,
    module="pling.client",
    client="PlingClient",
)

_NEIGHBOURS: Final = (
    System(name="ip1", prefix="IP1", secret="token", module="ip1.client", client="Ip1Client"),  # noqa: S106 - likewise
    System(name="front", prefix="FRONT", secret="token", module="frontapp.client", client="FrontClient"),  # noqa: S106 - likewise
    System(
        name="front-legacy",
        prefix="FRONT_LEGACY",
        user="company",
        secret="password",  # noqa: S106 - likewise
        module="frontapp.legacy",
        client="LegacyFrontClient",
    ),
)

NEIGHBOURS: Final[Mapping[str, System]] = {each.name: each for each in _NEIGHBOURS}
SYSTEMS: Final[Mapping[str, System]] = {PLING.name: PLING, **NEIGHBOURS}
