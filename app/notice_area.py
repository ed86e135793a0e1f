"""Where notices become visible: warnings and errors as banners, successes as toasts."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.notices import Action, Notice, Notices, log
from widgets.banner import Banner
from widgets.toast import ToastHost
from widgets.tokens import HALF, SPACE, Level

MAX_BANNERS = 3
"""More would eat the picture; the oldest makes room."""


class NoticeArea(QWidget):
    """A column of banners; takes notices from any thread.

    Parameters
    ----------
    notices : Notices
        Whose notices are shown.
    toasts : ToastHost
        Shows what has gone well.
    """

    _posted = Signal(object)

    def __init__(self, notices: Notices, toasts: ToastHost, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._toasts = toasts
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(SPACE, 0, SPACE, 0)
        self._layout.setSpacing(HALF)
        self._banners: list[tuple[Notice, Banner]] = []
        self._posted.connect(self._show)
        stop = notices.listen(self._posted.emit)
        self.destroyed.connect(lambda _object=None: stop())
        self.hide()

    @property
    def sentences(self) -> list[str]:
        """What the banners say now, oldest first."""
        return [notice.sentence for notice, _ in self._banners]

    def dismiss(self, about: str) -> None:
        """Take away what tells of a job that goes on now."""
        for notice, banner in list(self._banners):
            if notice.about == about:
                self._remove(banner)

    def clear(self) -> None:
        """Take every banner away (another project came)."""
        for _, banner in list(self._banners):
            self._remove(banner)

    def _show(self, notice: Notice) -> None:
        if notice.level in ("success", "info"):
            self._show_toast(notice)
            return
        if notice.sentence in self.sentences:
            return
        while len(self._banners) >= MAX_BANNERS:
            self._remove(self._banners[0][1])
        level: Level = "error" if notice.level == "error" else "warning"
        banner = Banner(level, notice.sentence, notice.details, parent=self)
        for action in notice.actions:
            banner.add_action(action.text, partial(self._act, banner, action))
        banner.closed.connect(partial(self._remove, banner))
        self._banners.append((notice, banner))
        self._layout.addWidget(banner)
        self._layout.setContentsMargins(SPACE, SPACE, SPACE, 0)
        self.show()

    def _show_toast(self, notice: Notice) -> None:
        level: Level = "ok" if notice.level == "success" else "info"
        if notice.actions:
            action = notice.actions[0]
            self._toasts.show_toast(notice.sentence, level, action.text, action.do)
        else:
            self._toasts.show_toast(notice.sentence, level)

    def _act(self, banner: Banner, action: Action) -> None:
        self._remove(banner)
        action.do()

    def _remove(self, banner: Banner) -> None:
        self._banners = [pair for pair in self._banners if pair[1] is not banner]
        self._layout.removeWidget(banner)
        banner.hide()
        banner.deleteLater()
        self.setVisible(bool(self._banners))


def log_qt_messages(parent: QObject) -> None:
    """Send Qt's own messages to the log, where a user's report will hold them."""

    def handle(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            log.error("Qt: %s", text)
        elif kind == QtMsgType.QtWarningMsg:
            log.warning("Qt: %s", text)
        else:
            log.debug("Qt: %s", text)

    previous = qInstallMessageHandler(handle)
    parent.destroyed.connect(lambda _object=None: qInstallMessageHandler(previous))
