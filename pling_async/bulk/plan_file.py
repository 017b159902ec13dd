"""Keep a plan in a file between review and apply.

The file is a zip of `plan.json` (account, baseline, guards, digest) and one Arrow stream for each frame. It holds
personal data, so it is private. When it is read it is checked against its digest, and what it says the account was
against the account's fingerprint, so what was reviewed is what is applied.
"""

import zipfile
from pathlib import Path
from typing import Any, Final

import orjson
import polars as pl
from attrs import asdict

from pling_async.bulk.difference import Mode
from pling_async.bulk.fields import canonical
from pling_async.bulk.fingerprint import digest
from pling_async.bulk.guards import Guards
from pling_async.bulk.plan import Plan
from pling_async.bulk.private_files import private_file
from pling_async.errors import Place, SourceError
from pling_async.sources import SourceInfo

_FORMAT: Final = 1
_FRAMES: Final = ("contacts", "groups", "rejects", "merges")
_NO_PLAN: Final = (
    zipfile.BadZipFile,
    pl.exceptions.PolarsError,
    AttributeError,
    KeyError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What reading raises where something is missing, is of another kind, or is packed or encrypted by somebody else."""


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan to a private file; an older file of that name is replaced once the new one is whole."""
    facts = {
        "format": _FORMAT,
        "digest": plan.digest,
        "mode": plan.mode.value,
        "origin": plan.origin,
        "account_id": plan.account_id,
        "fingerprint": plan.fingerprint,
        "source": asdict(plan.source),
        "guards": asdict(plan.guards) | {"accounts": plan.guards.accounts and sorted(plan.guards.accounts)},
    }
    with private_file(path) as out, zipfile.ZipFile(out, "w") as archive:
        archive.writestr("plan.json", orjson.dumps(facts, option=orjson.OPT_INDENT_2))
        for name in _FRAMES:
            frame: pl.DataFrame = getattr(plan, name).clone()  # polars locks it: a reader in another thread would hang
            with archive.open(f"{name}.arrow", "w", force_zip64=True) as member:
                frame.write_ipc_stream(member, compression="zstd")


def load_plan(path: Path) -> Plan:
    """Read a plan back; raises `SourceError` when the file is no plan, or not the one that was saved."""
    try:
        with zipfile.ZipFile(path) as archive:
            facts: dict[str, Any] = orjson.loads(archive.read("plan.json"))
            frames = {name: pl.read_ipc_stream(archive.read(f"{name}.arrow")) for name in _FRAMES}
        plan = _plan(facts, frames)
        is_another = plan.digest != facts["digest"] or digest(canonical(plan.baseline)) != plan.fingerprint
    except FileNotFoundError:
        raise _refused(path, "there is no such file; `pling plan FILE --out PLAN` makes one") from None
    except OSError as error:
        raise _refused(path, f"the plan cannot be read: {error.strerror}") from error
    except _NO_PLAN:
        raise _refused(path, "this is not a plan of this version; make one with `pling plan FILE --out PLAN`") from None
    if is_another:
        raise _refused(path, "the plan was changed after it was made, or made by another version; make it again")
    return plan


def _plan(facts: dict[str, Any], frames: dict[str, pl.DataFrame]) -> Plan:
    if facts["format"] != _FORMAT:
        raise ValueError(facts["format"])
    return Plan(
        mode=Mode(facts["mode"]),
        origin=facts["origin"],
        account_id=facts["account_id"],
        fingerprint=facts["fingerprint"],
        listing=None,
        source=SourceInfo(**facts["source"]),
        guards=Guards(**facts["guards"]),
        **frames,
    )


def _refused(path: Path, message: str) -> SourceError:
    return SourceError(message, Place(source=str(path)))
