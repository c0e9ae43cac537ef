"""This process among those that train one model together, started by torch's launcher: `torchrun`. Imports torch late.

The launcher starts the processes, watches them, and starts all again where one has died; what they say to each other
goes through torch's process group. Here is only what the verb `train` needs of both.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import torch
    from torch import nn
    from torch.distributed import Store  # type: ignore[attr-defined]  # which is documented all the same

T = TypeVar("T")

EXIT_FAILED = 1
TIMEOUT = timedelta(minutes=30)
"""How long a process waits for the others: the first may be writing or counting meanwhile. The launcher sees at once
where one has died; this is for one that hangs."""

GONE = (
    "This training has ended early: another process of it is gone, whose own words say why, or torchrun was told to "
    "end. What has been written is whole. With --max-restarts torchrun starts all processes again after one has died; "
    "else the same command with --resume goes on."
)

_FROM_TORCH = ("gloo", "NCCL", "Connection closed by peer", "Connection reset by peer", "Broken pipe")
"""What errors say that come from the talk among processes."""


class Share(NamedTuple):
    """The part of the work that is this process's: every `ranks`-th piece, beginning with the one at `rank`."""

    rank: int = 0
    ranks: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that prints and writes."""
        return self.rank == 0

    def of(self, pieces: Sequence[T]) -> Sequence[T]:
        """Return those of `pieces` that are this process's: of all processes together each once."""
        return pieces[self.rank :: self.ranks]


ALONE = Share()


@dataclass(frozen=True, slots=True)
class Division:
    """How the `images` of one step are divided: among processes, and in each into `passes` one after another."""

    images: int
    share: Share = ALONE
    passes: int = 1

    def split(self, samples: Sequence[T]) -> list[Sequence[T]]:
        """Return this process's samples of a step in one list for each pass, of sizes that differ by one at most."""
        ends = [number * len(samples) // self.passes for number in range(self.passes + 1)]
        parts = [samples[start:end] for start, end in pairwise(ends)]
        return [part for part in parts if part]

    def weight(self, images: int) -> float:
        """Return what the mean loss of `images` of them counts in the mean over all of the step."""
        return images / self.images


def launched() -> Share:
    """Return which of the processes of `torchrun` this is, or `ALONE` where it has not started this one."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:  # as torch.distributed.is_torchelastic_launched has it
        return ALONE
    return Share(int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"]))


def goes_on_by_itself() -> bool:
    """Return whether the launcher starts all processes again after one has died: `--max-restarts`."""
    return int(os.environ.get("TORCHELASTIC_MAX_RESTARTS", "0")) > 0


def processes_here() -> int:
    """Return how many processes of the training share this machine."""
    return int(os.environ.get("LOCAL_WORLD_SIZE", "1")) if launched() != ALONE else 1


def own_device(name: str | None, share: Share) -> torch.device:
    """Return the device called `name` for this process, or the best there is; of several GPUs each has its own.

    Raises DetectorError where there is none for each process.
    """
    import torch  # noqa: PLC0415 - seconds to import

    from detector.devices import choose_device  # noqa: PLC0415

    device = choose_device(name)
    if share.ranks == 1 or device.type == "cpu":
        return device
    if device.type != "cuda":
        if name is None:
            return torch.device("cpu")
        raise DetectorError(f"Several processes cannot train on {device.type}: choose --device cuda or cpu.")
    local, here = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if ":" in (name or ""):
        raise DetectorError(f"Several processes cannot share {name}: say --device cuda, and each has a GPU of its own.")
    if processes_here() > here:
        raise DetectorError(
            f"There are {processes_here()} processes here and {here} GPU{'s'[: here != 1]}: start one for each GPU "
            "(--nproc-per-node), or choose --device cpu."
        )
    torch.cuda.set_device(local)
    return torch.device("cuda", local)


@contextmanager
def process_group(share: Share, device: torch.device) -> Iterator[None]:
    """Let the processes talk to each other, where there are several. Raises DetectorError where another has gone."""
    if share.ranks == 1:
        yield
        return
    import torch.distributed as dist  # noqa: PLC0415 - seconds to import

    # Objects go by way of the CPU, also where gradients go from GPU to GPU.
    backend = "cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo"
    with _last_words():
        try:
            dist.init_process_group(backend, store=_store(), rank=share.rank, world_size=share.ranks, timeout=TIMEOUT)
            yield
        except RuntimeError as error:
            if not isinstance(error, dist.DistError) and not any(words in str(error) for words in _FROM_TORCH):
                raise
            raise DetectorError(GONE) from error
        dist.destroy_process_group()


@contextmanager
def _last_words() -> Iterator[None]:
    """Let this process say a sentence and end at once where the launcher tells it to, by SIGTERM.

    It may be waiting for a process that is gone, below Python, where no handler of Python's would run before the
    launcher loses patience and kills. What C's handler writes into the socket is read by a thread.
    """
    there, here = socket.socketpair()
    here.setblocking(False)
    handler = signal.signal(signal.SIGTERM, lambda *_: None)
    before = signal.set_wakeup_fd(here.fileno(), warn_on_full_buffer=False)
    watcher = Thread(target=_end_when_told, args=(there,), name="last words", daemon=True)
    watcher.start()
    try:
        yield
    except BaseException:
        handler = signal.SIG_IGN  # this process is ending, with words of its own
        raise
    finally:
        signal.signal(signal.SIGTERM, handler)
        signal.set_wakeup_fd(before)
        here.close()
        watcher.join()
        there.close()


def _end_when_told(there: socket.socket) -> None:
    while told := there.recv(1):
        if told[0] == signal.SIGTERM:
            print(f"boxwright: {GONE}", file=sys.stderr, flush=True)
            os._exit(EXIT_FAILED)


def _store() -> Store:
    """Return where the processes find each other.

    The launcher keeps one such place through all restarts. Addresses of processes that have died still stand in it, and
    whoever asks before the new ones are there is refused. So on one machine each attempt has a name of its own. On
    several the launchers count differently: torch's TORCH_DISABLE_SHARE_RDZV_TCP_STORE=1 makes a new place each time.
    """
    from torch.distributed import PrefixStore, rendezvous  # type: ignore[attr-defined]  # noqa: PLC0415

    store, _, ranks = next(rendezvous("env://", timeout=TIMEOUT))
    attempt = os.environ["TORCHELASTIC_RESTART_COUNT"] if os.environ["GROUP_WORLD_SIZE"] == "1" else "any"
    return PrefixStore(f"boxwright/{ranks}/{attempt}", store)


@contextmanager
def in_agreement(share: Share) -> Iterator[None]:
    """Let what stops one process stop all, before they begin: none waits for another, and a sentence is said once.

    Raises DetectorError in the first process that has something to say, SystemExit in those that would repeat it.
    """
    said = ""
    try:
        yield
    except DetectorError as error:
        if share.ranks == 1:
            raise
        said = str(error)
    sentences = everybodys(said, share)
    if not any(sentences):
        return
    if not said or said in sentences[: share.rank]:
        raise SystemExit(EXIT_FAILED)
    raise DetectorError(said)


def everybodys(mine: T, share: Share) -> list[T]:
    """Return what each process brings, in the order of the processes; all of them ask."""
    if share.ranks == 1:
        return [mine]
    import torch.distributed as dist  # noqa: PLC0415 - seconds to import

    brought: list[T] = [mine] * share.ranks
    dist.all_gather_object(brought, mine)
    return brought


def gathered(mine: T, share: Share) -> list[T]:
    """Return to the first process what each brings, in their order, and [] to the others: all of it fits in one memory.

    All of them ask.
    """
    if share.ranks == 1:
        return [mine]
    import torch.distributed as dist  # noqa: PLC0415 - seconds to import

    brought: list[T] = [mine] * share.ranks
    dist.gather_object(mine, brought if share.is_first else None)
    return brought if share.is_first else []


def require_same(mine: object, share: Share, sentence: str) -> None:
    """Raise DetectorError with `sentence` in the first process, SystemExit in the others, unless all bring the same."""
    brought = everybodys(mine, share)
    with in_agreement(share):
        if any(each != mine for each in brought):
            raise DetectorError(sentence)


def same_everywhere(model: nn.Module, share: Share) -> None:
    """Give the model of every process the weights and statistics of the first one's."""
    if share.ranks == 1:
        return
    import torch.distributed as dist  # noqa: PLC0415 - seconds to import

    for value in model.state_dict().values():
        dist.broadcast(value, 0)
