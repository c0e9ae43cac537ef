"""A run of `detect` on a Ray cluster, from the question to the answer: cut, done as far as it is missing, joined."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from detector.checkpoint_header import EMBEDDED_WEIGHTS, describe, version_of
from detector.console import progress_bar
from detector.detection_question import Answer
from detector.detection_run import Pace, finished_run
from detector.ray_cluster import joined, pool_of
from detector.ray_detection import detect_on_ray
from detector.shard_detection import Sight
from detector.shards import Job, ShardFolder, cut, digest_of
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from rich.console import Console

    from detector.console import Summary
    from detector.detection_question import Question
    from detector.ray_cluster import Pool, Wish
    from detector.shards import Shard


class Work(NamedTuple):
    """What the workers did: so many of them, the sum of the seconds their networks worked, where, and their notices."""

    workers: int = 0
    network_seconds: float = 0.0
    devices: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


@contextmanager
def sharded_run(
    question: Question, wish: Wish, shard_size: int, console: Console
) -> Iterator[tuple[Answer, ShardFolder, list[Shard]]]:
    """Yield the answer, and the folder with the shards it is made of, which nobody else writes to meanwhile.

    Shards that are there from an earlier run are not done again. Raises DetectorError: where that run was another one,
    another process is at it, there is no cluster, nothing can be written, or no image could be seen.
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
        )
        console.print(f"{about.title} ({job.model_version})")
        work = _worked_off(folder, missing, sight, wish, console) if missing else Work()
        pace = Pace(time.perf_counter() - start, work.network_seconds / max(1, work.workers))
        run = finished_run([one for shard in shards for one in folder.answers(shard)], pace, console, work.notices)
        _say_pace(sum(len(shard.files) for shard in missing), work, pace, console)
        more: Summary = {"workers": work.workers, "shards": len(shards), "shards_done": len(missing)}
        yield Answer(run, job.categories, job.model_version, ", ".join(work.devices), more), folder, shards


def _version_of(weights: Path) -> str:
    try:
        return version_of(weights)
    except OSError as error:
        raise DetectorError(f"{weights} cannot be read: {error.strerror or error}.") from error


def _job_of(question: Question, categories: tuple[str, ...], version: str, shard_size: int) -> Job:
    return Job(
        version,
        categories,
        question.thresholds.score_thresh,
        question.thresholds.nms_thresh,
        question.tile,
        question.precision,
        question.device or "",
        question.proposals,
        shard_size,
        len(question.files),
        digest_of(question.files),
    )


def _worked_off(folder: ShardFolder, shards: Sequence[Shard], sight: Sight, wish: Wish, console: Console) -> Work:
    """Have all of `shards` done by a cluster, and write each as it comes."""
    seconds, devices, notices = 0.0, dict[str, None](), dict[str, None]()
    with joined(wish.address) as ray, progress_bar(console) as bar:
        pool = pool_of(ray.cluster_resources(), wish, len(shards))
        console.print(f"On {_words(pool)}.")
        task = bar.add_task("detecting", total=sum(len(shard.files) for shard in shards), note="")
        for shard, done in detect_on_ray(ray, shards, sight, pool):
            folder.write(shard, done.text)
            seconds += done.network_seconds
            devices[done.device] = None
            notices[done.notice] = None
            bar.update(task, advance=len(shard.files))
    return Work(pool.workers, seconds, tuple(sorted(devices)), tuple(filter(None, notices)))


def _words(pool: Pool) -> str:
    each = f"{pool.gpus:g} GPUs and {pool.cpus:g} CPUs" if pool.gpus else f"{pool.cpus:g} CPUs"
    return f"{pool.workers} workers with {each} each"


def _say_pace(images: int, work: Work, pace: Pace, console: Console) -> None:
    if images:
        speed = f"{images / pace.seconds:.1f} images a second by {work.workers} workers"
        console.print(f"{speed}; their networks were at work for {pace.busy:.0%} of the time.")
