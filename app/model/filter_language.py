r"""The words that filters are typed in.

Words are joined by spaces, and all have to hold; `-` before a word negates it; quotes keep spaces in a word, and `\`
in them a quote. `/.../` is a pattern for names, `#12` the twelfth image, `key:value` what the keys below say, and any
other word a part of names. `::` is read as `:`, and `label`, `score` and `checked` as X-AnyLabeling means them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from app.model.annotations import Provenance
from app.model.image_filter import (
    ALONE,
    ANY,
    AtPlace,
    Boxes,
    CameAbout,
    Clause,
    Count,
    Figure,
    Figured,
    Flagged,
    FlagWord,
    FromModel,
    ImageFilter,
    InState,
    NameHas,
    NameMatches,
    OfCategory,
    Scored,
    Span,
    State,
)
from app.model.name_pattern import compile_pattern
from app.model.words import tr

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.model.image_filter import Term

_Word = TypeVar("_Word", bound=StrEnum)


class FilterError(ValueError):
    """What is wrong with a filter, in a sentence that quotes the word; it begins at `start` of the text."""

    def __init__(self, word: str, reason: str, start: int) -> None:
        super().__init__(f"“{word}”: {reason}.")
        self.start = start


@dataclass(frozen=True, slots=True)
class Token:
    """One word: where it is in the text, and its characters without the quotes, which `kept` marks as quoted."""

    start: int
    end: int
    negated: bool
    text: str
    kept: tuple[bool, ...]
    is_pattern: bool = False

    def place_of(self, characters: str, start: int = 0) -> int:
        """Return where one of these characters is first, outside of quotes; -1 where none is."""
        places = (place for place in range(start, len(self.text)) if not self.kept[place])
        return next((place for place in places if self.text[place] in characters), -1)


def parse(text: str) -> ImageFilter:
    """Read a filter. Raises FilterError."""
    return ImageFilter(tuple(_clause(token, text[token.start : token.end]) for token in tokens(text)))


def tokens(text: str) -> list[Token]:
    """Split a text into words. Raises FilterError where a quote or a pattern has no end."""
    found, place = list[Token](), 0
    while place < len(text):
        if text[place].isspace():
            place += 1
            continue
        start, negated = place, text[place] == "-"
        token = _read(text, start, start + negated, negated)
        found.append(token)
        place = token.end
    return found


def _read(text: str, start: int, place: int, negated: bool) -> Token:
    """Read one word whose first character, after a minus, is at `place`."""
    if text[place : place + 1] == "/":
        return _read_pattern(text, start, place + 1, negated)
    characters, kept, in_quotes = list[str](), list[bool](), False
    while place < len(text) and (in_quotes or not text[place].isspace()):
        character = text[place]
        if character == '"':
            in_quotes = not in_quotes
        else:
            if in_quotes and character == "\\" and text[place + 1 : place + 2] in ('"', "\\"):
                place += 1
            characters.append(text[place])
            kept.append(in_quotes)
        place += 1
    if in_quotes:
        raise FilterError(text[start:], tr('the closing " is missing'), start)
    return Token(start, place, negated, "".join(characters), tuple(kept))


def _read_pattern(text: str, start: int, place: int, negated: bool) -> Token:
    found = re.compile(r"((?:\\.|[^\\/])*)/(?=\s|$)", re.DOTALL).match(text, place)
    if found is None:
        reason = tr(
            'a pattern ends with a / and a space; a name with a / in the first place goes in quotes, "/like this"'
        )
        raise FilterError(text[start:], reason, start)
    return Token(start, found.end(), negated, re.sub(r"\\(.)", _unescaped, found[1]), (), is_pattern=True)


def _unescaped(found: re.Match[str]) -> str:
    return "/" if found[1] == "/" else found[0]


def _clause(token: Token, word: str) -> Clause:
    try:
        return Clause(_term(token), token.negated)
    except ValueError as error:
        raise FilterError(word, str(error), token.start) from error


def _term(token: Token) -> Term:
    """Return what a word means. Raises ValueError with a reason that ends a sentence."""
    text = token.text
    if token.is_pattern:
        compile_pattern(text)
        return NameMatches(text)
    if not text:
        raise ValueError(tr("after the minus comes what is not wanted") if token.negated else tr("this is empty"))
    colon = token.place_of(":")
    if colon < 0:
        plain = not any(token.kept)
        if plain and re.fullmatch(r"#[0-9]{1,9}", text):
            return AtPlace(int(text[1:]))
        return (ALONE.get(text.casefold()) if plain else None) or NameHas(text)
    key = text[:colon].casefold()
    if key not in KEYS:
        raise ValueError(tr('“{}” is no key; a name with a colon goes in quotes, "like:this"').format(text[:colon]))
    start = colon + 1 + (token.place_of(":", colon + 1) == colon + 1)
    if start == len(text):
        raise ValueError(tr("after the colon comes {}").format(KEYS[key][0]()))
    return KEYS[key][1](token, start)


def _category(token: Token, start: int) -> Term:
    sign = token.place_of("<>=", start)
    name, number = (token.text[start:], "") if sign < 0 else (token.text[start:sign], token.text[sign:])
    if not name:
        raise ValueError(tr("after the colon comes {}").format(KEYS["category"][0]()))
    boxes = _count(number[1:] if re.fullmatch(r"=[0-9].*", number) else number) if number else ANY
    return OfCategory(name, boxes)


def _count(text: str) -> Count:
    """Read a number of things: `3`, `>3`, `<=3`, `3..5`, `[3,5)`."""
    number = r"([0-9]{1,9})"
    if found := re.fullmatch(rf"(>=?|<=?|=?){number}", text):
        value = int(found[2])
        least, most = {
            ">": (value + 1, None),
            ">=": (value, None),
            "<": (0, value - 1),
            "<=": (0, value),
        }.get(found[1], (value, value))
    elif found := re.fullmatch(rf"{number}\.\.{number}", text):
        least, most = int(found[1]), int(found[2])
    elif found := re.fullmatch(rf"([\[(]){number},{number}([\])])", text):
        least, most = int(found[2]) + (found[1] == "("), int(found[3]) - (found[4] == ")")
    else:
        raise ValueError(tr("a number looks like 3, >3, <=3 or 3..5"))
    if most is not None and most < least:
        raise ValueError(tr("there is no such number"))
    return Count(least, most)


def _span(text: str) -> Span:
    """Read a range of scores: `0.3..0.6`, `[0.3,0.6)`, `>=0.3`, `<0.6`."""
    number = r"([0-9]*\.?[0-9]+(?:e-?[0-9]{1,3})?)"
    if found := re.fullmatch(rf"(>=?|<=?){number}", text):
        value, is_open = float(found[2]), len(found[1]) == 1
        least, most = (value, 1.0) if found[1][0] == ">" else (0.0, value)
        span = Span(least, most, is_open and found[1] == ">", is_open and found[1] == "<")
    elif found := re.fullmatch(rf"{number}?\.\.{number}?", text):
        span = Span(float(found[1] or 0.0), float(found[2] or 1.0))
    elif found := re.fullmatch(rf"([\[(]){number},{number}([\])])", text):
        span = Span(float(found[2]), float(found[3]), found[1] == "(", found[4] == ")")
    else:
        raise ValueError(tr("a range of scores looks like 0.3..0.6, [0.3,0.6), >=0.3 or <0.6"))
    if span.most > 1:
        raise ValueError(tr("a score lies between 0 and 1"))
    if span.least > span.most or (span.least == span.most and (span.open_least or span.open_most)):
        raise ValueError(tr("no score lies in there"))
    return span


def _one_of(kind: type[_Word], text: str) -> _Word:
    if text.casefold() not in set(kind):
        raise ValueError(tr("after the colon comes {}").format(_listed(kind)))
    return kind(text.casefold())


def _listed(kind: type[StrEnum]) -> str:
    *words, last = kind
    return tr("{} or {}").format(", ".join(words), last)


def _checked(text: str) -> Term:
    states = {"1": State.REVIEWED, "true": State.REVIEWED, "0": State.UNREVIEWED, "false": State.UNREVIEWED}
    if text.casefold() not in states:
        raise ValueError(tr("after the colon comes 1, true, 0 or false"))
    return InState(states[text.casefold()])


def _figured(figure: Figure) -> Callable[[Token, int], Term]:
    return lambda token, start: Figured(figure, _count(token.text[start:]))


def _number() -> str:
    return tr("a number such as 0, >0 or 2..5")


KEYS: dict[str, tuple[Callable[[], str], Callable[[Token, int], Term]]] = {
    "category": (lambda: tr("the name of a category, and how many boxes it has: bolt, bolt>=3"), _category),
    "score": (
        lambda: tr("a range such as 0.3..0.6, [0.3,0.6), >=0.3 or <0.6"),
        lambda token, start: Scored(_span(token.text[start:])),
    ),
    "state": (partial(_listed, State), lambda token, start: InState(_one_of(State, token.text[start:]))),
    "flag": (partial(_listed, FlagWord), lambda token, start: Flagged(_one_of(FlagWord, token.text[start:]))),
    "provenance": (
        partial(_listed, Provenance),
        lambda token, start: CameAbout(_one_of(Provenance, token.text[start:])),
    ),
    "model": (
        lambda: tr("the name of a model version, or a part of it"),
        lambda token, start: FromModel(token.text[start:]),
    ),
    "boxes": (_number, lambda token, start: Boxes(_count(token.text[start:]))),
    **{figure.value: (_number, _figured(figure)) for figure in Figure},
    "label": (lambda: tr("the name of a category"), _category),
    "checked": (lambda: tr("1, true, 0 or false"), lambda token, start: _checked(token.text[start:])),
}
"""Key -> the words for what comes after its colon, and what reads that."""
