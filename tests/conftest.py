"""Where a build machine judges, random inputs are the same each time; at home every run tries others."""

from __future__ import annotations

import os

from hypothesis import settings

settings.register_profile("judge", derandomize=True, database=None)
if os.environ.get("CI"):
    settings.load_profile("judge")
