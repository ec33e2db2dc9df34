"""Always recording: a ring on disk of everything that sounded, and takes made from it afterwards.

``python -m live.tape RUNTIME TAKES`` records; ``keep(60, ...)`` writes the last minute as stems whose sum is the mix.
"""

from live.tape.keep import Kept, keep
from live.tape.recorder import Recorder, report
from live.tape.reels import Budget, budget
from live.tape.stretch import TapeError
from live.tape.take import sum_of

__all__ = ["Budget", "Kept", "Recorder", "TapeError", "budget", "keep", "report", "sum_of"]
