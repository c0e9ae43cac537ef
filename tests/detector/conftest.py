"""Small networks and images that many tests of the detector share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import torch

from detector.model import FasterRCNN, build
from detector.systems import SYSTEMS

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def make_model() -> Callable[[str, int], FasterRCNN]:
    """Return a maker of networks with random weights, the same ones each time, in eval mode."""

    def make(system: str, num_categories: int) -> FasterRCNN:
        torch.manual_seed(0)
        model = build(SYSTEMS[system], num_categories).eval()
        # Small random weights give nearly equal scores everywhere; wider ones make NMS and thresholds work.
        torch.nn.init.normal_(model.rpn.head.cls_logits.weight, std=0.2)
        torch.nn.init.normal_(model.roi_heads.box_predictor.cls_score.weight, std=1.0)
        # The parts are the same at every size, and two cores have to run them.
        model.transform.min_size, model.transform.max_size = (min(256, model.transform.min_size[0]),), 384
        return model

    return make
