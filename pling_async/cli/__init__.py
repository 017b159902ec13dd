"""The command line: `pling --help`."""
