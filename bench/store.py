"""Promises 12 and 13: an edit on the disk, and the export of a million boxes, in a project of 100,000 images.

The edits are those of a person, one after the other on images all over the project: drawn, accepted, moved,
relabelled, rejected, deleted. Each goes through the real workspace and the store that the window has, and is timed
until it is committed. Its peer is what no store can do without: as many bytes as the command has in the journal,
appended to a file on the same disk and fsynced, in turn with the edits. Whoever syncs once an edit is held to the
disk's own pace.

The export is the window's, from the database to the file that has been checked and is in its place, with the size of
every image looked up at its file. The first export of a project reads all headers; it is timed too, and the promises
are about those after it. The peer is what most scripts do: the same rows read from the same database, put into dicts
of the same content, and written by one `json.dump`; it looks at no image and checks nothing. All run in processes of
their own, whose peak of memory above their start is read from the system. Both clocks are read, and the ratio is of
what the processor worked: all of it is in one thread, and what else the machine does is no part of it. pycocotools
loads the whole file afterwards.

`python -m bench.store [--images 100000] [--boxes 1000000] [--folder FOLDER]`; FOLDER says which disk, by default that
of temporary files.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.model import edits
from app.model.annotations import Annotation, Category, ImageMark, Origin, Provenance, Suggestion, default_color
from app.model.commands import Command, Edit
from app.model.workspace import Workspace
from app.store.formats.coco_export import export_coco
from app.store.location import locate
from app.store.patient_store import PatientStore
from bench.canvas_gestures import percentile
from bench.figures import Figure, at_most, share, show, times_faster
from bench.image_folders import make_images
from bench.memory import peak_megabytes
from bench.plain_export import export_plainly
from detector.image_files import list_image_paths

if TYPE_CHECKING:
    from collections.abc import Iterator

MOST_EDIT_MS, MOST_OF_SYNC = 2.0, 3.0
MOST_SECONDS, MOST_MEGABYTES, TIMES_FASTER = 10.0, 300.0, 4.0
IMAGES, BOXES, EDITS = 100_000, 1_000_000, 1_000
QUICK = 10  # times less of all
SIZE = (384, 512)
NAMES = ("bolt", "nut", "washer", "screw", "key")
CHUNK = 20_000  # boxes of one command
RAW, PLAIN = "append + fsync", "dicts + json.dump"


def figures(
    *, quick: bool = False, images: int = IMAGES, boxes: int = BOXES, folder: Path | None = None
) -> Iterator[Figure]:
    """Yield what an edit and an export cost."""
    part = QUICK if quick else 1
    with tempfile.TemporaryDirectory(prefix="boxwright-store-", dir=folder) as home:
        photos = Path(home) / "photos"
        make_images(photos, images // part)
        make_project(photos, boxes // part)
        yield from editing(photos, EDITS // part)
        yield from exporting(photos, boxes // part, rounds=1 if quick else 3)


def make_project(photos: Path, boxes: int) -> None:
    """Fill a project with so many boxes, every image reviewed: two thirds accepted suggestions, the others drawn."""
    store = PatientStore.open(photos)
    store.list_images(list_image_paths(photos))
    records, draw = store.images(), random.Random(0)  # noqa: S311 - places of boxes are no secret
    rows = [Edit(None, Category(place, name, default_color(place - 1))) for place, name in enumerate(NAMES, 1)]
    rows += [Edit(record.mark, ImageMark(record.id, reviewed=True)) for record in records]
    _execute(store, rows)
    each = -(-boxes // len(records))
    for first in range(1, boxes + 1, CHUNK):
        numbers = range(first, min(first + CHUNK, boxes + 1))
        _execute(store, [Edit(None, _box(number, records[(number - 1) // each].id, draw)) for number in numbers])
    store.close()


def editing(photos: Path, count: int) -> Iterator[Figure]:
    """Yield what `count` edits took, and as many writes of the same bytes to the same disk."""
    store = PatientStore.open(photos)
    workspace = Workspace(store)
    draw = random.Random(1)  # noqa: S311
    ids = [record.id for record in workspace.images]
    ours, worked, raw = [], [], []
    with (photos / ".boxwright" / "appended").open("ab", buffering=0) as file:
        for number in range(count):
            workspace.go_to(draw.choice(ids))
            command = _edit(workspace, number, draw)
            start, start_of_work = time.perf_counter(), time.thread_time()
            workspace.execute(command)
            ours.append(time.perf_counter() - start)
            worked.append(time.thread_time() - start_of_work)
            text = command.to_json().encode()
            start = time.perf_counter()
            file.write(text)
            os.fsync(file.fileno())
            raw.append(time.perf_counter() - start)
    store.close()
    mine, its, own = ([1e3 * percentile(values, part) for part in (0.5, 0.99)] for values in (ours, raw, worked))
    yield Figure("an edit, committed: p50", mine[0], "ms", its[0], RAW, share(MOST_OF_SYNC))
    title = "an edit, committed: p99"
    yield Figure(title, mine[1], "ms", its[1], RAW, at_most(MOST_EDIT_MS), worked=own[1])


def exporting(photos: Path, boxes: int, rounds: int = 3) -> Iterator[Figure]:
    """Yield what the export took and the peer's, each in a process of its own, and whether pycocotools loads it."""
    first = in_a_process("ours", photos)
    both = [(in_a_process("plain", photos), in_a_process("ours", photos)) for _ in range(rounds)]
    peer, ours = (
        {key: statistics.median(one[key] for one in some) for key in some[0]} for some in zip(*both, strict=True)
    )
    name = f"export of {boxes:,} boxes"
    most = at_most(MOST_SECONDS)
    yield Figure(f"{name}, the first", first["seconds"], "s", target=most, worked=first["worked"])
    yield Figure(name, ours["seconds"], "s", peer["seconds"], PLAIN, most, worked=ours["worked"])
    yield Figure(f"{name}, processor", ours["worked"], "s", peer["worked"], PLAIN, times_faster(TIMES_FASTER))
    yield Figure(f"{name}, peak of memory", ours["memory"], "MB", peer["memory"], PLAIN, at_most(MOST_MEGABYTES))
    loaded = in_a_process("load", photos)
    assert loaded == {"boxes": ours["boxes"], "images": ours["images"]}, "pycocotools finds something else"
    yield Figure(f"{name}, bytes a box", ours["bytes"] / ours["boxes"], "B", note="pycocotools loads it")


def in_a_process(role: str, photos: Path) -> dict[str, Any]:
    """Run a role in a process of its own and return what it found."""
    command = [sys.executable, "-m", "bench.store", "--role", role, "--folder", str(photos)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def ours(photos: Path) -> dict[str, float]:
    """Export as the window does."""
    target, started = _target(photos, "ours"), _Started()
    report = export_coco(locate(photos), target)
    return started.end() | {"boxes": report.annotations, "images": report.images, "bytes": target.stat().st_size}


def plain(photos: Path) -> dict[str, float]:
    """Export as a script would."""
    started = _Started()
    export_plainly(locate(photos), _target(photos, "plain"), SIZE)
    return started.end()


def load(photos: Path) -> dict[str, int]:
    """Return how many boxes and images pycocotools finds in the export."""
    from pycocotools.coco import COCO  # noqa: PLC0415 - in this process alone

    with redirect_stdout(StringIO()):
        found = COCO(str(_target(photos, "ours")))
    return {"boxes": len(found.anns), "images": len(found.imgs)}


class _Started:
    """Both clocks and the memory when something begins."""

    def __init__(self) -> None:
        self._memory, self._seconds, self._worked = peak_megabytes(), time.perf_counter(), time.process_time()

    def end(self) -> dict[str, float]:
        """Return what has been taken of each since then."""
        seconds, worked = time.perf_counter() - self._seconds, time.process_time() - self._worked
        return {"seconds": seconds, "worked": worked, "memory": peak_megabytes() - self._memory}


ROLES = {"ours": ours, "plain": plain, "load": load}


def main() -> None:
    """Measure edits and the export."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--boxes", type=int, default=BOXES)
    parser.add_argument("--folder", type=Path, help="where the project is made, and so on which disk")
    parser.add_argument("--role", choices=ROLES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        print(json.dumps(ROLES[options.role](options.folder)))
        return
    show(figures(images=options.images, boxes=options.boxes, folder=options.folder))


def _execute(store: PatientStore, rows: list[Edit]) -> None:
    command = Command("import", None, tuple(rows))
    store.write(command.edits, store.history().recorded(), command)


def _box(number: int, image_id: int, draw: random.Random) -> Annotation:
    box = _anywhere(draw)
    category = number % len(NAMES) + 1
    if number % 3 == 0:
        return Annotation(number, image_id, category, box)
    origin = Origin(box, NAMES[category - 1], draw.random(), "bench-1")
    return Annotation(number, image_id, category, box, Provenance.ACCEPTED, origin)


def _anywhere(draw: random.Random) -> tuple[float, float, float, float]:
    height, width = SIZE
    across, down = draw.uniform(8, 90), draw.uniform(8, 90)
    x, y = draw.uniform(0, width - across), draw.uniform(0, height - down)
    return (x, y, x + across, y + down)


def _edit(workspace: Workspace, number: int, draw: random.Random) -> Command:
    """Return what a person does next to the image on screen: every sort of decision in its turn."""
    record, ids = workspace.current_image, workspace.next_ids()
    assert record is not None
    category, box, first = draw.choice(workspace.categories), _anywhere(draw), [*workspace.annotations.values()][:1]
    suggestion = Suggestion(0, box, category.name, category.id, draw.random(), "bench-1")
    choices = (
        lambda: edits.draw(box, record.id, category, ids),
        lambda: edits.accept([suggestion], record.id, workspace.categories, ids),
        lambda: edits.reject([suggestion], record.id, ids),
        lambda: edits.change_boxes(first, [box] * len(first)),
        lambda: edits.relabel_all(first, category),
        lambda: edits.delete(first),
    )
    return choices[number % len(choices)]() or choices[0]()


def _target(photos: Path, name: str) -> Path:
    return photos.parent / f"{name}.json"


if __name__ == "__main__":
    main()
