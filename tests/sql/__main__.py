"""`python -m tests.sql`, which `make sql` runs."""

import sys

from tests.sql.judge import main

sys.exit(main())
