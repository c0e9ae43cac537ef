"""The things on the bench: one drawing per category, each with its own proportions, materials and views.

A drawing takes a pen whose reach is the row's, and a generator; it draws within x in -1..1 and y within the reach.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from detector.scene_hardware import (
    draw_bolt,
    draw_gear,
    draw_key,
    draw_nut,
    draw_screw,
    draw_spring,
    draw_washer,
    draw_wrench,
)
from detector.scene_pen import METALS, PLASTICS, Colour, Pen, pick, regular_polygon, tint

if TYPE_CHECKING:
    from collections.abc import Callable

Generator = np.random.Generator


def draw_coin(pen: Pen, rng: Generator) -> None:
    """Draw a full disc with a raised rim and a relief in its middle; sometimes of two metals."""
    metals: tuple[Colour, ...] = ((190, 120, 70), (150, 90, 56), (214, 176, 84), (192, 194, 196), (160, 160, 156))
    metal = pick(rng, metals)
    pen.lift(regular_polygon(40, 0.96), metal, 0.05)
    pen.disc(metal, 0.97)
    pen.disc(tint(metal, 1.22), 0.93)
    pen.disc(tint(metal, 0.72), 0.86)
    pen.disc(tint(metal, 0.98), 0.83)
    if rng.random() < 0.3:
        metal = pick(rng, metals)
        pen.disc(metal, 0.6)
    for x, y in regular_polygon(int(rng.integers(12, 24)), 0.73):
        pen.disc(tint(metal, 0.7), 0.045, (x, y))
    shift = np.array(pen.local_light) * 0.035
    if rng.random() < 0.5:
        face = regular_polygon(14, 0.4) * rng.uniform(0.8, 1.15, (14, 1)) + rng.uniform(-0.08, 0.08, 2)
        bust = np.array([(-0.42, 0.6), (-0.15, 0.2), (0.2, 0.2), (0.42, 0.55)])
        for points in (bust, face):
            pen.polygon(points - shift, tint(metal, 0.6))
            pen.polygon(points + shift, tint(metal, 1.18))
    else:
        strokes = rng.uniform(-0.42, 0.42, (int(rng.integers(3, 6)), 3, 2)) * (0.8, 1.1)
        for points in strokes:
            pen.stroke(points - shift, 0.13, tint(metal, 0.6))
            pen.stroke(points + shift, 0.12, tint(metal, 1.2))


def draw_battery(pen: Pen, rng: Generator) -> None:
    """Draw a round cell with a cap and a two-coloured wrap, or a block with two snaps."""
    wrap, band = pick(rng, PLASTICS), pick(rng, (*PLASTICS, (200, 130, 60), (214, 178, 70)))
    half = rng.uniform(0.26, 0.5)
    steel = (198, 200, 204)
    split = rng.uniform(0.15, 0.6)
    if rng.random() < 0.22:
        pen.rectangle(-0.84, -0.52, 1.0, 0.52, wrap)
        pen.rectangle(split, -0.52, 1.0, 0.52, band)
        for y in (-0.28, 0.28):
            pen.rectangle(-1.0, y - 0.15, -0.84, y + 0.15, steel)
            pen.stroke([(-0.95, y - 0.15), (-0.95, y + 0.15)], 0.04, tint(steel, 0.5))
    else:
        pen.cylinder(0.8, 1.0, (half * 0.36, half * 0.36), steel)
        pen.cylinder(-1.0, 0.86, (half, half), steel)
        pen.cylinder(-0.96, 0.84, (half, half), wrap)
        pen.cylinder(split, 0.84, (half, half), band)
    ink = (240, 240, 236) if sum(wrap) < 380 else (30, 30, 34)
    for y in rng.uniform(-0.6, 0.6, 2) * half:
        pen.stroke([(-0.75, y), (split - rng.uniform(0.1, 0.6), y)], 0.07, ink)
    pen.stroke([(0.62, -0.08), (0.62, 0.08)], 0.04, ink)
    pen.stroke([(0.54, 0), (0.7, 0)], 0.04, ink)


_PIPS = {
    1: [(0, 0)], 2: [(-1, -1), (1, 1)], 3: [(-1, -1), (0, 0), (1, 1)], 4: [(-1, -1), (1, -1), (-1, 1), (1, 1)],
    5: [(-1, -1), (1, -1), (0, 0), (-1, 1), (1, 1)], 6: [(-1, -1), (1, -1), (-1, 0), (1, 0), (-1, 1), (1, 1)],
}  # fmt: skip


_Frame = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]  # centre, half sides along and across
_ROUNDED = np.sign(regular_polygon(28)) * np.abs(regular_polygon(28)) ** 0.3  # a square with round corners


def _draw_face(pen: Pen, frame: _Frame, colours: tuple[Colour, Colour], spot: int, alpha: int) -> None:
    centre, along, across = frame
    body, ink = colours
    sides = np.stack([along, across])
    pen.polygon(_ROUNDED * 0.97 @ sides + centre, body, alpha)
    dot = regular_polygon(12, 0.19 if spot > 1 else 0.26)
    for pip in _PIPS[spot]:
        pen.polygon((dot + np.array(pip) * 0.52) @ sides + centre, ink)


def draw_die(pen: Pen, rng: Generator) -> None:
    """Draw a cube with one to three visible faces and pips from one to six, opaque or translucent."""
    body = pick(rng, PLASTICS)
    dark = sum(body) < 400
    light_inks, dark_inks = ((245, 245, 240), (240, 220, 90)), ((24, 24, 28), (190, 30, 30), (20, 40, 120))
    ink = pick(rng, light_inks if dark else dark_inks)
    alpha = int(rng.integers(150, 225)) if rng.random() < 0.25 else 255
    spots = rng.permutation(6) + 1
    views = rng.random()
    zero = np.zeros(2)
    if views < 0.35:
        frames = [(zero, np.array([0.7, 0]), np.array([0, 0.7]))]
    elif views < 0.65:
        tall = rng.uniform(0.56, 0.68)
        side = 0.9 - tall
        frames = [
            (np.array([0, -side]), np.array([0.66, 0]), np.array([0, tall])),
            (np.array([0, tall]), np.array([0.66, 0]), np.array([0, side])),
        ]
    else:
        rise = rng.uniform(0.2, 0.3)
        right, left, down = np.array([0.36, -rise]), np.array([0.36, rise]), np.array([0, rng.uniform(0.32, 0.42)])
        top = -down
        frames = [(top, right, left), (top + left + down, right, down), (top - right + down, left, down)]
    for centre, along, across in frames:
        # The body behind the faces, so that no gap shows between their round corners.
        square = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * 0.9
        pen.polygon(square @ np.stack([along, across]) + centre, tint(body, 0.75), alpha)
    for frame, spot, shade in zip(frames, spots, (1.08, 0.82, 0.62), strict=False):
        _draw_face(pen, frame, (tint(body, shade), tint(ink, 0.4 + 0.6 * shade)), int(spot), alpha)


def draw_chip(pen: Pen, rng: Generator) -> None:
    """Draw a black package with bright legs on two or four sides, a mark for the first leg, and print."""
    body = pick(rng, ((38, 38, 42), (52, 50, 50), (30, 34, 40)))
    square = rng.random() < 0.45
    wide, tall = (0.84, 0.84) if square else (0.97, rng.uniform(0.34, 0.5))
    legs = int(rng.integers(4, 9))
    silver = pick(rng, ((200, 202, 206), (206, 190, 130)))
    places = np.linspace(-wide * 0.84, wide * 0.84, legs)
    width = 0.8 * wide / legs
    for place in places:
        pen.rectangle(place - width / 2, -tall - 0.14, place + width / 2, tall + 0.14, silver)
        if square:
            pen.rectangle(-wide - 0.14, place - width / 2, wide + 0.14, place + width / 2, silver)
    pen.rectangle(-wide, -tall, wide, tall, body)
    pen.rectangle(-wide * 0.93, -tall * 0.88, wide * 0.93, tall * 0.88, tint(body, 1.2))
    pen.disc(tint(body, 2.6), 0.07, (-wide * 0.75, tall * 0.6))
    for y in np.linspace(-0.45, 0.35, int(rng.integers(1, 4))) * tall:
        pen.stroke([(-wide * 0.5, y), (wide * rng.uniform(0.1, 0.7), y)], 0.05, (170, 170, 168))


def draw_resistor(pen: Pen, rng: Generator) -> None:
    """Draw a small waisted body with coloured rings between two straight leads."""
    body = pick(rng, ((214, 186, 140), (120, 170, 200), (226, 206, 170), (110, 140, 110)))
    half, length = rng.uniform(0.15, 0.2), rng.uniform(0.42, 0.55)
    pen.stroke([(-1, 0), (1, 0)], 0.055, (186, 188, 192))
    waist = half * rng.uniform(0.75, 1.0)
    pen.cylinder(-length, length, (waist, waist), body, gloss=0.4)
    for side in (-1, 1):
        pen.disc(tint(body, 0.95), half, (side * (length - 0.06), 0.0), aspect=0.75)
    rings = ((150, 80, 40), (20, 20, 20), (200, 40, 40), (230, 120, 30), (240, 210, 40), (40, 140, 60), (40, 60, 180))
    for x in (-0.68, -0.3, 0.05, 0.66):
        ring = half if abs(x) > 0.5 else waist
        pen.cylinder(x * length, x * length + 0.1, (ring, ring), pick(rng, rings), gloss=0.3)


def draw_button(pen: Pen, rng: Generator) -> None:
    """Draw a coloured disc with a thick rim and two or four holes in its sunk middle."""
    body = pick(rng, PLASTICS)
    pen.lift(regular_polygon(36, 0.94), body, 0.1)
    pen.disc(tint(body, 1.1), 0.96)
    rim = rng.uniform(0.66, 0.76)
    pen.disc(tint(body, 0.6), rim)
    pen.disc(tint(body, 0.92), rim - 0.06)
    holes, off = (4, 0.28) if rng.random() < 0.6 else (2, 0.26)
    thread = pick(rng, PLASTICS) if rng.random() < 0.3 else None
    places = regular_polygon(holes, off, np.pi / 4)
    for x, y in places:
        pen.disc(tint(body, 0.35), 0.15, (x, y))
        pen.hole(np.add(regular_polygon(12, 0.125), (x, y)))
    if thread is not None:
        pen.stroke([places[0], places[holes // 2]], 0.09, thread)


def draw_bottle_cap(pen: Pen, rng: Generator) -> None:
    """Draw a crown cork from above: twenty-one flutes round a printed disc."""
    body, print_colour = pick(rng, PLASTICS), pick(rng, PLASTICS)
    angles = np.linspace(0, 2 * np.pi, 127)[:-1]
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * (0.93 + 0.05 * np.cos(21 * angles))[:, None]
    pen.lift(outline, body, 0.08)
    pen.polygon(outline, tint(body, 0.72))
    for x, y in regular_polygon(21, 1.0):
        pen.stroke([(x * 0.8, y * 0.8), (x * 0.95, y * 0.95)], 0.07, tint(body, 1.3))
    pen.disc(tint(body, 1.1), 0.78)
    pen.disc(print_colour, 0.56)
    star = regular_polygon(10, 0.5) * np.tile([1.0, 0.45], 5)[:, None]
    pen.polygon(star, body if rng.random() < 0.6 else (240, 238, 230))


def draw_paper_clip(pen: Pen, rng: Generator) -> None:
    """Draw a wire bent three times into two nested loops."""
    wire = pick(rng, METALS if rng.random() < 0.6 else PLASTICS)
    turn = np.linspace(-np.pi / 2, np.pi / 2, 9)

    def bend(x: float, radius: float, y: float, side: int) -> list[tuple[float, float]]:
        return [(x + side * radius * float(np.cos(t)), y + radius * float(np.sin(t)) * side) for t in turn]

    loops = (*bend(0.62, 0.32, 0.0, 1), *bend(-0.66, 0.28, 0.04, -1), *bend(0.45, 0.22, -0.02, 1))
    path = [(-0.45, -0.32), *loops, (-0.4, 0.2)]
    pen.stroke(path, 0.075, tint(wire, 0.8))
    pen.stroke(path, 0.03, tint(wire, 1.35))


@dataclass(frozen=True, slots=True)
class Drawing:
    """One category: how it is drawn, how far it reaches in local units, and its least long side in pixels."""

    name: str
    draw: Callable[[Pen, Generator], None]
    reach: tuple[float, float] = (1.1, 1.1)
    least_side: float = 12.0


DRAWINGS = (
    Drawing("bolt", draw_bolt, (1.05, 0.65), 20.0),
    Drawing("nut", draw_nut, (1.22, 1.22)),
    Drawing("washer", draw_washer),
    Drawing("gear", draw_gear, (1.15, 1.15), 16.0),
    Drawing("screw", draw_screw, (1.05, 0.5), 22.0),
    Drawing("coin", draw_coin),
    Drawing("battery", draw_battery, (1.05, 0.6), 16.0),
    Drawing("die", draw_die, (1.05, 1.05)),
    Drawing("key", draw_key, (1.05, 0.55), 22.0),
    Drawing("spring", draw_spring, (1.05, 0.5), 20.0),
    Drawing("wrench", draw_wrench, (1.05, 0.4), 22.0),
    Drawing("chip", draw_chip, (1.05, 1.05), 14.0),
    Drawing("resistor", draw_resistor, (1.05, 0.3), 22.0),
    Drawing("button", draw_button, (1.1, 1.1), 14.0),
)
TAUGHT_DRAWINGS = (
    Drawing("bottle cap", draw_bottle_cap, (1.1, 1.1), 16.0),
    Drawing("paper clip", draw_paper_clip, (1.05, 0.45), 24.0),
)
