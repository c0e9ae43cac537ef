"""The quiet line at the foot of the window: which keys matter for what is on screen now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from app.model.annotations import Annotation, Suggestion
from app.model.navigation import selected_difference
from app.model.shown_boxes import shown_suggestions
from app.model.words import worded
from app.numbers import fixed, whole
from app.ui.keymap import KEYMAP, with_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Category
    from app.model.differences import Difference
    from app.model.offers import Offer
    from app.ui.desk import Desk

_DOT = " · "
# Keys are named by their action, so that these sentences and the table of actions cannot disagree.
_DRAWING = worded("Click two opposite corners, or drag · {reject} cancels")
_EXTREMES = worded("Click the topmost, leftmost, lowest and rightmost point, in any order · {reject} cancels")
_SUGGESTION = worded(
    "Suggestion: {accept} accepts · {reject} rejects · {category-1}–{category-9} choose its category · {next-box} next"
)
_RELABEL = worded("The detector sees another category here: {accept} relabels the box · {reject} leaves it as it is")
_NEW_NAME = worded(
    "Suggestion: {accept} accepts, and adds its category · {reject} rejects · {find-category} gives another"
)
_LOCKED = worded("This box is locked: {lock} unlocks it · {next-box} next")
_ANNOTATION = worded(
    "{move} move · {push} push a side · {category-1}–{category-9} choose its category · {delete} deletes"
)
_LOOSE = worded(
    "The detector has this object in the dashed box: {accept} takes that · {reject} keeps yours · {next-box} next"
)
_MISSED = worded("The detector finds nothing here: {accept} keeps your box · {delete} deletes it · {next-box} next")
_TWICE = worded("Another box has this object already: {delete} deletes this one · {accept} keeps it · {next-box} next")
_DIFFERENCES = worded(
    "{next-box} goes through what you and the detector differ about · {differences} shows all boxes again"
)
_SEVERAL = worded(
    "{} boxes selected · {move} and drags move all · {category-1}–{category-9} choose their category · "
    "{lock} locks · {delete} deletes · {reject} deselects"
)
_PROPOSALS = worded(
    "Click an object to box it, again for the next choice · Alt+wheel: larger, smaller · {proposals} hides them"
)
_SUGGESTIONS = worded(
    "Dashed boxes are suggestions · {next-box} goes through · {accept-all} accepts all · {keys} all keys"
)
_HIDDEN = worded("All boxes are hidden: {hide} shows them · {keys} all keys")
_NOTHING_LEFT = worded(
    "{draw} draws a box · {proposals} shows proposals · {reviewed}: reviewed, go on · {keys} all keys"
)


def hint(desk: Desk) -> str:
    """Return one line about what the person can do next; empty while the desk has no image."""
    workspace = desk.workspace
    if workspace.current_image is None:
        return ""
    selected = workspace.selected
    if desk.canvas.drawing:
        sentence = _EXTREMES if desk.canvas.by_extremes else _DRAWING
    elif workspace.view.hides_all:
        sentence = _HIDDEN
    elif isinstance(selected, Suggestion):
        known = _SUGGESTION if selected.relabels is None else _RELABEL
        sentence = _NEW_NAME if selected.category_id is None else known
    elif workspace.view.several:
        sentence = _SEVERAL
    elif workspace.view.show_differences:
        sentence = _about(selected_difference(workspace))
    elif workspace.view.show_proposals:
        sentence = _PROPOSALS
    elif isinstance(selected, Annotation):
        sentence = _LOCKED if selected.locked else _ANNOTATION
    else:
        sentence = _SUGGESTIONS if shown_suggestions(workspace) else _NOTHING_LEFT
    return _filled(QCoreApplication.translate("hints", sentence), len(workspace.view.several))


def _about(difference: Difference | None) -> str:
    """Return what to do about a box of the person that the detector differs about; None: about all of them."""
    if difference is None:
        return _DIFFERENCES
    if difference.box is not None:
        return _LOOSE
    return _MISSED if difference.overlap is None else _TWICE


def offered(offer: Offer, categories: Sequence[Category]) -> str:
    """Return in a few words what the detector offers for a drawn box: a closer fit, categories with their digits."""
    parts = []
    if offer.box is not None:
        parts.append(with_keys(QCoreApplication.translate("hints", "{accept} fits it")))
    keys = KEYMAP.firsts()
    digits = {category.name: keys[f"category-{place + 1}"] for place, category in enumerate(categories[:10])}
    parts += [f"{digits.get(name, '')} {name} {fixed(score, 2)}".strip() for name, score in offer.likeliest]
    return _DOT.join(parts)


def _filled(sentence: str, count: int) -> str:
    """Put the keys and a count in, and leave out the parts of the line that are about actions without a key."""
    keys = KEYMAP.firsts()
    lacking = [f"{{{name}}}" for name, key in keys.items() if not key]
    parts = (part for part in sentence.split(_DOT) if not any(name in part for name in lacking))
    return _DOT.join(parts).format(whole(count), **keys)
