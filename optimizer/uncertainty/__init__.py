"""Planning under uncertainty: scenarios, what is known when, and plans that share decisions until it is."""
