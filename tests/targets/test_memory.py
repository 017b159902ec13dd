"""What a copy holds of each contact is columns: in a process of its own, the client grows little with the account."""

from pathlib import Path

import pytest

from benchmarks.copying import measured

FEW, MANY = 10_000, 30_000
"""Of few contacts more the growth is mostly what is needed once: the first thousands of them take about 40 MB."""
MOST = 2000
"""Bytes a contact: columns took 800 to 1,100; objects would take 4,000 to 5,000."""


@pytest.mark.timeout(300)
def test_memory_grows_by_columns(tmp_path: Path) -> None:
    """From Pling to IP1, three times as many people take some columns more, and nothing of the size of an object."""
    few, many = (measured("pling-ip1", count, tmp_path)["peak_mb"] for count in (FEW, MANY))
    assert (many - few) * 2**20 / (MANY - FEW) <= MOST
