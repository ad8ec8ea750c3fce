"""Reports in a real browser, where there is one: no request, no error, light and dark, on paper."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest

from app.engine.report.page import write_report
from app.engine.runs.logs.foreign_run import read_log
from tests.browser import BROWSER, Page, browser
from tests.engine.runs.test_logs import KERAS
from tests.written_runs import write_run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here"),
]


def test_a_browser_asks_for_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    runs = [write_run(tmp_path / "runs", name) for name in ("first", "second")]
    (tmp_path / "keras.csv").write_text(KERAS)
    log = read_log(tmp_path / "keras.csv")
    reports = [
        write_report(runs[:1], tmp_path / "one.html"),
        write_report([*runs, log], tmp_path / "several.html"),
    ]
    with browser(tmp_path / "profile") as chromium:
        for report in reports:
            page = Page(chromium)
            page.open(report.as_uri())
            for width, dark in ((1280, False), (1280, True), (380, False)):
                page.look(width, 900, dark)
                page.photograph(tmp_path / f"{report.stem}-{width}-{dark}.png")
                wide = page.value("document.documentElement.scrollWidth")
                assert wide <= width, f"{report.stem} is cut off sideways: {wide} of {width}"

            paper = base64.b64decode(page.call("Page.printToPDF")["data"])
            assert paper.startswith(b"%PDF") and len(paper) > 10_000
            assert page.value("document.querySelectorAll('svg').length") >= 2
            assert page.requests == [report.as_uri()]
            assert page.complaints == []
