"""Compares capopt with the plain formulation and other solvers, side by side: ``python -m benchmarks --help``."""
