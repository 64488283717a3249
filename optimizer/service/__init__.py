"""Solve jobs as a service: an API and workers over a database that is the truth about every job.

The service adds no mathematics: everything it shows comes from the library, by its public names.
"""
