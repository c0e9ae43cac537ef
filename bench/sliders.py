"""Promise 7: what a slider costs per move, filter only, against torchvision's `postprocess_detections`.

1,000 proposals and 91 classes. The peer starts from logits, as torchvision offers nothing later to start from.
`python -m bench.sliders`
"""

from __future__ import annotations

from itertools import cycle

import numpy as np
import torch

from bench.timing import medians, report
from detector.filtering import CandidateFilter
from detector.model import Analysis, FasterRCNN, build
from detector.readout import candidates_of
from detector.systems import SYSTEMS
from detector.types import Candidates, Thresholds

SIZE, PROPOSALS, CATEGORIES = (480, 640), 1000, 90


def main() -> None:
    """Measure the score slider and the IoU slider."""
    generator = torch.Generator().manual_seed(0)
    corners = torch.rand(PROPOSALS, 2, generator=generator) * torch.tensor([600.0, 440.0])
    sides = torch.rand(PROPOSALS, 2, generator=generator) * 120 + 10
    proposals = torch.cat((corners, corners + sides), 1)
    logits = torch.randn(PROPOSALS, CATEGORIES + 1, generator=generator) * 2
    deltas = torch.randn(PROPOSALS, 4 * (CATEGORIES + 1), generator=generator) * 0.3
    network = build(SYSTEMS["mobilenet_v3_large_fpn"], CATEGORIES)
    assert isinstance(network, FasterRCNN)
    heads = network.roi_heads
    boxes = heads.box_coder.decode(deltas, [proposals])
    nothing = torch.zeros(0)
    analysis = Analysis(proposals, torch.ones(PROPOSALS), logits.softmax(-1), boxes, nothing, SIZE, SIZE)
    live = CandidateFilter(Candidates(*(part.numpy() for part in candidates_of(analysis, 0.05))))
    own = np.where(np.arange(CATEGORIES + 1) % 2, 0.06, np.nan).astype(np.float32)  # hides little
    scores, ious = cycle(np.linspace(0.06, 0.9, 40)), cycle(np.linspace(0.2, 0.8, 997))

    def torchvision() -> None:
        heads.score_thresh, heads.nms_thresh = float(next(scores)), 0.5
        heads.postprocess_detections(logits, deltas, [proposals], [SIZE])

    with torch.inference_mode():
        times = medians(
            {
                "score": lambda: live.select(Thresholds(float(next(scores)), 0.5)),
                "own": lambda: live.select(Thresholds(float(next(scores)), 0.5), own),
                "iou": lambda: live.select(Thresholds(0.05, float(next(ious)))),
                "torchvision": torchvision,
            },
            rounds=200,
        )
    report("score slider, filter only", times["score"], times["torchvision"], 1 / 50, "us")
    report("score slider, half of the labels with their own", times["own"], times["torchvision"], 1 / 50, "us")
    report("NMS IoU slider, filter only, a new value each time", times["iou"], times["torchvision"], 1 / 5, "us")


if __name__ == "__main__":
    main()
