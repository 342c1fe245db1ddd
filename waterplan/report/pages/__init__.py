"""What a terminal prints, as plain text."""
