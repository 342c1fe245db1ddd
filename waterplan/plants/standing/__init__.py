"""Where plants stand and what one should do next: records, benchmarking and plant brought together.

``one`` for one plant and year, whole; ``many`` for all plants of a file at once, as a Dataset. ``flows``, ``places``,
``goal`` and ``advice`` make the parts of the first.
"""
