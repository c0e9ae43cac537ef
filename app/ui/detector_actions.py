"""The actions of the detector's menu: looking, thresholds, and fine-tuning."""

from __future__ import annotations

from functools import partial

from app.ui import action as rules
from app.ui import intentions
from app.ui.action import Action, at_desk
from app.ui.docks import Page
from app.ui.tiling import toggle_tiles

DETECTOR = (
    Action("detect", "Detect this image again", ("I",), at_desk(intentions.detect_again), "detect", toolbar=601),
    Action(
        "detect-all",
        "Detect all images, or stop it",
        ("Ctrl+B",),
        at_desk(intentions.detect_all),
        "detect-all",
        checked=rules.detecting_folder,
        toolbar=602,
    ),
    Action(
        "pause-detection",
        "Pause detecting all images, or go on",
        ("Ctrl+Shift+B",),
        at_desk(intentions.pause_detection),
        "",
        rules.detecting_folder,
        rules.folder_paused,
    ),
    Action(
        "tiles",
        "Detect large images in tiles",
        (),
        at_desk(toggle_tiles),
        "",
        rules.project_open,
        rules.detecting_in_tiles,
    ),
    Action(
        "choose-model",
        "Choose the model…",
        ("M",),
        lambda w: w.models_wanted.emit(),
        "model",
        rules.project_open,
        section=True,
    ),
    Action(
        "match-categories",
        "Match the model's categories…",
        (),
        lambda w: w.mapping_wanted.emit(),
        "",
        rules.project_open,
    ),
    Action(
        "score-up",
        "Raise the score threshold",
        ("PgUp",),
        at_desk(lambda d: intentions.step_score(d, 1)),
        held=True,
        section=True,
    ),
    Action(
        "score-down",
        "Lower the score threshold",
        ("PgDown",),
        at_desk(lambda d: intentions.step_score(d, -1)),
        held=True,
    ),
    Action("iou-up", "Raise the NMS IoU", ("Shift+PgUp",), at_desk(lambda d: intentions.step_iou(d, 1)), held=True),
    Action(
        "iou-down", "Lower the NMS IoU", ("Shift+PgDown",), at_desk(lambda d: intentions.step_iou(d, -1)), held=True
    ),
    Action(
        "fine-tune",
        "Fine-tune on my corrections",
        ("Ctrl+T",),
        at_desk(intentions.fine_tune),
        "fine-tune",
        rules.project_open,
        section=True,
        toolbar=603,
    ),
    Action(
        "finish-fine-tune",
        "Finish the fine-tune now",
        (),
        at_desk(lambda desk: desk.training.finish()),
        "",
        rules.fine_tuning,
    ),
    Action(
        "cancel-fine-tune",
        "Cancel the fine-tune",
        (),
        at_desk(lambda desk: desk.training.cancel()),
        "",
        rules.fine_tuning,
    ),
    Action(
        "roll-back",
        "Roll back to the version before",
        ("Ctrl+Shift+T",),
        at_desk(lambda desk: desk.training.roll_back()),
        "roll-back",
        rules.project_open,
    ),
    Action(
        "training",
        "Show fine-tuning and model versions",
        (),
        at_desk(partial(intentions.toggle_page, page=Page.TRAINING)),
        "",
        rules.project_open,
        rules.page_shown(Page.TRAINING),
    ),
    Action(
        "evaluate",
        "Measure the detector on the reviewed images",
        ("Ctrl+E",),
        at_desk(intentions.evaluate),
        "evaluate",
        rules.project_open,
        section=True,
    ),
    Action(
        "cancel-evaluation",
        "Cancel the evaluation",
        (),
        at_desk(lambda desk: desk.evaluation.cancel()),
        "",
        rules.evaluating,
    ),
    Action(
        "evaluation",
        "Show the evaluation",
        (),
        at_desk(partial(intentions.toggle_page, page=Page.EVALUATION)),
        "",
        rules.project_open,
        rules.page_shown(Page.EVALUATION),
    ),
)
