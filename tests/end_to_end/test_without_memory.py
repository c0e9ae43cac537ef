"""What the window does with a prediction for which there was not enough memory."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image
from whole_application import SHOWN, MadeUpDetector, running


class FirstWithoutMemory(MadeUpDetector):
    def predict(self, image, key=None):
        prediction = super().predict(image, key)
        return replace(prediction, is_reduced=self.calls == 1)


def test_that_an_image_seen_without_memory_is_shown_and_looked_at_again_with_the_folder(tmp_path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(3):
        Image.new("RGB", (64, 48), "grey").save(folder / f"{number}.png")
    detector = FirstWithoutMemory()
    with running(tmp_path, detector) as run:
        run.open(folder)
        run.hands.wait(run.settled, "the neighbours are detected")
        first, *others = run.workspace.images
        session = run.application.session
        assert len(run.workspace.suggestions) == SHOWN
        assert set(session.store.predicted("made-up-1")) == {one.id for one in others}
        assert detector.calls == 3
        assert session.detect_all() == 1
        run.hands.wait(lambda: first.id in session.store.predicted("made-up-1"), "it is looked at again")
        assert detector.calls == 4
