"""What clients are told by the environment; no message has a value."""

import os
from pathlib import Path

from pling_async.errors import ConfigurationError
from pling_async.session.auth import Secret


def variable(name: str) -> str:
    """Return a variable that must be there."""
    if not (value := os.environ.get(name)):
        raise ConfigurationError(f"the environment variable {name} is not set")
    return value


def secret(name: str) -> Secret:
    """Return the secret that a variable has, or the file that `<name>_FILE` names, which only its owner may read."""
    if text := os.environ.get(name):
        return Secret(text)
    if not (path := os.environ.get(f"{name}_FILE")):
        raise ConfigurationError(f"neither {name} nor {name}_FILE is set in the environment")
    try:
        with Path(path).open(encoding="utf-8") as file:
            if os.fstat(file.fileno()).st_mode & 0o077:
                raise ConfigurationError(f"others may read the {name}_FILE; chmod 600 it")
            return Secret(file.read().removesuffix("\n").removesuffix("\r"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"the {name}_FILE cannot be read ({type(error).__name__})") from error
