from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from fake_training import FakeTraining, Step, corrections, features, progress, result

from app.workers.boundary import Failure
from app.workers.messages import TrainingEnded, TrainingOutcome, TrainingProgressed, TrainRequest, VersionTrained
from app.workers.stepped_training import SECONDS_BETWEEN_REPORTS, Said, SteppedTraining
from detector.fine_tune_values import Stage
from detector.types import DetectorError

if TYPE_CHECKING:
    from collections.abc import Callable


def request(folder: Path = Path()) -> TrainRequest:
    return TrainRequest(7, None, corrections(Path("a.png")), folder / "heads", features(folder))


def stepped(*steps: Step, clock: Callable[[], float] = lambda: 0.0, folder: Path = Path()) -> SteppedTraining:
    return SteppedTraining(request(folder), FakeTraining(*steps).train, clock)


def all_of(training: SteppedTraining) -> list[Said]:
    """Step until the end, as the worker does."""
    said: list[Said] = []
    while not any(isinstance(one, TrainingEnded) for one in said):
        said.extend(training.step())
    return said


def steps_said(said: list[Said]) -> list[int]:
    return [one.progress.step for one in said if isinstance(one, TrainingProgressed)]


def test_that_a_training_ends_done_after_its_last_step() -> None:
    assert all_of(stepped(progress(1))) == [
        TrainingProgressed(7, progress(1)),
        TrainingEnded(7, TrainingOutcome.DONE, ""),
    ]


def test_that_each_version_is_told_as_it_is_and_at_once(tmp_path: Path) -> None:
    said = all_of(stepped(progress(1), progress(2), result(), folder=tmp_path))
    assert [type(one) for one in said] == [TrainingProgressed, VersionTrained, TrainingEnded]


def test_that_progress_is_said_ten_times_a_second_at_most() -> None:
    ticks = iter(range(1000))
    steps = [progress(step, 400) for step in range(1, 301)]
    said = all_of(stepped(*steps, clock=lambda: next(ticks) / 100))  # a hundred steps a second, for three seconds
    assert 1 / SECONDS_BETWEEN_REPORTS == 10
    assert len(steps_said(said)) in (28, 29, 30)


def test_that_the_first_and_the_last_step_of_a_stage_are_always_said() -> None:
    said = all_of(stepped(*(progress(step, 3, stage) for stage in (Stage.FEATURES, Stage.HEAD) for step in (1, 2, 3))))
    assert steps_said(said) == [1, 3, 1, 3]


def test_that_a_measured_figure_comes_with_the_next_report() -> None:
    times = iter([0.0, 0.01, 0.02, 0.2, 0.4])
    steps = (progress(1), progress(2, ap50=0.5), progress(3), progress(4), progress(5))
    said = all_of(stepped(*steps, clock=lambda: next(times)))
    figures = [one.progress.ap50 for one in said if isinstance(one, TrainingProgressed)]
    assert steps_said(said) == [1, 4, 5]
    assert figures == [None, 0.5, None]


def test_that_a_measured_figure_does_not_go_over_into_the_next_stage() -> None:
    steps = (progress(1), progress(2, ap50=0.5), progress(1, stage=Stage.WHOLE))
    said = all_of(stepped(*steps))
    assert [one.progress.ap50 for one in said if isinstance(one, TrainingProgressed)] == [None, None]


def test_that_a_step_is_not_said_again_while_images_are_measured_after_it() -> None:
    ticks = iter(range(1000))
    last = progress(5, 5, ap50=0.5)
    # A second between two steps: each would be said if it were another one.
    said = all_of(
        stepped(progress(4, 5), *[progress(4, 5)] * 3, last, *[progress(5, 5)] * 9, clock=lambda: next(ticks))
    )
    assert [(one.progress.step, one.progress.ap50) for one in said if isinstance(one, TrainingProgressed)] == [
        (4, None),
        (5, 0.5),
    ]


def test_that_a_figure_measured_after_a_step_was_said_is_said_with_it() -> None:
    said = all_of(stepped(progress(5, 5), progress(5, 5, ap50=0.5), progress(5, 5), progress(1, 5, Stage.WHOLE)))
    assert [one.progress.ap50 for one in said if isinstance(one, TrainingProgressed)] == [None, 0.5, None]


@pytest.mark.parametrize("before", [(), (progress(1),), (progress(1), progress(2))])
@pytest.mark.parametrize("foreseen", [True, False])
def test_that_an_error_at_any_step_ends_it_failed_with_a_sentence(before: tuple[Step, ...], foreseen: bool) -> None:
    error = DetectorError("The loss is not a number; train again.") if foreseen else ValueError("shapes")
    *said, end = all_of(stepped(*before, error))
    assert isinstance(end, TrainingEnded)
    assert end.outcome is TrainingOutcome.FAILED
    faults = [one for one in said if isinstance(one, Failure)]
    if foreseen:
        assert (end.sentence, faults) == ("The loss is not a number; train again.", [])
    else:
        assert "The training failed because of a fault" in end.sentence
        assert "ValueError: shapes" in faults[0].traceback


def test_that_a_lack_of_memory_is_a_sentence_and_no_fault() -> None:
    (end,) = all_of(stepped(MemoryError()))
    assert isinstance(end, TrainingEnded)
    assert end.outcome is TrainingOutcome.FAILED
    assert "memory" in end.sentence
    assert "fault" not in end.sentence


def test_that_a_trainer_that_fails_before_its_first_step_is_a_failure_too() -> None:
    def trainer(_: TrainRequest) -> None:
        raise DetectorError("There is no model at base.safetensors.")

    (end,) = SteppedTraining(request(), trainer, lambda: 0.0).step()  # type: ignore[arg-type]
    assert end == TrainingEnded(7, TrainingOutcome.FAILED, "There is no model at base.safetensors.")


def test_that_a_cancelled_training_takes_no_further_step_and_is_closed() -> None:
    fake, wanted = FakeTraining(progress(1), progress(2)), request()
    training = SteppedTraining(wanted, fake.train, lambda: 0.0)
    training.step()
    wanted.wishes.cancel.set()
    assert training.step() == (TrainingEnded(7, TrainingOutcome.CANCELLED, ""),)
    assert fake.begun == 1
    assert len(fake.closed_in) == 1


def test_that_a_training_cancelled_before_its_first_step_never_begins() -> None:
    fake, wanted = FakeTraining(progress(1)), request()
    wanted.wishes.cancel.set()
    assert SteppedTraining(wanted, fake.train, lambda: 0.0).step()[-1].outcome is TrainingOutcome.CANCELLED  # type: ignore[union-attr]
    assert fake.requests == []


def test_that_what_fails_after_it_was_cancelled_is_cancelled() -> None:
    wanted = request()

    def trainer(asked: TrainRequest):
        asked.wishes.cancel.set()
        raise DetectorError("The disk is full.")
        yield

    assert SteppedTraining(wanted, trainer, lambda: 0.0).step() == (TrainingEnded(7, TrainingOutcome.CANCELLED, ""),)


def test_that_a_fault_while_closing_is_told_and_it_ends_all_the_same() -> None:
    def trainer(_: TrainRequest):
        try:
            yield progress(1)
        finally:
            raise LookupError("no such hook")

    training = SteppedTraining(request(), trainer, lambda: 0.0)
    training.step()
    fault, end = training.close()
    assert isinstance(fault, Failure)
    assert "LookupError" in fault.traceback
    assert end == TrainingEnded(7, TrainingOutcome.CANCELLED, "")
