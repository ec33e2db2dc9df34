"""``python -m live.bench PART``: the same as ``antiphon bench PART``."""

from live.bench import main

raise SystemExit(main())
