"""What processes of jobs and of uploads need: loaded once, in the process from which they are forked."""

import highspy  # noqa: F401 - for its side effect
import pandas  # noqa: F401

import optimizer
from optimizer.service import child, reading  # noqa: F401

for _name in optimizer.__all__:
    getattr(optimizer, _name)
