"""A run of `detect` on a Ray cluster, from the question to the answers: cut, done as far as missing, gone through."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from detector.checkpoint_header import EMBEDDED_WEIGHTS, describe, version_of
from detector.console import progress_bar
from detector.detection_run import Pace, say_unseen
from detector.ray_cluster import joined, machines_of, pool_of
from detector.ray_detection import detect_on_ray
from detector.seen_images import SeenImage, UnseenImage
from detector.shard_detection import Sight
from detector.shards import Job, ShardFolder, cut, digest_of
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from detector.detection_question import Question
    from detector.ray_cluster import Pool, Wish
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
    weights = question.model or EMBEDDED_WEIGHTS
    about = describe(weights)
    job = _job_of(question, about.categories, _version_of(weights), shard_size)
    shards, start = cut(question.files, shard_size), time.perf_counter()
    with ShardFolder(question.output, job) as folder:
        missing = folder.missing(shards)
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
    """Have all of `shards` done by a cluster, and write each as it comes."""
    seconds, network, devices, notices = 0.0, 0.0, dict[str, None](), dict[str, None]()
    with joined(wish.address) as ray, progress_bar(console) as bar:
        pool = pool_of(machines_of(ray.nodes()), wish, sight.threads, len(shards))
        console.print(f"On {_words(pool, sight.threads)}.")
        task = bar.add_task("detecting", total=sum(len(shard.files) for shard in shards), note="")
        start, images = time.perf_counter(), 0
        for shard, done in detect_on_ray(ray, shards, sight, pool):
            folder.write(shard, done.text)
            seconds += done.seconds
            network += done.network_seconds
            devices[done.device] = None
            notices[done.notice] = None
            images += len(shard.files)
            speed = f"{images / (time.perf_counter() - start):.1f} images a second"
            bar.update(task, advance=len(shard.files), note=f"{speed} {done.notice}".rstrip())
    return Work(pool.workers, seconds, network, tuple(sorted(devices)), tuple(filter(None, notices)))


def _words(pool: Pool, threads: int) -> str:
    gpus = f"{pool.gpus:g} GPUs and " if pool.gpus else ""
    return f"{pool.workers} workers with {gpus}{pool.cpus:g} CPUs each, and {threads} threads"


def _say_pace(images: int, work: Work, pace: Pace, console: Console) -> None:
    if images:
        speed = f"{images / pace.seconds:.1f} images a second by {work.workers} workers"
        console.print(f"{speed}; their networks were at work for {pace.busy:.0%} of the time.")
