"""Read who may leave the stop list, and where each written consent is kept (section 2.4)."""

import csv
from pathlib import Path

from pling_async.errors import Place, SourceError
from pling_async.phones import normalise


def read_consent(path: Path, *, region: str) -> dict[str, str]:
    """Return E.164 -> reference from a CSV with the headers mobile and reference.

    Raises `SourceError` for a row without a usable number or without a reference: consent is all or nothing.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            delimiter = ";" if ";" in file.readline() else ","
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter=delimiter, strict=True))
    except (UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            "the consent file cannot be read; save it as CSV in UTF-8 with the headers mobile,reference",
            Place(source=str(path)),
        ) from error
    return dict(_held(row, Place(source=str(path), row=number), region) for number, row in enumerate(rows, 1))


def _held(row: dict[str, str | None], place: Place, region: str) -> tuple[str, str]:
    if not {"mobile", "reference"} <= row.keys():
        raise SourceError("the consent file needs the headers mobile,reference", place)
    number = normalise(row["mobile"] or "", region)
    if number.e164 is None:
        raise SourceError(f"mobile: {number.message}", place)
    if not (reference := (row["reference"] or "").strip()):
        raise SourceError("say in reference where the written consent is kept", place)
    return number.e164, reference
