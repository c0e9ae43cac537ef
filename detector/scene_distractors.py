"""Object-like things that have no category: they teach the RPN what an object is, and the predictor what background is.

A distractor draws within its reach like any object; its box is known, its category is not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from detector.scene_objects import Drawing
from detector.scene_pen import PLASTICS, Colour, Pen, pick, regular_polygon, tint

if TYPE_CHECKING:
    from numpy.typing import NDArray

Generator = np.random.Generator

INKS: tuple[Colour, ...] = ((20, 20, 24), (30, 30, 36), (20, 40, 110), (70, 70, 74), (120, 24, 30))
CELL_TINTS: tuple[Colour, ...] = ((214, 158, 158), (198, 140, 150), (222, 176, 160), (190, 160, 190), (206, 190, 150))


def _wobbly(points: NDArray[np.float64], rng: Generator, amount: float) -> NDArray[np.float64]:
    return np.asarray(points + rng.normal(0, amount, points.shape))


def rectangle_outline(half_height: float) -> Drawing:
    """Return an empty pen-drawn field, 1 : `half_height`, sometimes with writing or a drop-down mark in it."""

    def draw(pen: Pen, rng: Generator) -> None:
        ink, width = pick(rng, INKS), rng.uniform(0.8, 2.6) / pen.radius
        wide, tall = 0.97, half_height * 0.95
        corners = np.array([(-wide, -tall), (wide, -tall), (wide, tall), (-wide, tall), (-wide, -tall)])
        if rng.random() < 0.2:
            pen.polygon(corners[:4], pick(rng, PLASTICS))
        pen.stroke(_wobbly(corners, rng, 0.25 * min(0.04, 0.1 * tall)), width, ink)
        inside = rng.random()
        if inside < 0.35:
            _write(pen, rng, (-wide * 0.8, wide * rng.uniform(0.1, 0.7), tall * 0.45), ink)
        elif inside < 0.5 and half_height < 0.5:
            pen.stroke([(wide - 2 * tall, -tall), (wide - 2 * tall, tall)], width, ink)
            mark = np.array([(-0.4, -0.3), (0.4, -0.3), (0.0, 0.4), (-0.4, -0.3)]) * tall + (wide - tall, 0)
            pen.stroke(mark, width, ink)

    return Drawing("outlined field", draw, (1.03, half_height + 0.05))


def _write(pen: Pen, rng: Generator, place: tuple[float, float, float], ink: Colour, y: float = 0.0) -> None:
    """Scribble words about the line `y` from x = place[0] to place[1], letters of half-height place[2]."""
    x, end, half = place
    width = rng.uniform(0.7, 1.6) / pen.radius
    joined = rng.random() < 0.5
    step = half * rng.uniform(0.7, 1.1)
    while x < end:
        letters = min(int(rng.integers(2, 9)), max(1, int((end - x) / step)))
        shapes = rng.uniform(-0.6, 0.6, (letters, 4, 2)) * (step * 0.7, half)
        shapes[rng.random(letters) < 0.4, 1, 1] = -half
        shapes += np.stack([x + step * (0.5 + np.arange(letters)), np.full(letters, y)], axis=1)[:, None]
        for path in [shapes.reshape(-1, 2)] if joined else shapes:
            pen.stroke(path, width, ink)
        x += step * (letters + rng.uniform(0.6, 1.4))


def text_line(half_height: float) -> Drawing:
    """Return a line of scribbled words, letters of `half_height` for a half-length of 1."""

    def draw(pen: Pen, rng: Generator) -> None:
        _write(pen, rng, (-0.96, 0.96 - half_height, half_height * 0.9), pick(rng, INKS))

    return Drawing("line of text", draw, (1.15, half_height * 1.2))


def paragraph(half_height: float) -> Drawing:
    """Return some lines of writing, or of plain strokes, as one block 1 : `half_height`."""

    def draw(pen: Pen, rng: Generator) -> None:
        ink, plain = pick(rng, INKS), rng.random() < 0.4
        lines = np.linspace(-half_height, half_height, max(2, round(half_height * 9)))
        for y in lines * 0.85:
            if plain:
                pen.stroke(_wobbly(np.linspace((-0.95, y), (rng.uniform(0.5, 0.95), y), 6), rng, 0.01), 0.02, ink)
            else:
                _write(pen, rng, (-0.95, rng.uniform(0.4, 0.9), half_height * 0.6 / len(lines)), ink, y)

    return Drawing("paragraph", draw, (1.15, half_height * 1.1))


def _tick_box(pen: Pen, rng: Generator, x: float, half: float, ink: Colour) -> None:
    width = rng.uniform(0.8, 2.0) / pen.radius
    if rng.random() < 0.5:
        corners = np.array([(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9), (-0.9, -0.9)])
    else:
        corners = regular_polygon(16, 0.9)[np.arange(17) % 16]
    pen.stroke(_wobbly(corners, rng, 0.04) * half + (x, 0), width, ink)
    mark = rng.random()
    if mark < 0.3:
        pen.stroke(np.array([(-0.5, 0), (-0.1, 0.55), (0.7, -0.7)]) * half + (x, 0), width, ink)
    elif mark < 0.45:
        pen.disc(ink, 0.4 * half, (x, 0.0))


def draw_check_box(pen: Pen, rng: Generator) -> None:
    """Draw a small empty square or circle, sometimes ticked."""
    _tick_box(pen, rng, 0.0, 1.0, pick(rng, INKS))


def labelled_check_box(half_height: float) -> Drawing:
    """Return a check box or radio button with its words to the right, as one thing 1 : `half_height`."""

    def draw(pen: Pen, rng: Generator) -> None:
        ink = pick(rng, INKS)
        _tick_box(pen, rng, half_height - 0.98, half_height * rng.uniform(0.6, 0.95), ink)
        _write(pen, rng, (2.3 * half_height - 0.98, 0.96 - half_height, half_height * rng.uniform(0.5, 0.85)), ink)

    return Drawing("labelled check box", draw, (1.15, half_height * 1.2))


def draw_picture_frame(pen: Pen, rng: Generator) -> None:
    """Draw a drawn rectangle crossed from corner to corner, or with a hill and a sun: a picture in a sketched page."""
    ink, width = pick(rng, INKS), rng.uniform(0.8, 2.0) / pen.radius
    tall = rng.uniform(0.4, 0.95)
    corners = np.array([(-0.95, -tall), (0.95, -tall), (0.95, tall), (-0.95, tall), (-0.95, -tall)])
    pen.stroke(_wobbly(corners, rng, 0.015), width, ink)
    if rng.random() < 0.6:
        pen.stroke(corners[[0, 2]], width, ink)
        pen.stroke(corners[[1, 3]], width, ink)
    else:
        pen.stroke(
            [(-0.95, tall * 0.6), (-0.3, -tall * 0.2), (0.2, tall * 0.5), (0.5, 0.1), (0.95, tall * 0.6)], width, ink
        )
        pen.stroke((regular_polygon(12, 0.15)[np.arange(13) % 12]) + (0.5, -tall * 0.5), width, ink)


def draw_scribble(pen: Pen, rng: Generator) -> None:
    """Draw a free pen stroke: loops, an arrow, or a polygon in outline."""
    ink = pick(rng, INKS if rng.random() < 0.7 else PLASTICS)
    width = rng.uniform(0.8, 4.0) / pen.radius
    if rng.random() < 0.5:
        outline = regular_polygon(int(rng.integers(3, 8)), 0.9, rng.uniform(0, 6)) * rng.uniform(0.7, 1.0, (1, 2))
        pen.stroke(np.vstack([outline, outline[:1]]), width, ink)
    else:
        turns = np.linspace(0, rng.uniform(4, 14), 30)
        drift = np.linspace(-0.5, 0.5, 30)
        up = 0.7 * np.sin(turns * rng.uniform(0.6, 1.4))
        pen.stroke(np.stack([drift + 0.4 * np.cos(turns), up], axis=1), width, ink)


def cell(body: Colour) -> Drawing:
    """Return a translucent disc of about colour `body`, a little out of round, with a dark rim and a paler centre."""

    def draw(pen: Pen, rng: Generator) -> None:
        angles = np.linspace(0, 2 * np.pi, 37)[:-1]
        wave = 1 + rng.uniform(0, 0.07) * np.cos(2 * angles + rng.uniform(0, 6))
        wave += rng.uniform(0, 0.04) * np.cos(3 * angles + rng.uniform(0, 6))
        flat = rng.uniform(0.55, 0.8) if rng.random() < 0.15 else rng.uniform(0.85, 1.0)
        outline = np.stack([np.cos(angles), np.sin(angles) * flat], axis=1) * wave[:, None] * 0.88
        alpha = int(rng.integers(120, 225))
        pen.polygon(outline, tint(body, rng.uniform(0.7, 0.92)), min(255, alpha + 30))
        pen.polygon(outline * rng.uniform(0.9, 0.95), pick(rng, (body,)), alpha)
        paleness, wide = rng.uniform(-0.15, 0.8), rng.uniform(0.45, 0.75)
        for ring in np.linspace(0, 1, 7) if paleness > 0 else ():
            pen.polygon(
                outline * wide * (1 - 0.6 * ring), tint(body, 1.02 + 0.1 * ring), int(alpha * (1 - paleness * ring))
            )

    return Drawing("cell", draw)


def draw_nucleated_cell(pen: Pen, rng: Generator) -> None:
    """Draw a large pale cell with a dark lobed nucleus."""
    outline = regular_polygon(24, 0.92) * rng.uniform(0.94, 1.03, (24, 1))
    pen.polygon(outline, pick(rng, ((190, 170, 200), (200, 190, 214), (150, 140, 200))), int(rng.integers(150, 230)))
    nucleus = pick(rng, ((96, 70, 160), (120, 80, 170), (80, 80, 170)))
    for x, y in rng.uniform(-0.35, 0.35, (int(rng.integers(1, 5)), 2)):
        pen.disc(tint(nucleus, rng.uniform(0.85, 1.1)), rng.uniform(0.3, 0.5), (float(x), float(y)), alpha=235)


def draw_platelet(pen: Pen, rng: Generator) -> None:
    """Draw a small dark speck of a cell without a sharp outline."""
    colour = pick(rng, ((150, 120, 180), (120, 100, 170), (170, 130, 170)))
    for size in (0.9, 0.7, 0.5):
        pen.polygon(
            regular_polygon(9, size) * rng.uniform(0.8, 1.1, (9, 1)),
            tint(colour, 0.6 + size / 2),
            int(255 - 130 * size),
        )


def draw_blob(pen: Pen, rng: Generator) -> None:
    """Draw a lump of putty or a pebble: a smooth irregular outline."""
    outline = regular_polygon(9, 0.85, rng.uniform(0, 6)) * rng.uniform(0.6, 1.05, (9, 1))
    fine = np.linspace(0, 9, 46)
    closed = np.vstack([outline, outline[:1]])
    dense = np.stack([np.interp(fine, np.arange(10), closed[:, axis]) for axis in (0, 1)], axis=1)[:-1]
    smooth = (np.roll(dense, 3, axis=0) + np.roll(dense, -3, axis=0) + np.roll(dense, 1, axis=0) + dense) / 4
    colour = pick(rng, PLASTICS)
    pen.lift(smooth, colour, 0.12)
    pen.polygon(smooth, colour)
    pen.polygon(smooth * 0.6 + np.array(pen.local_light) * 0.15, tint(colour, 1.15))


def draw_knob(pen: Pen, rng: Generator) -> None:
    """Draw a turning knob with a pointer on its face."""
    colour = pick(rng, PLASTICS)
    pen.lift(regular_polygon(30, 0.9), colour, 0.15)
    pen.disc(tint(colour, 0.9), 0.95)
    pen.turned_disc(0.7, tint(colour, 1.1), 0.2, rng.uniform(0, 3))
    pen.stroke([(0.1, 0.0), (0.65, 0.0)], 0.12, (240, 240, 240))


def panel(half_height: float) -> Drawing:
    """Return a card, label, rod or strip of tape, 1 : `half_height`, sometimes printed."""

    def draw(pen: Pen, rng: Generator) -> None:
        colour = pick(rng, PLASTICS)
        tall = half_height
        if rng.random() < 0.3 and half_height < 0.4:
            pen.cylinder(-1, 1, (tall, tall), colour)
            return
        pen.lift([(-0.98, -tall), (0.98, -tall), (0.98, tall), (-0.98, tall)], colour, min(0.05, tall * 0.2))
        pen.rectangle(-0.98, -tall, 0.98, tall, colour)
        if rng.random() < 0.5:
            pen.rectangle(-0.92, -tall * 0.85, 0.92, tall * 0.85, tint(colour, rng.uniform(0.8, 1.25)))
        if rng.random() < 0.5:
            _write(pen, rng, (-0.8, rng.uniform(-0.2, 0.7), min(tall * 0.4, 0.15)), pick(rng, INKS))

    return Drawing("panel", draw, (1.05, half_height + 0.05))


CHECK_BOX = Drawing("check box", draw_check_box)
PICTURE_FRAME = Drawing("picture frame", draw_picture_frame)
NUCLEATED_CELL = Drawing("nucleated cell", draw_nucleated_cell)
PLATELET = Drawing("platelet", draw_platelet)
COMPACT = (
    Drawing("scribble", draw_scribble),
    Drawing("blob", draw_blob),
    Drawing("knob", draw_knob),
    CHECK_BOX,
    PICTURE_FRAME,
    NUCLEATED_CELL,
)


def any_distractor(rng: Generator) -> Drawing:
    """Return a distractor of any kind; the long ones in proportions from 1 : 1.2 to 1 : 12."""
    kind = rng.random()
    if kind < 0.42:
        return COMPACT[rng.integers(len(COMPACT))]
    half_height = float(np.exp(rng.uniform(np.log(0.08), np.log(0.8))))
    if kind < 0.5:
        return cell(pick(rng, CELL_TINTS))
    if kind < 0.65:
        return rectangle_outline(half_height)
    if kind < 0.75:
        return text_line(min(half_height, 0.2))
    return panel(half_height)
