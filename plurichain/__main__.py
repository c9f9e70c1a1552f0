"""`python -m plurichain` is the same command line as `plurichain`."""

import sys

from plurichain.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
