"""What may come next while somebody types a filter."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from app.model.annotations import Provenance
from app.model.filter_language import KEYS
from app.model.image_filter import ALONE, Figure, FlagWord, State, value_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_ALIASES = ("label", "checked")
_NUMBERS = ("0", ">0")
_VALUES: dict[str, Sequence[str]] = {
    "state": tuple(State),
    "flag": tuple(FlagWord),
    "provenance": tuple(Provenance),
    "score": ("0.3..0.6", ">=0.5", "<0.5"),
    "boxes": _NUMBERS,
    "checked": ("1", "0"),
    **{figure.value: _NUMBERS for figure in Figure},
}


class Completion(NamedTuple):
    """The word from `start` to the cursor may become one of `words`, the likeliest first, or stay if it `is_whole`."""

    start: int
    words: list[str]
    is_whole: bool = False


def complete(text: str, names: Mapping[str, Sequence[str]]) -> Completion:
    """Return what the last word of a text may become; `names` has what a key can name here, such as categories."""
    start = _last_word(text)
    word = text[start:]
    sign = word[:1] if word.startswith("-") else ""
    key, colon, value = word.removeprefix("-").partition(":")
    if not colon:
        wanted = key.casefold()
        words = [*(f"{one}:" for one in KEYS if one not in _ALIASES), *ALONE]
        found = [one for one in words if wanted and one.startswith(wanted) and one != wanted]
        return Completion(start, [f"{sign}{one}" for one in found])
    value = value.removeprefix(":").strip('"').casefold()
    named = names.get("category" if key == "label" else key)
    words = list(_VALUES.get(key, ())) if named is None else [value_text(name) for name in named]
    plain = {one: one.strip('"').casefold() for one in words}
    found = [one for one in words if value in plain[one] and plain[one] != value]
    # A stable sort: what begins with the text comes first, else the order stays.
    found.sort(key=lambda one: not plain[one].startswith(value))
    return Completion(start, [f"{sign}{key}:{one}" for one in found], value in plain.values())


def _last_word(text: str) -> int:
    """Return where the last word begins; after a space, at the end."""
    start, in_quotes = 0, False
    for place, character in enumerate(text):
        in_quotes ^= character == '"'
        if character.isspace() and not in_quotes:
            start = place + 1
    return start
