"""Detection cut into shards: what each is of, and the folder in which those that are done wait for the rest.

A shard is a stretch of the files, the unit of work and of resuming. It is written by one process, the one that the
person started, under a temporary name and then renamed: a shard is there whole or not at all. No torch, no Ray.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from filelock import FileLock, Timeout

from detector.durable import replacing, settle
from detector.image_files import ImageFile
from detector.shard_rows import rows_of
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from detector.seen_images import SeenImage, UnseenImage

FORMAT = 1
_MANIFEST, _LOCK = "manifest.json", "lock"
_SHARDS = "shard-*"
_UNFINISHED = ".*.tmp"  # of a process that was killed while it wrote
_WORDS = {
    "format": "the version of Boxwright",
    "model_version": "the model",
    "categories": "the model",
    "score_thresh": "--score-thresh",
    "nms_iou": "--nms-iou",
    "tiles": "--tiles",
    "precision": "--precision",
    "device": "--device",
    "threads": "--threads, or the cores of this machine",
    "proposals": "--proposals",
    "shard_size": "--shard-size",
    "images": "the images",
    "files": "the images",
}


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that what is found depends on: shards of another job are never mixed with those of this one.

    `files` is the digest of the files' names, sizes and times; `images` how many there are.
    """

    model_version: str
    categories: tuple[str, ...]
    score_thresh: float
    nms_iou: float
    tiles: int
    precision: str
    device: str
    threads: int
    proposals: bool
    shard_size: int
    images: int
    files: str

    def to_fields(self) -> dict[str, Any]:
        """Return it as the manifest has it."""
        return {"format": FORMAT, **asdict(self), "categories": list(self.categories)}


@dataclass(frozen=True, slots=True)
class Shard:
    """The files from `first` on in the list of all of them."""

    number: int
    first: int
    files: tuple[ImageFile, ...]


def cut(files: Sequence[ImageFile], size: int) -> list[Shard]:
    """Return all files in shards of `size`, of which the last may be smaller."""
    firsts = range(0, len(files), size)
    return [Shard(number, first, tuple(files[first : first + size])) for number, first in enumerate(firsts)]


def text_of_shard(shard: Shard) -> str:
    """Return a shard as ASCII, on its way to another process: file names are bytes, and not all of them are text."""
    files = [(str(file.path), file.name, file.origin, file.version) for file in shard.files]
    return json.dumps([shard.number, shard.first, files])


def shard_of(text: str) -> Shard:
    """Return what `text_of_shard` was given."""
    number, first, files = json.loads(text)
    return Shard(number, first, tuple(ImageFile(Path(path), *rest) for path, *rest in files))


def digest_of(files: Iterable[ImageFile]) -> str:
    """Return what changes when a file is added, left out, renamed, or written to: names, sizes, times."""
    digest = hashlib.sha256()
    for file in files:
        state = file.version if file.origin else _state_of(file.path)
        digest.update(json.dumps([file.name, file.origin or str(file.path), state]).encode())
    return digest.hexdigest()


def _state_of(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:  # gone, or not to be seen: found out on reading
        return -1, 0
    return status.st_size, status.st_mtime_ns


class ShardFolder:
    """The folder `OUT.shards` beside the output `OUT`, held by one process from `with` to its end.

    Entering raises DetectorError where another process holds it, or where it has shards of another job. It goes where
    it has none at the end. `job_of` is asked once nobody else can come: it may take its time.
    """

    job: Job

    def __init__(self, output: Path, job_of: Callable[[], Job]) -> None:
        self.path = output.with_name(f"{output.name}.shards")
        self._job_of = job_of
        self._lock = FileLock(self.path / _LOCK, timeout=0)
        self._is_removed = False

    def __enter__(self) -> Self:
        try:
            self.path.mkdir(exist_ok=True)
            self._lock.acquire()
        except Timeout:
            raise DetectorError(
                f"Another `detect` is writing to {self.path}: wait for its end, or choose another output."
            ) from None
        except OSError as error:
            raise self._failed(error) from error
        try:
            self.job = self._job_of()
            self._claim()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        # Nothing to go on with. One that was removed is let be: what is there now may be of the next who came.
        if not self._is_removed and not any(self.path.glob(_SHARDS)):
            self.remove()
        self._lock.release()

    def missing(self, shards: Iterable[Shard]) -> list[Shard]:
        """Return those of `shards` that are not there whole; what is damaged counts as missing, and is done again."""
        return [shard for shard in shards if self._content(shard) is None]

    def write(self, shard: Shard, text: str) -> None:
        """Keep the rows of a shard, also if the power fails the moment after. Raises DetectorError, on a full disk too.

        Raises ValueError where the rows are not those of the shard.
        """
        if [row.index for row in rows_of(text)] != [*range(shard.first, shard.first + len(shard.files))]:
            raise ValueError(f"these are not the rows of shard {shard.number}")
        self._replace(self._path_of(shard), _signed(text))

    def answers(self, shard: Shard) -> list[SeenImage | UnseenImage]:
        """Return the answers of the images of a shard, in their order. Raises DetectorError where it is missing."""
        text = self._content(shard)
        if text is None:
            raise DetectorError(f"{self._path_of(shard)} is missing or damaged: run the same command once more.")
        return list(rows_of(text))

    def remove(self) -> None:
        """Take the folder away, once what it held is in the output, and let go of it.

        What cannot be removed stays, and does no harm: the shards go first, the manifest that says of which run they
        are goes when there are none.
        """
        self._is_removed = True
        with suppress(OSError):
            for each in [*self.path.glob(_SHARDS), *self.path.glob(_UNFINISHED)]:
                each.unlink()
            settle(self.path)
            (self.path / _MANIFEST).unlink(missing_ok=True)
            self._leave()

    def _leave(self) -> None:
        """Delete the folder, of which nothing is left but the lock, and let go of it."""
        if os.name == "nt":  # nobody can delete there what somebody holds: neither we, nor we what the next one holds
            self._lock.release()
        # Elsewhere while it is held: whoever waits for the lock looks whether its file still has a name.
        (self.path / _LOCK).unlink(missing_ok=True)
        self.path.rmdir()
        self._lock.release()

    def _claim(self) -> None:
        """See to it that the shards here are those of this job."""
        manifest, wanted = self.path / _MANIFEST, self.job.to_fields()
        try:
            text = manifest.read_text(encoding="ascii") if manifest.exists() else None
        except (OSError, UnicodeDecodeError) as error:
            raise DetectorError(f"{manifest} cannot be read: {error}. {self._anew()}") from error
        if text is None:
            self._sweep(_SHARDS)
            self._replace(manifest, json.dumps(wanted, indent=1))
            return
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise DetectorError(f"{manifest} is damaged. {self._anew()}")
        differing = dict.fromkeys(_WORDS[key] for key in _WORDS if found.get(key) != wanted[key])
        if differing:
            raise DetectorError(
                f"{self.path} has shards of another run: different there: {', '.join(differing)}. Give the same "
                f"options on the same images to go on with it. {self._anew()}"
            )
        with suppress(DetectorError):
            self._sweep(_UNFINISHED)

    def _sweep(self, pattern: str) -> None:
        """Delete what nobody can go on with. Raises DetectorError where something stays."""
        try:
            for left in self.path.glob(pattern):
                left.unlink()
        except OSError as error:
            raise DetectorError(
                f"{self.path} has shards of an unknown run, which cannot be deleted: {error.strerror or error}. "
                "Choose another output, or delete that folder to begin anew."
            ) from error

    def _anew(self) -> str:
        return f"Or choose another output, or delete {self.path} to begin anew."

    def _path_of(self, shard: Shard) -> Path:
        return self.path / f"shard-{shard.number:06}.jsonl"

    def _content(self, shard: Shard) -> str | None:
        """Return the rows of a shard as text; None where they are not there, or not whole."""
        try:
            signature, _, text = self._path_of(shard).read_text(encoding="ascii").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return text if text and _signed(text).startswith(f"{signature}\n") else None

    def _replace(self, target: Path, text: str) -> None:
        try:
            with replacing(target) as beside:
                beside.write_text(text, encoding="ascii")
        except OSError as error:
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> DetectorError:
        return DetectorError(
            f"Nothing can be written to {self.path}: {error.strerror or error}. The shards that are done are kept: "
            "once there is room, and the right to write, run the same command once more."
        )


def _signed(text: str) -> str:
    return f'{{"sha256": "{hashlib.sha256(text.encode("ascii")).hexdigest()}"}}\n{text}'
