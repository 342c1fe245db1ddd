"""From a folder of tidy tables to checked columns: every problem at once, with file, row and column.

``schema`` says what each file must have, ``sheet`` reads one, ``cells`` checks its cells, ``quantities`` its numbers
and units, ``study_file`` reads study.toml, ``checks`` holds the tables against each other, ``folder`` does it all.
What is left becomes a ``bundle`` of plain arrays, ``bundle_files`` keeps it, and ``arrays`` makes frames and Datasets.
"""
