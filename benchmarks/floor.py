"""The floor: read a CSV as text and write it as JSON with polars, deciding nothing.

python -m benchmarks.floor IN.csv OUT.json
"""

import sys
import time

import polars as pl

from benchmarks.measuring import say_and_peak


def main() -> None:
    """Print rows, seconds and peak MB."""
    started = time.perf_counter()
    frame = pl.read_csv(sys.argv[1], infer_schema=False)
    frame.write_ndjson(sys.argv[2])
    say_and_peak(rows=frame.height, seconds=time.perf_counter() - started)


if __name__ == "__main__":
    main()
