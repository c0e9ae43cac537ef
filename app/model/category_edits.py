"""The commands about whole categories that change more than a name or a colour: their order.

As in `edits`, nothing here changes anything, and a builder returns None where nothing would change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.commands import Command, Edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from app.model.annotations import Category


def move(category: Category, beside: Category, categories: Sequence[Category], *, after: bool) -> Command | None:
    """Put a category before another one or `after` it; `categories` are all of them by position."""
    order = [one for one in categories if one.id != category.id]
    if beside.id != category.id:
        order.insert(order.index(beside) + after, category)
        edits = tuple(_renumbered(order))
        return Command(f"move category {category.name}", None, edits) if edits else None
    return None


def _renumbered(order: Iterable[Category]) -> Iterator[Edit]:
    """Yield the edits that give the categories the positions 0, 1, ... in this order."""
    for position, category in enumerate(order):
        if category.position != position:
            yield Edit(category, replace(category, position=position))
