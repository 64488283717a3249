"""The migrations: a database of any version is brought up to date by those that it lacks."""
