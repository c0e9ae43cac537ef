"""How much work a crash costs: random gestures, killed at any moment, on disks that fill up and disks that fail.

Each sequence is done by a process of its own, through the store and the workspace of the window. What is in the project
afterwards is compared with a twin in memory: every gesture that was done must be there, each once, and nothing else,
except those that the window called unsaved. Linux only; a C compiler is needed for the disks.
`python -m bench.crash_safety [--sequences 500] [--kind KIND ...]`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from app.model.storage import StoreError
from app.model.workspace import Workspace
from app.store import patient_store
from app.store.patient_store import PatientStore
from bench.failing_disk import Failure, arm, compile_into
from bench.gesture_sequences import NAMES, Labeler, TwinStore, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from app.model.commands import Command, Edit
    from app.model.history import History
    from bench.gesture_sequences import State

KINDS = {
    "killed at a random moment": (),
    "killed at a random write": (Failure.KILL,),
    "killed in the middle of a write": (Failure.KILL_TORN,),
    "the disk is full for a while": (Failure.FULL,),
    "syncing fails for a while": (Failure.NO_SYNC,),
    "writing fails for a while": (Failure.NO_WRITE,),
}
GESTURES = 40
MOST_SAID = 5
_LONGEST_LIFE = 0.8


@dataclass(frozen=True)
class Line:
    """What the process said after gesture `number`: writes asked for, those unsaved, whether it was refused."""

    number: int
    writes: int
    unsaved: int
    refused: bool
    screen: str


@dataclass(frozen=True)
class Outcome:
    """What became of one sequence. `lost` are writes that were not called unsaved, and are not there."""

    killed: bool
    gestures: int
    was_unsaved: bool
    lost: int
    unreadable: str = ""
    wrong: str = ""


class CountingStore(PatientStore):
    """Counts what it was asked to write and did not refuse."""

    writes = 0

    def write(self, edits: Sequence[Edit], history: History, entry: Command | None = None) -> None:
        super().write(edits, history, entry)
        self.writes += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sequences", type=int, default=500, help="of each kind")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this one; may be given several times")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve()
        return
    print(
        f"{'':34}{'sequences':>10}{'killed':>8}{'gestures':>10}{'unsaved':>9}{'lost':>6}{'unreadable':>12}{'wrong':>7}"
    )
    is_good = True
    with tempfile.TemporaryDirectory(prefix="boxwright-crash-") as folder, Sufferers(Path(folder)) as sufferers:
        for kind in options.kind or KINDS:
            found = [sufferers.run(kind, seed) for seed in range(options.seed, options.seed + options.sequences)]
            print(table_line(kind, found), flush=True)
            for text in [one.unreadable or one.wrong for one in found if one.unreadable or one.wrong][:MOST_SAID]:
                print(f"  {text}")
            is_good = is_good and not any(one.lost or one.unreadable or one.wrong for one in found)
    sys.exit(0 if is_good else 1)


def table_line(kind: str, found: Sequence[Outcome]) -> str:
    """Return the figures of one kind."""
    killed, gestures = sum(one.killed for one in found), sum(one.gestures for one in found)
    unsaved, lost = sum(one.was_unsaved for one in found), sum(one.lost for one in found)
    unreadable, wrong = sum(bool(one.unreadable) for one in found), sum(bool(one.wrong) for one in found)
    return f"{kind:34}{len(found):10,}{killed:8,}{gestures:10,}{unsaved:9,}{lost:6,}{unreadable:12,}{wrong:7,}"


class Sufferers:
    """The processes that are killed, or whose disk fails: children of one that has imported everything already."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        environment = os.environ | {"LD_PRELOAD": str(compile_into(folder))}
        command = [sys.executable, "-m", "bench.crash_safety", "--serve"]
        self._parent = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )

    def __enter__(self) -> Sufferers:
        return self

    def __exit__(self, *_error: object) -> None:
        self._parent.communicate()

    def run(self, kind: str, seed: int) -> Outcome:
        """Let one sequence happen, and look at what is left."""
        images = self._folder / f"{list(KINDS).index(kind)}-{seed}"
        images.mkdir()
        assert self._parent.stdin is not None
        assert self._parent.stdout is not None
        print(json.dumps([kind, seed, str(images)]), file=self._parent.stdin, flush=True)
        status = int(self._parent.stdout.readline())
        notes = images / "said"  # not there where it was killed before the first gesture
        lines = notes.read_text(encoding="utf-8").splitlines() if notes.exists() else []
        said = [Line(*json.loads(text)) for text in lines if text.endswith("]")]
        outcome = judge(images, seed, said, killed=status == -signal.SIGKILL, status=status)
        shutil.rmtree(images)
        return outcome


def judge(images: Path, seed: int, said: Sequence[Line], *, killed: bool, status: int) -> Outcome:
    """Compare the project in `images` with what a twin has after the same gestures."""
    twin = TwinStore()
    labeler = Labeler(twin, seed)
    last = said[-1] if said else Line(0, 0, 0, refused=False, screen="")
    wrong = "" if killed or status == 0 else f"sequence {seed}: the process failed with {status}"
    for line in said:
        if not line.refused:
            labeler.gesture(line.number)
        if line.screen != digest(labeler.screen()) and not wrong:
            wrong = f"sequence {seed}: the screen is wrong after gesture {line.number}"
    if killed:
        labeler.gesture(last.number + 1)  # it may have been on its way
    was_unsaved = any(line.unsaved for line in said)
    outcome = (killed, len(said), was_unsaved)
    try:
        with opened(images) as store:
            found, saved = state_of(store), last.writes - (last.unsaved if killed else 0)
            undone = undo_all(store)
    except StoreError as error:
        return Outcome(*outcome, lost=0, unreadable=f"sequence {seed}: {error}")
    matching = [number for number, state in enumerate(twin.states) if state == found]
    if not matching:
        return Outcome(*outcome, lost=0, wrong=wrong or f"sequence {seed}: nothing that ever was")
    if undone != twin.states[0][:4]:
        wrong = wrong or f"sequence {seed}: undoing everything leaves something"
    return Outcome(*outcome, lost=max(0, saved - matching[-1]), wrong=wrong)


def undo_all(store: PatientStore) -> State:
    """Take everything back, and return what is left but the journal."""
    workspace = Workspace(store)
    while workspace.undo() is not None:
        pass
    return state_of(store)[:4]


def digest(state: State) -> str:
    return hashlib.sha256(repr(state).encode()).hexdigest()[:16]


class opened:  # noqa: N801 - a function that is used in a `with`
    """The project of a folder of images that need not be there."""

    def __init__(self, images: Path) -> None:
        self._store = CountingStore.open(images)

    def __enter__(self) -> CountingStore:
        self._store.list_images(NAMES)
        return self._store

    def __exit__(self, *_error: object) -> None:
        self._store.close()


# What follows happens in the processes that suffer.


def serve() -> None:
    """Fork for each line of the standard input; answer with the signal or the exit status that ended the child."""
    for text in sys.stdin:
        kind, seed, images = json.loads(text)
        pick = random.Random(f"{kind}:{seed}")  # noqa: S311 - no secret
        pid = os.fork()
        if not pid:
            status = 1
            try:
                status = suffer(kind, seed, Path(images), pick)
            except Exception as error:  # noqa: BLE001 - a child must not go on as its parent
                print(repr(error), file=sys.stderr, flush=True)
            finally:
                os._exit(status)
        if not KINDS[kind]:
            time.sleep(pick.uniform(0.01, _LONGEST_LIFE))
            os.kill(pid, signal.SIGKILL)
        _, ended = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(ended), flush=True)


def suffer(kind: str, seed: int, images: Path, pick: random.Random) -> int:
    """Do gestures until somebody kills this process, or all are done; return the exit status."""
    patient_store.PATIENCE_MS = 20
    said = os.open(images / "said", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    failures = KINDS[kind]
    is_fatal = bool(failures) and failures[0] in (Failure.KILL, Failure.KILL_TORN)
    if is_fatal:
        arm(failures[0], pick.randrange(400))
    with opened(images) as store:
        labeler = Labeler(store, seed)
        troubles = iter(()) if is_fatal or not failures else _troubles(failures[0], pick)
        for number in range(1, GESTURES + 1):
            next(troubles, None)
            refused = False
            try:
                labeler.gesture(number)
            except StoreError:
                refused = True
            line = [number, store.writes, store.unsaved, refused, digest(labeler.screen())]
            os.write(said, f"{json.dumps(line)}\n".encode())
        if failures and not is_fatal and pick.random() < 0.5:
            os.kill(os.getpid(), signal.SIGKILL)
        if failures and not is_fatal:
            arm(Failure.WELL)
        line = [number, store.writes, 0 if store.save() else store.unsaved, False, digest(labeler.screen())]
    return 0 if not line[2] else 3


def _troubles(failure: Failure, pick: random.Random) -> Iterator[None]:
    """Let the disk be well for some gestures, and then not, in turn; sometimes it takes a part of what waits."""
    while True:
        arm(Failure.WELL)
        for _ in range(pick.randint(1, 12)):
            yield
        for _ in range(pick.randint(1, 12)):
            arm(failure, pick.choice((0, 0, pick.randrange(120))))
            yield


if __name__ == "__main__":
    main()
