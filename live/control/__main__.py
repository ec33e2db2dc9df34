"""``python -m live.control FOLDER``: the hands of the session that plays there."""

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before numpy wakes up: nothing here needs threads of its own

from live.control.process import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
