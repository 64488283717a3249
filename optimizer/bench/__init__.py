"""The benchmark: sets of instances, each solved in a process of its own, and campaigns of random ones."""
