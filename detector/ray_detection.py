"""The shards of a run, looked at by the workers of a Ray cluster.

Ray Data holds the queue, the pool of actors, and the retries: what a worker was at that died is done by the one that is
started in its place, on another machine where its own has left. Workers write nothing. Their rows come back, so that
no machine and no disk that goes takes anything along, and no shard is there twice.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from detector.attempts import Attempts
from detector.shard_detection import DoneShard, ShardDetector
from detector.shards import shard_of, text_of_shard
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Sequence

    from detector.ray_cluster import Pool
    from detector.shard_detection import Sight
    from detector.shards import Shard

_COLOUR, _RAISED = re.compile(r"\x1b\[[0-9;]*m"), re.compile(r"[\w.]+(Error|Exception)\b")
_MOST_LETTERS = 300
_MACHINE = "ray.io/node-id"  # the label that Ray itself gives to each
AT_HAND = 2
"""Shards that a worker has been given: with two it begins with the next as soon as it has done one."""


class RayWorker:
    """A `ShardDetector` in an actor of Ray Data: a row with a shard comes, a row with what was found goes back.

    What a person has to see to goes back in `failure`: of what is raised here they would see a traceback.
    """

    def __init__(self, sight: Sight, attempts: Any) -> None:
        self._attempts = _Asked(attempts)
        self._failure = ""
        try:
            self._detector = ShardDetector(sight)
        except DetectorError as error:
            self._failure = str(error)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the number of the shard, `failure`, and the fields of `DoneShard`, empty where there is a failure."""
        import ray  # noqa: PLC0415 - an extra, which whoever runs this has

        shard, done, failure = shard_of(row["shard"]), DoneShard(), self._failure
        if not failure:
            try:
                done = self._detector.detect(shard, self._attempts)
                done = done._replace(machine=ray.get_runtime_context().get_node_id())
            except DetectorError as error:  # of this machine: what an image is to blame for is a row of the shard
                failure = str(error)
        return {"number": shard.number, "failure": failure, **done._asdict()}


class _Asked:
    """The `Attempts` of an actor: each call waits for its answer, or a death would overtake it."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor

    def begin(self, shard: int) -> tuple[bool, list[int]]:
        careful, poisoned = self._ask("begin", shard)
        return careful, poisoned

    def look(self, shard: int, image: int) -> None:
        self._ask("look", shard, image)

    def end(self, shard: int) -> None:
        self._ask("end", shard)

    def _ask(self, name: str, *values: int) -> Any:
        import ray  # noqa: PLC0415 - an extra, which whoever runs this has

        return ray.get(getattr(self._actor, name).remote(*values))


def detect_on_ray(
    ray: Any, shards: Sequence[Shard], sight: Sight, pool: Pool, avoided: Collection[str] = ()
) -> Generator[tuple[Shard, DoneShard], None, None]:
    """Yield each of `shards` once, as it is done, with what is to be kept of it; no worker is on machines `avoided`.

    Raises DetectorError that says what a person has to see to.
    """
    left = {shard.number: shard for shard in shards}
    tasks = [{"shard": text_of_shard(shard)} for shard in shards]
    answers = ray.data.from_items(tasks, override_num_blocks=len(tasks)).map(
        RayWorker,
        fn_constructor_args=(sight, _attempts_actor(ray)),
        compute=ray.data.ActorPoolStrategy(size=pool.workers, max_tasks_in_flight_per_actor=AT_HAND),
        num_cpus=pool.cpus,
        num_gpus=pool.gpus,
        **({"label_selector": {_MACHINE: f"!in({','.join(sorted(avoided))})"}} if avoided else {}),
    )
    try:
        for table in answers.iter_batches(batch_size=None, prefetch_batches=0, batch_format="pyarrow"):
            for row in table.to_pylist():
                if row["failure"]:
                    raise DetectorError(row["failure"])
                shard = left.pop(row["number"], None)
                if shard is not None:  # an answer that went with its machine is made anew, perhaps once too often
                    yield shard, DoneShard(**{field: row[field] for field in DoneShard._fields})
    except ray.exceptions.RayError as error:
        raise DetectorError(
            f"The cluster gave up ({_cause(error)}). The shards that are done are kept: run the same command once more."
        ) from error
    if left:
        raise DetectorError(f"The cluster left {len(left)} shards out: run the same command once more.")


def _attempts_actor(ray: Any) -> Any:
    """Return the actor with the attempts, on this machine, which goes last; if it dies it begins anew, with none."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy  # noqa: PLC0415 - an extra

    here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=True)
    options = {"num_cpus": 0, "max_restarts": -1, "max_task_retries": -1, "scheduling_strategy": here}
    return ray.remote(Attempts).options(**options).remote()


def _cause(error: Exception) -> str:
    """Return the line that says what was raised first, of the tracebacks that Ray puts one below another."""
    lines = [line for line in _COLOUR.sub("", str(error)).splitlines() if line.strip()]
    raised = [line for line in lines if _RAISED.match(line)] or lines or [type(error).__name__]
    return raised[0].strip()[:_MOST_LETTERS]
