"""JSON and NDJSON files."""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.json
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async.errors import SourceError
from pling_async.sources import SourceInfo
from pling_async.sources.base import LIST_MARK
from pling_async.sources.json_rows import read_json

Read = Callable[..., Awaitable[tuple[pl.DataFrame, SourceInfo]]]
Write = Callable[..., Path]

ROWS: list[dict[str, Any]] = [
    {"Mobil": 99999101, "Navn": "Åse", "postalCode": "0663", "stop": True, "grupper": ["A;B", "C"], "x": {"y": [{}]}},
    {"Mobil": "+47 999 99 102", "comment": None},
    {"Mobil": 4799999103.0, "Navn": ""},
]
READ = [
    ("99999101", "Åse", "0663", "1", f"{LIST_MARK}A;B{LIST_MARK}C"),
    ("+47 999 99 102", None, None, None, None),
    ("4799999103", None, None, None, None),
]
NDJSON = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (json.dumps(ROWS, ensure_ascii=False), "json"),
        (json.dumps(ROWS, ensure_ascii=False, indent=2), "json"),
        (NDJSON, "ndjson"),
        (NDJSON.replace("\n", "\r\n\r\n") + "\n", "ndjson"),
        ("".join(json.dumps(row, indent=2, ensure_ascii=False) for row in ROWS), "ndjson"),
    ],
)
async def test_objects_are_rows(read: Read, write: Write, text: str, kind: str, encoding: str) -> None:
    """In an array or one after the other, however they are laid out; the encoding is found and told."""
    frame, info = await read(write(text, "list.json", encoding), chunk_rows=2)
    assert frame.select("mobile", "name", "postal_code", "is_stopped", "contact_groups").rows() == READ
    assert (info.kind, info.rows, info.encoding) == (kind, 3, encoding)
    assert info.ignored == ("x",)


async def test_lines_that_another_program_writes_are_rows(read: Read, tmp_path: Path) -> None:
    """Polars writes NDJSON, and pyarrow reads the same file alike."""
    path = tmp_path / "list.ndjson"
    pl.DataFrame({"mobile": ["99999101", None], "name": ["Å\n", "B"]}).write_ndjson(path)
    frame, _ = await read(path)
    assert frame.to_dicts() == pyarrow.json.read_json(path).to_pylist()


async def test_an_empty_array_is_a_list_without_rows(read: Read, write: Write) -> None:
    """What an empty list may do is for the guards (#96)."""
    assert (await read(write("[ ]")))[1].rows == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"mobile":"99999101"},{"mobile":"99999102"}', "row 3: the file is cut off"),
        ('[{"mobile":"99999101"},', "row 2: the file is cut off"),
        ('[{"mobile":"99999101"},{"mobile":"9999', "row 2: not JSON: the file is cut off"),
        ('{"mobile":"99999101"}\n{"mobile":"9999', "row 2: not JSON: the file is cut off"),
        ('[{"mobile":"99999101"} {"mobile":"99999102"}]', "row 2: no comma before it"),
        ('[{"mobile":"99999101"}] x', "text follows the end"),
        ('{"mobile":"99999101"}\n99999102', "row 2: not an object"),
        ('{"mobile":"99999101","mobile":"99999102"}', "row 1: a key occurs twice"),
        ('{"mobile":NaN}', "row 1: NaN is not JSON"),
        ('{"mobile":"99999101" "name":"Ola"}', "row 1: not JSON: Expecting ',' delimiter"),
        ('{"mobile":"\\ud800"}', "row 1: a text with half a character"),
        ('{"mobile":' + "[" * 100_000, "row 1: nested too deeply"),
        ('{"mobile":"99999101","name":{"a":1}}', "row 1, column 'name': a dict cannot be written as text"),
        ('{"mobile":[{"number":"99999101"}]}', "row 1, column 'mobile': a list cannot be written as text"),
        ('{"contacts":[{"mobile":"99999101"}]}', "the headers are 'contacts'"),
    ],
)
async def test_a_bad_file_is_refused_by_its_row(read: Read, write: Write, text: str, said: str) -> None:
    """Where, why and what to do, without a word of the text (#94, #106)."""
    with pytest.raises(SourceError, match=r"list\.csv.*" + said.replace("(", r"\(")) as caught:
        await read(write(text))
    assert "9999" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
async def test_json_with_a_mark_is_read(read: Read, write: Write, encoding: str) -> None:
    """What a spreadsheet or a shell writes as Unicode is JSON, too (#100, #106)."""
    frame, info = await read(write('[{"mobile":"99999101","name":"Åse"}]'.encode(encoding)))
    assert (frame["name"].to_list(), info.kind) == (["Åse"], "json")


@given(
    st.lists(st.dictionaries(st.text(max_size=3), st.text(max_size=9)), max_size=9),
    st.integers(1, 50),
    st.sampled_from(["json", "ndjson"]),
)
def test_blocks_do_not_matter(rows: list[dict[str, str]], size: int, kind: str) -> None:
    """Wherever a text is cut, the objects are the same."""
    text = json.dumps(rows) if kind == "json" else "\n".join(map(json.dumps, rows))
    pieces = [text[at : at + size].encode() for at in range(0, len(text), size)]
    assert list(read_json(pieces, "list")) == rows
