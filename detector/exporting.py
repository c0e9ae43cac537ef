"""Making an export, in a process of its own: tracing a network would stop the window for seconds, and may fail badly.

`python -m detector.exporting WEIGHTS FOLDER DIGEST` exports the first stage of the model in the file WEIGHTS, whose
backbone has this digest, and measures it beside torch.
"""

from __future__ import annotations

import copy
import os
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from detector import checkpoints, first_stage
from detector.exports import Exports
from detector.precision import fold_batch_norm, make_fast
from detector.roi_features import backbone_digest
from detector.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from detector.exports import Manifest
    from detector.model import Network

ROUNDS = 5
IMAGE_SIZE = (480, 640)
LEAST_URGENT = 19


def export(model: Network, exports: Exports) -> Manifest:
    """Write the first stage of `model`, in eval mode, to `exports`, unless torch is as fast; return what is known now.

    Raises RuntimeError where the graph does not say what the network says, and whatever the library raises.
    """
    import openvino  # noqa: PLC0415

    folded, fast = copy.deepcopy(model), copy.deepcopy(model)
    fold_batch_norm(folded)
    make_fast(fast, first_stage.CPU)
    graph = first_stage.exported(folded)
    exports.folder.mkdir(parents=True, exist_ok=True)
    with temporary_folder("export", exports.folder) as folder:
        xml = folder / "graph.xml"
        openvino.save_model(graph, xml, compress_to_fp16=False)
        names = tuple(map(str, fast.backbone(torch.rand(1, 3, *first_stage.EXAMPLE_SIZE))))
        # What was written is measured, not what is in memory.
        stage = first_stage.ExportedFirstStage(first_stage.read(xml, xml.with_suffix(".bin")), names, threads=1)
        if not first_stage.says_the_same(fast, stage):
            raise RuntimeError("the graph does not say what the network says")
        return exports.keep(xml, xml.with_suffix(".bin"), names, _ratio(fast, stage))


def _ratio(model: Network, stage: first_stage.ExportedFirstStage) -> float:
    """Return the work of `stage` as a share of that of torch, in turns, on an image as it reaches the network.

    With one thread each, and what the processor worked: this process waits whenever another one wants to go on.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        return _worked(model, stage)
    finally:
        torch.set_num_threads(threads)


def _worked(model: Network, stage: first_stage.ExportedFirstStage) -> float:
    with torch.inference_mode():
        batch, _ = model.transform([torch.rand(3, *IMAGE_SIZE)])

        def in_torch() -> None:
            model.rpn.head(list(model.backbone(batch.tensors).values()))

        def in_stage() -> None:
            stage(batch.tensors)

        seconds: dict[Callable[[], None], list[float]] = {in_torch: [], in_stage: []}
        for turn in range(1 + ROUNDS):
            for look, taken in seconds.items():
                start = time.process_time()
                look()
                if turn:  # the first one makes ready what the others use
                    taken.append(time.process_time() - start)
    return statistics.median(seconds[in_stage]) / statistics.median(seconds[in_torch])


def main() -> int:
    """Export as the command line says; what goes wrong is the last line of the error output, and remembered."""
    weights, folder, digest = sys.argv[1:]
    if hasattr(os, "nice"):
        os.nice(LEAST_URGENT)  # whoever looks at an image goes first
    exports = Exports(Path(folder), digest)
    try:
        model = checkpoints.load(Path(weights)).model
        if backbone_digest(model) != digest:
            print(f"{weights} is another model by now", file=sys.stderr)
            return 1
        export(model, exports)
    except Exception as error:  # noqa: BLE001 - the boundary of this process
        problem = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        exports.refuse(problem)
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
