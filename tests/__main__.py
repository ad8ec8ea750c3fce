"""`python3 tests`: sets up if need be, then runs the tests; further arguments go to pytest."""

from __future__ import annotations

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
if not __package__:
    sys.path[0] = str(HERE.parent)

if __name__ == "__main__":
    from app.launch import into_environment
    from app.system_libraries import require_for_tests

    require_for_tests()  # before the set-up, which takes minutes
    into_environment(HERE, extra="test")
    os.chdir(HERE.parent)
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    import pytest

    workers = ["-n", "2", "--dist", "worksteal"] if (os.cpu_count() or 1) > 1 else []
    sys.exit(pytest.main([*workers, *sys.argv[1:]]))
