"""The mathematical program: from an instance to sparse arrays."""
