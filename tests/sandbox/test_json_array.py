"""Reading a JSON array in pieces: the same items as reading it whole, and the same refusals."""

import io
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pling_async.sandbox.pling.json_array import NotAnArray, items

BLOCKS = (1, 7, 64, 1 << 18)
TEXTS = st.text(alphabet='},{"[]\\ aå', max_size=6)
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("block", BLOCKS)
@given(
    value=st.lists(st.dictionaries(TEXTS, VALUES, max_size=3) | VALUES, max_size=8),
    indent=st.sampled_from([0, orjson.OPT_INDENT_2]),
)
def test_pieces_are_the_whole(block: int, value: Any, indent: int) -> None:
    """However the text is cut, the items are those of the array, in order."""
    text = orjson.dumps(value, option=indent)
    assert list(items(io.BytesIO(b" \n" + text), block)) == value


@pytest.mark.parametrize("block", BLOCKS)
@given(text=st.text(alphabet='[]{},:"1 ', max_size=12).map(str.encode))
def test_whatever_is_no_array_is_refused(block: int, text: Any) -> None:
    """Valid JSON arrays are read, everything else is an error, as for a reader of the whole text."""
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        whole = None
    if isinstance(whole, list):
        assert list(items(io.BytesIO(text), block)) == whole
    else:
        with pytest.raises(NotAnArray):
            list(items(io.BytesIO(text), block))


@pytest.mark.parametrize(
    "text", [b'[{"a":1},]', b'[{"a":1},,{"a":1}]', b'[{"a":1},{"a":1}', b'[{"a":1},{"a":1}]]', b"[{}] {}"]
)
@pytest.mark.parametrize("block", BLOCKS)
def test_errors_behind_a_good_piece_are_seen(block: int, text: Any) -> None:
    """A cut behind a good item does not make a bad text good."""
    with pytest.raises(NotAnArray):
        list(items(io.BytesIO(text), block))
