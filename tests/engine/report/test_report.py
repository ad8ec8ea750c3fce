"""Reports: one page without anything from elsewhere, without data or paths, and true."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app.engine.errors import UserError
from app.engine.report.content import labels_in_report
from app.engine.report.page import report_html, write_report
from app.engine.report.sections import all_sections
from app.engine.runs.history import METRICS, Writer
from app.engine.runs.run import Run
from app.engine.runs.storage import manifest
from tests.odd_names import ODD
from tests.written_runs import SOURCE, Shape, write_run

REFERENCES = ("src", "href", "action", "data", "poster", "srcset", "xlink:href", "background")
VOID = ("meta", "img", "br", "hr", "path", "rect", "circle", "line")


class Page(HTMLParser):
    """Reads a page: its elements, the texts of each, and everything that it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.references: list[str] = []
        self.texts: list[str] = []
        self.headings: list[tuple[int, str]] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert len(found) == len(attrs), (tag, attrs)
        self.elements.append((tag, found))
        self.references += [found[name] for name in REFERENCES if name in found]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "script"):
            self.texts.append(data)
        if self.open and re.fullmatch("h[1-6]", self.open[-1]):
            self.headings.append((int(self.open[-1][1]), data))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [found for name, found in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return write_run(tmp_path_factory.mktemp("runs"), note="The first one.")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("three")
    return [
        write_run(folder, f"seed {seed}", settings={"training": {"seed": seed}})
        for seed in range(3)
    ]


def page_of(*runs: Run) -> Page:
    return Page(report_html(runs))


def require_self_contained(text: str) -> None:
    page = Page(text)
    for reference in page.references:
        assert reference.startswith(("#", "data:")), reference

    assert not page.all("script") and not page.all("link") and not page.all("iframe")
    assert not [name for _, found in page.elements for name in found if name.startswith("on")]
    assert "@import" not in text and "url(" not in text
    policy = [meta["content"] for meta in page.all("meta") if "http-equiv" in meta]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]
    targets = {found["id"] for _, found in page.elements if "id" in found}
    assert {ref[1:] for ref in page.references if ref.startswith("#")} <= targets


def test_a_report_needs_nothing_from_elsewhere(run: Run, three: list[Run]) -> None:
    require_self_contained(report_html([run]))
    require_self_contained(report_html(three))


def test_it_has_every_section_once(run: Run) -> None:
    page = page_of(run)
    titles = [text for level, text in page.headings if level == 2]
    assert titles == [section.title for section in all_sections() if section.name != "differences"]
    assert page.headings[0][0] == 1
    assert "The first one." in page.text


def test_a_reader_that_sees_no_colour_has_everything(run: Run) -> None:
    page = page_of(run)
    assert all(found.get("scope") in ("col", "row") for found in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    drawings = [found for found in page.all("svg") if "aria-hidden" not in found]
    assert drawings and all(found["role"] == "img" for found in drawings)
    assert all(len(found["aria-label"]) > 5 for found in drawings)
    assert all(found["alt"] for found in page.all("img"))
    levels = [level for level, _ in page.headings]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_its_figures_are_those_of_the_run(run: Run) -> None:
    text = page_of(run).text
    summary = run.summary()
    assert f"{100 * summary['metrics']['validation']['accuracy']:.1f} %" in text
    assert "4,321" in text
    assert "449 KiB 450 KiB +0.2 %" in text
    assert "Fingerprint 5f1c" in text and "Licence Not known" in text
    assert "Left out 1 file or row" in text
    assert "netwright train experiment.toml" in text and 'template = "cnn"' in text


def test_no_path_and_no_file_of_the_data_is_in_it(run: Run) -> None:
    text = report_html([run])
    for private in (SOURCE, "anna.example", "broken.png", str(run.path.parent), str(Path.home())):
        assert private not in text, private

    assert 'source = "cats"' in text.replace("&quot;", '"')


def test_names_are_never_code(tmp_path: Path) -> None:
    names = tuple(name for name in ODD if name not in ("CON", "inf"))
    run = write_run(tmp_path, "<b>bold & co", Shape(classes=names, examples=20 * len(names)))
    run.note = "<script>alert(1)</script>\n<img src=x>"
    text = report_html([run])
    require_self_contained(text)
    page = Page(text)
    assert not page.all("b") and not page.all("script") and not page.all("i")
    assert all(found["src"].startswith("data:") for found in page.all("img"))
    assert "<b>bold & co" in page.text and "<b>bold6<img src=x>" in page.text
    assert "\x1b" not in text and "\u202e" not in text


def test_no_outlier_is_lost(tmp_path: Path) -> None:
    run = write_run(tmp_path, "spike", Shape(steps=4000))
    writer = Writer(run.path / METRICS)
    steps = np.arange(4001, 9001)
    losses = np.full(5000, 0.2)
    losses[1234] = 0.9
    losses[2345] = 77.0
    writer.steps(steps, losses, np.ones(5000), np.full(5000, np.nan))
    writer.close()
    manifest.note_grown(run.path)
    page = page_of(run)
    assert "Beyond the axis: each step: 77 at epoch 6.346" in page.text
    chart = next(
        found for found in page.all("svg") if "Loss of training" in found.get("aria-label", "")
    )
    assert chart["viewbox"]
    assert "greatest 77" in page.text


def test_a_comparison_says_first_what_differs(three: list[Run]) -> None:
    page = page_of(*three)
    titles = [text for level, text in page.headings if level == 2]
    assert titles[0] == "What differs" and "Settings" not in titles
    assert "Seed (training)" in page.text and "seed 2" in page.text
    assert page.text.count("Network") < 6  # the same network once
    assert page.headings[0] == (1, "3 runs compared")


def test_more_runs_than_a_page_is_wide_are_rows(three: list[Run]) -> None:
    page = page_of(*three, *three)
    text = page.text
    assert f"{three[0].name} (2)" in text
    heads = [found for found in page.all("th") if found["scope"] == "row"]
    assert len(heads) > 12


def test_what_is_damaged_is_told_and_the_rest_is_there(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    (run.path / "summary.json").write_text("{ no", encoding="utf-8")
    (run.path / "checkpoints" / "best" / "graph.json").write_text("[]", encoding="utf-8")
    page = page_of(run)
    asides = [found for found in page.all("aside") if "could not be read" in found["aria-label"]]
    assert asides and "summary.json" in page.text and "is damaged" in page.text
    titles = [text for level, text in page.headings if level == 2]
    assert "Curves" in titles and "Data" in titles and "Network" not in titles


def test_a_run_that_has_hardly_begun_has_a_report(tmp_path: Path) -> None:
    run = write_run(tmp_path)
    young = Run.create(tmp_path, run.experiment())
    page = page_of(young)
    titles = [text for level, text in page.headings if level == 2]
    assert "Settings" in titles and "Curves" not in titles
    require_self_contained(report_html([young]))


def test_it_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    path = write_report([run], tmp_path / "report.html")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    with pytest.raises(UserError, match="report"):
        write_report([run], path / "report.html")

    (run_copy := tmp_path / "no run").mkdir()
    with pytest.raises(UserError):
        write_report([Run(run_copy)], tmp_path / "other.html")
    assert not (tmp_path / "other.html").exists()


def test_many_classes_are_a_picture(tmp_path: Path) -> None:
    classes = tuple(f"class {number}" for number in range(200))
    run = write_run(tmp_path, "many", Shape(classes=classes, examples=4000, steps=2000))
    text = report_html([run])
    require_self_contained(text)
    page = Page(text)
    assert len(page.all("img")) == 1 and len(text) < 1_000_000
    assert "class 199" in page.text


def test_every_run_of_a_report_has_a_name_of_its_own() -> None:
    assert labels_in_report(["a (2)", "a", "a", "b"]) == ["a (2)", "a", "a (3)", "b"]
