"""What everything else stands on: errors, messages, words and units, files."""
