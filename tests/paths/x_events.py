"""Events of mouse and keys that an X server makes itself (its XTEST extension), by Xlib."""

from __future__ import annotations

import ctypes

SHIFT = 0xFFE1
ENTER = 0xFF0D
DOWN = 0xFF54
CONTROL = 0xFFE3
ESCAPE = 0xFF1B
INSERT = 0xFF63
DELETE = 0xFFFF
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
        self.hold(button)
        self.release(button)

    def hold(self, button: int = 1) -> None:
        """Presses a button of the mouse and keeps it down."""
        self._button(button, 1)

    def release(self, button: int = 1) -> None:
        self._button(button, 0)

    def _button(self, button: int, down: int) -> None:
        self._test.XTestFakeButtonEvent(self._display, button, down, ctypes.c_ulong(0))
        self._x.XFlush(self._display)

    def key(self, keysym: int, *held: int) -> None:
        """Presses and releases a key while others are held."""
        code = self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(keysym))
        if not code:
            raise ValueError(f"The keyboard of the display has no key {keysym:#x}.")

        plain = self._x.XKeycodeToKeysym(self._display, ctypes.c_ubyte(code), 0)
        modifiers = [*held, *([SHIFT] if plain != keysym and keysym < LATIN else [])]
        for name in modifiers:
            self.hold_key(name, True)
        for down in (1, 0):
            self._test.XTestFakeKeyEvent(self._display, code, down, ctypes.c_ulong(0))
        for name in reversed(modifiers):
            self.hold_key(name, False)
        self._x.XFlush(self._display)

    def hold_key(self, keysym: int, down: bool) -> None:
        """Presses a key and keeps it down, or lets it go."""
        code = self._x.XKeysymToKeycode(self._display, ctypes.c_ulong(keysym))
        self._test.XTestFakeKeyEvent(self._display, code, int(down), ctypes.c_ulong(0))
        self._x.XFlush(self._display)
