"""The line at the foot of the window: what was just done, and what is the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QLabel, QProgressBar, QStatusBar, QToolButton, QWidget

from app.numbers import counted, fixed, percent, whole
from app.ui import theme
from app.ui.difference_words import difference_counts
from app.ui.elided_label import ElidedLabel
from app.ui.model_words import device, numerics
from app.ui.plain_tip import plain_tip
from app.ui.tuning_line import TuningLine
from app.ui.work_line import WorkLine
from app.workers.messages import DetectorState, DetectorStatus, FolderProgress, TilesSeen

if TYPE_CHECKING:
    from app.model.workspace import Workspace
    from app.store.location import Location

_MESSAGE_MS = 5_000
_GAP = 6
_BAR_WIDTH = 90
_LEAST_CHARACTERS, _HINT_CHARACTERS = 24, 40
"""So much of what is on the left is always there, so much of a hint before all that may be left out."""
_NO_LIMIT = 16_777_215  # Qt's own, of a width


class StatusBar(QStatusBar):
    """A hint on the left, a sentence in its place for a while; on the right, from the image to the machine, what stays.

    Where there is no room for all of it something is left out, and the window stays as wide as it is. Qt's own way with
    messages, to paint them over what is there, leaves them in their place when that of the rest changes.
    `model_pressed()` comes when the name of the model is pressed.
    """

    model_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self._hint = ElidedLabel(asks=True)
        self._hint.setContentsMargins(theme.SPACING, 0, theme.SPACING, 0)
        self.addWidget(self._hint, 1)
        self._hinted = self._message = ""
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self.clearMessage)
        self.tuning = TuningLine()
        self.addPermanentWidget(self.tuning)
        self.work = WorkLine()
        self.addPermanentWidget(self.work)
        self._activity = self._elided()
        self._progress = QProgressBar(textVisible=False)
        self._progress.hide()
        self.addPermanentWidget(self._progress)
        self._location, self._order, self._suggestions = self._elided(), self._elided(), self._elided()
        self._pointer = self._added("00000, 00000")
        self._zoom = self._added("6400 %")
        self._saved = self._added()
        self._detector = QToolButton()
        self._detector.clicked.connect(lambda _checked=False: self.model_pressed.emit())
        self._detector.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._detector.setProperty("strip", True)
        self.addPermanentWidget(self._detector)
        self._status = DetectorStatus(DetectorState.STOPPED)
        self._folder = self._told = self._model = self._tiles = ""
        self.show_project(None)

    @property
    def device(self) -> str:
        """What the detector runs on, for people; empty until it is loaded."""
        return device(self._status.device) if self._status.device else ""

    @property
    def numerics(self) -> str:
        """How the detector computes, for people; empty until it is loaded."""
        return numerics(self._status.numerics)

    def event(self, event: QEvent) -> bool:
        """Give what the work line may have when the room is another one."""
        handled = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._fit()
        return handled

    def minimumSizeHint(self) -> QSize:
        """Return the least size: what is said here never makes the window wider."""
        return QSize(0, super().minimumSizeHint().height())

    def say(self, sentence: str) -> None:
        """Show a sentence for a while."""
        self._message = sentence
        self._timer.start(_MESSAGE_MS)
        self._show_line()

    def currentMessage(self) -> str:
        """Return the sentence that is shown for a while, if one is."""
        return self._message

    def clearMessage(self) -> None:
        """Show the hint again."""
        self._message = ""
        self._timer.stop()
        self._show_line()

    @property
    def hint(self) -> str:
        """The hint, which is there unless a sentence is shown."""
        return self._hinted

    def show_hint(self, sentence: str) -> None:
        """Show what can be done next, wherever no other sentence is shown."""
        self._hinted = sentence
        self._show_line()

    def show_project(self, location: Location | None) -> None:
        """Show what belongs to an open project, and where it lies if that is not in the image folder."""
        for label in (self._suggestions, self._pointer, self._zoom, self._saved):
            label.setVisible(location is not None)
        self.clearMessage()
        self._suggestions.show_text("")
        self._zoom.clear()
        self.show_order("", "")
        elsewhere = location is not None and location.elsewhere
        self._location.setVisible(elsewhere)
        if location is not None and elsewhere:
            self._location.show_text(
                self.tr("Project: {}").format(_shortened(str(location.folder))),
                self.tr("The image folder cannot be written, so this project lies in {}.").format(location.folder),
            )
        self.show_saved(saved=True)
        self.show_pointer(None)
        if location is None:
            self.tuning.show_words("")
            self.show_progress(FolderProgress(0, 0, 0, 0.0, cancelled=True))

    def show_suggestions(self, workspace: Workspace) -> None:
        """Count what nobody has decided on in the current image, or what differs while that is shown."""
        count = len(workspace.suggestions)
        looked = workspace.prediction is not None
        if looked and workspace.view.show_differences:
            self._suggestions.show_text(difference_counts(workspace.differences))
            return
        text = self.tr("{} undecided").format(whole(count)) if count else self.tr("no suggestions") if looked else ""
        self._suggestions.show_text(text)

    @Slot(str, str)
    def show_order(self, words: str, explained: str) -> None:
        """Say why this image came, and in which order the next one will; nothing in plain file order."""
        self._order.show_text(words, explained)
        self._order.setVisible(bool(words))

    def show_saved(self, *, saved: bool, unsaved: int = 0, read_only: bool = False) -> None:
        """Say whether everything that a person decided is on disk, and how many changes are not."""
        waits = self.tr("{} unsaved").format(whole(unsaved)) if unsaved else ""
        words = self.tr("Read-only") if read_only else self.tr("All saved") if saved else self.tr("Not saved")
        self._saved.setText(waits or words)
        is_well = saved and not unsaved
        self._saved.setProperty("muted", is_well)
        self._saved.setProperty("error", not is_well)
        self._saved.style().polish(self._saved)

    def show_zoom(self, zoom: float) -> None:
        """Show the magnification, 1 for actual size."""
        self._zoom.setText(percent(zoom))

    def show_pointer(self, point: tuple[float, float] | None) -> None:
        """Show the pixel under the pointer."""
        self._pointer.setText("" if point is None else f"{int(point[0])}, {int(point[1])}")

    @Slot(object)
    def show_detector(self, status: DetectorStatus) -> None:
        """Show the device, the model, and what they do."""
        if status.message and status.message != self._status.message:
            self.say(status.message)
        self._status = status
        self._show_detector_words()

    def show_model(self, title: str) -> None:
        """Show what people call the model; without a title, what the detector is called."""
        self._model = title
        self._show_detector_words()

    @Slot(object)
    def show_progress(self, progress: FolderProgress) -> None:
        """Show how far the detection of the folder is."""
        self._progress.setVisible(not progress.finished)
        told = self.tr("The network is at work for this share of the time; the rest goes into reading the files.")
        self._told = told if progress.busy and not progress.finished else ""
        self._progress.setRange(0, max(progress.total, 1))
        self._progress.setValue(progress.done)
        self._folder, done, total = "", whole(progress.done), whole(progress.total)
        if progress.paused and not progress.finished:
            self._folder = self.tr("Paused at {} of {}").format(done, total)
        elif not progress.finished:
            self._folder = self.tr("{} of {}, {}/s").format(done, total, fixed(progress.images_per_second, 1))
            busy = self.tr("network busy {}").format(percent(progress.busy))
            self._folder += f", {busy}" if progress.busy else ""
        elif progress.total and not progress.cancelled:
            unread = self.tr(" {} could not be read.").format(whole(progress.failed)) if progress.failed else ""
            busy = self.tr(" The network was at work for {} of the time.").format(percent(progress.busy))
            one, many = self.tr("The detector has looked at 1 image."), self.tr("The detector has looked at {} images.")
            looked = counted(progress.total, one, many) + unread
            self.say(looked + (busy if progress.busy else ""))
        elif progress.cancelled and progress.total:
            self.say(self.tr("Stopped after {} of {} images.").format(done, total))
        self._show_detector_words()

    @Slot(object)
    def show_tiles(self, seen: TilesSeen) -> None:
        """Show how far the look at a large image is."""
        done = seen.total > 1 and seen.done < seen.total
        self._tiles = self.tr("Tile {} of {}").format(whole(seen.done), whole(seen.total)) if done else ""
        self._show_detector_words()

    def _show_line(self) -> None:
        self._hint.setProperty("muted", not self._message)
        self._hint.style().polish(self._hint)
        self._hint.show_text(self._message or self._hinted)
        self._fit()

    def _fit(self) -> None:
        """Leave out what there is no room for; of a sentence that somebody waits for, nothing."""
        character, around = self.fontMetrics().averageCharWidth(), 2 * theme.SPACING
        full = self.fontMetrics().horizontalAdvance(self._hint.text()) + around
        self._hint.ask_for(min(full, _LEAST_CHARACTERS * character + around))
        wanted = full if self._message else min(full, _HINT_CHARACTERS * character + around)
        optional = ((self.tuning,), (self._progress, self._activity), (self._order,))  # the last goes first
        others = {self._hint, self.work, *(one for part in optional for one in part)}
        shown = [one for one in self.children() if isinstance(one, QWidget) and not one.isHidden()]
        room = self.width() - wanted - sum(one.sizeHint().width() + _GAP for one in shown if one not in others)
        is_in = True
        for part in optional:
            takes = sum(min(one.sizeHint().width(), _most(one)) + _GAP for one in part if one in shown)
            is_in = is_in and takes <= room
            room -= takes if is_in else 0
            for one in part:
                one.setMaximumWidth(_most(one) if is_in else 0)
        self.work.fit(room - (full - wanted))
        if not self.work.text():
            self.work.fit(room)  # worth more than the end of a hint

    def _show_detector_words(self) -> None:
        status = self._status
        if status.state is not DetectorState.DETECTING:
            self._tiles = ""
        doing = {
            DetectorState.STARTING: self.tr("Detector: starting…"),
            DetectorState.LOADING: self.tr("Detector: loading…"),
            DetectorState.FAILED: self.tr("No detector"),
            DetectorState.STOPPED: self.tr("Detector: not started"),
        }
        # A model's title may go on after a comma; the tool tip has all of it.
        words = f"{self._model or status.model.partition(',')[0]} · {device(status.device)}"
        self._detector.setText(doing.get(status.state) or words)
        looking = self.tr("Looking…") if status.state is DetectorState.DETECTING else ""
        self._activity.show_text(", ".join(filter(None, (self._tiles, self._folder))) or looking, self._told)
        self._detector.setProperty("error", status.state is DetectorState.FAILED)
        self._detector.style().polish(self._detector)
        version = self.tr("{}, model version {}. Press to choose another model.")
        tip = status.message or version.format(status.model, status.model_version)
        self._detector.setToolTip(plain_tip("\n".join(filter(None, (tip, self.numerics)))))

    def _added(self, widest: str = "") -> QLabel:
        label = QLabel()
        if widest:
            label.setMinimumWidth(label.fontMetrics().horizontalAdvance(widest) + 16)
        self._add(label)
        return label

    def _elided(self) -> ElidedLabel:
        label = ElidedLabel(asks=True)
        self._add(label)
        return label

    def _add(self, label: QLabel) -> None:
        label.setProperty("muted", True)
        label.setContentsMargins(8, 0, 8, 0)
        self.addPermanentWidget(label)


def _most(widget: QWidget) -> int:
    """Return the largest width."""
    return _BAR_WIDTH if isinstance(widget, QProgressBar) else _NO_LIMIT


def _shortened(text: str, longest: int = 28) -> str:
    return text if len(text) <= longest else f"…{text[-longest:]}"
