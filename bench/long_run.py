"""Promise 15: eight hours of work, compressed: the window holds at the end what it held in the middle, and no more.

The real window works through a folder offscreen with the embedded detector, driven by real keys, drags and wheels
(`bench.labeler`): 20,000 gestures over 2,000 images, with three fine-tunes in between, dialogs, panels, filters,
exports, and the project closed and opened again. What the process holds is sampled all along (`bench.vital_signs`). The
promise is kept if memory, widgets and objects at the end are within 10 % of those in the middle, and if no thread, no
handle and no temporary file is left once the window is closed. The images are drawn scenes: the labeler knows what is
on them.

`python -m bench.long_run`, shorter: `python -m bench.long_run --gestures 600 --images 60 --fine-tunes 0`
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from app.application import Application
from app.hands import Hands
from app.networks import detector_factory, torch_tuner
from app.settings import Settings
from bench.labeler import Labeler, turn
from bench.own_home import kept_in
from bench.vital_signs import HEADING, VitalSigns, middle_and_end, take
from detector.scenes import CATEGORIES, TAUGHT_CATEGORIES, draw_scene
from detector.temporary import temporary_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.labeler import Truth

Figure = Callable[[VitalSigns], float]

SIZE = (240, 320)
TAUGHT_EVERY = 3
FIRST_SEED = 9_000_000
MOST_GROWTH = 0.10
SAMPLES = 200
FEWEST_BETWEEN = 20
PRINTED = 25
REOPENED_AT = (1 / 8, 1 / 4, 3 / 4)
FINE_TUNED_AT = (1 / 5, 7 / 10, 1 / 10)
"""Where in the day the project is closed and opened again, and the first, second and third fine-tune: the last of each
before the middle as long before it as the last before the end. So the caches of images, and of the feature maps of the
model that serves, are as full at one as at the other."""
WARM_UP, WARM_UP_IMAGES = 60, 8
IDLE_THREADS_END = 40.0
GROWING: Mapping[str, Figure] = {
    "memory in MB": lambda one: one.megabytes,
    "widgets": lambda one: one.widgets,
    "objects of Qt that Python knows": lambda one: one.objects,
}
LEFT: Mapping[str, Figure] = {
    "threads": lambda one: one.threads,
    "handles": lambda one: one.handles,
    "temporary files": lambda one: one.temporary,
}


class LongRun:
    """One working day at the application that `build` makes, in `home`, which holds nothing else."""

    def __init__(
        self, home: Path, images: int, build: Callable[[Settings], Application], *, gestures: int, fine_tunes: int
    ) -> None:
        self.signs: list[VitalSigns] = []
        self.done: Counter[str] = Counter()
        self.outcomes: list[str] = []
        self._gestures, self._fine_tunes = gestures, fine_tunes
        self.temporary = Path(tempfile.gettempdir())
        self._folder = home / "photos"
        home.mkdir()
        self.truth = make_images(self._folder, images)
        settings = Settings(home / "settings.ini")
        settings.hints = False
        self.application = build(settings)
        self._labeler = Labeler(self.application, self.truth, home / "annotations.json")
        self._began = 0.0

    def work(self) -> Iterator[VitalSigns]:
        """Do all gestures, yielding what the process holds now and then; the window is closed at the end."""
        application, hands = self.application, Hands(self.application)
        try:
            application.show()
            application.window.activateWindow()
            hands.wait(application.window.isActiveWindow, "the window is shown")
            self._began = time.monotonic()
            yield from self._all_gestures(hands)
        finally:
            application.shut_down()
            application.window.close()
            application.window.deleteLater()
            application.deleteLater()
            turn()
        yield self._sampled(self._gestures)

    def _all_gestures(self, hands: Hands) -> Iterator[VitalSigns]:
        self._open()
        every = max(self._gestures // SAMPLES, FEWEST_BETWEEN)
        reopenings = [round(self._gestures * share) for share in REOPENED_AT]
        trainings = sorted(round(self._gestures * share) for share in FINE_TUNED_AT[: self._fine_tunes])
        gestures = self._labeler.gestures()
        for count in range(1, self._gestures + 1):
            self.done[next(gestures)] += 1
            turn()
            if count % every == 0:
                yield self._sampled(count)
            if trainings and count >= trainings[0]:
                del trainings[0]
                self._settle(hands)
                hands.key("Space")  # a fine-tune needs a reviewed image, and early in a day there may be none
                hands.key("Ctrl+T")
            if count in reopenings:
                self._settle(hands)
                self._open()
                gestures = self._labeler.gestures()
        self._settle(hands)
        yield self._sampled(self._gestures)

    def _open(self) -> None:
        self.application.open(self._folder)
        session = self.application.session
        assert session is not None
        session.tuning.ended.connect(lambda outcome, sentence: self.outcomes.append(f"{outcome} {sentence}".strip()))
        session.detect_all()

    def _settle(self, hands: Hands) -> None:
        """Wait for the end of a fine-tune that is under way."""
        session = self.application.session
        assert session is not None
        if session.tuning.is_running:
            loop = QEventLoop()
            session.tuning.ended.connect(loop.quit)
            loop.exec()
        hands.wait_for_image()

    def _sampled(self, count: int) -> VitalSigns:
        gc.collect()
        signs = take(count, time.monotonic() - self._began, self.temporary)
        self.signs.append(signs)
        return signs


def make_images(folder: Path, count: int) -> Truth:
    """Draw scenes into a new folder; return what is on each."""
    folder.mkdir()
    names, truth = CATEGORIES + TAUGHT_CATEGORIES, {}
    for place in range(count):
        sample = draw_scene(FIRST_SEED + place, SIZE, taught=place % TAUGHT_EVERY == 0)
        name = f"scene_{place:05}.jpg"
        Image.fromarray(sample.image).save(folder / name, quality=90)
        boxes = [(x1, y1, x2, y2) for x1, y1, x2, y2 in sample.gt_boxes.tolist()]
        truth[name] = [(box, names[label - 1]) for box, label in zip(boxes, sample.labels.tolist(), strict=True)]
    return truth


def verdict(before: VitalSigns, signs: list[VitalSigns]) -> list[tuple[str, bool]]:
    """Return what is promised, with the figures, and whether it is held; the last of `signs` is after the closing."""
    *working, closed = signs
    promises = []
    for title, of in GROWING.items():
        middle, end = middle_and_end(working, of)
        growth = end / middle - 1
        promises.append(
            (f"{title}: {middle:,.0f} in the middle, {end:,.0f} at the end, {growth:+.1%}", growth <= MOST_GROWTH)
        )
    for title, of in LEFT.items():
        promises.append((f"{title}: {of(before)} before, {of(closed)} after the closing", of(closed) <= of(before)))
    return promises


def embedded(settings: Settings) -> Application:
    """Return the application with the embedded detector, on the CPU."""
    qt = QApplication.instance()
    assert isinstance(qt, QApplication)
    return Application(qt, detector_factory(None, "cpu"), settings, torch_tuner(None, "cpu"))


def main() -> int:
    """Work through a long day, print what the process holds, and say whether that stays so."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--gestures", type=int, default=20_000)
    parser.add_argument("--images", type=int, default=2_000)
    parser.add_argument("--fine-tunes", type=int, choices=range(len(FINE_TUNED_AT) + 1), default=len(FINE_TUNED_AT))
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write every sample to this file")
    options = parser.parse_args()
    QApplication(sys.argv[:1])
    with temporary_folder("long-run") as home:
        alone_in(home)
        # A first short day: what is loaded once is loaded then, and the long one begins where it ends.
        *_, before = LongRun(home / "first", WARM_UP_IMAGES, embedded, gestures=WARM_UP, fine_tunes=0).work()
        print(HEADING, before.line(), sep="\n", flush=True)
        day = LongRun(home / "day", options.images, embedded, gestures=options.gestures, fine_tunes=options.fine_tunes)
        for place, signs in enumerate(day.work()):
            if place % (SAMPLES // PRINTED) == 0:
                print(signs.line(), flush=True)
        day.signs[-1] = settled(day.signs[-1], before, day.temporary)
    print(day.signs[-1].line())
    print(
        f"{sum(day.done.values()):,} gestures: {', '.join(f'{name} {count}' for name, count in day.done.most_common())}"
    )
    print(f"fine-tunes: {', '.join(day.outcomes) or 'none'}")
    promises = verdict(before, day.signs)
    for words, held in promises:
        print(f"{words}  {'held' if held else 'MISSED'}")
    if options.json is not None:
        options.json.write_text(json.dumps([asdict(one) for one in day.signs]), encoding="utf-8")
    return 0 if all(held for _, held in promises) else 1


def alone_in(home: Path) -> None:
    """Keep this process away from what is the user's, and let its temporary files be where nobody else has any."""
    os.environ |= kept_in(home)
    temporary = home / "tmp"
    temporary.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(temporary)


def settled(signs: VitalSigns, before: VitalSigns, temporary: Path) -> VitalSigns:
    """Return what is left when the idle threads of pools have had the time that Qt gives them to end."""
    deadline = time.monotonic() + IDLE_THREADS_END
    while signs.threads > before.threads and time.monotonic() < deadline:
        turn()
        signs = take(signs.gestures, signs.seconds, temporary)
    return signs


if __name__ == "__main__":
    sys.exit(main())
