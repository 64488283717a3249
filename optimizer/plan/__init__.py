"""Plans: from a solution to tables, and their audit."""
