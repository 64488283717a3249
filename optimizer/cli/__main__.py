"""Run the command line: ``python -m optimizer.cli``."""

from optimizer.cli.app import main

main()
