"""Random instances that use every table and column of the format; the same for a seed on every machine."""

from optimizer.generator.frames import FAMILIES, create_random, random_frames, random_instance
from optimizer.generator.sizes import SIZES

__all__ = ["FAMILIES", "SIZES", "create_random", "random_frames", "random_instance"]
