"""Instances: read from tables, checked, kept frozen."""
