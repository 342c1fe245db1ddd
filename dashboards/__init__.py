"""The pages: they import the public names of waterplan only."""
