"""A plant among others: its place, the frontier, the score."""
