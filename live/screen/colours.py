"""How the screen looks: dark, light, projection (large contrasts for a wall), mono. Colour never carries a meaning alone."""

from __future__ import annotations

from collections.abc import Mapping

DARK = {
    "sign": "#8fbfff bold",
    "code.keyword": "#d7a6ff",
    "code.string": "#a8d98a",
    "code.number": "#f2c27b",
    "code.comment": "#8a8a8a italic",
    "code.word": "#7fd7e6 bold",
    "code.place": "#8fbfff",
    "code.verb": "#ff9fbf",
    "code.name": "#e4e4e4",
    "code.operator": "#b2b2b2",
    "news": "#b2b2b2",
    "news.bad": "#ff8787",
    "answer": "#e4e4e4",
    "hint": "#9e9e9e",
    "hint.here": "#ffffff bold underline",
    "hint.word": "#7fd7e6",
    "question": "#f2c27b bold",
    "status": "#b8b8b8 bg:#262626",
    "status.strong": "#ffffff bg:#262626 bold",
    "status.beat": "#8fbfff bg:#262626 bold",
    "status.warn": "#ffd75f bg:#262626 bold",
    "status.bad": "#ff8787 bg:#262626 bold",
    "status.loud": "#ffffff bg:#d70000 bold",
    "status.held": "#000000 bg:#ffd75f bold",
    "meter.name": "#b8b8b8",
    "meter.low": "#5faf5f",
    "meter.mid": "#d7d75f",
    "meter.high": "#ff5f5f bold",
    "meter.hold": "#ffffff",
    "meter.muted": "#6c6c6c",
    "meter.bad": "#ff8787 bold",
    "menu": "#d0d0d0 bg:#303030",
    "menu.here": "#000000 bg:#8fbfff",
    "menu.beside": "#9e9e9e bg:#303030",
}
LIGHT = DARK | {
    "sign": "#005faf bold",
    "code.keyword": "#8700af",
    "code.string": "#3a7a1a",
    "code.number": "#9a5b00",
    "code.comment": "#767676 italic",
    "code.word": "#00707a bold",
    "code.place": "#005faf",
    "code.verb": "#af4f00",
    "code.name": "#1c1c1c",
    "code.operator": "#585858",
    "news": "#585858",
    "news.bad": "#af0000",
    "answer": "#1c1c1c",
    "hint": "#6c6c6c",
    "hint.here": "#000000 bold underline",
    "hint.word": "#00707a",
    "question": "#9a5b00 bold",
    "status": "#3a3a3a bg:#dadada",
    "status.strong": "#000000 bg:#dadada bold",
    "status.beat": "#005faf bg:#dadada bold",
    "status.warn": "#875f00 bg:#dadada bold",
    "status.bad": "#af0000 bg:#dadada bold",
    "meter.name": "#3a3a3a",
    "meter.low": "#3a8a3a",
    "meter.mid": "#a07800",
    "meter.high": "#d70000 bold",
    "meter.hold": "#000000",
    "meter.muted": "#a8a8a8",
    "meter.bad": "#af0000 bold",
    "menu": "#1c1c1c bg:#d0d0d0",
    "menu.here": "#ffffff bg:#005faf",
    "menu.beside": "#585858 bg:#d0d0d0",
}
PROJECTION = dict.fromkeys(DARK, "#ffffff") | {
    "sign": "#ffff00 bold",
    "code.keyword": "#ff87ff bold",
    "code.string": "#87ff87 bold",
    "code.number": "#ffff5f bold",
    "code.comment": "#c0c0c0",
    "code.word": "#5fffff bold",
    "code.place": "#ffffff bold",
    "code.verb": "#ffaf5f bold",
    "news.bad": "#ffff00 bold",
    "hint.here": "#000000 bg:#ffffff bold",
    "hint.word": "#5fffff bold",
    "question": "#ffff00 bold",
    "status": "#ffffff bg:#000087 bold",
    "status.strong": "#ffffff bg:#000087 bold",
    "status.beat": "#ffff00 bg:#000087 bold",
    "status.warn": "#ffff00 bg:#000087 bold",
    "status.bad": "#000000 bg:#ffff00 bold",
    "status.loud": "#ffffff bg:#d70000 bold",
    "status.held": "#000000 bg:#ffff00 bold",
    "meter.low": "#5fff5f bold",
    "meter.mid": "#ffff00 bold",
    "meter.high": "#ff5f5f bold",
    "meter.muted": "#a8a8a8",
    "meter.bad": "#ffff00 bold",
    "menu": "#ffffff bg:#262626",
    "menu.here": "#000000 bg:#ffff00 bold",
    "menu.beside": "#c0c0c0 bg:#262626",
}
MONO = dict.fromkeys(DARK, "") | {
    "sign": "bold",
    "code.word": "bold",
    "hint.here": "bold underline",
    "question": "bold",
    "status": "reverse",
    "status.strong": "reverse bold",
    "status.beat": "reverse bold",
    "status.warn": "reverse bold",
    "status.bad": "reverse bold",
    "status.loud": "bold blink",
    "status.held": "bold",
    "menu": "reverse",
    "menu.here": "bold",
    "menu.beside": "reverse",
}
THEMES: Mapping[str, Mapping[str, str]] = {"dark": DARK, "light": LIGHT, "projection": PROJECTION, "mono": MONO}


def theme(name: str) -> Mapping[str, str]:
    """The theme of that name; ValueError with the nearest when there is none."""
    if name not in THEMES:
        import difflib

        close = difflib.get_close_matches(name, THEMES, 1, 0.4)
        raise ValueError(f"there is no theme {name!r}. " + (f"Nearest: {close[0]}." if close else f"There is: {', '.join(THEMES)}."))
    return THEMES[name]


def rules(name: str) -> dict[str, str]:
    """The theme as rules for the drawn line: its menus and its lower edge included."""
    mine = theme(name)
    return {
        **mine,
        "bottom-toolbar": "noreverse",
        "bottom-toolbar.text": "noreverse",
        "completion-menu": mine["menu"],
        "completion-menu.completion": mine["menu"],
        "completion-menu.completion.current": "noreverse " + mine["menu.here"],
        "completion-menu.meta.completion": mine["menu.beside"],
        "completion-menu.meta.completion.current": mine["menu.beside"],
        "scrollbar.background": mine["menu"],
        "scrollbar.button": mine["menu.here"],
    }


def next_after(name: str) -> str:
    """The theme that comes next when the hand asks for another."""
    order = list(THEMES)
    return order[(order.index(name) + 1) % len(order)]
