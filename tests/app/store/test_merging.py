"""Shares brought back: what is taken, what both sides changed, whose boxes they are, and how far people agree."""

from __future__ import annotations

import shutil
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.model import edits
from app.model.annotations import Annotation, Box, Category, ImageMark, Origin, Provenance, Rejection
from app.model.commands import Command, Edit, Row
from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store.location import find
from app.store.merging import Conflict, MergePlan, plan_merge
from app.store.project_store import ProjectStore
from app.store.share_states import MERGED, MOST_KEPT, opened_shares, remember_merge
from app.store.shares import split_project
from detector.image_files import list_images

if TYPE_CHECKING:
    from pathlib import Path

BOX: Box = (1.0, 2.0, 30.0, 40.0)
NEW: Box = (40.0, 5.0, 60.0, 25.0)
ORIGIN = Origin(BOX, "bolt", 0.75, "v1")


class Team:
    """A project of eight images, one box on each, split between Ann and Ben, who also share `twice` of them."""

    def __init__(self, home: Path, overlap: float = 0.0, *, reviewed: bool = False) -> None:
        self.folder = home / "photos"
        self.folder.mkdir()
        for number in range(8):
            Image.new("L", (64, 48), 20 * number).save(self.folder / f"{'abcdefgh'[number]}{'xyz'[number % 3]}.png")
        with closing(ProjectStore.open(self.folder)) as store:
            store.list_images(list_images(self.folder))
            rows: list[Row] = [Category(1, "bolt", "#e69f00"), Category(2, "nut", "#56b4e9", position=1)]
            rows += [Annotation(record.id, record.id, 1, BOX) for record in store.images()]
            rows += [Rejection(record.id, record.id, ORIGIN) for record in store.images()]
            Workspace(store).execute(Command("begin", None, tuple(Edit(None, row) for row in rows)))
            location = store.location
        if reviewed:
            self.review(self.folder)
        self.dealt = split_project(location, home / "shares", ["ann", "ben"], overlap=overlap)
        self.ann, self.ben = (one.folder for one in self.dealt)

    def do(self, folder: Path, path: str, *changes: tuple[Row | None, Row | None]) -> None:
        """Change rows of an image; new ones get free ids."""
        with closing(ProjectStore.open(folder)) as store:
            image_id = next(one.id for one in store.images() if one.path == path)
            command = Command("work", image_id, tuple(Edit(*change) for change in changes))
            Workspace(store).execute(command)

    def draw(self, folder: Path, path: str, box: Box = NEW, category_id: int = 1, *, note: str = "") -> None:
        with closing(ProjectStore.open(folder)) as store:
            record = next(one for one in store.images() if one.path == path)
            drawn = Annotation(store.next_id(Annotation), record.id, category_id, box, note=note)
            marked = replace(record.mark, reviewed=True)
            changes = [Edit(None, drawn)] + ([Edit(record.mark, marked)] if marked != record.mark else [])
            Workspace(store).execute(Command("draw", record.id, tuple(changes)))

    def review(self, folder: Path) -> None:
        with closing(ProjectStore.open(folder)) as store:
            marks = [(one.mark, replace(one.mark, reviewed=True)) for one in store.images()]
            changed = tuple(Edit(*pair) for pair in marks if pair[0] != pair[1])
            Workspace(store).execute(Command("review", None, changed))

    def merge(self, *folders: Path, prefer_share: bool = False) -> MergePlan:
        locations = [location for folder in folders or (self.ann, self.ben) if (location := find(folder)) is not None]
        with closing(ProjectStore.open(self.folder)) as store, opened_shares(store, locations) as shares:
            plan = plan_merge(store, shares, prefer_share=prefer_share)
            remember_merge(store, plan.command, shares, [tally.left for tally in plan.tallies], plan.ids)
            if plan.command is not None:
                Workspace(store).execute(plan.command)
            return plan

    def undo(self) -> None:
        with closing(ProjectStore.open(self.folder)) as store:
            Workspace(store).undo()

    def rows(self, path: str) -> list[Annotation]:
        with closing(ProjectStore.open(self.folder)) as store:
            return store.annotations_of(next(one.id for one in store.images() if one.path == path))

    def first(self, folder: Path) -> str:
        """An image of a share that nobody else has."""
        return min(self.paths(folder) - self.paths(self.ben if folder == self.ann else self.ann))

    def paths(self, folder: Path) -> set[str]:
        with closing(ProjectStore.open(folder)) as store:
            return {one.path for one in store.images()}


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def counts(plan: MergePlan) -> list[tuple[int, int, int, int, int]]:
    """Of each share: taken, present, untouched, conflicts, unknown."""
    return [(one.taken, one.present, one.untouched, len(one.conflicts), one.unknown) for one in plan.tallies]


def test_that_what_a_labeler_did_comes_back_under_their_name_and_the_rest_keeps_its_rows(team: Team) -> None:
    path = team.first(team.ann)
    before = team.rows(path)
    team.draw(team.ann, path, note="half hidden")
    plan = team.merge()
    assert counts(plan) == [(1, 0, 3, 0, 0), (0, 0, 4, 0, 0)]
    old, new = team.rows(path)
    assert [old] == before
    assert (new.box, new.note, new.author, new.provenance) == (NEW, "half hidden", "ann", Provenance.DRAWN)
    with closing(ProjectStore.open(team.folder)) as store:
        assert [one.path for one in store.images() if one.reviewed] == [path]


def test_that_moves_deletions_and_decisions_on_suggestions_come_back(team: Team) -> None:
    moved, deleted = sorted(team.paths(team.ben))[:2]
    (box,), (gone,) = team.rows(moved), team.rows(deleted)
    team.do(
        team.ben, moved, (box, replace(box, box=NEW, category_id=2)), (Rejection(box.id, box.image_id, ORIGIN), None)
    )
    other = replace(ORIGIN, name="nut")
    team.do(team.ben, deleted, (gone, None), (None, Rejection(99, gone.image_id, other)))
    plan = team.merge()
    assert counts(plan)[1] == (2, 0, 2, 0, 0)
    ((now,), none) = team.rows(moved), team.rows(deleted)
    assert (now.box, now.category_id, now.author, none) == (NEW, 2, "ben", [])
    with closing(ProjectStore.open(team.folder)) as store:
        assert store.rejections_of(box.image_id) == []
        assert [one.origin for one in store.rejections_of(gone.image_id)] == [ORIGIN, other]


def test_that_a_merge_is_one_step_that_undo_takes_back_and_that_can_be_done_again(team: Team) -> None:
    path = team.first(team.ann)
    before = team.rows(path)
    team.draw(team.ann, path)
    team.merge()
    with closing(ProjectStore.open(team.folder)) as store:
        workspace = Workspace(store)
        assert workspace.undo_text == "merge the share of ann, ben"
        workspace.undo()
    assert team.rows(path) == before
    assert counts(team.merge())[0] == (1, 0, 3, 0, 0)
    assert len(team.rows(path)) == 2


def test_that_a_merge_of_what_is_there_changes_nothing(team: Team) -> None:
    assert team.merge().command is None
    path = team.first(team.ann)
    team.draw(team.ann, path)
    team.merge()
    plan = team.merge()
    assert plan.command is None
    assert counts(plan)[0] == (0, 0, 4, 0, 0)


def test_that_a_labeler_goes_on_after_a_merge_and_is_merged_again(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path)
    team.merge(team.ann)
    team.draw(team.ann, path, (2.0, 3.0, 9.0, 9.0), 2)
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
    assert [(one.box, one.author) for one in team.rows(path)][1:] == [(NEW, "ann"), ((2.0, 3.0, 9.0, 9.0), "ann")]


def test_that_the_work_of_the_project_after_a_merge_stays(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path)
    team.merge(team.ann)
    team.draw(team.folder, path, (2.0, 3.0, 9.0, 9.0))
    assert counts(team.merge(team.ann)) == [(0, 0, 4, 0, 0)]
    assert len(team.rows(path)) == 3


@pytest.mark.parametrize("prefer_share", [False, True])
def test_that_what_both_sides_changed_is_listed_and_stays_unless_the_share_is_preferred(
    prefer_share: bool, team: Team
) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path, NEW)
    team.draw(team.folder, path, (2.0, 3.0, 9.0, 9.0))
    plan = team.merge(prefer_share=prefer_share)
    assert plan.tallies[0].conflicts == [Conflict(path, 1, 1, taken=prefer_share)]
    assert (plan.command is not None) == prefer_share
    assert [one.box for one in team.rows(path)] == [BOX, NEW if prefer_share else (2.0, 3.0, 9.0, 9.0)]


def test_that_what_was_not_taken_is_told_again_until_it_is(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path, NEW)
    team.draw(team.folder, path, (2.0, 3.0, 9.0, 9.0))
    for prefer_share in (False, False, True):
        assert len(team.merge(prefer_share=prefer_share).tallies[0].conflicts) == 1
    assert team.merge().tallies[0].conflicts == []
    assert team.rows(path)[1].box == NEW


def test_that_the_same_work_on_both_sides_is_no_conflict(team: Team) -> None:
    path = team.first(team.ann)
    for folder in (team.ann, team.folder):
        team.draw(folder, path)
    plan = team.merge()
    assert (plan.command, counts(plan)[0]) == (None, (0, 1, 3, 0, 0))


def test_that_two_labelers_of_one_image_are_compared_and_the_first_is_taken(tmp_path: Path) -> None:
    team = Team(tmp_path, overlap=0.25)
    both = sorted(team.paths(team.ann) & team.paths(team.ben))
    assert len(both) == 2
    for folder in (team.ann, team.ben):
        team.review(folder)
    team.draw(team.ann, both[0], NEW, 2)
    team.draw(team.ben, both[0], (41.0, 5.0, 60.0, 25.0), 1)
    plan = team.merge()
    assert [len(one.conflicts) for one in plan.tallies] == [0, 1]
    assert [one.box for one in team.rows(both[0])] == [BOX, NEW]
    ((first, second, agreement),) = plan.agreements
    assert (first.name, second.name, agreement.images) == ("ann", "ben", 2)
    assert agreement.labels == {(1, 1): 2, (2, 1): 1}
    assert agreement.kappa == pytest.approx(0)
    assert {plan.names[one]: agreement.of(one).share for one in agreement.categories} == {"bolt": 0.8, "nut": 0}


def test_that_what_was_reviewed_before_the_split_says_nothing_about_two_labelers(tmp_path: Path) -> None:
    team = Team(tmp_path, overlap=0.25, reviewed=True)
    assert team.merge().agreements == ()
    path = min(team.paths(team.ann) & team.paths(team.ben))
    team.draw(team.ann, path)
    assert team.merge().agreements == ()
    team.draw(team.ben, path)
    ((_, _, agreement),) = team.merge().agreements
    assert agreement.images == 1


def test_that_an_image_that_only_one_of_them_has_reviewed_is_not_compared(tmp_path: Path) -> None:
    team = Team(tmp_path, overlap=0.25)
    team.review(team.ann)
    assert team.merge().agreements == ()


def test_that_a_new_category_comes_with_the_share_and_the_same_name_is_one(team: Team) -> None:
    for folder in (team.ann, team.ben):
        with closing(ProjectStore.open(folder)) as store:
            Workspace(store).execute(edits.add_category(edits.new_category("screw", store.categories(), 7)))
        team.draw(folder, team.first(folder), NEW, 7)
    plan = team.merge()
    with closing(ProjectStore.open(team.folder)) as store:
        assert [(one.id, one.name, one.position) for one in store.categories()][2:] == [(3, "screw", 2)]
    assert plan.names[3] == "screw"
    assert [team.rows(team.first(folder))[1].category_id for folder in (team.ann, team.ben)] == [3, 3]


def test_that_a_category_that_nobody_needs_does_not_come_back(team: Team) -> None:
    with closing(ProjectStore.open(team.folder)) as store:
        Workspace(store).execute(Command("delete", None, (Edit(store.categories()[1], None),)))
    team.draw(team.ann, team.first(team.ann))
    assert counts(team.merge())[0] == (1, 0, 3, 0, 0)
    with closing(ProjectStore.open(team.folder)) as store:
        assert [one.name for one in store.categories()] == ["bolt"]


def test_that_categories_are_those_that_were_given_whatever_they_are_called_by_now(team: Team) -> None:
    path = team.first(team.ann)
    with closing(ProjectStore.open(team.ann)) as store:
        nut = store.categories()[1]
        Workspace(store).execute(edits.rename_category(nut, "hex nut", store.categories()))  # type: ignore[arg-type]
    team.draw(team.ann, path, NEW, 2)
    with closing(ProjectStore.open(team.folder)) as store:
        nut = store.categories()[1]
        Workspace(store).execute(edits.rename_category(nut, "Mutter", store.categories()))  # type: ignore[arg-type]
    plan = team.merge()
    assert plan.tallies[0].renamed == [("nut", "hex nut")]
    assert team.rows(path)[1].category_id == 2
    with closing(ProjectStore.open(team.folder)) as store:
        assert [one.name for one in store.categories()] == ["bolt", "Mutter"]


def test_that_a_category_that_was_merged_meanwhile_is_the_one_that_it_became(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path, NEW, 2)
    with closing(ProjectStore.open(team.folder)) as store:
        bolt, nut = store.categories()
        merged = Command("merge", None, (Edit(bolt, replace(bolt, merged=((2, "nut"),))), Edit(nut, None)))
        Workspace(store).execute(merged)
    assert counts(team.merge())[0] == (1, 0, 3, 0, 0)
    assert [one.category_id for one in team.rows(path)] == [1, 1]


def test_that_images_that_the_project_lacks_are_counted_and_left_out(team: Team) -> None:
    Image.new("L", (64, 48)).save(team.ann / "new.png")
    with closing(ProjectStore.open(team.ann)) as store:
        store.list_images(list_images(team.ann))
    assert counts(team.merge())[0] == (0, 0, 4, 0, 1)


def test_that_a_share_of_a_share_says_who_really_worked_on_it(team: Team, tmp_path: Path) -> None:
    location = find(team.ann)
    assert location is not None
    cem, _ = (one.folder for one in split_project(location, tmp_path / "again", ["cem", "dan"]))
    path = min(team.paths(cem))
    team.draw(cem, path)
    inner = find(cem)
    assert inner is not None
    with closing(ProjectStore.open(team.ann)) as store, opened_shares(store, [inner]) as shares:
        plan = plan_merge(store, shares)
        assert plan.command is not None
        Workspace(store).execute(plan.command)
    team.merge()
    assert [one.author for one in team.rows(path)] == ["", "cem"]


def test_that_its_labeler_may_be_at_work_meanwhile(team: Team) -> None:
    path = team.first(team.ann)
    with closing(ProjectStore.open(team.ann)) as at_work:
        record = next(one for one in at_work.images() if one.path == path)
        drawn = Annotation(at_work.next_id(Annotation), record.id, 1, NEW)
        Workspace(at_work).execute(Command("draw", record.id, (Edit(None, drawn),)))
        assert counts(team.merge())[0] == (1, 0, 3, 0, 0)
    assert len(team.rows(path)) == 2


def test_that_a_share_of_another_project_is_refused(team: Team, tmp_path: Path) -> None:
    folder = tmp_path / "others"
    folder.mkdir()
    for path in list_images(team.folder):
        shutil.copy(path, folder)
    with closing(ProjectStore.open(folder)) as store:
        store.list_images(list_images(folder))
        location = store.location
    stranger = split_project(location, tmp_path / "theirs", ["ann", "ben"])[0].folder
    with pytest.raises(StoreError, match="a share of another project"):
        team.merge(stranger)


def test_that_one_share_named_twice_and_what_is_none_are_refused(team: Team) -> None:
    with pytest.raises(StoreError, match="named twice"):
        team.merge(team.ann, team.ann)
    with pytest.raises(StoreError, match="no share of a project"):
        team.merge(team.folder)


@pytest.mark.parametrize("name", ["project.db", "given.db"])
def test_that_a_damaged_share_changes_nothing_and_is_said(name: str, team: Team) -> None:
    path = team.first(team.ben)
    team.draw(team.ben, path)
    database = team.ann / ".boxwright" / name
    database.write_bytes(database.read_bytes()[:100] + b"\0" * 4000)
    with pytest.raises(StoreError, match=str(database)):
        team.merge()
    assert len(team.rows(path)) == 1
    assert not (team.folder / ".boxwright" / MERGED).exists()


def test_that_a_merge_that_was_not_remembered_is_seen_by_what_is_there(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path)
    team.merge()
    for kept in (team.folder / ".boxwright" / MERGED).iterdir():
        kept.unlink()
    plan = team.merge()
    assert (plan.command, counts(plan)[0]) == (None, (0, 1, 3, 0, 0))


def test_that_what_was_remembered_of_a_merge_that_was_undone_does_not_count(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path)
    team.draw(team.folder, path, (2.0, 3.0, 9.0, 9.0))
    team.merge(prefer_share=True)
    team.undo()
    assert len(team.merge().tallies[0].conflicts) == 1
    team.merge(prefer_share=True)
    assert team.rows(path)[1].box == NEW


def test_that_a_merge_that_never_happened_was_not_remembered(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path)
    location = find(team.ann)
    assert location is not None
    with closing(ProjectStore.open(team.folder)) as store, opened_shares(store, [location]) as shares:
        plan = plan_merge(store, shares)
        remember_merge(store, plan.command, shares, [[]], plan.ids)  # and is killed
    assert counts(team.merge())[0] == (1, 0, 3, 0, 0)


def test_that_a_merge_that_cannot_be_remembered_changes_nothing(team: Team) -> None:
    path = team.first(team.ann)
    team.draw(team.ann, path)
    (team.folder / ".boxwright" / MERGED).write_text("in the way")
    with pytest.raises(StoreError, match="Nothing was merged, because it could not be remembered"):
        team.merge()
    assert len(team.rows(path)) == 1


def test_that_what_the_project_deletes_after_a_merge_stays_deleted(team: Team) -> None:
    path = team.first(team.ann)
    with closing(ProjectStore.open(team.ann)) as store:
        record = next(one for one in store.images() if one.path == path)
        drawn = Annotation(store.next_id(Annotation), record.id, 1, NEW)
        Workspace(store).execute(Command("draw", record.id, (Edit(None, drawn),)))
    team.merge()
    team.do(team.folder, path, (team.rows(path)[1], None))
    team.draw(team.ann, sorted(team.paths(team.ann))[1])
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
    assert len(team.rows(path)) == 1


def test_that_only_the_last_merges_are_remembered(team: Team) -> None:
    for number in range(MOST_KEPT + 2):
        team.draw(team.ann, team.first(team.ann), (10.0 + number, 3.0, 60.0, 40.0))
        team.merge(team.ann)
    names = [path.suffix for path in (team.folder / ".boxwright" / MERGED).iterdir()]
    assert sorted(names) == [".db"] * MOST_KEPT + [".json"] * MOST_KEPT


def remembered(team: Team) -> list[str]:
    return sorted(path.name for path in (team.folder / ".boxwright" / MERGED).glob("*.db"))


def test_that_merges_that_were_undone_never_push_out_the_one_in_force(team: Team) -> None:
    path, later = sorted(team.paths(team.ann))[:2]
    team.draw(team.folder, team.first(team.ben))
    for number in range(MOST_KEPT):
        team.draw(team.ann, path, (2.0 + number, 3.0, 9.0, 9.0))
        team.merge(team.ann)
        team.undo()
    team.undo()  # so that the real merge comes before the place of those that were undone
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
    team.draw(team.ann, path, NEW)
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
    team.draw(team.ann, later, NEW)
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]


def test_that_of_merges_at_one_place_in_the_journal_the_last_is_remembered(team: Team) -> None:
    path = team.first(team.ann)
    for number in range(4 * MOST_KEPT):
        team.draw(team.ann, path, (2.0 + number, 3.0, 40.0, 9.0))
        before = remembered(team) if number else []
        team.merge(team.ann)
        (new,) = set(remembered(team)) - set(before)
        team.draw(team.ann, path, (2.0 + number, 3.0, 41.0, 9.0))
        assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
        assert new in remembered(team)
        assert len(remembered(team)) == 2, "what nothing brings back is forgotten"
        team.undo()
        team.undo()


def test_that_what_redo_brings_back_is_remembered(team: Team) -> None:
    path = team.first(team.ann)
    for number in range(MOST_KEPT):
        team.draw(team.ann, path, (2.0 + number, 3.0, 40.0, 9.0))
        team.merge(team.ann)

    def step(folder: Path, which: str) -> None:
        with closing(ProjectStore.open(folder)) as store:
            for _ in range(MOST_KEPT - 1):
                getattr(Workspace(store), which)()

    for folder in (team.folder, team.ann):
        step(folder, "undo")
    assert team.merge(team.ann).command is None
    for folder in (team.folder, team.ann):
        step(folder, "redo")
    team.draw(team.ann, path, NEW)
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]


def test_that_an_image_that_was_not_given_and_not_worked_on_changes_nothing(team: Team) -> None:
    path = team.first(team.ben)
    shutil.copy(team.folder / path, team.ann)
    with closing(ProjectStore.open(team.ann)) as store:
        store.list_images(list_images(team.ann))
    before = team.rows(path)
    assert counts(team.merge(team.ann, prefer_share=True)) == [(0, 0, 5, 0, 0)]
    assert team.rows(path) == before


def test_that_a_category_that_came_with_a_merge_may_be_renamed_or_go(team: Team) -> None:
    path = team.first(team.ann)
    with closing(ProjectStore.open(team.ann)) as store:
        Workspace(store).execute(edits.add_category(edits.new_category("wheel", store.categories(), 7)))
    team.draw(team.ann, path, NEW, 7)
    assert team.merge().new_categories == ("wheel",)
    with closing(ProjectStore.open(team.ann)) as store:
        wheel = store.categories()[2]
        Workspace(store).execute(edits.rename_category(wheel, "tyre", store.categories()))  # type: ignore[arg-type]
    team.draw(team.ann, path, (2.0, 3.0, 9.0, 9.0), 7)
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
    assert [one.category_id for one in team.rows(path)] == [1, 3, 3]
    with closing(ProjectStore.open(team.ann)) as store:
        record = next(one for one in store.images() if one.path == path)
        gone = [Edit(one, None) for one in store.annotations_of(record.id) if one.category_id == 7]
        Workspace(store).execute(Command("delete", None, (*gone, Edit(store.categories()[2], None))))
    assert counts(team.merge(team.ann)) == [(1, 0, 3, 0, 0)]
    assert [one.category_id for one in team.rows(path)] == [1]


def test_that_two_categories_stay_two_where_one_takes_the_name_of_the_other(team: Team) -> None:
    path = team.first(team.ann)
    with closing(ProjectStore.open(team.ann)) as store:
        nut = store.categories()[1]
        Workspace(store).execute(edits.rename_category(nut, "washer", store.categories()))  # type: ignore[arg-type]
        Workspace(store).execute(edits.add_category(edits.new_category("nut", store.categories(), 7)))
    team.draw(team.ann, path, NEW, 2)
    team.draw(team.ann, path, (2.0, 3.0, 9.0, 9.0), 7)
    plan = team.merge()
    assert plan.new_categories == ("nut (ann)",)
    assert [plan.names[one.category_id] for one in team.rows(path)] == ["bolt", "nut", "nut (ann)"]


def test_that_a_name_that_the_project_gave_up_is_free_for_a_new_category_of_a_share(team: Team) -> None:
    for folder, name in ((team.folder, "Mutter"), (team.ann, "washer")):
        with closing(ProjectStore.open(folder)) as store:
            nut = store.categories()[1]
            Workspace(store).execute(edits.rename_category(nut, name, store.categories()))  # type: ignore[arg-type]
    with closing(ProjectStore.open(team.ann)) as store:
        Workspace(store).execute(edits.add_category(edits.new_category("nut", store.categories(), 7)))
    team.draw(team.ann, team.first(team.ann), NEW, 7)
    assert team.merge().new_categories == ("nut",)


@pytest.mark.parametrize("name", ["project.db", "given.db"])
def test_that_an_empty_or_missing_file_of_a_share_is_said(name: str, team: Team) -> None:
    location, database = find(team.ann), team.ann / ".boxwright" / name
    assert location is not None
    for spoil, words in ((lambda: database.write_bytes(b""), "empty"), (database.unlink, "is not there")):
        spoil()
        with (
            closing(ProjectStore.open(team.folder)) as store,
            pytest.raises(StoreError, match=words),
            opened_shares(store, [location]),
        ):
            pass


def test_that_marks_come_back_too(team: Team) -> None:
    path = team.first(team.ann)
    with closing(ProjectStore.open(team.ann)) as store:
        record = next(one for one in store.images() if one.path == path)
    team.do(team.ann, path, (ImageMark(record.id), ImageMark(record.id, unsure=True, extra='{"seen": 1}')))
    team.merge()
    with closing(ProjectStore.open(team.folder)) as store:
        found = next(one for one in store.images() if one.path == path)
    assert (found.unsure, found.extra, found.reviewed) == (True, '{"seen": 1}', False)
