"""The commands about whole categories that change more than a name or a colour: order, groups, what goes.

As in `edits`, nothing here changes anything, and a builder returns None where nothing would change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.annotations import LONGEST_NAME
from app.model.commands import Command, Edit
from app.model.words import tr

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model.annotations import Annotation, Category


def grouped(categories: Sequence[Category]) -> tuple[Category, ...]:
    """Return the categories with those of one supercategory together, groups in the order of their first ones."""
    groups = list(dict.fromkeys(one.supercategory for one in categories))
    return tuple(one for group in groups for one in categories if one.supercategory == group)


def move(category: Category, beside: Category, categories: Sequence[Category], *, after: bool) -> Command | None:
    """Put a category before another one or `after` it, and into its group; `categories` are all of them by position.

    The positions are then those that a list by groups shows, so that a move changes nothing else in it.
    """
    if beside.id == category.id:
        return None
    order = [one for one in grouped(categories) if one.id != category.id]
    order.insert(order.index(beside) + after, replace(category, supercategory=beside.supercategory))
    return _ordered(tr("move category {}").format(category.name), categories, order)


def move_group(category: Category, step: int, categories: Sequence[Category]) -> Command | None:
    """Let the group of a category change places with the one before it (-1) or after it (1)."""
    groups = list(dict.fromkeys(one.supercategory for one in categories))
    place = groups.index(category.supercategory)
    if not 0 <= place + step < len(groups):
        return None
    groups[place], groups[place + step] = groups[place + step], groups[place]
    order = [one for group in groups for one in categories if one.supercategory == group]
    return _ordered(tr("move group {}").format(category.supercategory).rstrip(), categories, order)


def set_supercategory(category: Category, supercategory: str) -> Command | None:
    """Put a category into a group, whose name is cut where it is too long; an empty one takes it out of its group."""
    after = replace(category, supercategory=supercategory.strip()[:LONGEST_NAME])
    if after == category:
        return None
    into = tr("put {} into {}").format(category.name, after.supercategory)
    text = into if after.supercategory else tr("take {} out of {}").format(category.name, category.supercategory)
    return Command(text, None, (Edit(category, after),))


def set_score_thresh(category: Category, score_thresh: float | None) -> Command | None:
    """Give a category a score threshold of its own, in [0, 1]; None has the view's. Raises ValueError outside that."""
    if score_thresh is not None and not 0.0 <= score_thresh <= 1.0:
        raise ValueError(f"a score threshold lies between 0 and 1, not {score_thresh}")
    if score_thresh == category.score_thresh:
        return None
    after = replace(category, score_thresh=score_thresh)
    return Command(tr("set the score threshold of {}").format(category.name), None, (Edit(category, after),))


def merge(category: Category, into: Category, annotations: Iterable[Annotation]) -> Command:
    """Make `category` a part of `into`. `annotations` are all of its boxes, on all images.

    Boxes keep where they came from, as when a category is renamed: nobody has looked at them again.
    """
    moved = tuple(Edit(one, replace(one, category_id=into.id)) for one in annotations)
    heir = replace(into, merged=(*into.merged, *category.merged, (category.id, category.name)))
    text = tr("merge {} into {}").format(category.name, into.name)
    return Command(text, None, (*moved, Edit(into, heir), Edit(category, None)))


def delete(category: Category, annotations: Iterable[Annotation]) -> Command:
    """Delete a category and `annotations`, which are all of its boxes, on all images."""
    gone = tuple(Edit(one, None) for one in annotations)
    return Command(tr("delete category {}").format(category.name), None, (*gone, Edit(category, None)))


def _ordered(text: str, categories: Iterable[Category], order: Iterable[Category]) -> Command | None:
    """Return the command that makes `categories` what `order` has, with the positions 0, 1, ... in its order."""
    before = {one.id: one for one in categories}
    after = [replace(one, position=position) for position, one in enumerate(order)]
    edits = tuple(Edit(before[one.id], one) for one in after if one != before[one.id])
    return Command(text, None, edits) if edits else None
