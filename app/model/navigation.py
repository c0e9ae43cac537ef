"""The ways to another image and to another box. Nothing here decides anything; all raise StoreError as `go_to` does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.review import AnnotationRef, Selected, SuggestionRef, walking_order
from app.model.shown_boxes import shown_annotations, shown_suggestions
from app.model.shown_images import ShownImages

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model.annotations import ImageRecord
    from app.model.differences import Difference
    from app.model.workspace import Workspace


def go_by(workspace: Workspace, steps: int, shown: ShownImages | None = None) -> bool:
    """Show the image `steps` further on in a list, by default of all (back where negative), stopping at its ends.

    From an image that the list leaves out, the first step is to the nearest there. False where none lies that way.
    """
    image = workspace.current_image
    place = None if image is None else _list(workspace, shown).step(workspace.index_of(image.id), steps)
    if place is not None:
        workspace.go_to(workspace.images[place].id)
    return place is not None


def neighbours(
    workspace: Workspace, record: ImageRecord, steps: Iterable[int], shown: ShownImages | None = None
) -> list[ImageRecord]:
    """Return the images that `go_by` would show so many steps from one, without itself and what is missing."""
    shown, place = _list(workspace, shown), workspace.index_of(record.id)
    places = dict.fromkeys(shown.step(place, step) for step in steps)
    near = [workspace.images[one] for one in places if one is not None and one != place]
    return [one for one in near if not one.missing]


def go_to_unreviewed(workspace: Workspace, step: int, useful: Sequence[int] = ()) -> bool:
    """Show the nearest unreviewed image after this one (`step` 1) or before it (-1), going round; False where none.

    The first of the `useful` images comes before all that are only near.
    """
    image, images = workspace.current_image, workspace.images
    if image is None:
        return False
    if useful:
        workspace.go_to(useful[0])
        return True
    start = workspace.index_of(image.id)
    for distance in range(1, len(images)):
        record = images[(start + step * distance) % len(images)]
        if not record.reviewed and not record.missing:
            workspace.go_to(record.id)
            return True
    return False


def walk(workspace: Workspace, step: int) -> Selected:
    """Select the next box (`step` 1) or the previous one (-1) of Tab's order, going round; return what is selected."""
    view = workspace.view
    order = _order(workspace)
    if not order:
        return None
    here = order.index(view.selected) if view.selected in order else (-1 if step > 0 else 0)
    chosen = order[(here + step) % len(order)]
    workspace.change_view(replace(view, selected=chosen))
    return chosen


def deselect_suggestion(workspace: Workspace) -> None:
    """Select nothing where a suggestion is selected: its place among the candidates is another's by now."""
    if isinstance(workspace.view.selected, SuggestionRef):
        workspace.change_view(replace(workspace.view, selected=None))


def next_suggestion(workspace: Workspace) -> Selected:
    """Return what to go on with after the selected suggestion: the next by uncertainty, going round.

    While differences are walked that is the next difference, of any kind.
    """
    is_walk = workspace.view.show_differences
    order = _order(workspace) if is_walk else walking_order(shown_suggestions(workspace), ())
    return _after(workspace.view.selected, order)


def next_difference(workspace: Workspace) -> Selected:
    """Return the difference to go on with after the selected one; None while none are walked."""
    view = workspace.view
    return _after(view.selected, _order(workspace)) if view.show_differences else None


def selected_difference(workspace: Workspace) -> Difference | None:
    """Return the difference that is selected; None while none are walked."""
    view = workspace.view
    walked = workspace.differences if view.show_differences else ()
    return next((one for one in walked if one.ref == view.selected), None)


def _order(workspace: Workspace) -> tuple[Selected, ...]:
    """Return what Tab goes through, without what is hidden."""
    suggestions, annotations = shown_suggestions(workspace), shown_annotations(workspace)
    if not workspace.view.show_differences:
        return walking_order(suggestions, annotations)
    shown = {*(SuggestionRef(one.index) for one in suggestions), *(AnnotationRef(one.id) for one in annotations)}
    return tuple(one.ref for one in workspace.differences if one.ref in shown)


def _after(selected: Selected, order: Sequence[Selected]) -> Selected:
    if selected not in order or len(order) == 1:
        return None
    return order[(order.index(selected) + 1) % len(order)]


def _list(workspace: Workspace, shown: ShownImages | None) -> ShownImages:
    """Return the list to go through; one that has not followed a new listing of the folder yet is no list."""
    count = len(workspace.images)
    return ShownImages.all_of(count) if shown is None or len(shown.rank) != count else shown
