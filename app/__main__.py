"""The entry of `python3 app` and `python -m app`: sets up if need be, then the command line."""

from __future__ import annotations

import sys
from pathlib import Path

if not __package__:  # run as a folder: its parent is where the packages are
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

if __name__ == "__main__":
    import multiprocessing

    multiprocessing.freeze_support()
    from app.launch import into_environment

    into_environment(Path(__file__).resolve().parent)
    from app.cli import main

    sys.exit(main())
