"""`python -m sigmaquant`: the same as the `sigmaquant` command."""

import sys

from sigmaquant.cli import main

if __name__ == "__main__":
    sys.exit(main())
