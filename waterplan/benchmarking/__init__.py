"""Where a plant stands: indicators, grades by norms, place among peers, frontier and score."""
