"""The names of what a person can do in the window, whatever page is in front."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """One action of the window. Its menu, shortcut and words stand in shell/actions.py."""

    NEW = "new"
    OPEN_FOLDER = "open_folder"
    OPEN_FILE = "open_file"
    READ_AGAIN = "read_again"
    CANCEL_READING = "cancel_reading"
    SAVE = "save"
    SAVE_AS = "save_as"
    QUIT = "quit"
    UNDO = "undo"
    REDO = "redo"
    TRAIN = "train"
    QUEUE = "queue"
    RACE = "race"
    SEARCH = "search"
    PLAN = "plan"
    PAUSE = "pause"
    STOP = "stop"
    EXPORT = "export"
    ZOOM_IN = "zoom_in"
    ZOOM_OUT = "zoom_out"
    ZOOM_RESET = "zoom_reset"
    DARK = "dark"
    GUIDE = "guide"
    HELP = "help"
    PROJECTOR = "projector"
    SHORTCUTS = "shortcuts"
    MENU = "menu"
    FASHION = "fashion"
    PROBLEMS = "problems"
    DIAGNOSTICS = "diagnostics"
