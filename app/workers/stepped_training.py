"""One training in the detector thread, step by step, and what is to be said about each step."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

from app.model.words import tr, worded
from app.workers.boundary import Failure, attempt
from app.workers.messages import TrainingEnded, TrainingOutcome, TrainingProgressed, TrainRequest, VersionTrained
from detector.fine_tune_values import Progress

Steps = Generator[Progress | VersionTrained, None, None]
Trainer = Callable[[TrainRequest], Steps]
Said = TrainingProgressed | VersionTrained | TrainingEnded | Failure

SECONDS_BETWEEN_REPORTS = 0.1
_NAME = worded("The training")


class SteppedTraining:
    """The generator of a training from its first step to its end. Made, stepped and closed in the detector thread.

    `trainer` makes the generator in the first step: making it may take as long as a step. `clock` gives seconds and
    never goes back. A fault of the program is told as its `Failure`, before the end.
    """

    def __init__(self, request: TrainRequest, trainer: Trainer, clock: Callable[[], float]) -> None:
        self._request = request
        self._trainer = trainer
        self._clock = clock
        self._steps: Steps | None = None
        self._said: Progress | None = None
        self._last_report = float("-inf")
        self._unsaid_ap50: float | None = None

    def step(self) -> tuple[Said, ...]:
        """Take one step, or none if the training is not wanted any more; the end comes once, and is the last."""
        if self._request.wishes.cancel.is_set():
            return self.close()
        reached = attempt(self._next, tr(_NAME))
        if isinstance(reached, Progress):
            return self._paced(reached)
        if isinstance(reached, VersionTrained):
            return (reached,)
        if isinstance(reached, Failure):
            return self._failed(reached)
        return (self._end(TrainingOutcome.DONE),)

    def close(self) -> tuple[Said, ...]:
        """Close the generator wherever it is, which lets go of all that it holds; the run ends cancelled."""
        closed = None if self._steps is None else attempt(self._steps.close, tr(_NAME))
        told = (closed,) if isinstance(closed, Failure) and closed.traceback else ()
        return (*told, TrainingEnded(self._request.id, TrainingOutcome.CANCELLED))

    def _next(self) -> Progress | VersionTrained | None:
        if self._steps is None:
            self._steps = self._trainer(self._request)
        return next(self._steps, None)

    def _failed(self, failure: Failure) -> tuple[Said, ...]:
        told = (failure,) if failure.traceback else ()
        return (*told, self._end(TrainingOutcome.FAILED, failure.sentence))

    def _end(self, outcome: TrainingOutcome, sentence: str = "") -> TrainingEnded:
        """Return the last word. What was cancelled is cancelled, however its last step went."""
        if self._request.wishes.cancel.is_set():
            outcome, sentence = TrainingOutcome.CANCELLED, ""
        return TrainingEnded(self._request.id, outcome, sentence)

    def _paced(self, progress: Progress) -> tuple[Said, ...]:
        """Say the first and the last step of a stage once, and ten a second between, with the last measured figure."""
        now, said = self._clock(), self._said
        if said is not None and said.stage is progress.stage:
            if progress.ap50 is None:
                progress = replace(progress, ap50=self._unsaid_ap50)
            is_same_step = (progress.step, progress.steps) == (said.step, said.steps)
            if is_same_step and progress.ap50 in (None, said.ap50):
                return ()  # a pause between two steps, in which images are measured, is told as the step before it
            if progress.step < progress.steps and now - self._last_report < SECONDS_BETWEEN_REPORTS:
                self._unsaid_ap50 = progress.ap50
                return ()
        self._said, self._last_report, self._unsaid_ap50 = progress, now, None
        return (TrainingProgressed(self._request.id, progress),)
