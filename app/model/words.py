"""The words of the model and the store for people: English, until somebody lends them another language.

They know no Qt, so the window gives its translator to `speak`, and what writes its numbers. A text is translated when
it is made: what the journal keeps stays in the language in which it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_speakers: list[Callable[[str], str]] = []
_writers: list[Callable[[int], str]] = [str]


def speak(translate: Callable[[str], str] | None, write: Callable[[int], str] = str) -> None:
    """Let `tr` say what `translate` makes of a text, and `written` what `write` makes of a count.

    None goes back to English.
    """
    _speakers[:] = [] if translate is None else [translate]
    _writers[:] = [write]


def is_english() -> bool:
    """Return whether texts are shown as they are in the sources."""
    return not _speakers


def tr(text: str) -> str:
    """Return a text of the program in the person's language. It is called with literals, which translators find."""
    return _speakers[0](text) if _speakers else text


def written(count: int) -> str:
    """Return a count as the person writes it: the window in groups of digits, the command line as it is."""
    return _writers[0](count)


def counted(count: int, one: str, many: str) -> str:
    """Return `one`, said of a single thing, or `many` with its number in the place of {}; both are translated."""
    return one if count == 1 else many.format(written(count))


def worded(text: str) -> str:
    """Return the text itself: a mark for translators on what is kept now, and translated where it is shown."""
    return text
