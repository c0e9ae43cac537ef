"""The quiet line at the foot of the window: which keys matter for what is on screen now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QKeySequence

from app.model.annotations import Annotation, Suggestion
from app.ui.actions import all_actions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Category
    from app.model.offers import Offer
    from app.ui.desk import Desk

# Keys are named by their action, so that these sentences and the table of actions cannot disagree.
_DRAWING = "Click two opposite corners, or drag · {reject} cancels"
_EXTREMES = "Click the topmost, leftmost, lowest and rightmost point, in any order · {reject} cancels"
_SUGGESTION = (
    "Suggestion: {accept} accepts · {reject} rejects · {category-1}–{category-9} choose its category · {next-box} next"
)
_RELABEL = "The detector sees another category here: {accept} relabels the box · {reject} leaves it as it is"
_NEW_NAME = "Suggestion: {accept} accepts, and adds its category · {reject} rejects · {find-category} gives another"
_ANNOTATION = (
    "Arrows move · Ctrl+arrow pushes a side · {category-1}–{category-9} choose its category · {delete} deletes"
)
_PROPOSALS = (
    "Click an object to box it, again for the next choice · Alt+wheel: larger, smaller · {proposals} hides them"
)
_SUGGESTIONS = "Dashed boxes are suggestions · {next-box} goes through · {accept-all} accepts all · {keys} all keys"
_NOTHING_LEFT = "{draw} draws a box · {proposals} shows proposals · {reviewed}: reviewed, go on · {keys} all keys"


def hint(desk: Desk) -> str:
    """Return one line about what the person can do next; empty while the desk has no image."""
    workspace = desk.workspace
    if workspace.current_image is None:
        return ""
    selected = workspace.selected
    if desk.canvas.drawing:
        sentence = _EXTREMES if desk.canvas.by_extremes else _DRAWING
    elif isinstance(selected, Suggestion):
        known = _SUGGESTION if selected.relabels is None else _RELABEL
        sentence = _NEW_NAME if selected.category_id is None else known
    elif workspace.view.show_proposals:
        sentence = _PROPOSALS
    elif isinstance(selected, Annotation):
        sentence = _ANNOTATION
    else:
        undecided = workspace.suggestions and workspace.view.show_suggestions
        sentence = _SUGGESTIONS if undecided else _NOTHING_LEFT
    return QCoreApplication.translate("hints", sentence).format_map(_first_keys())


def offered(offer: Offer, categories: Sequence[Category]) -> str:
    """Return in a few words what the detector offers for a drawn box: a closer fit, categories with their digits."""
    parts = []
    if offer.box is not None:
        parts.append(QCoreApplication.translate("hints", "{accept} fits it").format_map(_first_keys()))
    digits = {category.name: str((place + 1) % 10) for place, category in enumerate(categories[:10])}
    parts += [f"{digits.get(name, '')} {name} {score:.2f}".strip() for name, score in offer.likeliest]
    return " · ".join(parts)


def _first_keys() -> dict[str, str]:
    """Return the first key of every action that has one, by the action's id, as a person reads it."""
    native = QKeySequence.SequenceFormat.NativeText
    keys = {action.id: QKeySequence(action.keys[0]).toString(native) for action in all_actions() if action.keys}
    return {name: key.replace("Return", "Enter") for name, key in keys.items()}
