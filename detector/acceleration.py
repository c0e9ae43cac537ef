"""How the exported first stage of a model comes about while torch serves, and how one that fails is left again."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import weakref
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from detector.exports import Exports
from detector.model import Look
from detector.roi_features import backbone_digest
from detector.temporary import sweep

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from detector.exports import Manifest
    from detector.first_stage import ExportedFirstStage
    from detector.model import Network

    Start = Callable[[list[str]], subprocess.Popen[bytes]]
    Open = Callable[[Exports, Manifest, Network], ExportedFirstStage]

TITLE = "OpenVINO"
ROOT = Path(__file__).resolve().parents[1]

log = logging.getLogger(__name__)


class _State(Enum):
    FIRST = "the first image goes before everything"
    NEW = "nobody has looked yet whether there is an export"
    MAKING = "a process makes it"
    READING = "a thread reads it"
    SERVING = "it serves"
    OVER = "torch serves for good"


class Acceleration:
    """The export of one fast model on a CPU. Everything is called in the thread that calls `predict`.

    `source` is the same model as it was before it was made fast. `weights` is the file of the model: another process
    makes the export of it. Without one, an export is used only if it is there already. `start` begins a process, `read`
    opens an export.
    """

    def __init__(
        self,
        model: Network,
        source: Network,
        folder: Path,
        weights: Path | None,
        *,
        start: Start | None = None,
        read: Open | None = None,
    ) -> None:
        # Not held: the model holds what looks for it, and what nobody needs any more shall go at once.
        self._model, self._source = weakref.ref(model), source
        # The process that exports works in another folder than this one.
        self._folder, self._weights = folder.absolute(), weights and weights.absolute()
        self._start, self._read = start or _start, read or _read
        self._state = _State.FIRST
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stage: ExportedFirstStage | None = None
        self._was_damaged = False

    @property
    def title(self) -> str:
        """The library that serves, or nothing while torch does."""
        return TITLE if self._state is _State.SERVING else ""

    def go_on(self) -> None:
        """Do what can be done without waiting, before each prediction; nothing before the first."""
        if self._state is _State.FIRST:
            self._state = _State.NEW
        elif self._state is _State.NEW:
            # Not earlier: the digest of all weights takes its time.
            self._exports = Exports(self._folder, backbone_digest(self._source))
            self._begin()
        elif self._state is _State.MAKING:
            assert self._process is not None
            if (code := self._process.poll()) is not None:
                self._made(code)
        elif self._state is _State.READING:
            assert self._thread is not None
            if not self._thread.is_alive():
                self._serve()

    def _begin(self) -> None:
        manifest = self._exports.manifest()
        if manifest is None:
            self._make()
        elif manifest.is_worth_it:
            self._state = _State.READING
            self._thread = threading.Thread(target=self._read_whole, args=(manifest,), name="reading an export")
            self._thread.start()
        else:
            why = manifest.problem or f"it takes {manifest.ratio:.2f} of the time that torch takes"
            log.info("The exported backbone is not used: %s.", why)
            self._state = _State.OVER

    def _make(self) -> None:
        self._state = _State.OVER
        if self._weights is None:
            return
        command = [str(self._weights), str(self._exports.folder), self._exports.digest]
        try:
            self._process = self._start([sys.executable, "-m", "detector.exporting", *command])
        except OSError as error:
            log.warning("The backbone cannot be exported: %s.", error)
            return
        # Nobody waits for it at the end of the program, or where another model serves by then.
        weakref.finalize(self, _end, self._process, self._exports.folder)
        self._state = _State.MAKING

    def _made(self, code: int) -> None:
        """Read what the process left, if it left something."""
        self._state = _State.OVER
        manifest = self._exports.manifest()
        if code == 0 and manifest is not None:
            log.info("The backbone was exported: it takes %.2f of the time that torch takes.", manifest.ratio)
            self._begin()
        else:
            why = manifest.problem if manifest is not None else f"the process ended with exit code {code}"
            log.warning("The backbone could not be exported, torch goes on serving: %s.", why)

    def _read_whole(self, manifest: Manifest) -> None:
        """Open the export; in a thread of its own, most of whose time is not Python's."""
        try:
            model = self._model()
            if model is not None and self._exports.is_whole(manifest):
                self._stage = self._read(self._exports, manifest, model)
        except Exception:
            log.warning("The exported backbone cannot be used.", exc_info=True)

    def _serve(self) -> None:
        """Let the export serve, or have a damaged one made again, once."""
        self._thread = None
        model = self._model()
        if self._stage is not None and model is not None:
            self._state = _State.SERVING
            model.looks = self._look
            log.info("The exported backbone serves from now on.")
            return
        log.warning("The exported backbone is damaged, or of another model: torch goes on serving.")
        self._exports.forget()
        self._state = _State.OVER
        if not self._was_damaged:
            self._was_damaged = True
            self._make()

    def _look(self, tensors: Tensor) -> Look:
        """Look with the export, and for good with torch once that fails."""
        model, stage = self._model(), self._stage
        assert model is not None
        assert stage is not None
        try:
            return stage(tensors)
        except RuntimeError as error:
            log.warning("The exported backbone failed, torch serves from now on: %s", str(error).partition("\n")[0])
        model.looks = self._stage = None
        self._state = _State.OVER
        return Look(model.backbone(tensors))


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.BELOW_NORMAL_PRIORITY_CLASS | subprocess.CREATE_NO_WINDOW
    nothing = subprocess.DEVNULL
    return subprocess.Popen(  # noqa: S603 - our own module
        command, cwd=ROOT, stdin=nothing, stdout=nothing, stderr=nothing, creationflags=flags
    )


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    if process.poll() is None:
        process.terminate()
        process.wait()
        sweep(folder)  # of what it was making


def _read(exports: Exports, manifest: Manifest, model: Network) -> ExportedFirstStage:
    """Return an export that says what `model` says. Raises what the library raises, and RuntimeError for another."""
    from detector import first_stage  # noqa: PLC0415 - needs the library

    graph = first_stage.read(exports.xml, exports.weights)
    stage = first_stage.ExportedFirstStage(graph, manifest.names, torch.get_num_threads())
    if not first_stage.says_the_same(model, stage):
        raise RuntimeError("the export is one of another model")
    return stage
