"""Procedural workbench scenes with exact boxes: what the embedded detector learns from, and what the demo shows.

A scene is a function of its seed alone. It holds objects of `CATEGORIES`, each with its box and label, and distractors:
object-like things with a box but no category. Distractor boxes may serve the RPN as further objects.
"""

from __future__ import annotations

from io import BytesIO
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from detector import scene_distractors as distractors
from detector import scene_surfaces as surfaces
from detector.scene_objects import DRAWINGS, TAUGHT_DRAWINGS, Drawing
from detector.scene_pen import pick
from detector.scene_table import Table
from detector.types import ByteArray, FloatArray, Sample

CATEGORIES: tuple[str, ...] = tuple(drawing.name for drawing in DRAWINGS)
TAUGHT_CATEGORIES: tuple[str, str] = (TAUGHT_DRAWINGS[0].name, TAUGHT_DRAWINGS[1].name)

Generator = np.random.Generator


class Scene(NamedTuple):
    """One drawn scene: its sample, and the boxes (N, 4) float32 of the things in it that have no category."""

    sample: Sample
    distractor_boxes: FloatArray


def draw(seed: int, size: tuple[int, int] = (320, 320), *, taught: bool = False) -> Scene:
    """Draw scene `seed` at `size` (height, width); the same arguments give the same bytes.

    Labels are 1..K by `CATEGORIES`; with `taught` the two `TAUGHT_CATEGORIES` follow as K+1 and K+2. A box is the exact
    extent of what is visible of an object. Objects that are more than 70 % hidden or outside have none. Sizes of
    objects follow the shorter side of the picture. A scene may be empty.
    """
    rng = np.random.default_rng(seed)
    kind = rng.random()
    if taught or kind < 0.8:
        surface, fill = surfaces.BENCHES[rng.integers(len(surfaces.BENCHES))], _fill_bench
        shadow, dimmest = rng.uniform(0.15, 0.6), 0.75
    elif kind < 0.91:
        surface, fill, shadow, dimmest = surfaces.paper, _fill_page, 0.0, 0.9
    else:
        surface, fill, shadow, dimmest = surfaces.microscope_slide, _fill_slide, 0.0, 0.85
    table = Table(rng, surface(rng, size), rng.uniform(0, 2 * np.pi), shadow)
    fill(table, DRAWINGS + TAUGHT_DRAWINGS if taught else DRAWINGS)
    boxes, labels = table.boxes()
    known = np.array(labels, dtype=np.int64)
    image = _photograph(table, dimmest)
    return Scene(Sample(image, boxes[known > 0], known[known > 0], f"scene-{seed}"), boxes[known == 0])


def draw_scene(seed: int, size: tuple[int, int] = (320, 320), *, taught: bool = False) -> Sample:
    """Draw scene `seed` as `draw` does, and return its sample alone."""
    return draw(seed, size, taught=taught).sample


def _log_uniform(rng: Generator, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _free_place(table: Table, side: float, tries: int) -> tuple[float, float]:
    """Return the least covered of `tries` places for a thing of `side` pixels; most of it inside the picture."""
    height, width = table.size
    best, least = (width / 2, height / 2), 2.0
    for _ in range(tries):
        x, y = table.rng.uniform(side * 0.2, width - side * 0.2), table.rng.uniform(side * 0.2, height - side * 0.2)
        half = side * 0.4
        under = table.top[max(0, int(y - half)) : int(y + half) + 1 : 3, max(0, int(x - half)) : int(x + half) + 1 : 3]
        share = float((under >= 0).mean())
        if share < least:
            best, least = (x, y), share
        if share == 0:
            break
    return best


def _fill_bench(table: Table, drawings: tuple[Drawing, ...]) -> None:
    """Lay 0 to 25 objects of all categories, or a crowd of one, and some distractors among them."""
    rng, short = table.rng, min(table.size)
    style = rng.random()
    unit = short / 320
    if style < 0.03:
        count, low, high = 0, 12.0, 20.0
    elif style < 0.15:
        count, low, high = int(rng.integers(15, 26)), 12 * unit, 40 * unit
    elif style < 0.25:
        count, low, high = int(rng.integers(2, 6)), 60 * unit, 0.5 * short
    else:
        count, low, high = int(rng.integers(5, 18)), 12 * unit, 0.5 * short
    sides = sorted((_log_uniform(rng, low, high) for _ in range(count)), reverse=True)
    # Permutations one after the other: within a scene, as between scenes, no category comes oftener than another.
    kinds = np.concatenate([rng.permutation(len(drawings)) for _ in range(count // len(drawings) + 1)])
    if style < 0.08:
        kinds[:] = kinds[0]
    under, over = rng.poisson(0.9), rng.poisson(0.6)
    for _ in range(under):
        _lay_distractor(table, _log_uniform(rng, 16 * unit, 0.6 * short))
    tries = int(rng.integers(2, 8))
    for size, kind in zip(sides, kinds.tolist(), strict=False):
        side = max(size, drawings[kind].least_side)
        angle = rng.uniform(0, 2 * np.pi)
        table.lay(drawings[kind], kind + 1, side, angle, _free_place(table, side, tries))
    for _ in range(over):
        _lay_distractor(table, _log_uniform(rng, 12 * unit, 0.25 * short))


def _lay_distractor(table: Table, side: float) -> None:
    rng = table.rng
    angle = rng.choice([0.0, np.pi / 2]) + rng.normal(0, 0.05) if rng.random() < 0.6 else rng.uniform(0, 2 * np.pi)
    table.lay(distractors.any_distractor(rng), 0, side, float(angle), _free_place(table, side, 4))


def _fill_page(table: Table, drawings: tuple[Drawing, ...]) -> None:
    """Draw a form by hand, line under line: writing, fields, check boxes, pictures; sometimes an object lies on it."""
    rng = table.rng
    height, width = table.size
    line = min(table.size) * _log_uniform(rng, 0.05, 0.13)
    lean, margin = rng.normal(0, 0.02), width * rng.uniform(0.02, 0.2)
    y = line * rng.uniform(0.6, 2)
    while y < height - line * 0.5:
        x, tallest = margin + line * rng.uniform(0, 0.5), 0.0
        while x < width - 2 * line:
            side = min(line * _log_uniform(rng, 1.5, 9), width * 0.98 - x)
            drawing, side = _page_item(rng, line, side)
            tall = drawing.reach[1] * side
            table.lay(drawing, 0, side, lean, (x + side / 2, y + max(0.0, (tall - line) / 2)))
            x, tallest = x + side + line * rng.uniform(0.3, 2.5), max(tallest, tall)
            if rng.random() < 0.55:
                break
        y += max(tallest, line) + line * rng.uniform(0.1, 0.9)
    table.shadow = rng.uniform(0.1, 0.5)
    _lay_some(table, drawings, int(rng.integers(0, 4)))


def _page_item(rng: Generator, line: float, side: float) -> tuple[Drawing, float]:
    """Return something for a line of height `line` that is at most `side` long, and its length."""
    kind = rng.random()
    if kind < 0.1:
        return distractors.CHECK_BOX, line * rng.uniform(0.5, 0.8)
    if kind < 0.18:
        return distractors.PICTURE_FRAME, min(side, line * rng.uniform(1.5, 4))
    if kind < 0.24:
        return distractors.paragraph(rng.uniform(0.25, 0.6)), side
    if kind < 0.38:
        return distractors.labelled_check_box(line * rng.uniform(0.3, 0.4) / side), side
    if kind < 0.66:
        return distractors.text_line(line * rng.uniform(0.25, 0.45) / side), side
    return distractors.rectangle_outline(min(0.9, line * rng.uniform(0.6, 1.1) / side)), side


def _fill_slide(table: Table, drawings: tuple[Drawing, ...]) -> None:
    """Scatter translucent cells of one kind, alone, touching and in chains; sometimes objects lie among them."""
    rng, short = table.rng, min(table.size)
    typical = short * _log_uniform(rng, 0.1, 0.26)
    kind = distractors.cell(pick(rng, distractors.CELL_TINTS))
    extent = np.array(table.size[::-1])
    count = int(rng.uniform(0.2, 1.0) * extent.prod() / typical**2)
    chained, centre, way = rng.uniform(0, 0.7), rng.uniform(0, 1, 2) * extent, 0.0
    for _ in range(count):
        if rng.random() < chained:
            way += rng.normal(0, 0.6)
            centre = centre + np.array([np.cos(way), np.sin(way)]) * typical * rng.uniform(0.45, 0.95)
        else:
            centre, way = rng.uniform(0, 1, 2) * extent, rng.uniform(0, 2 * np.pi)
        table.lay(kind, 0, typical * rng.uniform(0.8, 1.2), way, (float(centre[0]), float(centre[1])))
    for drawing, low, high in ((distractors.NUCLEATED_CELL, 1.0, 2.0), (distractors.PLATELET, 0.25, 0.5)):
        for _ in range(int(rng.integers(0, 4))):
            side = max(8.0, typical * rng.uniform(low, high))
            table.lay(drawing, 0, side, rng.uniform(0, 6.3), _free_place(table, side, 1))
    _lay_some(table, drawings, int(rng.integers(0, 3)))


def _lay_some(table: Table, drawings: tuple[Drawing, ...], count: int) -> None:
    for _ in range(count):
        label = int(table.rng.integers(len(drawings)))
        side = max(drawings[label].least_side, _log_uniform(table.rng, 0.06, 0.3) * min(table.size))
        table.lay(drawings[label], label + 1, side, table.rng.uniform(0, 6.3), _free_place(table, side, 3))


def _photograph(table: Table, dimmest: float) -> ByteArray:
    """Return the picture as a camera gives it: uneven light, white balance, blur, sensor noise, sometimes JPEG.

    `dimmest` is the least exposure, 1 being the surface's own brightness.
    """
    rng, image = table.rng, table.image
    height, width = table.size
    slope = rng.uniform(0, 0.25) * (1.3 - dimmest)
    across = np.linspace(-slope, slope, width, dtype=np.float32) * np.float32(np.cos(table.light))
    down = np.linspace(-slope, slope, height, dtype=np.float32)[:, None] * np.float32(np.sin(table.light))
    gain = rng.uniform(dimmest, 1.12) * rng.uniform(0.94, 1.06, 3).astype(np.float32)
    image *= (1 + across + down)[..., None] * gain.astype(np.float32)
    grain = np.float32(rng.uniform(0.0, 5.0) / 104)  # two bytes added have a deviation of 104
    noise = rng.integers(0, 256, (2, *image.shape), dtype=np.uint8)
    blur = rng.uniform(0.3, 1.3) if rng.random() < 0.45 else 0.0
    if blur:
        sharp = Image.fromarray(np.clip(image, 0, 255).astype(np.uint8))
        image = np.asarray(sharp.filter(ImageFilter.GaussianBlur(blur * min(table.size) / 320)), dtype=np.float32)
    image = image + (noise[0].astype(np.float32) + noise[1] - 255) * grain
    picture: ByteArray = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        stored = BytesIO()
        Image.fromarray(picture).save(stored, "JPEG", quality=int(rng.integers(35, 92)))
        return np.array(Image.open(stored), dtype=np.uint8)
    return picture
