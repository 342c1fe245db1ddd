"""What the pages do: one module a page, each with a table of the messages that it answers."""
