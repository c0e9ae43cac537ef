"""A model version: what one fine-tune made, from what, for which categories, and what it reached on held-out images."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from operator import methodcaller
from typing import TYPE_CHECKING, Any

from detector.fine_tune_values import CategoryFigures, DataCounts, Figures, Stage, StageResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.model.annotations import Category

FEW = 10
"""Corrected images that teach a detector more than nothing: on blood cells it then finds four in five."""
UNREADABLE = StageResult(
    Stage.HEAD, DataCounts(0, 0, 0, 0), None, None, False, None, 0.0, "Its figures cannot be read any more."
)
"""Stands for a result that nobody can read: the version itself can still be used."""


def images_until_worth_it(known: int) -> int:
    """Return how many images have to be corrected since a fine-tune that knew so many until the next one would help.

    Half as many again: what each further image teaches becomes less the more there are.
    """
    return max(FEW, known // 2)


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One row of the project's list of versions.

    `id` counts from 1 and is never given twice. `version` and `parent` are names as the detector gives them; a `parent`
    that no other version has is the model that the program started with. `file` is a name in the project's `heads/`.
    `categories` are (id, name) of labels 1..K as they were when training began. `made_at` is UTC, ISO 8601.
    """

    id: int
    version: str
    file: str
    parent: str
    categories: tuple[tuple[int, str], ...]
    result: StageResult
    made_at: str

    @property
    def title(self) -> str:
        """What people call it."""
        return f"Version {self.id}"

    @property
    def stage(self) -> Stage:
        """The stage of the fine-tune that made it."""
        return self.result.stage

    @property
    def is_better(self) -> bool:
        """Whether it was found to be better than the model that served until then."""
        return self.result.is_better

    @property
    def before(self) -> Figures | None:
        """What the model that served until then reached; None where no image was held out."""
        return self.result.before

    @property
    def after(self) -> Figures | None:
        """What this one reaches on the same images."""
        return self.result.after

    @property
    def gain(self) -> float | None:
        """AP50 after minus before, in [-1, 1]; None where no image was held out."""
        return None if self.before is None or self.after is None else self.after.ap50 - self.before.ap50

    def by_category(self) -> tuple[tuple[str, CategoryFigures | None, CategoryFigures | None], ...]:
        """Return (name, before, after) of every category that was measured, in the order of `after`; None: it was not.

        The names are those of then; `current_names` says what they became.
        """
        before = {} if self.before is None else {one.name: one for one in self.before.categories}
        after = {} if self.after is None else {one.name: one for one in self.after.categories}
        return tuple((name, before.get(name), after.get(name)) for name in {**after, **before})

    def current_names(self, categories: Sequence[Category]) -> dict[str, str]:
        """Return old name -> today's name of the categories renamed or merged since; any other name is as it was."""
        merged = {number: category.name for category in categories for number, _ in category.merged}
        today = merged | {category.id: category.name for category in categories}
        return {name: today[number] for number, name in self.categories if today.get(number, name) != name}


def result_to_json(result: StageResult) -> str:
    """Return the database's text of a result."""
    # Figures come out of numpy, and one scalar must not cost a whole training.
    return json.dumps(asdict(result), ensure_ascii=False, separators=(",", ":"), default=methodcaller("item"))


def result_from_json(text: str) -> StageResult:
    """Read what `result_to_json` of this program or an older one wrote.

    What is not there gets the value of nothing known; a text that is something else gives `UNREADABLE`.
    """
    try:
        values = json.loads(text)
        return StageResult(
            stage=Stage(values.get("stage", Stage.HEAD)),
            counts=_counts(values.get("counts", {})),
            before=_figures(values.get("before")),
            after=_figures(values.get("after")),
            is_better=bool(values.get("is_better", False)),
            proposal_recall=_number(values.get("proposal_recall")),
            seconds=_number(values.get("seconds", 0.0)) or 0.0,
            note=str(values.get("note", "")),
        )
    except (AttributeError, OverflowError, RecursionError, TypeError, ValueError):
        return UNREADABLE


def categories_to_json(categories: Sequence[tuple[int, str]]) -> str:
    """Return the database's text of (id, name) pairs."""
    return json.dumps(list(categories), ensure_ascii=False, separators=(",", ":"))


def categories_from_json(text: str) -> tuple[tuple[int, str], ...]:
    """Read what `categories_to_json` wrote; a text that is something else gives no categories."""
    try:
        return tuple((int(number), str(name)) for number, name in json.loads(text))
    except (OverflowError, RecursionError, TypeError, ValueError):
        return ()


def _counts(values: dict[str, Any]) -> DataCounts:
    images, held_out, boxes, rejections, beyond = (
        int(values.get(key, 0)) for key in ("images", "held_out", "boxes", "rejections", "beyond")
    )
    return DataCounts(images, held_out, boxes, rejections, tuple(map(str, values.get("left_out", ()))), beyond)


def _figures(values: dict[str, Any] | None) -> Figures | None:
    if values is None:
        return None
    return Figures(
        images=int(values.get("images", 0)),
        ap50=_number(values.get("ap50")) or 0.0,
        ap=_number(values.get("ap")) or 0.0,
        score_thresh=float(values.get("score_thresh", 0.5)),
        categories=tuple(_category_figures(one) for one in values.get("categories", ())),
    )


def _category_figures(values: dict[str, Any]) -> CategoryFigures:
    boxes, found, missed, false = (int(values.get(key, 0)) for key in ("boxes", "found", "missed", "false"))
    return CategoryFigures(str(values.get("name", "")), boxes, found, missed, false, _number(values.get("ap50")))


def _number(value: object) -> float | None:
    """Return a finite number, None for none. Raises ValueError or TypeError on anything else."""
    if value is None:
        return None
    if not math.isfinite(number := float(value)):  # type: ignore[arg-type]
        raise ValueError(f"{value} is no figure")
    return number
