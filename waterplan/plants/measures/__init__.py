"""What one plant should do next: whole technologies for a goal, what they cost and bring, and contracts about it."""
