"""The measurements that the documentation quotes; `python -m benchmarks --help` says how to run them."""
