"""What each key does on the typed line, and how completion and colours are brought to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.enums import DEFAULT_BUFFER
from prompt_toolkit.filters import Condition, has_focus
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.lexers import Lexer

from live.screen import hints
from live.screen.colouring import coloured
from live.screen.reading import spot

if TYPE_CHECKING:
    from live.screen.line import Line


STEP = 1 / 32  # how far a key turns a knob


class Completions(Completer):
    """What could come next. While typing it waits for a letter, a dot or a quote; Tab always shows."""

    def __init__(self, known: Callable[[], hints.Known]) -> None:
        self.known = known

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        before = document.text_before_cursor
        if not complete_event.completion_requested:
            here = spot(before)
            if here.inside == "code" and not here.typed and not here.owner:
                return
        try:
            found = hints.offers(before, self.known())
        except Exception:  # noqa: BLE001 - a name that refuses to be asked must not take the line away
            return
        for offer in found:
            yield Completion(offer.text, -offer.typed, display=offer.shown or offer.text, display_meta=offer.beside)


class Painted(Lexer):
    """The typed line in colours."""

    def __init__(self, known: Callable[[], hints.Known]) -> None:
        self.known = known

    def lex_document(self, document: Document) -> Callable[[int], StyleAndTextTuples]:
        known = self.known()
        try:
            lines = coloured(document.text, known.names, known.vocabulary, frozenset(known.places))
        except Exception:  # noqa: BLE001 - the same: then the line has no colours
            lines = [[("code.name", line)] for line in document.lines]

        def line(number: int) -> StyleAndTextTuples:
            return [(f"class:{look}", text) for look, text in lines[number]] if number < len(lines) else []

        return line


def indented(before: str) -> str:
    """What a new line begins with: the indent of the one before, deeper after a colon or inside a bracket."""
    last = before.rsplit("\n", 1)[-1]
    indent = last[: len(last) - len(last.lstrip())]
    end = last.split("#")[0].rstrip()
    return indent + ("    " if end.endswith((":", "(", "[", "{")) else "")


def new_line(buffer: Buffer) -> None:
    """Another line, indented."""
    buffer.insert_text("\n" + indented(buffer.document.current_line_before_cursor))


def keys(line: Line) -> KeyBindings:
    """Every key that means something here."""
    made = KeyBindings()
    typing = has_focus(DEFAULT_BUFFER)

    @made.add("enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None  # what was chosen in the menu is taken
            return
        text = buffer.text
        body, _, tail = text.rpartition("\n")
        asked = f"{body}\n" if body and not tail.strip() else text
        if not text.strip():
            buffer.text = ""
            buffer.validate_and_handle()
        elif line.desk.complete_code(asked):
            buffer.text = text.rstrip()
            buffer.validate_and_handle()
        else:
            if buffer.document.is_cursor_at_the_end or "\n" in text:
                new_line(buffer)
            else:
                buffer.cursor_position = len(text)
                new_line(buffer)

    @made.add("escape", "enter", filter=typing)
    def _(event: KeyPressEvent) -> None:
        new_line(event.current_buffer)

    @made.add("tab", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if not buffer.document.current_line_before_cursor.strip() and buffer.document.line_count > 1:
            buffer.insert_text("    ")
        elif buffer.complete_state:
            buffer.complete_next()
        else:
            buffer.start_completion(select_first=False, insert_common_part=True)

    @made.add("c-c", filter=typing)
    @made.add("<sigint>")
    def _(event: KeyPressEvent) -> None:
        buffer = line.session.default_buffer
        if buffer.text:
            buffer.save_to_undo_stack()
            buffer.text = ""
            line.note("cleared (Ctrl-Z brings it back)")
        else:
            line.note("Ctrl-C stops running code and clears a line. F12 hushes, Ctrl-D twice leaves.")

    @made.add("c-d", filter=typing)
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.text:
            buffer.delete()
        elif line.leave():
            event.app.exit(exception=EOFError, style="")

    @made.add("c-z", filter=typing)
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.undo()

    @made.add("f1")
    def _(event: KeyPressEvent) -> None:
        line.help()

    @made.add("f3")
    def _(event: KeyPressEvent) -> None:
        line.toggle_meters()

    @made.add("f2")
    def _(event: KeyPressEvent) -> None:
        line.choose()

    learning = Condition(lambda: line.learning)

    @made.add("escape", filter=learning)
    def _(event: KeyPressEvent) -> None:
        line.desk.cancel()
        line.note("")

    def turning(key: str, count: int, by: float) -> None:
        @made.add("escape", key)
        def _(event: KeyPressEvent) -> None:
            line.turn(count, by)

    for count, (up, down) in enumerate(zip("12345678", "!@#$%^&*", strict=True)):
        turning(up, count, STEP)
        turning(down, count, -STEP)

    @made.add("escape", "up", filter=typing)
    def _(event: KeyPressEvent) -> None:
        line.turn(None, STEP)

    @made.add("escape", "down", filter=typing)
    def _(event: KeyPressEvent) -> None:
        line.turn(None, -STEP)

    @made.add("f4")
    def _(event: KeyPressEvent) -> None:
        line.turn_theme()

    @made.add("f12")
    def _(event: KeyPressEvent) -> None:
        line.act("hush")

    @made.add("escape", "escape", "escape", eager=True)
    def _(event: KeyPressEvent) -> None:
        line.act("panic")

    return made
