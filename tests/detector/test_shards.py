"""Shards, their rows and the folder that keeps them; none of this needs Ray."""

from __future__ import annotations

import errno
import json
import os
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from detector.durable import settle
from detector.image_files import ImageFile
from detector.seen_images import SeenImage, UnseenImage
from detector.shard_rows import rows_of, text_of
from detector.shards import Job, Shard, ShardFolder, cut, digest_of, shard_of, text_of_shard
from detector.types import Detections, DetectorError, Proposals

JOB = Job("v1", ("one", "two"), 0.5, 0.4, 0, "fast", "", 2, False, 2, 5, "digest")
FILES = [ImageFile(Path(f"/photos/{number}.png"), f"{number}.png") for number in range(5)]
AWKWARD = np.float32([0.1, 1 / 3, 1e-30, 1234.5677, 7, 3e7, 0.99999994, 2**-24])


def seen(index: int, name: str = "image.png", boxes: int = 2) -> SeenImage:
    corners = np.resize(AWKWARD, (boxes, 4))
    scores = np.resize(AWKWARD[[0, 1, 6]], boxes)
    found = Detections(corners, scores, np.arange(1, boxes + 1), np.arange(boxes))
    return SeenImage(index, name, (480, 640), Proposals(corners * 3, scores / 3), found)


def text_for(shard: Shard) -> str:
    return text_of([seen(index, file.name) for index, file in enumerate(shard.files)], shard.first)


def begin(folder: ShardFolder) -> None:
    """Have one shard done."""
    folder.write(cut(FILES, 2)[0], text_for(cut(FILES, 2)[0]))


def same(one: SeenImage | UnseenImage, other: SeenImage | UnseenImage, *, proposals: bool) -> bool:
    if isinstance(one, UnseenImage) or isinstance(other, UnseenImage):
        return one == other
    pairs = [(one.detections.boxes, other.detections.boxes), (one.detections.scores, other.detections.scores)]
    pairs.append((one.detections.labels, other.detections.labels))
    if proposals:
        pairs += [
            (one.proposals.boxes, other.proposals.boxes),
            (one.proposals.objectness, other.proposals.objectness),
        ]
    who = (one.index, one.name, one.image_size) == (other.index, other.name, other.image_size)
    return who and all(a.tobytes() == b.tobytes() for a, b in pairs)


@pytest.mark.parametrize("proposals", [False, True])
def test_that_rows_come_back_to_the_last_bit_and_in_order(proposals: bool) -> None:
    broken = UnseenImage(1, "b\udcff\n.png", "The image b\udcff is cut off.")  # a name that is no text
    answers = [seen(2, boxes=0), broken, seen(0)]
    back = list(rows_of(text_of(answers, proposals=proposals)))
    assert [one.index for one in back] == [0, 1, 2]
    assert all(same(a, b, proposals=proposals) for a, b in zip([seen(0), broken, seen(2, boxes=0)], back, strict=True))


def test_that_proposals_are_left_out_unless_asked_for() -> None:
    (row,) = rows_of(text_of([seen(0)]))
    assert isinstance(row, SeenImage)
    assert len(row.proposals) == 0


@pytest.mark.parametrize(("size", "lengths"), [(1, [1] * 5), (2, [2, 2, 1]), (5, [5]), (64, [5])])
def test_that_every_file_is_in_one_shard_and_in_order(size: int, lengths: list[int]) -> None:
    shards = cut(FILES, size)
    assert [len(shard.files) for shard in shards] == lengths
    assert [file for shard in shards for file in shard.files] == FILES
    assert [shard.number for shard in shards] == list(range(len(shards)))
    assert [FILES[shard.first] for shard in shards] == [shard.files[0] for shard in shards]


def test_that_a_shard_travels_as_text_whatever_its_files_are_called() -> None:
    shard = Shard(3, 6, (ImageFile(Path("/p/\udcff ñ\n.png"), "\udcff ñ\n.png"), FILES[0]))
    assert text_of_shard(shard).isascii()
    assert shard_of(text_of_shard(shard)) == shard


def test_that_the_digest_changes_with_whatever_could_change_the_answer(tmp_path: Path) -> None:
    files = [ImageFile(tmp_path / name, name) for name in ("a.png", "b.png")]
    for file in files:
        file.path.write_bytes(b"pixels")
    digests = {digest_of(files), digest_of(files[:1]), digest_of(files[::-1])}
    digests.add(digest_of([replace(files[0], name="c.png"), files[1]]))
    files[1].path.write_bytes(b"pixels!")
    digests.add(digest_of(files))
    os.utime(files[1].path, ns=(1, 1))
    digests.add(digest_of(files))
    files[1].path.unlink()
    digests.add(digest_of(files))
    assert len(digests) == 7


def test_that_a_second_run_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    shards = cut(FILES, 2)
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        folder.write(shards[1], text_for(shards[1]))
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        assert folder.missing(shards) == [shards[0], shards[2]]
        for shard in folder.missing(shards):
            folder.write(shard, text_for(shard))
        assert [one.index for shard in shards for one in folder.answers(shard)] == [0, 1, 2, 3, 4]
        folder.remove()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", [lambda text: text[:-9], lambda text: text.replace("480", "481"), lambda _: ""])
def test_that_a_damaged_shard_counts_as_missing(tmp_path: Path, damage) -> None:
    (shard,) = cut(FILES, 5)
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        folder.write(shard, text_for(shard))
        (file,) = folder.path.glob("shard-*")
        file.write_text(damage(file.read_text()))
        assert folder.missing([shard]) == [shard]
        with pytest.raises(DetectorError, match="missing or damaged: run the same command once more"):
            folder.answers(shard)


def test_that_rows_of_another_shard_are_never_kept(tmp_path: Path) -> None:
    shards = cut(FILES, 2)
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        with pytest.raises(ValueError, match="not the rows of shard 1"):
            folder.write(shards[1], text_for(shards[0]))
        assert folder.missing(shards) == shards


@pytest.mark.parametrize(
    ("other", "word"),
    [
        (replace(JOB, model_version="v2"), "the model"),
        (replace(JOB, score_thresh=0.6), "--score-thresh"),
        (replace(JOB, nms_iou=0.5), "--nms-iou"),
        (replace(JOB, tiles=512), "--tiles"),
        (replace(JOB, precision="exact"), "--precision"),
        (replace(JOB, device="cpu"), "--device"),
        (replace(JOB, threads=1), "--threads, or the cores of this machine"),
        (replace(JOB, proposals=True), "--proposals"),
        (replace(JOB, shard_size=3), "--shard-size"),
        (replace(JOB, files="others"), "the images"),
    ],
)
def test_that_shards_of_another_run_are_never_mixed_in(tmp_path: Path, other: Job, word: str) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        begin(folder)
    with pytest.raises(DetectorError, match=f"different there: {word}\\. .* to begin anew"):
        ShardFolder(tmp_path / "found.json", lambda: other).__enter__()
    with ShardFolder(tmp_path / "found.json", lambda: JOB):  # the refusal let go of the lock
        pass


def cannot_delete(monkeypatch: pytest.MonkeyPatch, pattern: str) -> None:
    """Let files of such a name stay, as a folder that may not be written to makes them."""
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.match(pattern):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)


def test_that_shards_of_which_nobody_knows_the_run_are_never_gone_on_with(tmp_path: Path) -> None:
    shards = cut(FILES, 2)
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        begin(folder)
        (folder.path / "manifest.json").unlink()
    with ShardFolder(tmp_path / "found.json", lambda: replace(JOB, model_version="v2")) as folder:
        assert folder.missing(shards) == shards
        assert not list(folder.path.glob("shard-*"))


def test_that_shards_of_an_unknown_run_that_stay_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        begin(folder)
        (folder.path / "manifest.json").unlink()
    cannot_delete(monkeypatch, "shard-*")
    with pytest.raises(DetectorError, match=r"shards of an unknown run, .*Permission denied.* to begin anew"):
        ShardFolder(tmp_path / "found.json", lambda: JOB).__enter__()
    assert not (tmp_path / "found.json.shards" / "manifest.json").exists()


@pytest.mark.parametrize("number", [0, 1, 2])
def test_that_a_removal_that_ends_halfway_never_leaves_shards_without_their_manifest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        for shard in cut(FILES, 2):
            folder.write(shard, text_for(shard))
        with monkeypatch.context() as stuck:
            cannot_delete(stuck, f"shard-{number:06}.jsonl")
            folder.remove()
    assert (tmp_path / "found.json.shards" / "manifest.json").exists()
    with pytest.raises(DetectorError, match="different there: the model"):
        ShardFolder(tmp_path / "found.json", lambda: replace(JOB, model_version="v2")).__enter__()


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff"])
def test_that_a_damaged_manifest_is_a_sentence(tmp_path: Path, text: str) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        begin(folder)
        (folder.path / "manifest.json").write_text(text, encoding="latin-1")
    with pytest.raises(DetectorError, match="to begin anew"):
        ShardFolder(tmp_path / "found.json", lambda: JOB).__enter__()


def test_that_a_second_driver_is_refused(tmp_path: Path) -> None:
    with (
        ShardFolder(tmp_path / "found.json", lambda: JOB),
        pytest.raises(DetectorError, match=r"Another `detect` is writing to .*found\.json\.shards"),
    ):
        ShardFolder(tmp_path / "found.json", lambda: JOB).__enter__()


def test_that_a_second_driver_is_refused_before_it_is_known_what_it_wants(tmp_path: Path) -> None:
    def never() -> Job:
        raise AssertionError("that takes seconds, and is asked of those who may come in")

    with (
        ShardFolder(tmp_path / "found.json", lambda: JOB),
        pytest.raises(DetectorError, match="Another `detect`"),
        ShardFolder(tmp_path / "found.json", never),
    ):
        pass


def test_that_a_run_that_cannot_say_what_it_wants_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> Job:
        raise DetectorError("The model cannot be read.")

    with pytest.raises(DetectorError, match="cannot be read"), ShardFolder(tmp_path / "found.json", fail):
        pass
    assert list(tmp_path.iterdir()) == []


def test_that_a_full_disk_is_a_sentence_and_keeps_what_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shards = cut(FILES, 2)

    def fail(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        folder.write(shards[0], text_for(shards[0]))
        with monkeypatch.context() as full:
            full.setattr(os, "fsync", fail)
            with pytest.raises(DetectorError, match=r"No space left on device\. The shards that are done are kept"):
                folder.write(shards[1], text_for(shards[1]))
        assert folder.missing(shards) == shards[1:]
        assert not list(folder.path.glob(".*"))


@pytest.mark.skipif(os.name == "nt", reason="a folder cannot be opened there")
def test_that_the_disk_has_the_name_of_a_shard_once_it_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sync, named = os.fsync, list[list[str]]()
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:

        def look(handle: int) -> None:
            if os.path.samestat(os.fstat(handle), folder.path.stat()):
                named.append([path.name for path in folder.path.glob("shard-*")])
            sync(handle)

        monkeypatch.setattr(os, "fsync", look)
        begin(folder)
        assert named == [["shard-000000.jsonl"]]
        named.clear()
        folder.remove()
        assert named == [[]]


def test_that_a_file_system_that_syncs_no_folders_is_none_that_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(number: int, _: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", partial(refuse, errno.EINVAL))
    settle(tmp_path)
    monkeypatch.setattr(os, "fsync", partial(refuse, errno.EIO))
    if os.name != "nt":
        with pytest.raises(OSError, match="Input/output error"):
            settle(tmp_path)


def test_that_what_a_killed_process_was_writing_is_swept_away(tmp_path: Path) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        begin(folder)
        (folder.path / ".0123.tmp").write_text("half a sh")
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        assert not list(folder.path.glob(".*.tmp"))


def test_that_the_manifest_says_what_the_shards_are_of(tmp_path: Path) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as folder:
        manifest = json.loads((folder.path / "manifest.json").read_text())
    assert (manifest["model_version"], manifest["categories"], manifest["images"]) == ("v1", ["one", "two"], 5)


def test_that_who_has_done_leaves_the_folder_of_the_next_alone(tmp_path: Path) -> None:
    with ShardFolder(tmp_path / "found.json", lambda: JOB) as done:
        begin(done)
        done.remove()
        with ShardFolder(tmp_path / "found.json", lambda: JOB) as following:
            done.__exit__()
            begin(following)
            assert following.missing(cut(FILES, 2)) == cut(FILES, 2)[1:]


def test_that_who_locks_what_has_just_been_removed_is_not_let_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fcntl = pytest.importorskip("fcntl", reason="nobody can delete a file there that is held")
    flock, lock = fcntl.flock, tmp_path / "found.json.shards" / "lock"

    def late(handle: int, operation: int) -> None:
        lock.unlink(missing_ok=True)  # by who held it until now, between our opening it and our locking it
        flock(handle, operation)

    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(fcntl, "flock", late)
        with pytest.raises(DetectorError, match="Another `detect`"), ShardFolder(tmp_path / "found.json", lambda: JOB):
            pass
    with ShardFolder(tmp_path / "found.json", lambda: JOB):
        pass


def test_that_a_run_that_came_to_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DetectorError, match="no cluster"), ShardFolder(tmp_path / "found.json", lambda: JOB):
        raise DetectorError("There is no cluster.")
    assert list(tmp_path.iterdir()) == []
