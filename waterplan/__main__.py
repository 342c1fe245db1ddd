"""``python -m waterplan`` is the command ``waterplan``."""

import sys

from waterplan.cli import main

if __name__ == "__main__":
    sys.exit(main())
