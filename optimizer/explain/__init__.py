"""Answers about a plan: worth, offers and why, deadlines, alternatives."""
