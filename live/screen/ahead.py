"""Keys that are typed while the line is being taken down: none is lost, and a Ctrl-C among them stops what is about to run.

Between Enter and the code there is a moment in which the terminal still gives keys instead of signals. A Ctrl-C in it
would wait for the next line while an endless loop runs.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import get_typeahead, store_typeahead
from prompt_toolkit.keys import Keys


def hands() -> Input | None:
    """The keyboard; None leaves it to the system's own way."""
    if os.name == "nt" or not sys.stdin.isatty():
        return None
    from prompt_toolkit.input.vt100 import Vt100Input

    class Hands(Vt100Input):
        """Reads once more, just before the terminal becomes its usual self."""

        @contextlib.contextmanager
        def raw_mode(self) -> Iterator[None]:  # type: ignore[override]
            with super().raw_mode():
                try:
                    yield
                finally:
                    store_typeahead(self, self.read_keys())

    return Hands(sys.stdin)


def stopped(keys: Input) -> bool:
    """Whether Ctrl-C came after the line; what was typed before it is forgotten."""
    ahead = get_typeahead(keys)
    last = max((k for k, key in enumerate(ahead) if key.key in (Keys.ControlC, Keys.SIGINT)), default=-1)
    store_typeahead(keys, ahead[last + 1 :])
    return last >= 0
