"""From decisions to a plan that can be read, saved, compared and certified."""
