"""Encodings: what the bytes speak against is refused or told, and never becomes somebody's name."""
# ruff: noqa: RUF001 - symbols that look like letters, and those that do not, are what is tested here

from collections.abc import Awaitable, Callable
from pathlib import Path

import polars as pl
import pytest

from pling_async.errors import SourceError
from pling_async.sources import SourceInfo
from pling_async.sources.misread import is_mixed, misread

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

NORDIC = ["Bjørn", "Kåre", "Øyvind", "Åse", "Tromsø", "Bodø", "Sjøås", "KÅRE", "BJØRN", "Hägersten"]
ALL = "99999101;Bjørn Kåre;Tromsø\n99999102;Øyvind Ås;SÆTRE\n99999103;Åse Bækkelund;BODØ\n"
MEANT = [
    "O’Brien", "D‘Arcy", "O´Brien", "Miloš Dušan", "Šime Žižek", "SŒUR cœur Œuvre", "Oslo–Bergen", "Ola…Kari", "Ola†",
    "‹Ola›", "“Kari”s", "10 €", "m²", "1½ år", "½liter", "50°N", "Käse®", "Acme™", "«Bjørn»", "Nº1", "¿Qué?",
    "Ola\u00a0Nord", "Ola·Nord", "Jürgen", "René", "3×4",
]  # fmt: skip


@pytest.mark.parametrize("end", ["", "\n99999103;Tromsø"])
async def test_a_line_of_another_encoding_is_refused_with_its_row(read: Read, write: Write, end: str) -> None:
    """One line that Excel added does not make mojibake of everybody else's name (#101)."""
    data = "mobil;navn\n99999101;Bjørn\n".encode() + "99999102;Kåre".encode("cp1252") + end.encode()
    with pytest.raises(SourceError, match=r"row 2: most of the list is utf-8, .* --encoding cp1252, or encoding="):
        await read(write(data))
    frame, _ = await read(write(data), encoding="cp1252")
    assert frame["name"][1] == "Kåre"


async def test_a_list_that_is_cp1252_throughout_is_read(read: Read, write: Write) -> None:
    """Whatever Excel saves; a line in UTF-8 among many is told, also far from the beginning (#101)."""
    data = f"mobil;navn;by\n{ALL}".encode("cp1252")
    frame, info = await read(write(data))
    assert frame["name"].to_list() == ["Bjørn Kåre", "Øyvind Ås", "Åse Bækkelund"]
    assert (info.encoding, info.warnings) == ("cp1252", ())
    rows = ALL.encode("cp1252") * 60_000
    _, info = await read(write(b"mobil;navn;by\n" + rows + "99999104;Bjørn;\n".encode()))
    assert len(rows) > 1 << 22
    assert "garbled letters" in info.warnings[0]


def test_letters_that_fit_both_by_chance_make_no_mixture() -> None:
    """Two letters of cp1252 can be one of UTF-8; one such pair among others says nothing."""
    assert not is_mixed(["99999101;RÅ»;Bjørn;Åse;Kåre\n".encode("cp1252")])
    assert not is_mixed([b"\xff"])


@pytest.mark.parametrize(("encoding", "named"), [("mac_roman", "mac_roman"), ("cp865", "cp865"), ("cp850", "cp865")])
@pytest.mark.parametrize("name", NORDIC)
async def test_lists_of_old_macs_and_of_dos_are_refused(
    read: Read, write: Write, encoding: str, named: str, name: str
) -> None:
    """Bj¿rn is nobody's name; the encoding in which it is one is named, and reads it (#101)."""
    data = f"mobil;navn\n99999101;Ola\n99999102;{name}\n".encode(encoding)
    with pytest.raises(SourceError, match=f"row 2: .* letters in {named}; give --encoding {named}, or enc") as caught:
        await read(write(data))
    assert name not in str(caught.value)
    frame, info = await read(write(data), encoding=named)
    assert frame["name"].to_list() == ["Ola", name]
    assert info.warnings == ()


@pytest.mark.parametrize("encoding", ["mac_roman", "cp865"])
async def test_a_whole_list_is_refused_at_its_first_row(read: Read, write: Write, encoding: str) -> None:
    """Old Macs end lines with a carriage return; vCards and JSON are texts as well."""
    with pytest.raises(SourceError, match=f"row 1: .* letters in {encoding};"):
        await read(write(f"mobil;navn;by\n{ALL}".replace("\n", "\r").encode(encoding)))
    with pytest.raises(SourceError, match=f"letters in {encoding};"):
        await read(write('{"mobil": "99999101", "navn": "Bjørn"}'.encode(encoding)))


@pytest.mark.parametrize("text", MEANT)
async def test_symbols_that_are_meant_are_no_letters(read: Read, write: Write, text: str) -> None:
    """Apostrophes, dashes, quotes, fractions, and the letters of other countries stay what they are."""
    frame, info = await read(write(f"mobil;navn\n99999101;{text}\n".encode("cp1252")))
    assert frame["name"].to_list() == [text]
    assert info.warnings == ()


async def test_a_doubt_is_a_warning(read: Read, write: Write) -> None:
    """A symbol among the right letters may be a slip; one that is a letter nowhere is told, too."""
    names = "mobil;navn\n99999101;Bjørn\n99999102;Bj›rn\n".encode("cp1252")
    frame, info = await read(write(names))
    assert frame["name"].to_list() == ["Bjørn", "Bj›rn"]
    assert info.warnings[0].startswith("row 2: what are symbols in cp1252 are letters in cp865; give --encoding cp865")
    _, info = await read(write("mobil;navn\n99999101;d‘accord\n".encode("cp1252")))
    assert info.warnings[0].startswith("row 1: what are symbols")
    _, info = await read(write("mobil;navn\n99999101;a±b\n".encode("cp1252")))
    assert info.warnings == (
        "row 1: symbols stand where letters do in cp1252; check the names, and give the encoding it was saved in",
    )
    assert misread([b"abc"]) is None
