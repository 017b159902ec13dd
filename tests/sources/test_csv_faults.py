"""CSV files that cannot be trusted: one clear error each, and never a row lost in silence."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pling_async.errors import ConfigurationError, SourceError
from pling_async.sources import Reading, SourceOptions, blocks, records

Write = Callable[..., Path]
Refused = Callable[..., Awaitable[str]]


@pytest.fixture
def refused(write: Write) -> Refused:
    """Return the message with which a file is refused; it begins with the file's name."""

    async def message(content: str | bytes, **options: object) -> str:
        path = write(content)
        with pytest.raises(SourceError) as caught:
            _ = [part.frame async for part in Reading(path, SourceOptions(**options)).parts()]  # type: ignore[arg-type]
        said = str(caught.value)
        assert said.startswith(str(path))
        return said.removeprefix(str(path))

    return message


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"PK\x03\x04", "not a workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "not a workbook"),
        (b"\x1f\x8b", "gzip file is cut off"),
        (b"BZh9", "bzip2"),
        (b"%PDF-1.7", "PDF"),
        (b"PAR1\x00", "whole Parquet file"),
        (b"ARROW1\x00", "whole Arrow file"),
        (b"SQLite format 3\x00", "--sql QUERY"),
        (b"[1]", "row 1: not an object"),
        (b'\xef\xbb\xbf {"mobile": "99999001"', "row 1: not JSON"),
        (b"BEGIN:VCARD\n", "row 1: not a whole vCard"),
        (b"<!DOCTYPE html><html>", "HTML"),
    ],
)
async def test_another_format_is_told_by_its_bytes(refused: Refused, content: bytes, kind: str) -> None:
    """What a file is called does not matter (#106)."""
    assert kind in await refused(content)


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff", "  \r\n"])
async def test_an_empty_file_is_refused(refused: Refused, content: str) -> None:
    """An empty export is a failed export (#96)."""
    assert "empty" in await refused(content)


async def test_a_header_alone_is_a_list_without_rows(write: Write) -> None:
    """A header is read; what an empty list may do is for the guards (#96)."""
    for end in ("", "\n", "\r\n"):
        reading = Reading(write(f"mobile,name{end}"), SourceOptions())
        frames = [part.frame async for part in reading.parts()]
        assert frames[0].shape == (0, 2)
        assert reading.info.rows == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("mobile,name\n1,a\n2\n", ", row 2: the header has 2 fields, but row 2 has 1; the file may be cut off"),
        ("mobile,name\n1,a,b\n2,c\n", ", row 1: the header has 2 fields, but row 1 has 3; mixed"),
        ("mobile,name\n1\n2,b,c\n", ", row 1: the header has 2 fields, but row 1 has 1, row 2 has 3; mixed"),
        (
            "mobile,name\n" + "1\n" * 5,
            ", row 1: the header has 2 fields, but row 1 has 1, row 2 has 1, row 3 has 1, and 2 more",
        ),
        ('mobile,name\n1,"a"\n2\n', ", row 2: the header has 2 fields, but row 2 has 1"),
        ("mobile;name\n1;a\n2,b\n", ", row 2: the header has 2 fields, but row 2 has 1"),
        ("mobile,name\r\n1\r\n2,b\r\n", ", row 1: the header has 2 fields, but row 1 has 1"),
    ],
)
async def test_a_ragged_file_is_refused_by_its_first_rows(refused: Refused, content: str, said: str) -> None:
    """A row of another length means that cells have moved, so no row can be trusted (#94, #98)."""
    assert (await refused(content)).startswith(said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('mobile,name\n1,a\n2,"b\n3,c\n', ", row 2: a quote opens here and never closes"),
        ('mobile,name\n1,"a\n2,"b\n', ", row 1: text follows a closing quote"),
        ('mobile,name\n1,"a"x\n', ", row 1: text follows a closing quote"),
        ('"mobile,name\n1,a\n', ": the first line is not a header"),
    ],
)
async def test_a_quote_that_does_not_close_is_refused(refused: Refused, content: str, said: str) -> None:
    """Rows that vanish into an open quote are never missed (#99)."""
    assert (await refused(content)).startswith(said)


async def test_a_large_cell_is_no_fault_of_the_source(write: Write) -> None:
    """The csv module's limit is lifted while a list is read, and only then (#102)."""
    before = records.csv.field_size_limit()
    path = write(f"mobile,comment\n1,{'y' * 200_000}\n\n2,z\n")
    assert [part.frame.height async for part in Reading(path, SourceOptions()).parts()] == [2]
    assert records.csv.field_size_limit() == before


async def test_repeated_headers_are_refused(refused: Refused) -> None:
    """Which of two columns is meant is not for us to guess (#97)."""
    assert "'mobile' more than once" in await refused("mobile,name,mobile\n1,a,2\n")


async def test_mixed_delimiters_are_told(refused: Refused) -> None:
    """A header that two delimiters divide is no header; both are named, and the way out."""
    assert "mixes the delimiters ';' and ','; export" in await refused("Mobil,Navn;By\n99999001,Ola;OSLO\n")


async def test_a_wrong_delimiter_is_told_with_the_right_one(refused: Refused) -> None:
    """The whole row in one column is a mistake that has a cure (#97)."""
    assert "try delimiter=';'" in await refused("mobile;name\n1;a\n", delimiter=",")


@pytest.mark.parametrize("delimiter", [",", ";", None])
async def test_lines_that_are_quoted_whole_are_told(refused: Refused, delimiter: str | None) -> None:
    """No delimiter helps where all of a line is one cell."""
    for text, mark in (('"mobile;name"\n"1;a"\n', ";"), ('\n"mobile,name"\n"1,a"\n', ",")):
        said = await refused(text, delimiter=delimiter)
        assert f"the whole header is one column in quotes, with {mark!r} in it; export the list again" in said
        assert "try" not in said


async def test_a_line_for_excel_may_be_quoted(write: Write) -> None:
    """Some writers quote whatever they write."""
    for first in ('"sep=;"', "sep=;"):
        reading = Reading(write(f"{first}\r\nmobile;name\r\n1;a\r\n"), SourceOptions())
        assert [part.frame.rows() async for part in reading.parts()] == [[("1", "a")]]


async def test_a_renamed_number_column_is_told_with_the_headers_seen(refused: Refused) -> None:
    """Without numbers there is no list, and the user chooses the column (#97)."""
    said = await refused("nummer;navn\n1;a\n")
    assert "the headers are 'nummer', 'navn'" in said
    assert '--map "Header=mobile"' in said


@pytest.mark.parametrize("options", [{"encoding": "utf-8"}, {"encoding": "utf-8-sig"}])
async def test_a_wrong_encoding_is_told_with_the_row(refused: Refused, options: dict[str, str]) -> None:
    """The row where decoding fails is where to look (#101)."""
    said = await refused("mobile,name\n1,a\n2,Åse\n".encode("cp1252"), **options)
    assert said.startswith(", row 2: the bytes are not utf-8")
    assert "encoding='cp1252'" in said


async def test_bytes_that_are_in_no_encoding_are_refused(refused: Refused) -> None:
    """cp1252 has holes, and utf-16 is not guessed without its mark (#101)."""
    assert ", row 1: the bytes are not cp1252" in await refused(b"mobile,name\n1,\x81\n")
    assert "encoding='utf-16-le'" in await refused("mobile,name\n1,a\n".encode("utf-16-le"))
    assert "not utf-16" in await refused(b"\xff\xfem\x00\x00\xdc")
    assert "not utf-8-sig" in await refused(b"\xef\xbb\xbfmobile\n\xff\n")


async def test_an_encoding_that_names_no_place_is_refused_all_the_same(refused: Refused) -> None:
    """Some decoders say only that they failed."""
    assert "the bytes are not punycode; give the encoding" in await refused(b"a-b!!", encoding="punycode")


async def test_an_unknown_encoding_is_the_callers_mistake(write: Write) -> None:
    """A misspelled encoding is a wrong setting."""
    for encoding in ("utf-9", "hex"):
        with pytest.raises(ConfigurationError, match=f"'{encoding}'; use utf-8"):
            _ = [part.frame async for part in Reading(write("mobile\n1\n"), SourceOptions(encoding=encoding)).parts()]


async def test_a_missing_file_and_a_directory_are_told(tmp_path: Path) -> None:
    """What the system says is said."""
    for path, said in ((tmp_path / "none.csv", "No such file"), (tmp_path, "Is a directory")):
        with pytest.raises(SourceError, match=said):
            _ = [part.frame async for part in Reading(path, SourceOptions()).parts()]


@pytest.mark.parametrize("change", ["append", "replace", "touch"])
async def test_a_file_that_changes_while_it_is_read_is_refused(
    write: Write, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Half of an old list and half of a new one is neither (#95)."""
    path = write("mobile,name\n1,a\n")
    fstat = os.fstat

    def changing(fd: int) -> os.stat_result:
        """Let another program write after the first look."""
        found = fstat(fd)
        monkeypatch.setattr(blocks.os, "fstat", fstat)
        if change == "append":
            with path.open("a") as file:
                file.write("2,b\n")
        elif change == "replace":
            other = path.with_suffix(".new")
            other.write_bytes(path.read_bytes())
            other.replace(path)
        else:
            os.utime(path, ns=(0, 0))
        return found

    monkeypatch.setattr(blocks.os, "fstat", changing)
    with pytest.raises(SourceError, match="changed while it was read"):
        await asyncio.to_thread(blocks.read_blocks, path)


async def test_a_named_pipe_is_read_without_a_check_for_change(tmp_path: Path) -> None:
    """What is no regular file has no size to compare."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    found, _ = await asyncio.gather(
        asyncio.to_thread(blocks.read_blocks, path),
        asyncio.to_thread(path.write_text, "mobile,name\n1,a\n"),
    )
    assert found == [b"mobile,name\n1,a\n"]
