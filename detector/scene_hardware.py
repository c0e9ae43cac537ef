"""The hardware on the bench: bolt, nut, washer, gear, screw, key, spring, wrench.

A drawing takes a pen and a generator; it draws within x in -1..1, in proportions, materials and views of its own.
"""

from __future__ import annotations

import numpy as np

from detector.scene_pen import METALS, PLASTICS, Pen, pick, regular_polygon, tint

Generator = np.random.Generator


def draw_bolt(pen: Pen, rng: Generator) -> None:
    """Draw a hexagon head in side view, three facets wide, on a thick threaded shaft with a blunt end."""
    metal = pick(rng, METALS)
    shaft, head, neck = rng.uniform(0.19, 0.25), rng.uniform(0.42, 0.5), rng.uniform(-0.7, -0.58)
    thread = rng.uniform(-0.45, 0.1)
    pen.cylinder(neck, 0.93, (shaft, shaft), metal)
    pen.cylinder(0.9, 1.0, (shaft, shaft * 0.7), metal)
    for x in np.arange(thread, 0.92, rng.uniform(0.09, 0.13)):
        pen.stroke([(x, -shaft), (x + 0.05, shaft)], 0.035, tint(metal, 0.42))
    lit = 1 if pen.local_light[1] > 0 else -1
    facets = ((-1.0, -0.5, 0.8 - 0.25 * lit), (-0.5, 0.5, 1.1), (0.5, 1.0, 0.8 + 0.25 * lit))
    for low, high, shade in facets:
        corner = 0.06 if abs(low) == 1.0 or abs(high) == 1.0 else 0.0
        outer = [(-1 + corner * (low == -1.0), low * head), (-1 + corner * (high == 1.0), high * head)]
        pen.polygon([*outer, (neck, high * head), (neck, low * head)], tint(metal, shade))
    if rng.random() < 0.4:
        pen.rectangle(neck, -head * 1.15, neck + 0.07, head * 1.15, tint(metal, 0.75))


def draw_nut(pen: Pen, rng: Generator) -> None:
    """Draw a hexagon from above, sometimes seen at a slant, with a threaded hole through it."""
    metal = pick(rng, METALS)
    hexagon = regular_polygon(6, 0.95)
    slant = rng.uniform(0.7, 1.0)
    pen.lift(hexagon * (1, slant), metal, rng.uniform(0.05, 0.28))
    for corner in range(6):
        pair = np.stack([hexagon[corner], hexagon[(corner + 1) % 6]])
        facing = float(pair.mean(axis=0) @ np.array(pen.local_light))
        pen.polygon(np.stack([(0, 0), *pair]) * (1, slant), tint(metal, 0.85 + 0.3 * facing))
    pen.disc(tint(metal, 1.08), 0.8 * slant, aspect=1 / slant)
    bore = rng.uniform(0.42, 0.56)
    pen.disc(tint(metal, 0.5), (bore + 0.07) * slant, aspect=1 / slant)
    pen.hole(regular_polygon(20, bore) * (1, slant))
    pen.stroke(regular_polygon(24, bore * 1.06)[2:12] * (1, slant), 0.04, tint(metal, 0.3))


def draw_washer(pen: Pen, rng: Generator) -> None:
    """Draw a thin flat ring with a wide hole; sometimes split, as a spring lock washer is."""
    metal = pick(rng, METALS)
    bore = rng.uniform(0.42, 0.68)
    turn, slant = rng.uniform(0, np.pi), rng.uniform(0.75, 1.0)
    circle = regular_polygon(40, 0.97)
    pen.lift(circle * (1, slant), metal, 0.06)
    if slant > 0.9:
        slant = 1.0
        pen.turned_disc(0.97, metal, rng.uniform(0.05, 0.3), turn)
    else:
        pen.polygon(circle * (1, slant), metal)
    pen.stroke(np.vstack([circle, circle[:1]]) * (0.96, 0.96 * slant), 0.03, tint(metal, 1.2))
    pen.disc(tint(metal, 0.6), (bore + 0.04) * slant, aspect=1 / slant)
    pen.hole(regular_polygon(28, bore) * (1, slant))
    if rng.random() < 0.25:
        pen.hole([(0.2, -0.05), (1.2, -0.16), (1.2, -0.02), (0.2, 0.06)])


def draw_gear(pen: Pen, rng: Generator) -> None:
    """Draw a toothed wheel with a bore, and sometimes spokes or a hub."""
    body = pick(rng, METALS if rng.random() < 0.65 else PLASTICS)
    teeth = int(rng.integers(8, 21))
    depth = rng.uniform(0.74, 0.82) + 0.004 * teeth
    period = np.array([depth, 1.0, 1.0, depth]) * 0.98
    offsets = np.array([-0.3, -0.16, 0.16, 0.3]) * (2 * np.pi / teeth)
    angles = (np.arange(teeth)[:, None] * (2 * np.pi / teeth) + offsets).ravel()
    outline = np.stack([np.cos(angles), np.sin(angles)], axis=1) * np.tile(period, teeth)[:, None]
    pen.lift(outline, body, rng.uniform(0.04, 0.14))
    pen.polygon(outline, body)
    pen.disc(tint(body, 0.8), depth * 0.9)
    pen.disc(tint(body, 1.05), depth * 0.84)
    if rng.random() < 0.5:
        count = int(rng.integers(3, 7))
        for x, y in regular_polygon(count, 0.47, rng.uniform(0, 2)):
            pen.disc(tint(body, 0.55), 0.72 / count)
            pen.hole(np.add(regular_polygon(16, 0.68 / count), (x, y)))
    pen.disc(tint(body, 1.2), 0.27)
    pen.disc(tint(body, 0.5), 0.17)
    pen.hole(regular_polygon(16 if rng.random() < 0.6 else 6, 0.15))


def draw_screw(pen: Pen, rng: Generator) -> None:
    """Draw a wide countersunk head with a drive, a tapering shaft with a sawtooth thread, and a point."""
    metal = pick(rng, METALS)
    head, root = rng.uniform(0.3, 0.4), rng.uniform(0.1, 0.14)
    smooth = rng.uniform(-0.5, -0.1)
    turns = int(rng.integers(7, 11))
    pen.cylinder(-0.6, 0.9, (root, root * 0.55), metal)
    pen.polygon([(0.8, -root * 0.6), (1.0, 0.0), (0.8, root * 0.6)], metal)
    pitch = (0.9 - smooth) / turns
    for turn in range(turns):
        x = smooth + turn * pitch
        flank = (root + 0.075) * (1 - 0.5 * turn / turns)
        crest = [(x - 0.01, -flank), (x + pitch * 0.45, -flank * 0.9), (x + pitch, flank), (x + pitch * 0.5, flank)]
        pen.polygon(crest, tint(metal, 0.55 if turn % 2 else 0.62))
        pen.stroke([(x, -flank), (x + pitch * 0.5, flank)], 0.03, tint(metal, 1.25))
    pen.cylinder(-0.9, -0.55, (head, root), metal)
    opening = rng.uniform(0.18, 0.4)
    pen.disc(tint(metal, 0.7), head * 1.03, (-0.87, 0), aspect=opening * 0.9)
    pen.disc(tint(metal, 1.18), head * 0.94, (-0.88, 0), aspect=opening * 0.82)
    dark = tint(metal, 0.25)
    pen.stroke([(-0.88, -head * 0.6), (-0.88, head * 0.6)], 0.06, dark)
    if rng.random() < 0.6:
        reach = head * opening * 0.6
        pen.stroke([(-0.88 - reach, 0), (-0.88 + reach, 0)], 0.09, dark)


def draw_key(pen: Pen, rng: Generator) -> None:
    """Draw a wide bow with a hole, a narrow blade, and bits cut into one edge or standing off its tip."""
    metal = pick(rng, METALS)
    bow = pick(rng, PLASTICS) if rng.random() < 0.3 else metal
    size, blade = rng.uniform(0.36, 0.44), rng.uniform(0.09, 0.13)
    centre = np.array([-1 + size, 0.0])
    antique = rng.random() < 0.35
    if antique:
        pen.cylinder(-0.4, 0.98, (0.075, 0.075), metal)
        depth = rng.uniform(0.3, 0.4)
        for x in (0.6, 0.83):
            pen.rectangle(x, 0, x + 0.13, depth, tint(metal, 0.85))
        pen.rectangle(0.6, 0, 0.96, depth * 0.5, tint(metal, 0.85))
    else:
        steps = np.linspace(-0.15, 0.94, 9)
        cuts = blade - np.tile([0.0, 1.0], 5)[:9] * rng.uniform(0.06, 0.15, 9)
        edge = [(float(x), float(y)) for x, y in zip(steps, cuts, strict=True)]
        back, shoulder = [(-0.4, -blade), (0.92, -blade), (1.0, 0.0)], [(-0.15, blade * 1.4), (-0.4, blade * 1.4)]
        pen.polygon([*back, *reversed(edge), *shoulder], metal)
        pen.stroke([(-0.3, -blade * 0.35), (0.9, -blade * 0.35)], 0.045, tint(metal, 0.55))
    corners = int(rng.choice([4, 6, 8, 24]))
    outline = regular_polygon(corners, size, np.pi / corners) * (1, 1.1) + centre
    pen.polygon(outline, bow)
    pen.polygon((outline - centre) * 0.86 + centre, tint(bow, 1.12))
    gap = size * (0.62 if antique else rng.uniform(0.28, 0.45))
    where = centre if antique else centre - (size * 0.35, 0)
    pen.disc(tint(bow, 0.55), gap * 1.12, (float(where[0]), 0.0))
    pen.hole(regular_polygon(20, gap) + where)


def draw_spring(pen: Pen, rng: Generator) -> None:
    """Draw a coil from the side: bright wires in front, dark ones behind, and gaps that show what lies below."""
    metal = pick(rng, METALS)
    coils, half = int(rng.integers(5, 11)), rng.uniform(0.26, 0.42)
    wire = min(0.85 / coils, rng.uniform(0.08, 0.13))
    xs = np.linspace(-1 + wire, 1 - wire, coils + 1)
    pitch = float(xs[1] - xs[0])
    reach = half - wire / 2
    for x in xs[:-1]:
        pen.stroke([(x + pitch * 0.5, reach), (x + pitch, -reach)], wire * 0.8, tint(metal, 0.5))
    for x in xs[:-1]:
        pen.stroke([(x, -reach), (x + pitch * 0.5, reach)], wire, metal)
        pen.stroke([(x, -reach * 0.8), (x + pitch * 0.45, reach * 0.7)], wire * 0.35, tint(metal, 1.4))
        for point in ((x, -reach), (x + pitch * 0.5, reach)):
            pen.disc(tint(metal, 0.85), wire / 2, (float(point[0]), float(point[1])))


def draw_wrench(pen: Pen, rng: Generator) -> None:
    """Draw a flat handle with an open jaw at one end and a jaw or a ring at the other."""
    metal = pick(rng, METALS)
    handle, jaw = rng.uniform(0.09, 0.13), rng.uniform(0.26, 0.32)
    pen.rectangle(-0.7, -handle, 0.7, handle, metal)
    pen.rectangle(-0.5, -handle * 0.45, 0.5, handle * 0.45, tint(metal, rng.choice([0.7, 1.2])))
    for side in (-1, 1):
        centre = (side * (0.97 - jaw), 0.0)
        pen.disc(tint(metal, 1.08), jaw, centre)
        if side == 1 and rng.random() < 0.5:
            pen.disc(tint(metal, 0.6), jaw * 0.66, centre)
            pen.hole(regular_polygon(12, jaw * 0.58) + centre)
        else:
            mouth, lean = jaw * 0.48, rng.uniform(-0.08, 0.08)
            pen.hole([
                (side * 1.1, -mouth + lean), (centre[0] - side * 0.02, -mouth), (centre[0] - side * 0.1, 0.0),
                (centre[0] - side * 0.02, mouth), (side * 1.1, mouth + lean),
            ])  # fmt: skip
