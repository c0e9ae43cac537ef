"""The one mutable thing of the application: the project as the views read it.

Views subscribe, read, and call `execute`; they never write state. The store is given a change first and memory after,
so that one that can never be written leaves the last good state on disk and on screen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from app.model.annotations import Annotation, Category, ImageMark, ImageRecord, Rejection, Suggestion
from app.model.edits import NextIds
from app.model.images import ImageList
from app.model.journal import Journal
from app.model.kept import Kept, kept_key
from app.model.open_image import OpenImage
from app.model.present import Present
from app.model.selection import followed, kept
from app.model.storage import Store, StoreError
from app.model.view import Change, View

if TYPE_CHECKING:
    from app.model.commands import Command
    from app.model.differences import Difference
    from app.model.history import History
    from detector.types import Prediction

Subscriber = Callable[[Change], None]
_VIEW, _CURRENT_IMAGE = "view", "current_image"


class Workspace:
    """The project that is open: its images and categories, the decisions on the current image, and the view on it.

    Everything is read through properties; what they return is frozen or must not be changed. Where a method raises
    StoreError nothing has changed. GUI thread only.
    """

    def __init__(self, store: Store) -> None:
        """Read the project. Raises StoreError."""
        self._store = store
        self._subscribers: list[Subscriber] = []
        self._images = ImageList()
        self._categories: tuple[Category, ...] = ()
        self._open: OpenImage | None = None
        self._journal = Journal(store)
        self._view = View.from_json(store.recall(_VIEW))
        self.reload()

    @property
    def images(self) -> Sequence[ImageRecord]:
        """All images in file-name order."""
        return self._images

    @property
    def categories(self) -> tuple[Category, ...]:
        """All categories by position."""
        return self._categories

    @property
    def current_image(self) -> ImageRecord | None:
        """The image on screen; None only in a project without images."""
        return None if self._open is None else self._images.by_id(self._open.id)

    @property
    def annotations(self) -> Mapping[int, Annotation]:
        """The annotations of the current image by id."""
        return MappingProxyType({} if self._open is None else self._open.annotations)

    @property
    def rejections(self) -> Mapping[int, Rejection]:
        """The rejections of the current image by id."""
        return MappingProxyType({} if self._open is None else self._open.rejections)

    @property
    def prediction(self) -> Prediction | None:
        """What the detector says about the current image; None until it has looked."""
        return None if self._open is None else self._open.prediction

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """The detections of the current image that nobody has decided on, best first, at the view's thresholds."""
        return () if self._open is None else self._open.suggestions

    @property
    def differences(self) -> tuple[Difference, ...]:
        """Where the detector and the annotations of the current image differ, unsettled, in the order of Tab."""
        return () if self._open is None else self._open.differences

    @property
    def hidden_count(self) -> int:
        """The number of detections that the score threshold hides."""
        return 0 if self._open is None else self._open.hidden_count

    @property
    def view(self) -> View:
        """Thresholds, layers, selection and current category."""
        return self._view

    @property
    def selected(self) -> Annotation | Suggestion | None:
        """The selected annotation or suggestion itself."""
        return None if self._open is None else self._open.find(self._view.selected)

    @property
    def current_category(self) -> Category | None:
        """The category of the next drawn box."""
        return self.category(self._view.category_id)

    @property
    def history(self) -> History:
        """Where undo and redo stand."""
        return self._journal.history

    @property
    def undo_text(self) -> str:
        """What undo would take back, such as "accept 3 suggestions"; empty for nothing. Raises StoreError."""
        return self._journal.undo_text

    @property
    def redo_text(self) -> str:
        """What redo would do again; empty for nothing. Raises StoreError."""
        return self._journal.redo_text

    @property
    def reviewed_count(self) -> int:
        """The number of reviewed images."""
        return self._images.reviewed_count

    def index_of(self, image_id: int) -> int:
        """Return the place of an image in `images`. Raises KeyError for an unknown id."""
        return self._images.index_of(image_id)

    def category(self, category_id: int | None) -> Category | None:
        """Return the category of this id, None where there is none."""
        return next((category for category in self._categories if category.id == category_id), None)

    def annotations_of(self, image_id: int) -> list[Annotation]:
        """Return the annotations of any image by id, from the store. Raises StoreError."""
        return self._store.annotations_of(image_id)

    def annotation_counts(self) -> dict[int, int]:
        """Return the number of annotations in the project of each category id that has any. Raises StoreError."""
        return self._store.annotation_counts()

    def next_ids(self) -> NextIds:
        """Return the ids that the next command's new rows take. Raises StoreError."""
        return NextIds(*(self._store.next_id(kind) for kind in (Annotation, Category, Rejection)))

    def execute(self, command: Command, *, repeat: bool = False) -> None:
        """Do what a person asked for: store, then memory, then subscribers.

        `repeat` says that a held key sent it: it becomes one undo step with the last command where it continues it.
        Raises StoreError, also where the command was made of rows that have changed since.
        """
        self._present.require(command)
        self._journal.write(command, repeat=repeat)
        self._follow(command)

    def undo(self) -> Command | None:
        """Take the last command back, show the image it changed, return it; None for nothing. Raises StoreError."""
        return self._replay(self._journal.take_back(self._present.rebased))

    def redo(self) -> Command | None:
        """Do again what was undone last, show its image, return it; None for nothing. Raises StoreError."""
        return self._replay(self._journal.do_again(self._present.rebased))

    def go_to(self, image_id: int) -> None:
        """Show another image: the only way to it, for keys, clicks, filters and undo. Its prediction comes later.

        Raises KeyError for an unknown id, StoreError where its annotations cannot be read; the old image stays then.
        """
        if self._open is None or image_id != self._open.id:
            self._show(image_id)
            self.tell(Change(current_image=True, annotations=True, suggestions=True, proposals=True, selection=True))

    def keep(self, annotation: Annotation) -> None:
        """Let an annotation of the current image be as it is: until it is changed it is no difference any more."""
        if self._open is not None and self._open.id == annotation.image_id:
            self._open.keep(annotation)
            with suppress(StoreError):  # at worst a person is asked again
                self._store.remember(kept_key(self._open.id), self._open.kept.to_json())
            self.tell(Change(annotations=True, decided=frozenset((self._open.id,))))

    def set_image_sizes(self, sizes: Mapping[int, tuple[int, int]]) -> None:
        """Keep the (height, width) of images that have been read, by id. Raises KeyError, StoreError."""
        if changed := {one: size for one, size in sizes.items() if self._images.by_id(one).size != size}:
            self._store.set_image_sizes(changed)
            self._images.set_sizes(changed)
            self.tell(Change(images=True, image_ids=frozenset(changed)))

    def set_missing(self, missing: Mapping[int, bool]) -> None:
        """Keep which files of images are gone (true) or there again, by id. Raises KeyError, StoreError."""
        self._store.set_missing(missing)
        self._images.set_missing(missing)
        self.tell(Change(images=True, missing=True, image_ids=frozenset(missing)))

    def set_prediction(
        self, image_id: int, prediction: Prediction | None, renamed: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Take what the detector found on the current image; of another it is stale. `renamed`: see `Review`."""
        if self._open is not None and image_id == self._open.id:
            said = (prediction, self._categories, self._view.thresholds, renamed, self._view.selected)
            selection = self._select(replace(self._view, selected=self._open.predict(*said)))
            self.tell(Change(suggestions=True, proposals=True, selection=selection))

    def change_view(self, view: View) -> None:
        """Look differently: `workspace.change_view(replace(workspace.view, show_proposals=True))`."""
        before = self._view
        if view.thresholds != before.thresholds and self._open is not None:
            self._open.select(view.thresholds)
        self._view = followed(view, before, self._open)
        self.tell(Change.between(before, self._view))

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Call `subscriber` after every change, in the order of subscription; return what ends that."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def tell(self, change: Change) -> None:
        """Say that something is not as it was: what is unsaved no longer is, for whoever reads the file itself."""
        if change:
            for subscriber in tuple(self._subscribers):
                subscriber(change)

    def reload(self) -> None:
        """Read everything again: the store has listed the folder anew. Raises StoreError."""
        self._categories = tuple(self._store.categories())
        self._images = ImageList(self._store.images())
        self._journal = Journal(self._store)
        known = self._store.recall(_CURRENT_IMAGE) or ""
        wanted = int(known[:18]) if known.isdecimal() else 0
        self._open = None
        if self._images:
            self._show(wanted if self._images.has(wanted) else self._images[0].id)
        self._choose_category()
        self.tell(Change.everything())

    def remember(self) -> None:
        """Keep how the person looks at the project for the next start. Raises StoreError."""
        self._store.remember(_VIEW, self._view.to_json())

    @property
    def _present(self) -> Present:
        return Present(self._open, self._categories, self._images)

    def _replay(self, replayed: tuple[Command, Command] | None) -> Command | None:
        if replayed is None:
            return None
        command, done = replayed
        self._follow(done)
        if command.image_id is not None:
            self.go_to(command.image_id)
        return command

    def _follow(self, command: Command) -> None:
        """Bring memory to where the store is, and say what changed."""
        before, self._categories = self._categories, command.categories_after(self._categories)
        categories, decisions = self._categories is not before, self._open is not None and self._open.apply(command)
        marked = {edit.row.id: edit.row for edit in command.edits if isinstance(edit.row, ImageMark)}
        for mark in marked.values():
            self._images.set_mark(mark)
        if (decisions or categories) and self._open is not None:
            self._open.decide(self._categories, self._view.thresholds)
        self.tell(
            Change(
                image_ids=frozenset(marked),
                decided=command.images_decided(),
                images=bool(marked),
                annotations=decisions,
                suggestions=decisions or categories,
                categories=categories,
                current_category=categories and self._choose_category(),
                selection=self._select(self._view),
                history=True,
            )
        )

    def _show(self, image_id: int) -> None:
        self._images.by_id(image_id)  # an unknown image is a KeyError before anything is read
        annotations, rejections = self._store.annotations_of(image_id), self._store.rejections_of(image_id)
        kept = Kept(self._store.recall(kept_key(image_id)))
        with suppress(StoreError):  # a full disk must not keep anybody from looking around
            self._store.remember(_CURRENT_IMAGE, str(image_id))
        self._open = OpenImage(image_id, annotations, rejections, kept)
        self._view = replace(self._view, selected=None, several=())

    def _choose_category(self) -> bool:
        """Take the first category where the current one is gone; return whether that changed it."""
        before, self._view = self._view, self._view.with_category_of(self._categories)
        return self._view is not before

    def _select(self, view: View) -> bool:
        """Select what `view` selects, but nothing that is gone; return whether that changed the selection."""
        before, self._view = self._view, kept(view, self._open)
        return (self._view.selected, self._view.several) != (before.selected, before.several)
