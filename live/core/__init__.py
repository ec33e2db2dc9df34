"""The sound core: a process of its own, the only code that touches samples in real time."""

from live.core.cache import use_cache

use_cache()
