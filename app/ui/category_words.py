"""What the dialogs about categories say will change: counts turned into sentences, with plurals, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.numbers import whole
from app.ui.keymap import with_keys
from app.ui.training_words import boxes, images

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.store.category_use import CategoryUse


def merge_lines(use: CategoryUse, name: str, into: str) -> Iterator[str]:
    """Yield what changes when the category `name` becomes a part of the category `into`."""
    if use.boxes:
        become = _tr("{} on {} become “{}”") if use.boxes > 1 else _tr("{} on {} becomes “{}”")
        yield become.format(boxes(use.boxes), images(use.images), into) + _where(use)
    else:
        yield _tr("No image has a box of “{}”.").format(name)
    if use.locked:
        yield _tr("Locked boxes ({}) move too.").format(whole(use.locked))
    suggested = _tr("What the detector calls “{}” is suggested as “{}” from now on; nothing is detected again.")
    yield suggested.format(name, into)
    if use.mapped:
        go_on = _tr("Names of models that were matched to “{}” go on to “{}”: {}.")
        yield go_on.format(name, into, _quoted(use.mapped))
    if use.versions:
        one = _tr("{} learnt “{}”: what it finds counts as “{}”, and the next fine-tune learns one category.")
        many = _tr("{} learnt “{}”: what they find counts as “{}”, and the next fine-tune learns one category.")
        yield (one if len(use.versions) == 1 else many).format(_listed(use.versions), name, into)
    if use.rejections:
        stay = _tr("Rejected suggestions of “{}” ({}) stay rejected, as “{}” too.")
        yield stay.format(name, whole(use.rejections), into)
    if use.from_suggestions:
        yield _tr("Boxes that came from suggestions ({}) keep what those said.").format(whole(use.from_suggestions))
    yield with_keys(_tr("The name, colour, key and threshold of “{}” go. {undo} brings all of it back."), name)


def delete_lines(use: CategoryUse, name: str) -> Iterator[str]:
    """Yield what changes when the category `name` is deleted with its boxes."""
    if use.boxes:
        go = _tr("{} on {} are deleted") if use.boxes > 1 else _tr("{} on {} is deleted")
        yield go.format(boxes(use.boxes), images(use.images)) + _where(use)
    else:
        yield _tr("No image has a box of “{}”.").format(name)
    if use.locked:
        yield _tr("Locked boxes ({}) are deleted too.").format(whole(use.locked))
    if use.reviewed_images:
        yield _tr("Reviewed images stay reviewed: for the next fine-tune these objects are background.")
    yield _tr(
        "Where the detector suggests “{}”, it goes on doing so; accepting one makes the category anew. "
        "“Match the model's categories…” can ignore it."
    ).format(name)
    if use.mapped:
        yield _tr("Names of models that were matched to “{}” go by themselves again: {}.").format(
            name, _quoted(use.mapped)
        )
    if use.versions:
        one = _tr("{} learnt “{}” and goes on to find it; the next fine-tune does not learn it.")
        many = _tr("{} learnt “{}” and go on to find it; the next fine-tune does not learn it.")
        yield (one if len(use.versions) == 1 else many).format(_listed(use.versions), name)
    if use.rejections:
        yield _tr("Rejected suggestions of “{}” ({}) stay rejected.").format(name, whole(use.rejections))
    if use.from_suggestions:
        yield _tr("Suggestions that boxes came from ({}) are undecided again.").format(whole(use.from_suggestions))
    yield with_keys(_tr("{undo} brings all of it back."))


def _where(use: CategoryUse) -> str:
    rest, others = use.boxes - use.reviewed_boxes, use.images - use.reviewed_images
    if not rest:
        return _tr(", all on reviewed images.")
    if not use.reviewed_boxes:
        return _tr(", none of which is reviewed.")
    return _tr(". Reviewed: {} on {}; not reviewed: {} on {}.").format(
        boxes(use.reviewed_boxes), images(use.reviewed_images), boxes(rest), images(others)
    )


def _quoted(names: tuple[str, ...]) -> str:
    return _listed(tuple(f"“{name}”" for name in names))


def _listed(names: tuple[str, ...]) -> str:
    *first, last = names
    return _tr("{} and {}").format(", ".join(first), last) if first else last


def _tr(text: str) -> str:
    return QCoreApplication.translate("category_words", text)
