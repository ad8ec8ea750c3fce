"""The page of the service in a real browser, where there is one: examples dropped and answered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.experiment.toml_file import from_plain
from tests.browser import BROWSER, Browser, Page, browser
from tests.engine.export.untrained import untrained_run
from tests.engine.predicting.services import serving

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here"),
]

ANSWERED = "!document.getElementById('result').hidden"
HEADLINE = "document.getElementById('headline').textContent"
PROBLEM = "document.getElementById('headline').className === 'problem'"
SIZES = ((1280, 900), (380, 800))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def made(folder: Path, data: dict[str, Any], **model: Any) -> Path:
    plain: dict[str, Any] = {"netwright": 2, "data": data}
    if model:
        plain["model"] = model
    return untrained_run(folder / "run", from_plain(plain, "test"))[0].path


def opened(chromium: Browser, url: str) -> Page:
    page = Page(chromium)
    page.open(url)
    page.wait("!document.getElementById('form').hidden")
    return page


def check(page: Page, url: str, folder: Path, name: str) -> None:
    """Checks that the page fits every window, asked nobody else and complained of nothing."""
    for width, height in SIZES:
        for dark in (False, True):
            page.look(width, height, dark)
            shade = "dark" if dark else "light"
            page.photograph(folder / f"{name}-{width}-{shade}.png")
            wide = page.value("document.documentElement.scrollWidth")
            assert wide <= width, f"cut off sideways: {wide} of {width}"

    own = (url, "data:", "blob:")
    assert all(address.startswith(own) for address in page.requests), page.requests
    assert page.complaints == []


def test_a_picture(chromium: Browser, tmp_path: Path) -> None:
    run = made(tmp_path, {"source": "sample:digits"}, template="cnn", width=4)
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "digit.png")
    (tmp_path / "nonsense.png").write_bytes(b"no picture")
    with serving(run) as service:
        url = f"http://{service.host}:{service.port}/"
        page = opened(chromium, url)
        page.drop(".drop", tmp_path / "digit.png")
        page.wait(ANSWERED)
        assert page.value(HEADLINE) and not page.value(PROBLEM)
        assert page.value("document.querySelectorAll('#parts tr').length") == 10
        assert page.value("document.querySelector('.drop img').naturalWidth") == 40
        check(page, url, tmp_path, "picture")

        page.drop(".drop", tmp_path / "nonsense.png")
        page.wait(PROBLEM)
        assert "cannot be used" in page.value(HEADLINE)
        page.drop("h1", tmp_path / "digit.png")  # beside the box nothing happens
        assert page.value("location.href") == url


def test_a_row(chromium: Browser, tmp_path: Path) -> None:
    lines = [f"{20 + n},{'in' if n % 3 else 'out'},{9 * n + 200}" for n in range(90)]
    (tmp_path / "flats.csv").write_text("\n".join(["size,where,rent", *lines]))
    run = made(tmp_path, {"source": str(tmp_path / "flats.csv"), "target": "rent"})
    (tmp_path / "row.csv").write_text('where;size\n"in";33\nout;44\n')
    (tmp_path / "row.json").write_text(json.dumps({"size": 50, "where": "out"}))
    (tmp_path / "other.csv").write_text("length,where\n3,in\n")
    size = "document.querySelectorAll('.fields input')[0].value"
    with serving(run) as service:
        url = f"http://{service.host}:{service.port}/"
        page = opened(chromium, url)
        page.drop(".drop", tmp_path / "row.csv")
        page.wait(ANSWERED)
        assert page.value(size) == "33" and not page.value(PROBLEM)
        assert page.value("document.getElementById('told').textContent").startswith("Of 2 rows")
        first = page.value(HEADLINE)
        page.drop(".drop", tmp_path / "row.json")
        page.wait(f"{HEADLINE} !== {json.dumps(first)}")
        assert page.value(size) == "50" and not page.value(PROBLEM)
        check(page, url, tmp_path, "row")

        page.drop(".drop", tmp_path / "other.csv")
        page.wait(PROBLEM)
        assert page.value(HEADLINE) == "It has no column 'size'."
        service.process.terminate()
        service.process.wait(60)
        page.value("document.getElementById('send').click()")
        page.wait(f"{HEADLINE}.includes('does not answer')")


def test_a_text(chromium: Browser, tmp_path: Path) -> None:
    texts = "".join(f"good day {n},yes\nbad night {n},no\n" for n in range(20))
    (tmp_path / "texts.csv").write_text(f"text,kind\n{texts}")
    data = {"source": str(tmp_path / "texts.csv"), "target": "kind", "tokens": "bytes"}
    run = made(tmp_path, data, template="text-cnn", width=8)
    (tmp_path / "note.txt").write_text("a good day, ä and 中\n")
    (tmp_path / "bytes.txt").write_bytes(b"a\0b")
    with serving(run) as service:
        url = f"http://{service.host}:{service.port}/"
        page = opened(chromium, url)
        page.drop(".drop", tmp_path / "note.txt")
        page.wait(ANSWERED)
        area = "document.querySelector('textarea').value"
        assert page.value(area) == "a good day, ä and 中\n" and not page.value(PROBLEM)
        page.drop(".drop", text="a bad night")
        page.wait(f"{area} === 'a bad night'")
        check(page, url, tmp_path, "text")

        page.drop(".drop", tmp_path / "bytes.txt")
        page.wait(PROBLEM)
        assert page.value(HEADLINE) == "This file holds no text."
