"""Pages and files that people read, in either language."""
