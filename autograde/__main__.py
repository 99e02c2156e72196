"""`python -m autograde` is `autograde`."""

import sys

from autograde.cli import main

sys.exit(main())
