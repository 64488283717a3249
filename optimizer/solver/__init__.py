"""Solving compiled programs."""
