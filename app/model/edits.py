"""The commands that people give, built from values. Nothing here changes anything: a workspace executes it.

New rows take the ids they are given (`Workspace.next_ids()` and the numbers after them), so that a redo brings back
the same row. A builder returns None where nothing would change.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.model.annotations import (
    LONGEST_NAME,
    NOT_SUGGESTED,
    Annotation,
    Box,
    Category,
    Flag,
    ImageMark,
    Origin,
    Provenance,
    Rejection,
    Suggestion,
    default_color,
)
from app.model.category_mapping import names_meaning
from app.model.commands import Command, Edit
from app.model.words import counted, tr, written

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence


@dataclass(frozen=True, slots=True)
class NextIds:
    """The first free id of each kind of row that a command may add."""

    annotation: int
    category: int
    rejection: int


def draw(box: Box, image_id: int, category: Category, ids: NextIds, *, new_category: bool = False) -> Command:
    """Draw a box; `new_category` adds the category with it."""
    edits = [Edit(None, category)] if new_category else []
    edits.append(Edit(None, Annotation(ids.annotation, image_id, category.id, box)))
    return Command(tr("draw {}").format(category.name), image_id, tuple(edits))


def accept(
    suggestions: Sequence[Suggestion],
    image_id: int,
    categories: Sequence[Category],
    ids: NextIds,
    *,
    box: Box | None = None,
    otherwise: Category | None = None,
) -> Command | None:
    """Accept suggestions, as they are or (one of them) with the `box` that the person gave it.

    A category that the project lacks comes with the command, in its next place; `otherwise` is taken in its stead.
    """
    by_name = {category.name: category for category in categories}
    if otherwise is not None:
        by_name = {suggestion.name: otherwise for suggestion in suggestions} | by_name
    edits: list[Edit] = []
    for name in dict.fromkeys(suggestion.name for suggestion in suggestions if suggestion.name not in by_name):
        by_name[name] = new_category(name, categories, ids.category + len(edits), later=len(edits))
        edits.append(Edit(None, by_name[name]))
    for annotation_id, suggestion in enumerate(suggestions, ids.annotation):
        annotation = _accepted(suggestion, image_id, by_name[suggestion.name], box or suggestion.box, annotation_id)
        edits.append(Edit(None, annotation))
    text = tr("accept {}").format(_named(suggestions))
    return Command(text, image_id, tuple(edits)) if suggestions else None


def accept_as(suggestion: Suggestion, image_id: int, category: Category, ids: NextIds) -> Command:
    """Accept one suggestion in the category of the person's choice."""
    edit = Edit(None, _accepted(suggestion, image_id, category, suggestion.box, ids.annotation))
    text = tr("accept {}") if suggestion.name == category.name else tr("accept {} as {}")
    return Command(text.format(suggestion.name, category.name), image_id, (edit,))


def reject(suggestions: Sequence[Suggestion], image_id: int, ids: NextIds) -> Command | None:
    """Reject suggestions."""
    numbered = enumerate(suggestions, ids.rejection)
    edits = tuple(Edit(None, Rejection(rejection_id, image_id, one.origin)) for rejection_id, one in numbered)
    return Command(tr("reject {}").format(_named(suggestions)), image_id, edits) if edits else None


def set_flag(annotations: Sequence[Annotation], flag: Flag, on: bool = True) -> Command | None:
    """Flag annotations of one image, or take the flag away."""
    changed = [(one, one.flagged(flag, on)) for one in annotations]
    text = tr("mark {} as {}") if on else tr("mark {} as not {}")
    return _updates(lambda count: text.format(_boxes(count), tr(flag.word)), changed)


def set_note(annotations: Sequence[Annotation], note: str) -> Command | None:
    """Write a note on annotations of one image; empty text takes it away."""
    changed = [(one, replace(one, note=note)) for one in annotations]
    text = tr("write a note on {}") if note else tr("remove the note of {}")
    return _updates(lambda count: text.format(_boxes(count)), changed)


def set_locked(annotations: Sequence[Annotation], locked: bool = True) -> Command | None:
    """Lock annotations of one image, or unlock them. A locked one changes by nothing else here."""
    changed = [(one, replace(one, locked=locked)) for one in annotations]
    text = tr("lock {}") if locked else tr("unlock {}")
    return _updates(lambda count: text.format(_boxes(count)), changed)


def change_box(annotation: Annotation, box: Box, text: str = "") -> Command | None:
    """Move or resize one annotation. What was drawn or imported stays so; what was accepted becomes moved.

    `text` says what it is called if it is no mere move.
    """
    return _updates(lambda _: text or tr("move {}").format(_boxes(1)), [(annotation, _with_box(annotation, box))])


def change_boxes(annotations: Sequence[Annotation], boxes: Sequence[Box], text: str = "") -> Command | None:
    """Move or resize annotations of one image, as `change_box` does one; `text` has a place for how many there are."""
    changed = [(one, _with_box(one, box)) for one, box in zip(annotations, boxes, strict=True)]
    # All count, those at rest too: the steps of a held key have to say the same.
    return _updates(lambda _: (text or tr("move {}")).format(_boxes(len(annotations))), changed)


def relabel(annotation: Annotation, category: Category, categories: Sequence[Category] = ()) -> Command | None:
    """Give an annotation another category, as `relabel_all` does."""
    return relabel_all([annotation], category, categories)


def relabel_all(
    annotations: Sequence[Annotation], category: Category, categories: Sequence[Category] = ()
) -> Command | None:
    """Give annotations of one image another category.

    One that gets back what it was suggested as, whatever that is called by now, was not relabelled. `categories` are
    all of the project: a name that one of them has today means that one.
    """
    names = names_meaning(category, categories or (category,))
    changed = [(each, _with_category(each, category, names)) for each in annotations]

    one, many = tr("relabel to {}"), tr("relabel {} to {}")
    name = category.name
    return _updates(lambda count: one.format(name) if count == 1 else many.format(_boxes(count), name), changed)


def settle(
    doubt: Suggestion,
    annotation: Annotation,
    before: Category | None,
    after: Category,
    ids: NextIds,
    *,
    categories: Sequence[Category] = (),
) -> Command | None:
    """Give an annotation whose category `doubt` doubts the category `after`, and reject all else that it might be.

    That is the doubt, unless it was right, and what the annotation was `before`: else that would be the next doubt. The
    latter is `NOT_SUGGESTED`, but of the doubt's model version, whose round the decision belongs to. None where the
    annotation is locked. `categories`: see `relabel_all`.
    """
    if annotation.category_id == after.id:
        return reject([doubt], annotation.image_id, ids)
    relabelled = relabel(annotation, after, categories)
    if relabelled is None:
        return None
    wrong = [] if doubt.name == after.name else [doubt.origin]
    if before is not None:
        wrong.append(Origin(annotation.box, before.name, NOT_SUGGESTED, doubt.model_version))
    rejected = (Edit(None, Rejection(new, annotation.image_id, one)) for new, one in enumerate(wrong, ids.rejection))
    return replace(relabelled, edits=(*relabelled.edits, *rejected))


def delete(annotations: Sequence[Annotation]) -> Command | None:
    """Delete annotations of one image. The suggestion that one came from is undecided again."""
    edits = tuple(Edit(annotation, None) for annotation in annotations if not annotation.locked)
    return Command(tr("delete {}").format(_boxes(len(edits))), annotations[0].image_id, edits) if edits else None


def paste(annotations: Iterable[Annotation], boxes: Iterable[Box], image_id: int, ids: NextIds, text: str) -> Command:
    """Put copies of `annotations` at `boxes` of an image: drawn by the person who copies them, with their flags."""
    copies = [
        Annotation(
            annotation_id,
            image_id,
            one.category_id,
            box,
            iscrowd=one.iscrowd,
            difficult=one.difficult,
            occluded=one.occluded,
            truncated=one.truncated,
        )
        for annotation_id, (one, box) in enumerate(zip(annotations, boxes, strict=True), ids.annotation)
    ]
    return Command(text, image_id, tuple(Edit(None, copy) for copy in copies))


def mark_reviewed(mark: ImageMark, reviewed: bool = True) -> Command | None:
    """Say that every object of the image has its box, or take that back. A reviewed image is no longer unsure."""
    after = replace(mark, reviewed=reviewed, unsure=mark.unsure and not reviewed)
    text = tr("mark reviewed") if reviewed else tr("mark unreviewed")
    return Command(text, mark.id, (Edit(mark, after),)) if after != mark else None


def set_unsure(mark: ImageMark, unsure: bool = True) -> Command | None:
    """Flag the image as one to ask about; it is unreviewed then."""
    after = replace(mark, unsure=unsure, reviewed=mark.reviewed and not unsure)
    text = tr("flag as unsure") if unsure else tr("take the flag away")
    return Command(text, mark.id, (Edit(mark, after),)) if after != mark else None


def new_category(name: str, categories: Sequence[Category], category_id: int, later: int = 0) -> Category:
    """Return a category for the place after the last one, `later` places on. Raises ValueError: no such name can be."""
    name = _checked_name(name, categories)
    position = max((category.position for category in categories), default=-1) + 1 + later
    return Category(category_id, name, default_color(position), position=position)


def add_category(category: Category) -> Command:
    """Add a category of `new_category`."""
    return Command(tr("add category {}").format(category.name), None, (Edit(None, category),))


def rename_category(category: Category, name: str, categories: Sequence[Category]) -> Command | None:
    """Rename a category on all images. Raises ValueError where the name is empty, too long or taken."""
    if name.strip() == category.name:
        return None
    name = _checked_name(name, categories)
    return _update(tr("rename {} to {}").format(category.name, name), category, category.renamed(name))


def recolour_category(category: Category, color: str) -> Command | None:
    """Give a category another colour, `#rrggbb`."""
    if color == category.color:
        return None
    return _update(tr("recolour {}").format(category.name), category, replace(category, color=color))


def provenance_after(origin: Origin, box: Box, name: str) -> Provenance:
    """Return what a person made of the suggestion `origin` who gave it this box and this category name."""
    if name != origin.name:
        return Provenance.RELABELLED
    return Provenance.ACCEPTED if box == origin.box else Provenance.MOVED


def _accepted(suggestion: Suggestion, image_id: int, category: Category, box: Box, annotation_id: int) -> Annotation:
    origin = suggestion.origin
    return Annotation(annotation_id, image_id, category.id, box, provenance_after(origin, box, category.name), origin)


def _with_box(annotation: Annotation, box: Box) -> Annotation:
    if box == annotation.box:
        return annotation
    provenance = Provenance.MOVED if annotation.provenance is Provenance.ACCEPTED else annotation.provenance
    return replace(annotation, box=box, provenance=provenance)


def _with_category(annotation: Annotation, category: Category, names: Collection[str]) -> Annotation:
    if category.id == annotation.category_id:
        return annotation
    provenance = annotation.provenance
    if (origin := annotation.origin) is not None and provenance is not Provenance.IMPORTED:
        name = origin.name if origin.name in names else category.name  # of then
        provenance = provenance_after(origin, annotation.box, name)
    return replace(annotation, category_id=category.id, provenance=provenance)


def _updates(text: Callable[[int], str], changed: Sequence[tuple[Annotation, Annotation]]) -> Command | None:
    """Return the command that changes annotations of one image, without those that stay as they are.

    What is locked, and would be afterwards, is one of them. `text` is given the number of those that change.
    """
    kept = [(before, after) for before, after in changed if before != after and not (before.locked and after.locked)]
    edits = tuple(Edit(before, after) for before, after in kept)
    return Command(text(len(edits)), changed[0][0].image_id, edits) if edits else None


def _boxes(count: int) -> str:
    return counted(count, tr("box"), tr("{} boxes"))


def _update(text: str, before: Category, after: Category) -> Command:
    return Command(text, None, (Edit(before, after),))


def _checked_name(name: str, categories: Sequence[Category]) -> str:
    name = name.strip()
    if not name:
        raise ValueError(tr("A category needs a name."))
    if len(name) > LONGEST_NAME:
        raise ValueError(tr("The name of a category has at most {} characters.").format(LONGEST_NAME))
    if any(category.name == name for category in categories):
        raise ValueError(tr("There is a category called “{}” already; choose another name.").format(name))
    return name


def _named(suggestions: Sequence[Suggestion]) -> str:
    count = len(suggestions)
    return suggestions[0].name if count == 1 else tr("{} suggestions").format(written(count))
