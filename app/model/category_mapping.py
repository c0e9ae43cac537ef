"""Which categories of the project the categories of a model are: by name first, and as a person says otherwise.

Shapes: C candidates, K categories of the prediction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from detector.types import Candidates

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.model.annotations import Category
    from detector.types import IntArray, Prediction

AGNOSTIC = "object"
"""What a model that only proposes regions calls everything that it finds."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a person says of one category of a model.

    Its suggestions belong to the category `category_id` of the project; they are `ignored`, so that nobody sees them;
    or, with neither, they keep the model's name, which makes a new category when one is accepted.
    """

    category_id: int | None = None
    ignored: bool = False


IGNORED = Target(ignored=True)
OWN_NAME = Target()

CategoryMapping = Mapping[str, Target]
"""Name that the model gives -> what a person says of it. A name that is not in it goes by name."""

NO_MAPPING: CategoryMapping = MappingProxyType({})
NOT_RENAMED: Mapping[str, str] = MappingProxyType({})


def heir(category_id: int | None, categories: Sequence[Category]) -> Category | None:
    """Return the category of this id, or else the one that it was merged into; None where it is gone."""
    same = next((category for category in categories if category.id == category_id), None)
    merged = (one for one in categories if any(number == category_id for number, _ in one.merged))
    return same if same is not None else next(merged, None)


def with_heirs(mapping: CategoryMapping, categories: Sequence[Category]) -> dict[str, Target]:
    """Return the mapping with what became of the categories that it names; one that is gone stays."""
    heirs = {name: heir(target.category_id, categories) for name, target in mapping.items()}
    return {name: target if (to := heirs[name]) is None else Target(to.id) for name, target in mapping.items()}


def merged_names(categories: Sequence[Category]) -> dict[str, str]:
    """Return name -> today's name, for the names of merged categories that no category has today.

    Of two categories of one name, merged one after the other, the later one counts.
    """
    others = ((number, name, one) for one in categories for number, name in one.merged if number != one.id)
    return _latest(others, categories)


def names_meaning(category: Category, categories: Sequence[Category]) -> frozenset[str]:
    """Return the names by which decisions mean `category`: today's, those before it was renamed, and merged ones.

    Of `categories`, all of the project, none has one of the former names today. They say nothing about a model, which
    may call something else so: see `current_names` of the store.
    """
    former = _latest(((number, name, one) for one in categories for number, name in one.merged), categories)
    return frozenset((category.name, *(name for name, to in former.items() if to == category.name)))


def _latest(names: Iterable[tuple[int, str, Category]], categories: Sequence[Category]) -> dict[str, str]:
    """Return former name -> today's name, of the greatest id, but for what is the name of a category today."""
    today = {category.name for category in categories}
    found = sorted((number, name, one.name) for number, name, one in names)
    return {name: to for _, name, to in found if name not in today}


def matching(name: str, categories: Sequence[Category]) -> Category | None:
    """Return the category of this name, or that which one of this name was merged into.

    Where there is neither, the only one that has it in other letters' case.
    """
    wanted = merged_names(categories).get(name, name)
    exact = next((category for category in categories if category.name == wanted), None)
    if exact is not None:
        return exact
    alike = [category for category in categories if category.name.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else None


def shown_names(
    names: Sequence[str],
    categories: Sequence[Category],
    mapping: CategoryMapping = NO_MAPPING,
    renamed: Mapping[str, str] = NOT_RENAMED,
) -> tuple[str | None, ...]:
    """Return what each name (K) of a model is called in the project, None where its suggestions are ignored.

    `renamed` is name of then -> today's name, for models that learnt in this project. A target that is gone, because
    its category was taken back, counts as nothing said.
    """
    return tuple(_shown(name, categories, mapping.get(name), renamed) for name in names)


def _shown(name: str, categories: Sequence[Category], target: Target | None, renamed: Mapping[str, str]) -> str | None:
    if target is not None:
        if target.ignored:
            return None
        if target.category_id is None:
            return name
        found = heir(target.category_id, categories)
        if found is not None:
            return found.name
    today = renamed.get(name, name)
    match = matching(today, categories)
    return today if match is None else match.name


def learnt_names(names: Sequence[str], shown: Sequence[str | None], renamed: Mapping[str, str]) -> dict[str, str]:
    """Return what a fine-tune takes the names (K) of a model for, which are `shown` so: `renamed` and mapped ones.

    That is nothing, "", where the name is ignored and another name of the model means the category that is called so
    today: a fine-tune would begin with what the person does not want to see.
    """
    pairs = list(zip(names, shown, strict=True))
    others = {name: to for name, to in pairs if to is not None and to != name}
    ignored = (name for name, to in pairs if to is None)
    return {**renamed, **others, **{name: "" for name in ignored if renamed.get(name, name) in others.values()}}


@dataclass(frozen=True, slots=True)
class Terms:
    """All that it takes to say what a model's names are called in a project: `renamed` is that of `shown_names`."""

    categories: tuple[Category, ...] = ()
    mapping: CategoryMapping = field(default_factory=lambda: NO_MAPPING)
    renamed: Mapping[str, str] = field(default_factory=lambda: NOT_RENAMED)

    def shown(self, names: Sequence[str]) -> tuple[str | None, ...]:
        """Return what names of the model are called in the project, None where they are ignored."""
        return shown_names(names, self.categories, self.mapping, self.renamed)

    def aliases(self, names: Sequence[str]) -> dict[str, str]:
        """Return the names that decisions may have kept -> today's: see `Review`."""
        shown = zip(names, self.shown(names), strict=True)
        return {**self.renamed, **{name: to for name, to in shown if to is not None and to != name}}


def is_agnostic(names: Sequence[str], categories: Sequence[Category]) -> bool:
    """Return whether a model with these shown names says only where objects are, in a project that has categories.

    A project with a category of that very name wants it by name.
    """
    return tuple(names) == (AGNOSTIC,) and bool(categories) and matching(AGNOSTIC, categories) is None


def unmatched(
    names: Sequence[str],
    categories: Sequence[Category],
    mapping: CategoryMapping = NO_MAPPING,
    renamed: Mapping[str, str] = NOT_RENAMED,
) -> tuple[str, ...]:
    """Return the names that no category of the project has and nobody has said anything about."""
    shown = shown_names(names, categories, mapping, renamed)
    known = {category.name for category in categories}
    pairs = zip(names, shown, strict=True)
    return tuple(name for name, called in pairs if called is not None and called not in known and name not in mapping)


def with_names(prediction: Prediction, shown: Sequence[str | None]) -> Prediction:
    """Return the prediction with the names `shown` (K), without the candidates of labels that have none.

    Labels of one name become one label, the first of theirs, so that NMS sees one category. Other labels move up.
    """
    kept = tuple(dict.fromkeys(name for name in shown if name is not None))
    if kept == tuple(shown):
        return replace(prediction, categories=kept)
    place = {name: label for label, name in enumerate(kept, 1)}
    became = np.array([0, *(0 if name is None else place[name] for name in shown)], dtype=np.int64)  # (K + 1,)
    return replace(prediction, categories=kept, candidates=_relabelled(prediction.candidates, became))


def _relabelled(candidates: Candidates, became: IntArray) -> Candidates:
    """Return the candidates whose label becomes one, in the same order."""
    labels = became[candidates.labels]  # (C,)
    rows = np.flatnonzero(labels)
    return Candidates(candidates.boxes[rows], candidates.scores[rows], labels[rows], candidates.proposal_indices[rows])
