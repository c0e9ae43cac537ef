"""What the categories of the model in use are called in the open project: renamed since, mapped, or ignored."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.model.category_mapping import NO_MAPPING, Terms, shown_names, unmatched, with_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Category
    from app.model.category_mapping import CategoryMapping
    from app.model.workspace import Workspace
    from app.store.project_store import ProjectStore
    from detector.types import Prediction


class Naming:
    """Gives predictions, as the model made them, the names and categories of the project. GUI thread."""

    def __init__(self, store: ProjectStore, workspace: Workspace, model_version: str) -> None:
        """Read what is known of a model version. Raises StoreError."""
        self._store = store
        self._workspace = workspace
        self.model_version = model_version
        self.terms = Terms(workspace.categories)
        self._names: tuple[str, ...] = ()
        self.read(model_version)

    def read(self, model_version: str) -> bool:
        """Read it anew, for this model version; return whether what `named` said last is out of date.

        Raises StoreError.
        """
        before = (self.shown(self._names), self.renamed(self._names))
        renamed, mapping = self._store.current_names(), self._store.mappings.of(model_version)
        self.model_version, self.terms = model_version, Terms(self._workspace.categories, mapping, renamed)
        return before != (self.shown(self._names), self.renamed(self._names))

    def put(self, mapping: CategoryMapping) -> None:
        """Keep what a person says of the categories of this model version. Raises StoreError."""
        self._store.mappings.put(self.model_version, mapping)
        self.terms = replace(self.terms, mapping=dict(mapping))

    @property
    def mapping(self) -> CategoryMapping:
        """What a person says of the categories of this model version."""
        return self.terms.mapping

    def shown(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """Return what names of the model are called in the project, None where they are ignored."""
        return self.terms.shown(names)

    def by_name(self, names: Sequence[str]) -> tuple[Category | None, ...]:
        """Return the category that each name has without anybody having said anything, None where there is none."""
        shown = shown_names(names, self.terms.categories, NO_MAPPING, self.terms.renamed)
        by_name = {category.name: category for category in self.terms.categories}
        return tuple(by_name.get(name or "") for name in shown)

    def unmatched(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the names that the project has no category for and nobody has said anything about."""
        return unmatched(names, self.terms.categories, self.mapping, self.terms.renamed)

    def named(self, prediction: Prediction) -> Prediction:
        """Return a prediction of the model with the project's names, without what is ignored."""
        self._names = prediction.categories
        return with_names(prediction, self.shown(prediction.categories))

    def renamed(self, names: Sequence[str]) -> dict[str, str]:
        """Return the names that decisions may have kept -> today's: see `Review`."""
        return self.terms.aliases(names)
