"""What a copy holds of each contact is columns: in a process of its own, the client grows little with the account."""

from pathlib import Path

import pytest

from benchmarks.copying import measured

FEW, MANY = 4_000, 20_000
MOST = 3000
"""Bytes a contact: columns took 1,600 to 2,200, a good part of them once; objects took 4,000 to 5,000."""


@pytest.mark.timeout(300)
def test_memory_grows_by_columns(tmp_path: Path) -> None:
    """From Pling to IP1, five times as many people take some columns more, and nothing of the size of an object."""
    few, many = (measured("pling-ip1", count, tmp_path)["peak_mb"] for count in (FEW, MANY))
    assert (many - few) * 2**20 / (MANY - FEW) <= MOST
