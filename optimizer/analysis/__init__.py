"""Answers about a plan, and why an instance has none."""
