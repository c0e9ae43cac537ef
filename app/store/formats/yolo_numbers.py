"""YOLO's boxes: `x y width height` of the centre and the size, as fractions of the image, in decimal text.

A box is equal after a round trip to the last bit of a float32, the precision in which every program takes it in. So a
number is written with as many digits as that needs, mostly eight to twelve. In double precision it would not do: beside
a left side of 0 the arithmetic leaves a trace. So both directions reckon in decimals that never round.
"""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING

from app.model.geometry import single

if TYPE_CHECKING:
    from app.model.annotations import Box

Centre = tuple[Decimal, Decimal, Decimal, Decimal]
DIGITS = (6, 8, 10, 12, 17, 34)
NOTHING = Decimal("1e-12")
"""Pixels; what is less stands for 0: it is left by the rounding of the text."""
OF_THE_TEXT = 1e-5
"""Of a side: so far outside the image are boxes at its border whose numbers have but five digits."""
_EXACT = Context(prec=80)


def to_text(box: Box, image_size: tuple[int, int]) -> tuple[str, str, str, str] | None:
    """Return the four numbers of a box inside its image; None where it has no area in float32."""
    x1, y1, x2, y2 = map(_clean, single(box))
    goal = (x1, y1, x2, y2)
    if not (goal[0] < goal[2] and goal[1] < goal[3]):
        return None
    centre = _centre(goal, image_size)
    for digits in DIGITS:
        texts = tuple(_text(value, digits) for value in centre)
        if corners(tuple(map(Decimal, texts)), image_size) == goal:
            break
    x, y, width, height = texts
    return x, y, width, height


def corners(centre: tuple[Decimal, ...], image_size: tuple[int, int]) -> Box:
    """Return the box (x1, y1, x2, y2) that four numbers say, each the nearest float32, as float.

    What the digits alone bring outside of the image is cut to it.
    """
    x, y, width, height = centre
    sides = (Decimal(image_size[1]), Decimal(image_size[0]))
    ends: list[Decimal] = []
    for middle, length, sign in ((x, width, -1), (y, height, -1), (x, width, 1), (y, height, 1)):
        half = _EXACT.multiply(_EXACT.divide(length, Decimal(2)), Decimal(sign))
        ends.append(_EXACT.multiply(_EXACT.add(middle, half), sides[len(ends) % 2]))
    x1, y1, x2, y2 = (_near(end, sides[place % 2]) for place, end in enumerate(ends))
    return single((x1, y1, x2, y2))


def _centre(box: Box, image_size: tuple[int, int]) -> Centre:
    x1, y1, x2, y2 = map(Decimal, box)
    height, width = map(Decimal, image_size)
    return (
        _EXACT.divide(_EXACT.add(x1, x2), _EXACT.multiply(width, Decimal(2))),
        _EXACT.divide(_EXACT.add(y1, y2), _EXACT.multiply(height, Decimal(2))),
        _EXACT.divide(_EXACT.subtract(x2, x1), width),
        _EXACT.divide(_EXACT.subtract(y2, y1), height),
    )


def _text(value: Decimal, digits: int) -> str:
    rounded = Context(prec=digits).plus(value)
    return f"{rounded.normalize(_EXACT):f}" if rounded else "0"


def _clean(end: float) -> float:
    return end if abs(end) >= NOTHING else 0.0


def _near(end: Decimal, side: Decimal) -> float:
    """Return an end without what the digits of its text have left."""
    if abs(end) < NOTHING:
        return 0.0
    outside = max(-end, end - side)
    if 0 < outside <= Decimal(OF_THE_TEXT) * side:
        return 0.0 if end < 0 else float(side)
    return float(end)
