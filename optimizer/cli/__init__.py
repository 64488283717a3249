"""The command line: one file a command."""

from optimizer.cli.app import cli, main

__all__ = ["cli", "main"]
