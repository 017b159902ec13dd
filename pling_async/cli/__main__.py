"""Run the command line as `python -m pling_async.cli`."""

from pling_async.cli.main import main

main()
