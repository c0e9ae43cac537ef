"""The commands about whole categories that change more than a name or a colour: their order, and what goes.

As in `edits`, nothing here changes anything, and a builder returns None where nothing would change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.commands import Command, Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.model.annotations import Annotation, Category


def move(category: Category, beside: Category, categories: Sequence[Category], *, after: bool) -> Command | None:
    """Put a category before another one or `after` it; `categories` are all of them by position."""
    order = [one for one in categories if one.id != category.id]
    if beside.id != category.id:
        order.insert(order.index(beside) + after, category)
        edits = tuple(_renumbered(order))
        return Command(f"move category {category.name}", None, edits) if edits else None
    return None


def merge(category: Category, into: Category, annotations: Iterable[Annotation]) -> Command:
    """Make `category` a part of `into`. `annotations` are all of its boxes, on all images.

    Boxes keep where they came from, as when a category is renamed: nobody has looked at them again.
    """
    moved = tuple(Edit(one, replace(one, category_id=into.id)) for one in annotations)
    heir = replace(into, merged=(*into.merged, *category.merged, (category.id, category.name)))
    text = f"merge {category.name} into {into.name}"
    return Command(text, None, (*moved, Edit(into, heir), Edit(category, None)))


def delete(category: Category, annotations: Iterable[Annotation]) -> Command:
    """Delete a category and `annotations`, which are all of its boxes, on all images."""
    gone = tuple(Edit(one, None) for one in annotations)
    return Command(f"delete category {category.name}", None, (*gone, Edit(category, None)))


def _renumbered(order: Iterable[Category]) -> Iterator[Edit]:
    """Yield the edits that give the categories the positions 0, 1, ... in this order."""
    for position, category in enumerate(order):
        if category.position != position:
            yield Edit(category, replace(category, position=position))
