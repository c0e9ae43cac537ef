"""A run of `detect` on a Ray cluster, from the question to the answers: cut, done as far as missing, gone through."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from detector.checkpoint_header import EMBEDDED_WEIGHTS, describe, version_of
from detector.console import progress_bar
from detector.detection_run import Pace, say_unseen
from detector.ray_cluster import joined, machines_of, pool_of
from detector.ray_detection import detect_on_ray
from detector.reach import OutOfReachError
from detector.seen_images import SeenImage, UnseenImage
from detector.shard_detection import Sight, is_within_reach
from detector.shard_rows import rows_of
from detector.shards import Job, ShardFolder, cut, digest_of
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console
    from rich.progress import Progress

    from detector.detection_question import Question
    from detector.ray_cluster import Pool, Wish
    from detector.shard_detection import DoneShard
    from detector.shards import Shard


class Work(NamedTuple):
    """What so many workers did: the sums of their seconds and of those of their networks, where, and their notices."""

    workers: int = 0
    seconds: float = 0.0
    network_seconds: float = 0.0
    devices: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@dataclass(slots=True)
class ShardedRun:
    """A run whose `shards` are all in the `folder`; `work` was done now, at the `missing` ones.

    `images` seen, `boxes` found and the reasons of the `failures` are counted while `answers` are gone through.
    """

    folder: ShardFolder
    shards: list[Shard]
    missing: list[Shard]
    work: Work
    pace: Pace
    images: int = 0
    boxes: int = 0
    failures: list[str] = field(default_factory=list)

    def answers(self, console: Console) -> Iterator[list[SeenImage | UnseenImage]]:
        """Yield those of each shard, in the order of the images, and keep none; at the end print what was not seen.

        Raises DetectorError where nothing was, or a shard has gone.
        """
        for shard in self.shards:
            answers = self.folder.answers(shard)
            seen = [one for one in answers if isinstance(one, SeenImage)]
            self.failures += [one.reason for one in answers if isinstance(one, UnseenImage)]
            self.images += len(seen)
            self.boxes += sum(len(one.proposals if self.folder.job.proposals else one.detections) for one in seen)
            yield answers
        say_unseen(self.failures, self.images + len(self.failures), console, self.work.notices)
        _say_pace(sum(len(shard.files) for shard in self.missing), self.work, self.pace, console)


@contextmanager
def sharded_run(question: Question, wish: Wish, shard_size: int, console: Console) -> Iterator[ShardedRun]:
    """Yield the run once all shards are in their folder, which nobody else writes to meanwhile.

    Shards that are there from an earlier run are not done again. Raises DetectorError: where that run was another one,
    another process is at it, there is no cluster, or nothing can be written.
    """
    question, wish = on_what(question, wish)
    weights = question.model or EMBEDDED_WEIGHTS
    about, version = describe(weights), _version_of(weights)
    shards, start = cut(question.files, shard_size), time.perf_counter()
    with ShardFolder(question.output, lambda: _job_of(question, about.categories, version, shard_size)) as folder:
        job, missing = folder.job, folder.missing(shards)
        if len(missing) < len(shards):
            console.print(f"{len(shards) - len(missing)} of {len(shards)} shards are done already.")
        sight = Sight(
            question.model,
            job.model_version,
            question.device,
            question.precision,
            question.thresholds,
            question.tile,
            question.proposals,
            job.threads,
        )
        console.print(f"{about.title} ({job.model_version})")
        work = _worked_off(folder, missing, sight, wish, console) if missing else Work()
        pace = Pace(time.perf_counter() - start, work.network_seconds / max(1, work.workers))
        yield ShardedRun(folder, shards, missing, work, pace)


def on_what(question: Question, wish: Wish) -> tuple[Question, Wish]:
    """Return both so that they agree: workers without a GPU look on the processor, and those on it have no GPU.

    Raises DetectorError where they contradict each other.
    """
    if question.device == "cpu":
        if wish.gpus:
            raise DetectorError("With --device cpu no worker needs a GPU: leave --gpus out.")
        return question, replace(wish, gpus=0.0)
    if wish.gpus == 0:
        if question.device is not None:
            raise DetectorError(f"With --gpus 0 no worker has a GPU to look on: leave --device {question.device} out.")
        return replace(question, device="cpu"), wish
    return question, wish


def _version_of(weights: Path) -> str:
    try:
        return version_of(weights)
    except OSError as error:
        raise DetectorError(f"{weights} cannot be read: {error.strerror or error}.") from error


def _threads_here() -> int:
    """Return how many threads torch has in a process of this machine, as the plain verb has them."""
    import torch  # noqa: PLC0415 - seconds to import, for those who do not say it themselves

    return torch.get_num_threads()


def _job_of(question: Question, categories: tuple[str, ...], version: str, shard_size: int) -> Job:
    return Job(
        version,
        categories,
        question.thresholds.score_thresh,
        question.thresholds.nms_thresh,
        question.tile,
        question.precision,
        question.device or "",
        question.threads or _threads_here(),
        question.proposals,
        shard_size,
        len(question.files),
        digest_of(question.files),
    )


def _worked_off(folder: ShardFolder, shards: Sequence[Shard], sight: Sight, wish: Wish, console: Console) -> Work:
    """Have all of `shards` done by a cluster, and write each as it comes.

    What a machine does not reach is done once more by those that have not missed anything, until none of them is left,
    and then by all. Raises OutOfReachError where that was no use: of such a shard nothing is written.
    """
    with joined(wish.address) as ray, progress_bar(console) as bar:
        tally = _Tally(folder, bar, sum(len(shard.files) for shard in shards))
        left, avoided = list(shards), set[str]()
        while True:
            nodes = [node for node in ray.nodes() if node["NodeID"] not in avoided]
            is_last = not any(cpus for cpus, _ in machines_of(nodes))
            if is_last:
                nodes, avoided = ray.nodes(), set()
            pool = pool_of(machines_of(nodes), wish, sight.threads, len(left))
            console.print(f"On {_words(pool, sight.threads)}.")
            tally.workers = max(tally.workers, pool.workers)
            missed: dict[str, OutOfReachError] = {}
            again: list[Shard] = []
            for shard, done in detect_on_ray(ray, left, sight, pool, avoided):
                if (error := _out_of_reach(shard, done)) is None:
                    tally.keep(shard, done)
                else:
                    missed[done.machine] = error
                    again.append(shard)
            if not again:
                return tally.work()
            if is_last:
                raise next(iter(missed.values()))
            left, avoided = again, {*avoided, *missed}


def _out_of_reach(shard: Shard, done: DoneShard) -> OutOfReachError | None:
    """Return what to say of a machine that did not reach an image which is there; None where the rows are the answer.

    What this machine does not find either is not there: the row that says so is right.
    """
    for index in json.loads(done.out_of_reach):
        if is_within_reach(shard.files[index]):
            rows = (row for row in rows_of(done.text) if row.index == shard.first + index)
            reason = next(row.reason for row in rows if isinstance(row, UnseenImage))
            return OutOfReachError(
                f"{done.host} does not reach an image that should be there. {reason} See to it that all machines of "
                "the cluster have the images under the same paths, or reach their storage. The shards that are done "
                "are kept: run the same command once more."
            )
    return None


class _Tally:
    """Writes what is done, and counts it."""

    def __init__(self, folder: ShardFolder, bar: Progress, images: int) -> None:
        self.workers = 0
        self._folder, self._bar = folder, bar
        self._task = bar.add_task("detecting", total=images, note="")
        self._start, self._images = time.perf_counter(), 0
        self._seconds = self._network_seconds = 0.0
        self._devices: set[str] = set()
        self._notices: dict[str, None] = {}

    def keep(self, shard: Shard, done: DoneShard) -> None:
        """Write a shard. Raises DetectorError."""
        self._folder.write(shard, done.text)
        self._seconds += done.seconds
        self._network_seconds += done.network_seconds
        self._devices.add(done.device)
        self._notices[done.notice] = None
        self._images += len(shard.files)
        speed = f"{self._images / (time.perf_counter() - self._start):.1f} images a second"
        self._bar.update(self._task, advance=len(shard.files), note=f"{speed} {done.notice}".rstrip())

    def work(self) -> Work:
        """Return what all workers did."""
        notices = tuple(filter(None, self._notices))
        return Work(self.workers, self._seconds, self._network_seconds, tuple(sorted(self._devices)), notices)


def _words(pool: Pool, threads: int) -> str:
    gpus = f"{_count(pool.gpus, 'GPU')} and " if pool.gpus else ""
    return (
        f"{_count(pool.workers, 'worker')} with {gpus}{_count(pool.cpus, 'CPU')} each, and {_count(threads, 'thread')}"
    )


def _count(number: float, thing: str) -> str:
    return f"{number:g} {thing}" if number == 1 else f"{number:g} {thing}s"


def _say_pace(images: int, work: Work, pace: Pace, console: Console) -> None:
    if images:
        speed = f"{images / pace.seconds:.1f} images a second by {work.workers} workers"
        console.print(f"{speed}; their networks were at work for {pace.busy:.0%} of the time.")
