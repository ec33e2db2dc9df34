"""The typed line at the bottom of the terminal, the state of the music below it, everything that is said above it.

    > dusk = filter(rain, cutoff=200)          the line, with colours, history, completion
    filter(sound, cutoff 20..20000 Hz =1000    what the word under the cursor takes
     96 bpm  12.3 ..o.   5 on   -6 dB ...      how the music stands

Keys: Enter runs what is whole, Alt-Enter makes another line. F1 help, F2 learn, F3 meters, F4 colours, F12 hush, Esc Esc Esc panic.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.formatted_text import ANSI, FormattedText, to_formatted_text
from prompt_toolkit.formatted_text.base import OneStyleAndTextTuple
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input import Input
from prompt_toolkit.output import Output
from prompt_toolkit.renderer import print_formatted_text
from prompt_toolkit.styles import DynamicStyle, Style

from live.screen import colours, hints, status
from live.screen.ahead import hands, stopped
from live.screen.face import Played, Status
from live.screen.keys import Completions, Painted, keys
from live.screen.meters import Meters, strip
from live.screen.news import MOST, WHOLE, News, spoken
from live.screen.paper import Paper, paper, real_out, rows
from live.screen.reading import last_word, spot, word_at

if TYPE_CHECKING:
    from live.vocabulary import Word

SIGN = "> "
MENU = 6  # rows kept for the line and its menu, so that nothing jumps when the menu opens
EVERY = 0.1  # seconds between two looks at the desk
FRESH = 2.0  # seconds the words are believed to be what they were
LONG = 3.0  # seconds after which running code is worth a word
PATIENCE = 3.0  # seconds in which Ctrl-D must come a second time
KEYS = (
    "Enter runs", "Tab completes", "F1 help", "F3 meters", "F2 learn", "F12 hush", "Esc Esc Esc panic", "Alt-Enter another line", "F4 colours", "Ctrl-D leaves",
)  # fmt: skip


class Line:
    """Reads lines and says things. ``read`` and ``show`` belong to the main thread, ``say`` to everybody.

    ``ends``: keys from elsewhere, and where to draw: for tests.
    """

    def __init__(
        self,
        desk: Played,
        *,
        theme: str = "dark",
        history: Path | None = None,
        log: Path | None = None,
        leaving: str = "",
        ends: tuple[Input, Output] | None = None,
    ) -> None:
        self.desk = desk
        self.leaving = leaving or "Ctrl-D again leaves."
        theme, slip = _known_theme(theme)
        self.theme = theme
        self._styles: dict[str, Style] = {}
        self._paper = ends[1] if ends else paper(real_out(), theme)
        self._pen = threading.RLock()  # whoever writes to the terminal outside of the drawn line
        self._drawn = 0  # rows of what is drawn now; 0: nothing is
        self._above: deque[tuple[str, str]] = deque()  # what waits to be written above the line
        self._typing = False
        self._asked = 0.0
        self._reader: threading.Thread | None = None
        self._free = threading.Event()  # nobody reads
        self._note = ""
        self._turned = 0  # the knob that keys turned last, from 0
        self._status = Status()
        self._below: tuple[object, ...] = ()
        self._vocabulary: Mapping[str, Word] = {}
        self._read_at = -1e9
        self._alarm: threading.Timer | None = None
        self.meters = Meters()
        self.metered = False
        self.news = News(self._draw_news, log)
        self.news.most = lambda: MOST if self._typing else WHOLE
        if slip:
            self.news.say(slip)
        self._stack = contextlib.ExitStack()
        self.session: PromptSession[str] = PromptSession(
            [("class:sign", SIGN)],
            multiline=True,
            history=self._history(history),
            completer=Completions(self.known),
            complete_while_typing=True,
            complete_in_thread=False,
            reserve_space_for_menu=MENU,
            lexer=Painted(self.known),
            style=DynamicStyle(self.style),
            include_default_pygments_style=False,
            prompt_continuation="  ",
            bottom_toolbar=self._toolbar,
            key_bindings=keys(self),
            search_ignore_case=True,
            input=ends[0] if ends else hands(),
            output=self._paper,
        )
        self.session.app.ttimeoutlen = 0.05  # a lone Esc is known as one after this
        self.session.app.timeoutlen = 0.5
        self.session.app.max_render_postpone_time = 0  # a letter does not wait for what else there is to do
        self.session.default_buffer.on_text_changed += self._typed
        self.session.app.after_render += self._rendered

    def __enter__(self) -> Line:
        self._stack.enter_context(spoken(self.news))
        self.desk.listeners.append(self.say)
        self._stack.callback(self._deaf)
        return self

    def __exit__(self, kind: type[BaseException] | None, trouble: BaseException | None, trace: TracebackType | None) -> None:
        self._lay_down()
        self._stack.close()
        self.news.close()

    def _lay_down(self) -> None:
        """Somebody else ends the evening while the line is open in another thread: the terminal is given back as it was."""
        app, loop = self.session.app, self.session.app.loop
        if not self._typing or loop is None or threading.current_thread() is self._reader:
            return

        def leave() -> None:
            if app.is_running and not app.is_done:
                app.exit(exception=EOFError)

        with contextlib.suppress(RuntimeError):  # it has ended by itself
            loop.call_soon_threadsafe(leave)
        self._free.wait(2.0)

    def _deaf(self) -> None:
        with contextlib.suppress(ValueError):
            self.desk.listeners.remove(self.say)

    def _history(self, file: Path | None) -> History:
        """What was typed in this session before."""
        if file is None:
            return InMemoryHistory()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("ab"):
                pass
        except OSError as trouble:
            self.news.say(f"what you type is not remembered: {file} cannot be written ({trouble.strerror or trouble})")
            return InMemoryHistory()
        return FileHistory(str(file))

    # --- what the desk knows ------------------------------------------------------------

    def known(self) -> hints.Known:
        """Names, words, places, files and devices at this moment; the words, which may have to be read, a little later."""
        desk = self.desk
        try:
            if time.monotonic() - self._read_at > FRESH:
                self._vocabulary, self._read_at = desk.vocabulary, time.monotonic()
            return hints.Known(desk.names(), self._vocabulary, desk.places(), desk.files, desk.devices, desk.kernels)
        except Exception:  # noqa: BLE001 - without hints one can still type
            return hints.Known()

    def style(self) -> Style:
        """The theme, as rules."""
        if self.theme not in self._styles:
            self._styles[self.theme] = Style.from_dict(colours.rules(self.theme))
        return self._styles[self.theme]

    # --- reading ------------------------------------------------------------------------

    def read(self) -> str | None:
        """The next thing typed; None when the performer has left. KeyboardInterrupt: it was taken back at once by Ctrl-C."""
        self._ran()
        self.news.flush()
        self._look()
        self._reader = threading.current_thread()
        self._free.clear()
        try:
            text = self.session.prompt(pre_run=self._began, set_exception_handler=False)
        except EOFError:
            text = None
        finally:
            drawn = self._drawn
            with self._pen:
                self._typing, self._drawn = False, 0
                if isinstance(self._paper, Paper):
                    done = rows(text or "", self._paper.get_size().columns, len(SIGN))
                    self._paper.wrote(done, drawn)
                self._write()
            self._free.set()
        self._note = ""
        if text is not None and text.strip():
            self.news.write_down(SIGN + text.replace("\n", "\n  "))
            if stopped(self.session.app.input):
                raise KeyboardInterrupt
            self._alarm = threading.Timer(LONG, self.news.say, ["still running: Ctrl-C stops it, the sound goes on"])
            self._alarm.daemon = True
            self._alarm.start()
        return text

    def _ran(self) -> None:
        """Whatever was typed has been done."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _began(self) -> None:
        """The line is there: from now on, what is said is written above it."""
        with self._pen:
            self._typing = True
        self.session.app.create_background_task(self._tick())

    async def _tick(self) -> None:
        """Look at the desk ten times a second; draw only what has changed."""
        app = self.session.app
        self._above_the_line()
        while True:
            await asyncio.sleep(EVERY)
            before = self._below, self._note
            if self._note and time.monotonic() - self._asked > PATIENCE:
                self._note = ""
            self._look()
            if (self._below, self._note) != before:
                app.invalidate()

    def _look(self) -> None:
        """How the music stands now, ready to be drawn."""
        size = self._paper.get_size()
        try:
            self._status = self.desk.status()
            levels = self.desk.levels() if self.metered else ()
            knobs = self.desk.knobs() if self.metered else ()
        except Exception as trouble:  # noqa: BLE001 - the line must stay whatever the desk does; it says what happened
            knobs = ()
            self._status, levels = Status(error=f"no status: {trouble!r}"), ()
        block = self.meters.lines(levels, size.columns, max(2, size.rows // 3)) if self.metered else []
        if self.metered:
            block += strip(knobs, size.columns, self._status.plugged, self._status.learning)
        self.session.reserve_space_for_menu = max(1, min(MENU, size.rows - 4 - len(block)))  # in a low terminal the menu gives way
        self._below = (tuple(map(tuple, block)), tuple(status.line(self._status, size.columns)))

    def _toolbar(self) -> FormattedText:
        """Hint, meters, status."""
        columns = self._paper.get_size().columns
        block, line = self._below if len(self._below) == 2 else ((), ())
        made = [(f"class:{look}", text) for look, text in self._hint(columns)]
        for one in (*block, line):  # type: ignore[misc]
            made += [("", "\n"), *((f"class:{look}", text) for look, text in one)]
        return FormattedText(made)

    def _hint(self, columns: int) -> list[tuple[str, str]]:
        """The line under the typed one: a question, what the word under the cursor takes, or the keys when nothing is typed."""
        if self._note:
            return [("question", status.short(self._note, columns - 1))]
        document = self.session.default_buffer.document
        if not document.text.strip():
            return [("hint", as_many(KEYS, columns - 1))]
        try:
            found = hints.signature(document.text_before_cursor, self.known(), document.text_after_cursor)
        except Exception as trouble:  # noqa: BLE001 - a name that cannot be asked must not take the line away
            return [("hint", status.short(f"(no hint: {trouble!r})", columns - 1))]
        return hints.fitted(found, columns - 1) if found else []

    def _rendered(self, app: object) -> None:
        """How many rows are drawn."""
        screen = self.session.app.renderer.last_rendered_screen
        if screen is not None:
            self._drawn = screen.height

    # --- saying -------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """News, from any thread."""
        self.news.say(text)

    def show(self, text: str) -> None:
        """An answer: at once and whole. Also from a key while the line is open."""
        self._ran()
        if not text:
            return
        self.news.flush()
        self.news.write_down(text)
        self._put(looked(text.split("\n"), "answer"))

    def _draw_news(self, lines: list[str]) -> None:
        """In the pump's thread."""
        self._put(looked(lines, "news"))

    def _put(self, lines: list[tuple[str, str]]) -> None:
        with self._pen:
            self._above.extend(lines)
            loop = self.session.app.loop
            if not self._typing or loop is None:
                self._write()
                return
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile: read() writes what is left
            loop.call_soon_threadsafe(self._above_the_line)

    def _write(self) -> None:
        """What waits, where the cursor is; the count of rows goes along."""
        if not self._above:
            return
        made: list[OneStyleAndTextTuple] = []
        for look, text in list(self._above):
            made += to_formatted_text(ANSI(text)) if "\x1b[" in text else [(f"class:{look}", text)]  # a picture has its own colours
            made.append(("", "\n"))
        self._above.clear()
        out = self._paper
        if not self._typing:
            out.write_raw("\r\x1b[K")  # what was typed ahead, or ^C, stands there
        print_formatted_text(out, FormattedText(made), self.style(), color_depth=out.get_default_color_depth())
        if isinstance(out, Paper):
            out.wrote(rows("".join(one[1] for one in made)[:-1], out.get_size().columns))

    def _above_the_line(self) -> None:
        """In the line's own loop: the line is lifted, the news written, the line put back, in one piece."""
        app, out = self.session.app, self._paper
        if not self._above or not app.is_running or app.is_done:
            return
        renderer = app.renderer
        with self._pen:
            drawn = self._drawn
            if isinstance(out, Paper):
                out.hold()
            try:
                renderer.erase()
                if isinstance(out, Paper):
                    out.below = drawn
                self._write()
                renderer.request_absolute_cursor_position()
                app._redraw()
            finally:
                if isinstance(out, Paper):
                    out.let()

    def _typed(self, _: object) -> None:
        """Who types on has read the note."""
        if time.monotonic() - self._asked > 0.05:
            self._note = ""

    # --- what keys do -------------------------------------------------------------------

    def turn(self, count: int | None, by: float) -> None:
        """Turn a knob of the page: by its count, or the one turned last. Held keys repeat."""
        self._turned = self._turned if count is None else count
        if said := self.desk.turn_knob(self._turned, by):
            self.note(said)

    def choose(self) -> None:
        """The next control is learned."""
        self.note(self.desk.learn_next())

    @property
    def learning(self) -> bool:
        """Whether Esc has something to leave."""
        return self._status.learning is not None

    def note(self, text: str) -> None:
        """A word under the line for three seconds."""
        self._note, self._asked = text, time.monotonic()
        self.session.app.invalidate()

    def leave(self) -> bool:
        """Ctrl-D: asks; True when it was asked already."""
        if self._note == self.leaving and time.monotonic() - self._asked < PATIENCE:
            return True
        self.note(self.leaving)
        return False

    def help(self) -> None:
        """F1: what the word under the cursor is, else the one being called, else the last one."""
        document = self.session.default_buffer.document
        before = document.text_before_cursor
        call = spot(before).call
        word = word_at(document.text, document.cursor_position) or (call.name if call else "") or last_word(before)
        self.show(self.desk.run(f"help({word})"))

    def toggle_meters(self) -> None:
        """F3."""
        self.metered = not self.metered
        self._look()

    def turn_theme(self) -> None:
        """F4."""
        self.theme = colours.next_after(self.theme)
        self.note(f"colours: {self.theme}")

    def act(self, what: str) -> None:
        """Hush or panic from a key, said in a word."""
        answer = self.desk.hush() if what == "hush" else self.desk.panic()
        self._look()
        if isinstance(answer, str) and answer:
            self.show(answer)
        else:
            self.note(what)


def _known_theme(name: str) -> tuple[str, str]:
    """The theme to begin with, and a line when it is not the one asked for."""
    try:
        colours.theme(name or "dark")
    except ValueError as slip:
        return "dark", f"{slip} Playing in dark."
    return name or "dark", ""


def as_many(parts: Sequence[str], columns: int) -> str:
    """As many as fit, the first ones first."""
    while parts and len(", ".join(parts)) > columns:
        parts = parts[:-1]
    return ", ".join(parts)


def looked(lines: list[str], usual: str) -> list[tuple[str, str]]:
    """Each line with its look: carets, what they point out, and failures stand out."""
    made, pointed = [], False
    for line in lines:
        carets = bool(line) and not line.strip(" ^") and "^" in line
        bad = carets or pointed or line.startswith(("! ", "antiphon: ", "Traceback"))
        made.append(("news.bad" if bad else usual, line))
        pointed = carets
    return made
