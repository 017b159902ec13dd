"""What of its environment a command does not take along."""

import os
from typing import Final

from pling_async.cli.output import note

KEY_LOG: Final = "SSLKEYLOGFILE"


def forget_key_log() -> None:
    """Unset SSLKEYLOGFILE before anything makes a TLS context: Python would write every connection's keys there."""
    if os.environ.pop(KEY_LOG, None):
        note(f"{KEY_LOG} is ignored: whoever reads that file can read the connection, and the password in it")
