"""Which boxes are selected. Nothing here decides anything, and nothing here can be undone.

One box is the selected one. Where it is an annotation, others may be selected along with it: what is done then is done
to all of them. Whoever selects another box selects it alone; only the functions here select several.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.annotations import Annotation, Suggestion
from app.model.geometry import as_boxes
from app.model.review import AnnotationRef
from app.model.shown_boxes import UNKNOWN, is_of_hidden_category, shown_annotations

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    from app.model.annotations import Box
    from app.model.open_image import OpenImage
    from app.model.view import View
    from app.model.workspace import Workspace


def followed(view: View, before: View, image: OpenImage | None) -> View:
    """Return the view that a person gets who has `before` and asks for `view`: who selects a box wants to see it."""
    selected = None if image is None else image.find(view.selected)
    if selected is not None and view.selected != before.selected and is_of_hidden_category(selected, view):
        hidden = view.hidden_categories - {selected.category_id or UNKNOWN}
        view = replace(view, hidden_categories=hidden)
    return kept(view, image)


def kept(view: View, image: OpenImage | None) -> View:
    """Return `view` without what it selects that is gone, or of a hidden category; with the selected box go the others.

    Where the selected box is not the first of several, somebody has selected it alone.
    """
    selected = None if image is None else image.find(view.selected)
    if image is None or selected is None or is_of_hidden_category(selected, view):
        return view if view.selected is None and not view.several else replace(view, selected=None, several=())
    alone = not isinstance(selected, Annotation) or view.several[:1] != (selected.id,)
    found = () if alone else tuple(image.annotations.get(one) for one in view.several)
    several = tuple(one.id for one in found if one is not None and not is_of_hidden_category(one, view))
    several = several if len(several) > 1 else ()
    return view if several == view.several else replace(view, several=several)


def selected_annotations(workspace: Workspace) -> tuple[Annotation, ...]:
    """Return all selected annotations by id; none where a suggestion or nothing is selected."""
    selected = workspace.selected
    if not isinstance(selected, Annotation):
        return ()
    annotations = workspace.annotations
    return tuple(annotations[one] for one in sorted({selected.id, *workspace.view.several}) if one in annotations)


def concerned(workspace: Workspace) -> tuple[Annotation, ...]:
    """Return the annotations that change with the selected box: those selected, or the one that is doubted."""
    selected = workspace.selected
    doubted = workspace.annotations.get(selected.relabels or 0) if isinstance(selected, Suggestion) else None
    return selected_annotations(workspace) if doubted is None else (doubted,)


def unlocked(annotations: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Return those that may be changed."""
    return tuple(one for one in annotations if not one.locked)


def select_annotations(workspace: Workspace, ids: Iterable[int], first: int | None = None) -> None:
    """Select these annotations and nothing else; `first` is the selected one, if it is among them."""
    ordered = sorted(set(ids), key=lambda one: (one != first, one))
    selected = AnnotationRef(ordered[0]) if ordered else None
    workspace.change_view(replace(workspace.view, selected=selected, several=tuple(ordered)))


def toggle(workspace: Workspace, annotation_id: int) -> None:
    """Select this annotation along with the others, or take it out of them."""
    present = {one.id for one in selected_annotations(workspace)}
    selected = workspace.view.selected
    first = selected.id if isinstance(selected, AnnotationRef) else None
    if annotation_id in present:
        select_annotations(workspace, present - {annotation_id}, first)
    else:
        select_annotations(workspace, present | {annotation_id}, annotation_id)


def select_all(workspace: Workspace) -> int:
    """Select all annotations that are shown; return how many."""
    return _select_with(workspace, {one.id for one in shown_annotations(workspace)})


def select_within(workspace: Workspace, band: Box, *, adding: bool) -> int:
    """Select the annotations shown whose middle lies in `band`, with or without those of before; return how many."""
    present = {one.id for one in selected_annotations(workspace)} if adding else set[int]()
    shown = shown_annotations(workspace)
    taken = within(as_boxes([one.box for one in shown]), band)
    return _select_with(workspace, present | {one.id for one, is_in in zip(shown, taken, strict=True) if is_in})


def within(boxes: NDArray[np.float64], band: Box) -> NDArray[np.bool_]:
    """Return (M,) whether a band that is drawn around boxes (M, 4) takes them: it has their middles."""
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    inside: NDArray[np.bool_] = (middles >= band[:2]) & (middles <= band[2:])  # (M, 2)
    return inside[:, 0] & inside[:, 1]


def _select_with(workspace: Workspace, ids: set[int]) -> int:
    selected = workspace.view.selected
    select_annotations(workspace, ids, selected.id if isinstance(selected, AnnotationRef) else None)
    return len(ids)
