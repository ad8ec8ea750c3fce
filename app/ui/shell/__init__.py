"""The frame: application, main window, actions, files and problems."""
