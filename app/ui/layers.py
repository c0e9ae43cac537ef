"""What the canvas shows of the workspace, as arrays: made when it is first read after a change, and kept.

Shapes: M boxes of a layer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from app.model.differences import Kind
from app.model.geometry import as_boxes
from app.model.pointing import Pointing
from app.model.review import AnnotationRef, SuggestionRef
from app.model.selection import selected_annotations
from app.model.shown_boxes import is_shown, shown_annotations, shown_suggestions
from app.numbers import fixed
from app.ui.box_words import label
from app.ui.difference_words import AGREED_COLOR, KIND_COLORS, difference_label

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from app.model.annotations import Annotation, Box, Suggestion
    from app.model.differences import Difference
    from app.model.view import Change
    from app.model.workspace import Workspace

BoxArray = NDArray[np.float64]
Ref = AnnotationRef | SuggestionRef

UNKNOWN_COLOR = "#9aa7b8"
"""The colour of a suggestion whose category the project does not have yet."""


@dataclass(frozen=True, eq=False)
class BoxLayer:
    """M boxes (M, 4) in image pixels, with what they stand for, their colours `#rrggbb` and the texts of their labels.

    `locked` are the rows of those that are locked. Proposals have only boxes. What a frame asks again and again is
    found out once: no frame goes through all boxes.
    """

    boxes: BoxArray
    refs: tuple[Ref, ...] = ()
    colors: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    locked: frozenset[int] = frozenset()

    def __len__(self) -> int:
        return len(self.boxes)

    def row_of(self, ref: Ref | None) -> int | None:
        """Return the row of what `ref` names, None where it is not in this layer."""
        return None if ref is None else self._rows.get(ref)

    def rows_of(self, refs: Iterable[Ref]) -> list[int]:
        """Return the rows of those `refs` that are in this layer, in order."""
        return sorted(self._rows[ref] for ref in refs if ref in self._rows)

    def part(self, rows: Sequence[int]) -> BoxLayer:
        """Return a layer of these rows alone."""
        return BoxLayer(
            self.boxes[list(rows)],
            tuple(self.refs[row] for row in rows),
            tuple(self.colors[row] for row in rows),
            tuple(self.texts[row] for row in rows),
            frozenset(place for place, row in enumerate(rows) if row in self.locked),
        )

    def rows_by_color(self, rows: ArrayLike) -> dict[str, NDArray[np.int64]]:
        """Return which of `rows` are painted in which colour, the colour of the first row first."""
        names, places = self._palette
        wanted = np.asarray(rows, dtype=np.int64)
        used = places[wanted]
        _, first = np.unique(used, return_index=True)
        return {names[place]: wanted[used == place] for place in used[np.sort(first)].tolist()}

    @cached_property
    def _rows(self) -> dict[Ref, int]:
        return {ref: row for row, ref in enumerate(self.refs)}

    @cached_property
    def _palette(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """The colours, each once, and (M,) which of them each box has."""
        places = {name: place for place, name in enumerate(dict.fromkeys(self.colors))}
        return tuple(places), np.array([places[name] for name in self.colors], dtype=np.int64)


class Layers:
    """The layers of boxes over the current image. A hidden layer is an empty one.

    A layer that did not change is the same object as before, so that who paints can tell by identity.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def forget(self, change: Change) -> None:
        """Drop what `change` says is no longer so."""
        anew = change.current_image or change.layers or change.categories
        if anew or change.proposals:
            self.__dict__.pop("proposals", None)
            self.__dict__.pop("pointing", None)
        if self._workspace.view.show_differences:
            anew |= change.annotations or change.suggestions  # each box says how it stands to the others
        if anew or change.annotations:
            self.__dict__.pop("annotations", None)
        if anew or change.suggestions:
            self.__dict__.pop("suggestions", None)
        if anew:
            self.__dict__.pop("loose", None)
            self.__dict__.pop("_differences", None)

    @cached_property
    def annotations(self) -> BoxLayer:
        """The annotations by id; the text is the category's name, and marks for flags and a note.

        With differences shown it is what differs there.
        """
        shown = shown_annotations(self._workspace)
        known = [(annotation, self._workspace.category(annotation.category_id)) for annotation in shown]
        names = tuple("" if category is None else category.name for _, category in known)
        return self._differing(
            BoxLayer(
                as_boxes([annotation.box for annotation, _ in known]),
                tuple(AnnotationRef(annotation.id) for annotation, _ in known),
                tuple(UNKNOWN_COLOR if category is None else category.color for _, category in known),
                tuple(label(name, annotation) for name, annotation in zip(names, shown, strict=True)),
                frozenset(row for row, annotation in enumerate(shown) if annotation.locked),
            ),
            names,
        )

    @cached_property
    def suggestions(self) -> BoxLayer:
        """The suggestions, best first; the text is name and score, after an arrow where it would relabel a box.

        With differences shown it is what differs there.
        """
        shown = shown_suggestions(self._workspace)
        colors = {category.id: category.color for category in self._workspace.categories}
        return self._differing(
            BoxLayer(
                as_boxes([suggestion.box for suggestion in shown]),
                tuple(SuggestionRef(suggestion.index) for suggestion in shown),
                tuple(colors.get(suggestion.category_id or 0, UNKNOWN_COLOR) for suggestion in shown),
                tuple(_label(suggestion) for suggestion in shown),
            ),
            [suggestion.name for suggestion in shown],
        )

    @cached_property
    def loose(self) -> BoxLayer:
        """Where the detector has the objects of loose pairs; empty unless differences are shown."""
        view = self._workspace.view
        seen = self._differences.values() if view.show_annotations and view.show_suggestions else ()
        boxes = [one.box for one in seen if one.box is not None]
        return BoxLayer(as_boxes(boxes), colors=(KIND_COLORS[Kind.LOOSE],) * len(boxes))

    @cached_property
    def proposals(self) -> BoxLayer:
        """The best proposals, as many as the view asks for, by descending objectness."""
        view, prediction = self._workspace.view, self._workspace.prediction
        if prediction is None or not view.show_proposals:
            return BoxLayer(as_boxes(()))
        return BoxLayer(prediction.proposals.boxes[: view.proposal_top_n].astype(np.float64))

    @cached_property
    def pointing(self) -> Pointing | None:
        """What a click may take, of all proposals and not only the shown ones; None while they are hidden."""
        prediction = self._workspace.prediction if self._workspace.view.show_proposals else None
        return None if prediction is None else Pointing(prediction)

    @property
    def selected(self) -> Annotation | Suggestion | None:
        """What is selected, if its layer is shown."""
        selected = self._workspace.selected
        return selected if selected is not None and is_shown(selected, self._workspace.view) else None

    @property
    def selected_ref(self) -> Ref | None:
        """What names the selected box, if its layer is shown."""
        return None if self.selected is None else self._workspace.view.selected

    @property
    def other_box(self) -> Box | None:
        """Where the detector has the selected object, if it has another box than the person."""
        found = None if self.selected_ref is None else self._differences.get(self.selected_ref)
        return None if found is None else found.box

    @property
    def selected_annotations(self) -> tuple[Annotation, ...]:
        """All selected annotations by id, if their layer is shown; none where a suggestion is selected."""
        return selected_annotations(self._workspace) if self.selected is not None else ()

    @property
    def selected_refs(self) -> frozenset[Ref]:
        """What names the selected boxes, if their layer is shown."""
        ref = self.selected_ref
        several = self._workspace.view.several if ref is not None else ()
        return frozenset(() if ref is None else (ref, *map(AnnotationRef, several)))

    @property
    def identity(self) -> tuple[BoxLayer, ...]:
        """All layers: equal to an earlier answer as long as none of them changed."""
        return self.annotations, self.suggestions, self.proposals, self.loose

    def layer_of(self, ref: Ref) -> BoxLayer:
        """Return the layer that `ref` belongs to."""
        return self.annotations if isinstance(ref, AnnotationRef) else self.suggestions

    @cached_property
    def _differences(self) -> dict[Ref, Difference]:
        view = self._workspace.view
        return {one.ref: one for one in self._workspace.differences} if view.show_differences else {}

    def _differing(self, layer: BoxLayer, names: Sequence[str]) -> BoxLayer:
        """Return a layer of boxes with these category names as it is shown: with what differs, where that is asked."""
        if not self._workspace.view.show_differences:
            return layer
        found = [self._differences.get(ref) for ref in layer.refs]
        return replace(
            layer,
            colors=tuple(AGREED_COLOR if one is None else KIND_COLORS[one.kind] for one in found),
            texts=tuple(
                "" if one is None else difference_label(one, name) for one, name in zip(found, names, strict=True)
            ),
        )


def _label(suggestion: Suggestion) -> str:
    arrow = "" if suggestion.relabels is None else "→ "
    return f"{arrow}{suggestion.name} {fixed(suggestion.score, 2)}"
