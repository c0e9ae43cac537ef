"""Regular expressions on names, kept from those that could take for ever.

Python's `re` tries every way to match and cannot be stopped, and holds up the whole program meanwhile. What grows
without bound with the length of a name is refused: a repeat of a group in which something varies, and many repeats.
"""

from __future__ import annotations

import re
import warnings

from app.model.words import tr

MOST_CHARACTERS = 200
MOST_REPEATS = 4
"""With so many repeats, a name of sixty characters can be read in half a million ways: some milliseconds."""

_PIECE = re.compile(
    r"""\\.                             # an escaped character
    | \[\^?\]?(?:\\.|[^\]\\])*\]        # a class; a bracket in the first place stands for itself
    | \((?:\?(?:P?<?[=!:>]|P<\w+>|[aiLmsux-]+[:)]|\#[^)]*\)))?   # the beginning of a group
    | [*+?]|\{\d*,?\d*\}                # a repeat
    | . """,
    re.VERBOSE | re.DOTALL,
)


def compile_pattern(text: str) -> re.Pattern[str]:
    """Return the pattern, which ignores case. Raises ValueError with a reason that ends a sentence."""
    if len(text) > MOST_CHARACTERS:
        raise ValueError(tr("a pattern has at most {} characters").format(MOST_CHARACTERS))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what may mean something else in the next Python means nothing for sure
            pattern = re.compile(text, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError, Warning) as error:
        raise ValueError(tr("this is not a regular expression: {}").format(error)) from error
    _check_cost(text)
    return pattern


def _check_cost(text: str) -> None:
    varying = [False]  # per open group, whether something in it varies
    closed = False  # whether the last thing was a group that varies
    repeats, after_repeat = 0, False
    for found in _PIECE.finditer(text):
        piece = found[0]
        is_repeat = piece in ("*", "+", "?") or (piece[0] == "{" and len(piece) > 2)
        if is_repeat and not after_repeat:  # after another one it says how that repeats
            if closed and piece != "?":
                raise ValueError(tr("a repeated group holds a repeat or a choice, which could take for ever"))
            repeats += 1
            varying[-1] = True
        elif piece == "|":
            varying[-1] = True
        elif piece[0] == "(" and not piece.endswith(")"):
            varying.append(False)
        after_repeat, closed = is_repeat, False
        if piece == ")" and len(varying) > 1:
            closed = varying.pop()
            varying[-1] |= closed
    if repeats > MOST_REPEATS:
        raise ValueError(tr("it has more than {} repeats, which could take for ever").format(MOST_REPEATS))
