"""A project of random decisions and findings, and a twin of its filters that looks at every image and box in turn."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.model.annotations import Annotation, Category, ImageMark, ImageRecord, Origin, Provenance
from app.model.commands import Edit
from app.model.findings import Finding
from app.model.image_filter import (
    AtPlace,
    Boxes,
    CameAbout,
    Clause,
    Disagrees,
    Figure,
    Figured,
    Flagged,
    FlagWord,
    FromModel,
    ImageFilter,
    InState,
    NameHas,
    NameMatches,
    OfCategory,
    Scored,
    State,
    Unfinished,
)
from app.model.name_pattern import compile_pattern
from app.store.project_store import ProjectStore

if TYPE_CHECKING:
    from pathlib import Path

    from app.model.image_filter import Term

IMAGES = 40
WITH_BOXES = 27
NAMES = ("bolt", "hex nut", "Bolt", "screw")
MODELS = ("embedded-1a", "head-1-0b", "head-2-0c")

QUESTIONS = [
    *("category:bolt", "category:Bolt", "category:BOLT", 'category:"hex nut"', "category:screw"),
    *("category:bolt>=2", "category:bolt=1", "category:bolt<3", "category:bolt=0", "category:bolt=0..9"),
    *("boxes:0", "boxes:>0", "boxes:>4", "boxes:2..4", "boxes:<3", "boxes:>=0", "boxes:999"),
    *(f"flag:{flag}" for flag in FlagWord),
    *(f"provenance:{provenance}" for provenance in Provenance),
    *("model:head", "model:HEAD-2", "model:embedded-1a", "model:nothing", "model:%"),
]
"""One question about decisions each."""
OTHERS = [
    *("07", "SUB/", "nowhere", "/[13]5/", r"/^sub\/\d+/", "#1", "#40", "#41", *(f"state:{state}" for state in State)),
    *("disagrees", "unfinished", "extra:>0", "missed:0", "loose:2", "suggestions:>1", "suggestions:0"),
    *("score:0.3..0.6", "score:<0.1", "category:bolt score:>0.5", "category:BOLT category:screw score:0..1"),
]
"""And about names, marks and findings."""


@dataclass(frozen=True)
class RandomProject:
    """The store, and what is in it."""

    store: ProjectStore
    annotations: list[Annotation]
    findings: dict[int, Finding]
    problems: dict[int, str]

    def passing(self, chosen: ImageFilter) -> set[int]:
        """Return the ids of the images that pass."""
        records = enumerate(self.store.images(), 1)
        return {
            record.id for place, record in records if all(self._holds(clause, place, record) for clause in chosen.asked)
        }

    def _holds(self, clause: Clause, place: int, record: ImageRecord) -> bool:
        if isinstance(clause.term, Scored | Figured | Disagrees | Unfinished):
            finding = self.findings.get(record.id)
            return finding is not None and _found(clause.term, finding) != clause.negated
        boxes = [one for one in self.annotations if one.image_id == record.id]
        return self._says(clause.term, place, record, boxes) != clause.negated

    def says(self, term: Term) -> set[int]:
        """Return the ids of the images that one term about decisions holds for."""
        return self.passing(ImageFilter((Clause(term),)))

    def _says(self, term: Term, place: int, record: ImageRecord, boxes: list[Annotation]) -> bool:
        match term:
            case NameHas(part):
                return part.lower() in record.path.lower()
            case NameMatches(pattern):
                return bool(compile_pattern(pattern).search(record.path))
            case AtPlace(number):
                return number == place
            case InState(state):
                return {
                    State.REVIEWED: record.reviewed,
                    State.UNREVIEWED: not record.reviewed,
                    State.EMPTY: record.reviewed and not boxes,
                    State.UNSURE: record.unsure,
                    State.MISSING: record.missing,
                    State.UNREADABLE: record.missing or record.id in self.problems,
                }[state]
        return _says_of_boxes(term, boxes)


def _says_of_boxes(term: Term, boxes: list[Annotation]) -> bool:
    match term:
        case OfCategory(name, count):
            return count.has(sum(one.category_id == _category_id(name) for one in boxes))
        case Boxes(count):
            return count.has(len(boxes))
        case Flagged(flag):
            return any(getattr(one, "iscrowd" if flag is FlagWord.CROWD else flag.value) for one in boxes)
        case CameAbout(provenance):
            return any(one.provenance is provenance for one in boxes)
        case FromModel(model):
            return any(one.origin and model.casefold() in one.origin.model_version for one in boxes)
    raise AssertionError(term)


def random_project(folder: Path, seed: int = 7) -> RandomProject:
    """Make one; a third of its images has no box, and the detector has looked at half of them."""
    pick = random.Random(seed)
    store = ProjectStore.open(folder)
    paths = [folder / ("sub" if number % 5 == 0 else "") / f"{number:02}.png" for number in range(IMAGES)]
    store.list_images(paths)
    store.list_images(paths[:-3])
    made = [_annotation(pick, number) for number in range(1, 121)]
    rows = [Category(place + 1, name, "#ff0000", position=place) for place, name in enumerate(NAMES)]
    store.write([*(Edit(None, row) for row in rows), *(Edit(None, row) for row in made)], store.history())
    ids = range(1, IMAGES + 1)
    marks = [ImageMark(one, reviewed=pick.random() < 0.5, unsure=pick.random() < 0.2) for one in ids]
    store.write([Edit(ImageMark(mark.id), mark) for mark in marks], store.history())
    findings = {one: _finding(pick, one) for one in pick.sample(ids, IMAGES // 2)}
    return RandomProject(store, made, findings, {4: "The file is truncated."})


def _annotation(pick: random.Random, number: int) -> Annotation:
    origin = Origin((0, 0, 5, 5), "bolt", 0.7, pick.choice(MODELS)) if pick.random() < 0.5 else None
    flags = {name: pick.random() < 0.1 for name in ("iscrowd", "difficult", "occluded", "truncated", "locked")}
    note = "look here" if pick.random() < 0.1 else ""
    image_id, category_id = pick.randint(1, WITH_BOXES), pick.choice((1, 1, 2, 3))
    return Annotation(
        number, image_id, category_id, (0, 0, 5, 5), pick.choice(tuple(Provenance)), origin, note=note, **flags
    )


def _finding(pick: random.Random, image_id: int) -> Finding:
    suggestions = tuple((pick.choice(NAMES), pick.random()) for _ in range(pick.randint(0, 3)))
    extra, missed, loose = (pick.choice((0, 0, 1, 2)) for _ in range(3))
    useful, is_unfinished = pick.choice((0.0, 0.5, pick.random())), pick.random() < 0.3
    return Finding(image_id, useful, suggestions, extra, missed, loose, unfinished=is_unfinished)


def _category_id(name: str) -> int:
    """Return the id of the category spelled so, or else of the first in any case."""
    exact = [place + 1 for place, one in enumerate(NAMES) if one == name]
    return (exact or [place + 1 for place, one in enumerate(NAMES) if one.lower() == name.lower()] or [0])[0]


def _found(term: Term, finding: Finding) -> bool:
    match term:
        case Disagrees():
            return finding.extra + finding.missed + finding.loose > 0
        case Unfinished():
            return finding.unfinished
        case Figured(Figure.SUGGESTIONS, number):
            return number.has(len(finding.suggestions))
        case Figured(figure, number):
            return number.has({"extra": finding.extra, "missed": finding.missed, "loose": finding.loose}[figure])
        case Scored(span, names):
            good = [name.lower() for name, score in finding.suggestions if span.has(score)]
            return all(name.lower() in good for name in names) and bool(good)
    raise AssertionError(term)
