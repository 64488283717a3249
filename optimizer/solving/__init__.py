"""From an instance to a checked plan, and again after edits."""
