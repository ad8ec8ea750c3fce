"""Events of mouse and keys that an X server makes itself (its XTEST extension), by Xlib."""

from __future__ import annotations

import ctypes

SHIFT = 0xFFE1
ENTER = 0xFF0D
DOWN = 0xFF54
CONTROL = 0xFFE3
LATIN = 0x100
"""Below it a keysym is the letter's own number."""


class XEvents:
    """Moves the mouse and presses keys on a display. Raises OSError where Xlib is missing."""

    def __init__(self, display: str) -> None:
        self._x = ctypes.CDLL("libX11.so.6")
        self._test = ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XKeycodeToKeysym.restype = ctypes.c_ulong
        opened = self._x.XOpenDisplay(display.encode())
        if not opened:
            raise OSError(f"There is no display {display}.")

        self._display = ctypes.c_void_p(opened)

    def move(self, x: int, y: int) -> None:
        """Moves the mouse to a pixel of the screen."""
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def press(self, button: int = 1) -> None:
        """Presses and releases a button of the mouse; 4 and 5 are the wheel."""
        for down in (1, 0):
            self._test.XTestFakeButtonEvent(self._display, button, down, ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def key(self, keysym: int, *held: int) -> None:
        """Presses and releases a key while others are held."""
        code = self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(keysym))
        if not code:
            raise ValueError(f"The keyboard of the display has no key {keysym:#x}.")

        plain = self._x.XKeycodeToKeysym(self._display, ctypes.c_ubyte(code), 0)
        modifiers = [*held, *([SHIFT] if plain != keysym and keysym < LATIN else [])]
        codes = [
            self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(name)) for name in modifiers
        ]
        for one, down in (
            *((other, 1) for other in codes),
            (code, 1),
            (code, 0),
            *((other, 0) for other in reversed(codes)),
        ):
            self._test.XTestFakeKeyEvent(self._display, one, down, ctypes.c_ulong(0))
        self._x.XFlush(self._display)
