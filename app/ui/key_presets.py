"""Keys that people know from other programs, for the actions that Boxwright has too; all others keep theirs."""

from __future__ import annotations

_DIGITS = {f"category-{number}": (f"Ctrl+{number % 10}", f"{number % 10}") for number in range(1, 11)}

PRESETS: dict[str, dict[str, tuple[str, ...]]] = {
    "labelImg": {
        "open-folder": ("Ctrl+U", "Ctrl+O"),
        "draw": ("W", "R"),
        "select": ("Ctrl+J", "V"),
        "next": ("D",),
        "previous": ("A",),
        "toggle-reviewed": ("Space", "Shift+Space"),
        "reviewed": ("Ctrl+Return",),
        "find-category": ("Ctrl+E", "C"),
        "evaluate": ("Ctrl+Shift+M",),
        "copy-previous": ("Ctrl+V",),
        "paste": ("Ctrl+Shift+V",),
        "duplicate": ("Ctrl+D",),
        "delete": ("Del", "Backspace"),
        "hide": ("Ctrl+H", "H"),
        "fit": ("Ctrl+F", "F"),
        "actual-size": ("Ctrl+=", "Ctrl+0"),
        "zoom-in": ("Ctrl++",),
    },
    "CVAT": {
        "draw": ("N", "W", "R"),
        "next": ("F",),
        "previous": ("D",),
        "next-box": ("Tab",),
        "previous-box": ("Shift+Tab",),
        "fit": ("Ctrl+F",),
        "actual-size": ("Ctrl+Alt+0",),
        **_DIGITS,
    },
    "X-AnyLabeling": {
        "open-folder": ("Ctrl+U", "Ctrl+O"),
        "draw": ("R", "W"),
        "select": ("Ctrl+J", "V"),
        "next": ("D",),
        "previous": ("A",),
        "next-unreviewed": ("Ctrl+Shift+D",),
        "previous-unreviewed": ("Ctrl+Shift+A",),
        "find-category": ("Ctrl+E", "C"),
        "evaluate": ("Ctrl+Shift+M",),
        "detect": ("I",),
        "detect-all": ("Ctrl+B",),
        "hide": ("Ctrl+H", "H"),
    },
}
"""By the program's name: the keys of actions, by their ids. No key of another program can delete an image here."""
