"""Norms and grades, and a plant's indicators."""
