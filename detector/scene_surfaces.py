"""What the objects of a scene lie on: textured backgrounds, (H, W, 3) float32 in 0..255.

Every surface takes the generator and `size` (height, width) and returns a fresh array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from detector.types import FloatArray

Generator = np.random.Generator


def soft_noise(rng: Generator, size: tuple[int, int], cells: tuple[int, int]) -> FloatArray:
    """Return (H, W) smooth noise in about -1..1 with `cells` (down, across) bumps."""
    grid = rng.integers(0, 256, (max(2, cells[0]), max(2, cells[1])), dtype=np.uint8)
    smooth = Image.fromarray(grid).resize((size[1], size[0]), Image.Resampling.BICUBIC)
    return np.asarray(smooth, dtype=np.float32) * np.float32(2 / 255) - np.float32(1)


def _coloured(colour: tuple[float, float, float], shade: FloatArray) -> FloatArray:
    return np.asarray(shade[..., None] * np.asarray(colour, dtype=np.float32), dtype=np.float32)


def _colour(rng: Generator, low: float, high: float, spread: float) -> tuple[float, float, float]:
    grey = rng.uniform(low, high)
    red, green, blue = np.clip(grey + rng.uniform(-spread, spread, 3), 5, 252)
    return float(red), float(green), float(blue)


def wood(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return long grain along x or y, with bent rings."""
    upright = rng.random() < 0.5
    height, width = size[::-1] if upright else size
    bend = soft_noise(rng, (height, width), (3, 3)) * rng.uniform(4, 14)
    rings = np.sin((np.arange(height, dtype=np.float32)[:, None] + bend) * np.float32(rng.uniform(0.1, 0.5)))
    fibre = soft_noise(rng, (height, width), (height // 2, 6))
    shade = 1 + np.float32(rng.uniform(0.03, 0.12)) * rings + np.float32(rng.uniform(0.05, 0.16)) * fibre
    colours = ((176, 128, 82), (120, 80, 48), (206, 170, 124), (90, 62, 44), (196, 160, 130))
    base = np.array(colours[rng.integers(len(colours))]) * rng.uniform(0.8, 1.15)
    return _coloured((float(base[0]), float(base[1]), float(base[2])), shade.T if upright else shade)


def brushed_metal(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return fine streaks along x or y on a nearly grey sheet."""
    height, width = size
    cells = (height, int(rng.integers(2, 8))) if rng.random() < 0.5 else (int(rng.integers(2, 8)), width)
    shade = (
        1
        + np.float32(rng.uniform(0.04, 0.12)) * soft_noise(rng, size, cells)
        + np.float32(0.1) * soft_noise(rng, size, (2, 2))
    )
    return _coloured(_colour(rng, 90, 200, 8), shade)


def cloth(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return a weave of two threads, with folds."""
    down = np.sin(np.arange(size[0], dtype=np.float32) * np.float32(rng.uniform(0.8, 2.4)))
    across = np.sin(np.arange(size[1], dtype=np.float32) * np.float32(rng.uniform(0.8, 2.4)))
    folds = soft_noise(rng, size, (4, 4)) * np.float32(rng.uniform(0.05, 0.2))
    shade = 1 + np.float32(rng.uniform(0.04, 0.12)) * (down[:, None] * across) + folds
    return _coloured(_colour(rng, 40, 210, 50), shade)


def plain(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return one painted colour, any at all, with faint clouds."""
    return _coloured(_colour(rng, 30, 235, 60), 1 + np.float32(0.05) * soft_noise(rng, size, (3, 3)))


def table_top(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return a large light-grey top or tray floor, often with the frame of a tray round it."""
    surface = _coloured(_colour(rng, 150, 225, 7), 1 + np.float32(0.06) * soft_noise(rng, size, (2, 2)))
    if rng.random() < 0.5:
        wall = int(min(size) * rng.uniform(0.02, 0.06))
        inset = int(min(size) * rng.uniform(0.0, 0.12))
        frame = np.zeros(size, dtype=bool)
        frame[inset : size[0] - inset, inset : size[1] - inset] = True
        frame[inset + wall : size[0] - inset - wall, inset + wall : size[1] - inset - wall] = False
        surface[frame] *= np.float32(rng.uniform(0.2, 1.1))
    return surface


def granite(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return speckles of two sizes."""
    fine = soft_noise(rng, size, (size[0] // 2, size[1] // 2)) * np.float32(rng.uniform(0.05, 0.22))
    coarse = soft_noise(rng, size, (size[0] // 10, size[1] // 10)) * np.float32(rng.uniform(0.0, 0.2))
    return _coloured(_colour(rng, 50, 200, 20), 1 + fine + coarse)


def cutting_mat(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return a mat with a printed grid, every fifth line stronger."""
    colours = ((40, 110, 80), (40, 80, 130), (60, 62, 66), (120, 40, 60), (190, 190, 186))
    base = np.array(colours[rng.integers(len(colours))]) * rng.uniform(0.8, 1.2)
    mat = _coloured(
        (float(base[0]), float(base[1]), float(base[2])), 1 + np.float32(0.06) * soft_noise(rng, size, (8, 8))
    )
    step = int(rng.integers(9, 34))
    start, ink = int(rng.integers(step)), np.float32(rng.uniform(0.06, 0.3))
    paper = np.float32(230)
    mat[start::step] += (paper - mat[start::step]) * ink
    mat[:, start::step] += (paper - mat[:, start::step]) * ink
    mat[start :: step * 5] += (paper - mat[start :: step * 5]) * ink
    return mat


def checker(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return tiles of two shades."""
    side = int(rng.integers(16, 90))
    odd = ((np.arange(size[0])[:, None] // side + np.arange(size[1]) // side) % 2).astype(np.float32)
    shade = 1 + odd * np.float32(rng.uniform(-0.35, 0.35)) + np.float32(0.05) * soft_noise(rng, size, (12, 12))
    return _coloured(_colour(rng, 60, 210, 25), shade)


def paper(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return near-white paper: blank, ruled or squared."""
    sheet = _coloured(_colour(rng, 225, 250, 6), 1 + np.float32(0.02) * soft_noise(rng, size, (4, 4)))
    kind, step = rng.random(), int(rng.integers(10, 30))
    ink = np.array([0.75, 0.85, 1.0], dtype=np.float32) if rng.random() < 0.7 else np.float32(0.85)
    if kind < 0.35:
        sheet[int(rng.integers(step)) :: step] *= ink
    if kind < 0.15:
        sheet[:, int(rng.integers(step)) :: step] *= ink
    return sheet


def microscope_slide(rng: Generator, size: tuple[int, int]) -> FloatArray:
    """Return a pale, slightly tinted field with vague clouds."""
    tints = ((222, 214, 214), (228, 216, 205), (206, 214, 206), (230, 224, 236), (214, 222, 232))
    base = np.array(tints[rng.integers(len(tints))]) * rng.uniform(0.88, 1.06)
    clouds = 1 + np.float32(0.04) * soft_noise(rng, size, (4, 4))
    return _coloured((float(base[0]), float(base[1]), float(base[2])), clouds)


BENCHES = (wood, wood, brushed_metal, cloth, plain, plain, table_top, table_top, granite, cutting_mat, checker, paper)
