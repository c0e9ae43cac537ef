"""What the window says while changes are on the screen and not on the disk, and the one question before it closes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QDialog, QPushButton, QWidget

from app.model.storage import StoreError
from app.model.words import tr, worded
from app.numbers import counted, whole
from app.ui import dialogs
from app.ui.banner import Tone
from app.ui.notice import Notice
from app.ui.text_size import open_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from app.saving import Saving
    from app.session import Session
    from app.ui.main_window import MainWindow

COPY_FILTER = worded("Copy of a project (*.db)")


class UnsavedChanges(QObject):
    """Of one window. Its banner stays until all is saved; so does that of a project that may only be read."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._saving: Saving | None = None

    @property
    def count(self) -> int:
        """The number of changes that are not on the disk."""
        return 0 if self._saving is None else self._saving.unsaved

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be changed."""
        session = self._window.session
        return session is not None and bool(session.store.refusal)

    def follow(self, session: Session | None) -> None:
        """Speak of this session from now on, None: of nothing."""
        self._saving = None if session is None else session.saving
        self._window.standing.clear()
        if session is None or self._saving is None:
            return
        self._saving.changed.connect(self._show)
        if session.store.refusal:
            self._window.standing.say(session.store.refusal, Tone.WARNING)
            self._window.status.show_saved(saved=True, read_only=True)

    def stops(self, then: Callable[[], object]) -> bool:
        """Return whether leaving the project has to wait for an answer; `then` follows if that is to leave it."""
        saving = self._saving
        if saving is None or not saving.unsaved or saving.try_again():
            return False
        question = UnsavedQuestion(saving, self._window)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.copy_wanted.connect(lambda: self._save_copy(question))
        question.accepted.connect(then)
        question.open()
        return True

    def try_again(self) -> None:
        """Try to save, and say what came of it."""
        if self._saving is not None:
            if self._saving.try_again():
                self._window.status.say(self.tr("All is saved."))
            self._show()

    def save_copy(self) -> bool:
        """Let the person choose where a copy of the project with all changes goes; return whether it is there."""
        session, saving = self._window.session, self._saving
        if session is None or saving is None:
            return False
        start = session.folder.parent / f"{session.folder.name}.boxwright.db"
        title = self.tr("Save a copy of the project")
        target = dialogs.choose_save_file(self._window, title, self.tr(COPY_FILTER), start)
        return target is not None and self._write_copy(saving, target)

    def _write_copy(self, saving: Saving, target: Path) -> bool:
        try:
            saving.save_copy(target)
        except StoreError as error:
            self._window.say_failed(str(error))
            return False
        sentence = self.tr("The copy is {}. `boxwright repair FOLDER --from FILE` makes a project of it again.")
        self._window.banner.say(sentence.format(target), Tone.INFO)
        return True

    def _save_copy(self, question: UnsavedQuestion) -> None:
        if self.save_copy():
            question.leave()

    @Slot()
    def _show(self) -> None:
        saving = self._saving
        if saving is None:
            return
        self._window.status.show_saved(saved=True, unsaved=saving.unsaved)
        if saving.unsaved:
            answers = ((self.tr("Try again"), self.try_again), (self.tr("Save a copy…"), self._offer_copy))
            self._window.standing.say(unsaved_sentence(saving.unsaved, saving.reason), Tone.ERROR, answers)
        else:
            self._window.standing.clear()

    def _offer_copy(self) -> None:
        self.save_copy()
        self._show()


class UnsavedQuestion(QDialog):
    """Asks what becomes of changes that are not on the disk. Accepted: the project may be left, and is saved or lost.

    Rejected: the person goes on working. `copy_wanted()`: a copy is to be saved elsewhere; `leave` follows it.
    """

    copy_wanted = Signal()

    def __init__(self, saving: Saving, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Not saved"))
        self._saving = saving
        self._notice = Notice()
        self._lose = QPushButton()
        again = QPushButton(self.tr("Try to save again"))
        again.clicked.connect(self._try_again)
        copy = QPushButton(self.tr("Save a copy of the project elsewhere, and close"))
        copy.clicked.connect(self.copy_wanted)
        self._lose.clicked.connect(self.leave)
        stay = QPushButton(self.tr("Go on working"))
        stay.clicked.connect(self.reject)
        layout = dialogs.column(self)
        layout.addWidget(self._notice, 1)
        for answer in (again, copy, self._lose, stay):
            answer.setAutoDefault(answer is not self._lose)
            layout.addWidget(answer)
        again.setDefault(True)
        saving.changed.connect(self.look)
        self.look()
        open_at(self, 460, 250)

    @Slot()
    def look(self) -> None:
        """Say what is unsaved now; where nothing is, there is no question any more."""
        count = self._saving.unsaved
        if not count:
            self.accept()
            return
        self._notice.say(unsaved_sentence(count, self._saving.reason))
        one, many = self.tr("Close and lose one change"), self.tr("Close and lose {} changes")
        self._lose.setText(counted(count, one, many))

    @Slot()
    def leave(self) -> None:
        """Let go of what is unsaved, and close."""
        self._saving.give_up()

    def done(self, result: int) -> None:
        """End, and hear of nothing any more: what is saved later is no answer to this question."""
        self._saving.changed.disconnect(self.look)
        super().done(result)

    @Slot()
    def _try_again(self) -> None:
        self._saving.try_again()


def unsaved_sentence(count: int, reason: str) -> str:
    """Say how much is not saved, and why."""
    if count == 1:
        return tr("One change is not saved yet: {} It stays here, and is saved as soon as that is possible.").format(
            reason
        )
    sentence = tr("{} changes are not saved yet: {} They stay here, and are saved as soon as that is possible.")
    return sentence.format(whole(count), reason)
