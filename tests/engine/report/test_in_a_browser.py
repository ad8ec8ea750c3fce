"""A report in a real browser, where there is one: no request, no error."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from app.engine.report.page import write_report
from tests.written_runs import write_run

if TYPE_CHECKING:
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), None)

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here"),
]


def test_a_browser_asks_for_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    run = write_run(tmp_path / "runs")
    report = write_report([run], tmp_path / "report.html")
    log = tmp_path / "net.json"
    assert BROWSER is not None
    command = [
        BROWSER,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        f"--user-data-dir={tmp_path / 'profile'}",
        f"--log-net-log={log}",
        "--enable-logging=stderr",
        "--v=0",
        f"--screenshot={tmp_path / 'report.png'}",
        "--window-size=1000,2000",
        report.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "CONSOLE" not in done.stderr, done.stderr
    assert (tmp_path / "report.png").stat().st_size > 10_000

    content = json.loads(log.read_text(encoding="utf-8"))
    asked = {
        event["params"]["url"]
        for event in content["events"]
        if isinstance(event.get("params"), dict) and "url" in event["params"]
    }
    own = {url for url in asked if "report" in url or url.startswith(("file:", "data:"))}
    others = {url for url in asked - own if not _of_the_browser(url)}
    assert not others, others


def _of_the_browser(url: str) -> bool:
    """Whether a browser asks for this by itself, whatever page it shows."""
    hosts = ("google", "gstatic", "chrome", "gvt1")
    return any(host in url.split("/")[2] for host in hosts) if url.count("/") > 2 else True
