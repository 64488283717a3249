"""Work on independent tasks in parallel, on this machine or on a cluster."""
