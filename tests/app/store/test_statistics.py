from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.model import edits
from app.model.annotations import (
    NOT_SUGGESTED,
    Annotation,
    Category,
    ImageMark,
    Origin,
    Provenance,
    Rejection,
    Suggestion,
)
from app.model.commands import Command, Edit
from app.model.model_versions import result_to_json
from app.model.statistics import ImageStates, Statistics, Tally
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.project_store import ProjectStore
from app.store.statistics import read_statistics
from app.store.versions import IN_USE
from detector.fine_tune_values import DataCounts, Stage, StageResult

if TYPE_CHECKING:
    from pathlib import Path

BASE, HEAD, OTHER = "embedded-1", "head-2", "head-3"
START = datetime(2026, 3, 27, 22, 50, tzinfo=UTC)
MADE = {HEAD: START + timedelta(hours=5), OTHER: START + timedelta(hours=11)}
KATHMANDU = timezone(timedelta(hours=5, minutes=45))
RESULT = result_to_json(StageResult(Stage.HEAD, DataCounts(1, 0, 1, 0), None, None, True, None, 1.0, ""))
NAMES = ("bolt", "nut")
IMAGES = 4


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.000Z"


class Work:
    """A project that somebody works on: `do` acts as its workspace would, an entry every quarter of an hour."""

    def __init__(self, folder: Path, images: int = IMAGES) -> None:
        self.store = ProjectStore.open(folder)
        self.store._connection.execute("PRAGMA synchronous = OFF")
        self.store.list_images([folder / f"{number}.png" for number in range(images)])
        self.workspace = Workspace(self.store)
        for place, name in enumerate(NAMES):
            self.workspace.execute(edits.add_category(Category(place + 1, name, "#112233", position=place)))
        for number, (version, moment) in enumerate(MADE.items(), 1):
            self.store._connection.execute(
                "INSERT INTO model_versions VALUES (?, ?, ?, ?, '[]', ?, ?)",
                (number, version, f"{version}.safetensors", BASE, RESULT, written(moment)),
            )
        self.version = BASE

    def suggestion(self, name: str, place: int = 0) -> Suggestion:
        left = 10.0 * place
        ids = {category.name: category.id for category in self.workspace.categories}
        return Suggestion(place, (left, 1.0, left + 8.0, 9.0), name, ids.get(name), 0.7, self.version)

    def do(self, kind: str, image: int = 1, what: int = 0) -> None:
        workspace, ids = self.workspace, self.workspace.next_ids()
        first, second = workspace.categories[:2]
        category, other = (first, second) if what % 2 == 0 else (second, first)
        place = ids.annotation + ids.rejection
        suggested = [self.suggestion(category.name, place), self.suggestion(other.name, place + 1)]
        present = self.store.annotations_of(image)
        box = present[what % len(present)] if present else None
        mark = workspace.images[image - 1].mark
        categories = workspace.categories
        shifted = (box.box[0], box.box[1], box.box[2] + 1, box.box[3]) if box else (0.0, 0.0, 1.0, 1.0)
        doing = {
            "draw": lambda: edits.draw((1.0, 1.0, 5.0 + place, 5.0), image, category, ids),
            "accept": lambda: edits.accept(suggested[: 1 + what % 2], image, categories, ids),
            "adjust": lambda: edits.accept(suggested[:1], image, categories, ids, box=(0.0, 0.0, 3.0 + place, 3.0)),
            "accept as": lambda: edits.accept_as(suggested[0], image, other, ids),
            "reject": lambda: edits.reject(suggested[: 1 + what % 2], image, ids),
            "move": lambda: edits.change_box(box, shifted) if box else None,
            "relabel": lambda: edits.relabel(box, category) if box else None,
            "settle": lambda: self._settle(box, category, other, ids) if box else None,
            "delete": lambda: edits.delete(present[:1]),
            "paste": lambda: edits.paste(present, [one.box for one in present], image, ids, "paste") if box else None,
            "review": lambda: edits.mark_reviewed(mark),
            "reopen": lambda: edits.mark_reviewed(mark, reviewed=False),
            "unsure": lambda: edits.set_unsure(mark),
            "import": lambda: imported(image, ids),
            "rename": lambda: edits.rename_category(category, f"{category.name}'", categories),
        }
        if kind in ("undo", "redo"):
            if kind == "redo" or workspace.history.position > len(NAMES):
                getattr(workspace, kind)()
        elif kind == "switch":
            self.version = (BASE, HEAD, OTHER)[what % 3]
        elif (command := doing[kind]()) is not None:
            workspace.execute(command)

    def _settle(self, box: Annotation, category: Category, other: Category, ids: edits.NextIds) -> Command | None:
        before = self.workspace.category(box.category_id)
        return edits.settle(self.suggestion(other.name), box, before, category, ids)

    def statistics(self, zone: timezone = KATHMANDU) -> Statistics:
        self.store.remember(IN_USE, self.version)
        for position in range(1, self.workspace.history.length + 1):
            self.store._connection.execute(
                "UPDATE journal SET made_at = ? WHERE position = ?", (written(self.made_at(position)), position)
            )
        return read_statistics(self.store.location, zone)

    @staticmethod
    def made_at(position: int) -> datetime:
        return START + timedelta(minutes=15 * position)


def imported(image: int, ids: edits.NextIds) -> Command:
    origin = Origin((0.0, 0.0, 2.0, 2.0), "bolt", 0.5, BASE)
    rows = [
        Annotation(ids.annotation, image, 1, (0.0, 0.0, 2.0, 2.0), Provenance.IMPORTED),
        Annotation(ids.annotation + 1, image, 1, (0.0, 0.0, 2.0, 2.0), Provenance.ACCEPTED, origin),
        Annotation(ids.annotation + 2, image, 1, (0.0, 0.0, 2.0, 7.0)),
    ]
    return Command("them.json importieren", None, tuple(Edit(None, row) for row in rows))


@pytest.fixture
def work(tmp_path: Path):
    made = Work(tmp_path)
    with closing(made.store):
        yield made


class Twin:
    """The same figures by going through every command and every row, one by one."""

    def __init__(self, work: Work, zone: timezone) -> None:
        self.work, self.zone, self.store = work, zone, work.store
        last = work.workspace.history.position
        self.entries = [(place, self.store.journal_entry(place)) for place in range(1, last + 1)]
        self.rounds = self._rounds()
        self.born: dict[tuple[type, int], int] = {}
        for place, command in self.entries:
            self.born |= {(type(row), row.id): place for row in command.rows_added()}

    def _rounds(self) -> list[tuple[str, list[int]]]:
        own = [entry for entry in self.entries if not is_import(entry[1]) and matters(entry[1])]
        versions = [decided_on(command) for _, command in own]
        runs: list[tuple[str, list[int]]] = []
        before = ""
        for index, (place, _) in enumerate(own):
            after = next((one for one in versions[index:] if one), self.work.version)
            made = MADE.get(after)
            begins = self.work.made_at(place) >= made if made else not before
            version = versions[index] or (after if begins else before)
            before = version if versions[index] or version != before else before
            if not runs or runs[-1][0] != version:
                runs.append((version, []))
            runs[-1][1].append(place)
        if runs and runs[-1][0] != self.work.version:
            runs.append((self.work.version, []))
        return runs

    def tallies(self) -> tuple[dict[int, Tally], dict[date, Tally], dict[str, dict[str, Tally]]]:
        by_round, by_day = defaultdict(Tally), defaultdict(Tally)
        by_version: dict[str, dict[str, Tally]] = defaultdict(lambda: defaultdict(Tally))
        names = {one.id: one.name for one in self.store.categories()}
        for image in range(1, IMAGES + 1):
            for row in (*self.store.annotations_of(image), *self.store.rejections_of(image)):
                place = self.born[type(row), row.id]
                own = not is_import(dict(self.entries)[place])
                if isinstance(row, Rejection):
                    if row.origin.score == NOT_SUGGESTED:
                        continue
                    tally, version, name = Tally(rejected=1), row.origin.model_version, row.origin.name
                elif row.provenance is Provenance.IMPORTED or (row.origin is None and not own):
                    continue
                else:
                    tally = Tally(**{row.provenance.value: 1})
                    version = row.origin.model_version if row.origin else self.rounds[self.round_of(place)][0]
                    is_relabelled = row.provenance is Provenance.RELABELLED
                    name = row.origin.name if is_relabelled else names[row.category_id]
                by_version[version][name] += tally
                if own:
                    by_round[self.round_of(place)] += tally
                    by_day[self.day_of(place)] += tally
        return by_round, by_day, by_version

    def reviewed(self) -> tuple[dict[int, int], dict[date, int]]:
        at: dict[int, int] = {}
        for place, command in self.entries:
            for edit in command.edits:
                if isinstance(edit.after, ImageMark) and not edit.after.reviewed:
                    at.pop(edit.after.id, None)
                elif isinstance(edit.after, ImageMark) and not edit.before.reviewed:
                    at[edit.after.id] = place
        by_round, by_day = defaultdict(int), defaultdict(int)
        for place in at.values():
            by_round[self.round_of(place)] += 1
            by_day[self.day_of(place)] += 1
        return by_round, by_day

    def round_of(self, place: int) -> int:
        return next(number for number, (_, places) in enumerate(self.rounds) if place in places)

    def day_of(self, place: int) -> date:
        return self.work.made_at(place).astimezone(self.zone).date()


def is_import(command: Command) -> bool:
    return command.text.endswith("importieren")


def matters(command: Command) -> bool:
    rows = [*command.rows_added(), *(edit.row for edit in command.edits)]
    return any(isinstance(row, ImageMark) for row in rows) or any(
        isinstance(row, Annotation | Rejection) for row in command.rows_added()
    )


def decided_on(command: Command) -> str | None:
    origins = [row.origin for row in command.rows_added() if isinstance(row, Annotation | Rejection)]
    return next((origin.model_version for origin in origins if origin is not None), None)


KINDS = (
    *("draw", "accept", "adjust", "accept as", "reject", "move", "relabel", "settle", "delete", "paste"),
    *("review", "review", "reopen", "unsure", "import", "undo", "undo", "redo", "switch", "switch"),
)
ACTIONS = st.lists(
    st.tuples(st.sampled_from(KINDS), st.integers(1, IMAGES), st.integers(0, 5)), min_size=1, max_size=60
)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ACTIONS, st.sampled_from([-210, 0, 345, 765]))
def test_that_the_figures_are_those_of_counting_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, int]], offset: int
) -> None:
    work, zone = Work(tmp_path_factory.mktemp("twin")), timezone(timedelta(minutes=offset))
    with closing(work.store):
        for action in actions:
            work.do(*action)
        found, twin = work.statistics(zone), Twin(work, zone)
        by_round, by_day, by_version = twin.tallies()
        reviewed_by_round, reviewed_by_day = twin.reviewed()
        rounds = [
            (version, by_round[number], reviewed_by_round[number]) for number, (version, _) in enumerate(twin.rounds)
        ]
        assert [(one.version, one.tally, one.reviewed) for one in found.rounds] == rounds
        assert {one.day: (one.tally, one.reviewed) for one in found.days} == {
            day: (by_day[day], reviewed_by_day[day]) for day in {*by_day, *reviewed_by_day}
        }
        assert {one.version: dict(one.categories) for one in found.versions} == by_version
        rows = [row for image in range(1, IMAGES + 1) for row in work.store.annotations_of(image)]
        assert found.boxes == len(rows)
        for category in found.categories:
            own = [row.provenance for row in rows if work.workspace.category(row.category_id).name == category.name]
            assert category.by_provenance == {kind: own.count(kind) for kind in set(own)}
        assert found.images.total == IMAGES
        assert found.images.reviewed == work.workspace.reviewed_count


def test_that_a_project_without_a_decision_has_no_rounds_and_no_days(work: Work) -> None:
    found = work.statistics()
    assert found.is_empty
    assert (found.rounds, found.days, found.versions) == ((), (), ())
    assert found.images == ImageStates(untouched=IMAGES)
    assert [(one.name, one.boxes) for one in found.categories] == [("bolt", 0), ("nut", 0)]


def test_that_images_are_counted_in_one_state_each(work: Work) -> None:
    work.do("review", 1)
    work.do("unsure", 2)
    work.do("reject", 3)
    work.store.list_images([work.store.location.image_folder / f"{number}.png" for number in range(IMAGES - 1)])
    assert work.statistics().images == ImageStates(reviewed=1, unsure=1, begun=1, untouched=1, missing=1)


def test_that_a_version_is_called_by_its_number_and_what_came_before_it_the_base(work: Work) -> None:
    work.do("accept")
    work.version = OTHER
    work.do("reject")
    found = work.statistics()
    assert [(one.title, one.tally.acceptance) for one in found.versions] == [("Base", 1.0), ("Version 2", 0.0)]
    assert [one.title for one in found.rounds] == ["Base", "Version 2"]


def test_that_a_base_model_is_called_by_its_file_and_a_deleted_version_by_that(work: Work) -> None:
    work.store.mappings.put_file("mine-1", "/models/mine.safetensors")
    work.store.mappings.put_file(BASE, "")
    for version in (BASE, "mine-1", "gone-1"):
        work.version = version
        work.do("accept")
    assert [one.title for one in work.statistics().rounds] == ["Base", "mine", "Deleted version"]


def test_that_no_two_models_have_one_title(work: Work) -> None:
    for version in (BASE, "embedded-2"):
        work.version = version
        work.do("accept")
    assert [one.title for one in work.statistics().rounds] == ["Base (embedded-1)", "Base (embedded-2)"]


def test_that_a_new_version_begins_a_round_before_anything_is_decided_in_it(work: Work) -> None:
    work.do("accept")
    work.do("review")
    work.version = HEAD
    last = work.statistics().rounds[-1]
    assert (last.title, last.reviewed, last.tally, last.began_at) == ("Version 1", 0, Tally(), "")
    assert last.corrections_per_image is None
    assert last.kinds_per_image is None


def test_that_corrections_are_given_for_each_image_in_four_kinds(work: Work) -> None:
    for kind in ("accept", "adjust", "accept as", "reject", "draw", "draw"):
        work.do(kind)
    work.do("review", 1)
    work.do("review", 2)
    (only,) = work.statistics().rounds
    assert only.corrections_per_image == 2.5
    assert only.kinds_per_image == (1.0, 0.5, 0.5, 0.5)
    assert only.tally.acceptance == 0.25


def test_that_what_was_suggested_under_an_old_name_counts_under_the_new_one(work: Work) -> None:
    for kind in ("accept", "reject", "accept as"):
        work.do(kind)
    work.do("rename")
    (base,) = work.statistics().versions
    assert base.categories == {"bolt'": Tally(accepted=1, rejected=1, relabelled=1)}


def test_that_the_former_category_of_a_relabelled_box_is_no_rejected_suggestion(work: Work) -> None:
    work.do("accept")
    work.version = HEAD
    (box,) = work.store.annotations_of(1)
    bolt, nut = work.workspace.categories
    doubt = replace(work.suggestion("nut"), relabels=box.id)
    work.workspace.execute(edits.settle(doubt, box, bolt, nut, work.workspace.next_ids()))
    (base,) = work.statistics().versions
    assert (base.version, base.tally) == (BASE, Tally(relabelled=1))


@pytest.mark.parametrize("before", ["accept", "draw"])
def test_that_a_relabelled_box_is_one_correction_wherever_it_goes_and_none_once_it_is_gone(
    work: Work, before: str
) -> None:
    work.do(before)
    work.version = HEAD
    (box,) = work.store.annotations_of(1)
    bolt, nut = work.workspace.categories
    doubt = replace(work.suggestion("nut"), relabels=box.id)
    work.workspace.execute(edits.settle(doubt, box, bolt, nut, work.workspace.next_ids()))
    tallies = [one.tally for one in work.statistics().versions]
    assert [one.rejected for one in tallies] == [0]
    work.do("move")
    assert [one.tally for one in work.statistics().versions] == tallies
    work.do("delete")
    assert work.statistics().versions == ()


def test_that_a_rejected_doubt_counts_whether_or_not_it_had_the_very_box(work: Work) -> None:
    work.do("accept")
    work.version = HEAD
    (box,) = work.store.annotations_of(1)
    bolt, nut = work.workspace.categories
    washer = edits.new_category("washer", (bolt, nut), 3)
    work.workspace.execute(edits.add_category(washer))
    doubt = replace(work.suggestion("nut"), box=box.box, relabels=box.id)
    work.workspace.execute(edits.settle(doubt, box, bolt, washer, work.workspace.next_ids()))
    for _ in range(2):
        tallies = {one.version: one.tally for one in work.statistics().versions}
        assert tallies == {BASE: Tally(relabelled=1), HEAD: Tally(rejected=1)}
        work.do("move")


def test_that_active_time_counts_on_the_day_of_the_person(work: Work) -> None:
    work.do("draw")
    add = "INSERT INTO activity (image_id, began_at, seconds) VALUES (1, ?, ?)"
    for began_at, seconds in (("2026-03-27T18:14:59.000Z", 30.0), ("2026-03-27T18:15:00.000Z", 1800.0)):
        work.store._connection.execute(add, (began_at, seconds))
    before, after = work.statistics().days
    assert (before.day, before.seconds, before.boxes_per_hour) == (date(2026, 3, 27), 30.0, None)
    assert (after.day, after.seconds, after.boxes_per_hour) == (date(2026, 3, 28), 1800.0, 2.0)
    assert work.statistics().seconds == 1830.0


def test_that_a_damaged_entry_is_a_sentence(work: Work) -> None:
    work.do("review")
    work.store._connection.execute('UPDATE journal SET command = \'{"kind":"image"\' WHERE position = 3')
    with pytest.raises(StoreError, match="An entry of the project's journal cannot be read"):
        read_statistics(work.store.location)


def test_that_a_time_that_is_none_is_a_sentence(work: Work) -> None:
    work.do("review")
    work.store._connection.execute("UPDATE journal SET made_at = 'yesterday' WHERE position = 3")
    with pytest.raises(StoreError, match="A time in the project cannot be read: yesterday"):
        read_statistics(work.store.location)
