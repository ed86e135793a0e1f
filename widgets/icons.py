"""One family of line icons, drawn as strokes on a 20 px grid and tinted by the theme."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QObject, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from widgets.theme import theme_of

# Each is the inside of an SVG of 20 by 20; strokes of 1.5, round ends; FILL marks filled shapes.
_SHAPES: dict[str, str] = {
    "play": '<path d="M6.5 4.2v11.6l9-5.8z" FILL/>',
    "pause": '<path d="M7 4.5v11M13 4.5v11" stroke-width="2.6"/>',
    "stop": '<rect x="5" y="5" width="10" height="10" rx="1" FILL/>',
    "loop": '<path d="M4 9.5V8.5a2.5 2.5 0 0 1 2.5-2.5H15M12.5 3.5 15 6l-2.5 2.5M16 10.5v1'
    'a2.5 2.5 0 0 1-2.5 2.5H5M7.5 16.5 5 14l2.5-2.5"/>',
    "folder": '<path d="M2.8 15.5v-11h5l1.7 2h7.7v9z"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "minus": '<path d="M4 10h12"/>',
    "import": '<path d="M10 3v9M6.5 8.8 10 12.3l3.5-3.5M3.5 13.5v3h13v-3"/>',
    "export": '<path d="M10 12.3V3.3M6.5 6.8 10 3.3l3.5 3.5M3.5 13.5v3h13v-3"/>',
    "circuit": '<path d="M1.5 10h3l1.2-4 2.4 8 2.4-8 2.4 8 2.4-8 1.2 4h2"/>',
    "wave": '<path d="M2.5 10h1.7M6 7.5v5M8.7 4v12M11.3 6.5v7M14 8.5v3M15.8 10h1.7"/>',
    "train": '<path d="M3 3v14h14M5.5 5.5c1 6 3.5 8.2 11 8.7"/>',
    "ear": '<path d="M3 11.5v-1.5a7 7 0 0 1 14 0v1.5"/>'
    '<rect x="2.8" y="11" width="3.4" height="5.5" rx="1"/>'
    '<rect x="13.8" y="11" width="3.4" height="5.5" rx="1"/>',
    "compare": '<path d="M10 3v14M7.5 5.5h-4v9h4M12.5 5.5h4v9h-4"/>',
    "undo": '<path d="M7 4 3.5 7.5 7 11M3.5 7.5h8a4.3 4.3 0 0 1 0 8.5H7"/>',
    "redo": '<path d="m13 4 3.5 3.5L13 11M16.5 7.5h-8a4.3 4.3 0 0 0 0 8.5H13"/>',
    "settings": '<path d="M3 6h7.2M14.8 6H17M3 14h2.2M9.8 14H17"/>'
    '<circle cx="12.5" cy="6" r="2.2"/><circle cx="7.5" cy="14" r="2.2"/>',
    "warning": '<path d="M10 3.2 17.8 16.5H2.2zM10 8.2v4M10 14.3v.1"/>',
    "error": '<path d="M7 2.8h6L17.2 7v6L13 17.2H7L2.8 13V7zM7.5 7.5l5 5M12.5 7.5l-5 5"/>',
    "ok": '<circle cx="10" cy="10" r="7.2"/><path d="m6.8 10.3 2.3 2.3 4.2-4.8"/>',
    "check": '<path d="m4.5 10.5 3.7 3.7 7.3-8.2"/>',
    "info": '<circle cx="10" cy="10" r="7.2"/><path d="M10 9.3v4.4M10 6.4v.1"/>',
    "help": '<circle cx="10" cy="10" r="7.2"/><path d="M7.9 8.1a2.15 2.15 0 1 1 3.3 1.8'
    'c-.8.5-1.2.9-1.2 1.7M10 13.9v.1"/>',
    "cancel": '<circle cx="10" cy="10" r="7.2"/><path d="m7.4 7.4 5.2 5.2M12.6 7.4 7.4 12.6"/>',
    "resume": '<path d="M4.5 4.5v11"/><path d="M8 4.5v11l8-5.5z" FILL/>',
    "lock": '<rect x="4.5" y="9" width="11" height="8" rx="1"/>'
    '<path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>',
    "search": '<circle cx="8.7" cy="8.7" r="5"/><path d="m12.5 12.5 4.3 4.3"/>',
    "chevron-down": '<path d="m5 7.8 5 5 5-5"/>',
    "chevron-up": '<path d="m5 12.3 5-5 5 5"/>',
    "chevron-right": '<path d="m7.8 5 5 5-5 5"/>',
    "chevron-left": '<path d="m12.3 5-5 5 5 5"/>',
    "close": '<path d="m5.3 5.3 9.4 9.4M14.7 5.3l-9.4 9.4"/>',
    "record": '<circle cx="10" cy="10" r="7.2"/><circle cx="10" cy="10" r="3.4" FILL/>',
    "trash": '<path d="M3.5 5.5h13M8 5.5V3.5h4v2M5.3 5.5l.8 11h7.8l.8-11M8.5 8.5v5M11.5 8.5v5"/>',
    "copy": '<rect x="7" y="7" width="9.5" height="9.5" rx="1"/><path d="M13 7V3.5H3.5V13H7"/>',
    "edit": '<path d="m4 13.2 8.6-8.6a1.7 1.7 0 0 1 2.4 0l.4.4a1.7 1.7 0 0 1 0 2.4L6.8 16'
    'l-3.6.8zM11.2 6l2.8 2.8"/>',
    "moon": '<path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3z"/>',
    "sun": '<circle cx="10" cy="10" r="3.2"/><path d="M10 2.5v1.8M10 15.7v1.8M2.5 10h1.8'
    'M15.7 10h1.8M4.7 4.7 6 6M14 14l1.3 1.3M15.3 4.7 14 6M6 14l-1.3 1.3"/>',
    "menu": '<path d="M3.5 5.5h13M3.5 10h13M3.5 14.5h13"/>',
    "jobs": '<path d="M3.5 5h13M3.5 10h8M3.5 15h10.5"/><path d="M14.5 8.2v3.6l2.8-1.8z" FILL/>',
    "waiting": '<circle cx="10" cy="10" r="7.2"/><path d="M10 6v4.2l2.8 1.8"/>',
    "star": '<path d="m10 3 2.1 4.6 5 .6-3.7 3.4 1 5-4.4-2.5-4.4 2.5 1-5L2.9 8.2l5-.6z"/>',
    "speaker": '<path d="M3 8v4h3l4 3.5v-11L6 8zM13 7.5a3.8 3.8 0 0 1 0 5M15.3 5.2a7 7 0 0'
    ' 1 0 9.6"/>',
    "fit": '<path d="M3.5 7V3.5H7M13 3.5h3.5V7M16.5 13v3.5H13M7 16.5H3.5V13"/>',
    "select": '<path d="M4 5.5v9M4 5.5H2.5M4 5.5h1.5M4 14.5H2.5M4 14.5h1.5M16 5.5v9M16 5.5h-1.5'
    'M16 5.5h1.5M16 14.5h-1.5M16 14.5h1.5"/><path d="M7 7.5h6v5H7z" FILL/>',
    "lanes": '<path d="M3 4.5h14v4H3zM3 11.5h14v4H3z"/>',
    "overlay": '<path d="M3 12c2-8 4-8 7 0s5 8 7 0M3 8c2 8 4 8 7 0s5-8 7 0"/>',
}

ICON_NAMES: tuple[str, ...] = tuple(sorted(_SHAPES))


def icon(name: str, role: str = "text") -> QIcon:
    """A tinted icon, with its faint version for disabled widgets.

    It does not follow a later switch of the theme: use :func:`set_icon` for what stays.

    Parameters
    ----------
    name : str
        One of :data:`ICON_NAMES`.
    role : str
        A colour of the tokens (``text``, ``soft``, ``wet``, ...) or ``#rrggbb``.

    Raises
    ------
    KeyError
        There is no such icon or colour.
    """
    tokens = theme_of().tokens
    made = QIcon()
    for size in (16, 20, 32, 40, 48):
        made.addPixmap(_pixmap(name, tokens.colour(role), size))
        made.addPixmap(_pixmap(name, tokens.faint, size), QIcon.Mode.Disabled)
    return made


def pixmap(name: str, role: str = "text", size: int = 20, ratio: float = 1.0) -> QPixmap:
    """An icon as a picture of ``size`` device-independent pixels."""
    made = QPixmap(_pixmap(name, theme_of().tokens.colour(role), round(size * ratio)))
    made.setDevicePixelRatio(ratio)
    return made


def paint_icon(painter: QPainter, rect: QRectF, name: str, colour: str) -> None:
    """Draw an icon into a rectangle, sharp at any scale."""
    _renderer(name, colour).render(painter, rect)


def set_icon(button: QAbstractButton, name: str, role: str = "text", size: int = 16) -> None:
    """Give a button an icon that is tinted again whenever the theme switches."""
    keeper = button.findChild(_Tint, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if not isinstance(keeper, _Tint):
        keeper = _Tint(button)
    button.setIconSize(QSize(size, size))
    keeper.show_icon(name, role)


class _Tint(QObject):
    """Keeps one button's icon in the theme's colours."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self._button = button
        self._name = ""
        self._role = "text"
        theme_of(button).changed.connect(self._tint)

    def show_icon(self, name: str, role: str) -> None:
        self._name, self._role = name, role
        self._tint()

    def _tint(self) -> None:
        self._button.setIcon(icon(self._name, self._role))


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    shapes = _SHAPES[name].replace("FILL", f'fill="{colour}"')
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20" fill="none" '
        f'stroke="{colour}" stroke-width="1.5" stroke-linecap="round" '
        f'stroke-linejoin="round">{shapes}</svg>'
    )
    return QSvgRenderer(QByteArray(svg.encode()))


@lru_cache(maxsize=1024)
def _pixmap(name: str, colour: str, size: int) -> QPixmap:
    made = QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    _renderer(name, colour).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return made
