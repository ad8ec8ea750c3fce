"""A headless Chromium that is told what to do over pipes, in the DevTools protocol."""

from __future__ import annotations

import base64
import itertools
import json
import os
import select
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in NAMES if (path := shutil.which(name))), None)

PATIENCE = 60.0
"""Seconds that an answer of the browser may take."""

COPY = 1


class Page:
    """A page that is open. requests: the addresses asked for; complaints: of its console."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        attached = browser.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        browser.pages[self._session] = self
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> Any:
        return self._browser.call(method, self._session, **parameters)

    def open(self, url: str) -> None:
        """Opens an address and waits until the page is loaded."""
        self.call("Page.navigate", url=url)
        self.wait("document.readyState === 'complete' && location.href !== 'about:blank'")

    def value(self, expression: str) -> Any:
        """Returns what an expression of JavaScript comes to."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        """Waits until an expression is true."""
        assert self.value(
            f"""new Promise(done => {{
                const look = () => {{ if ({condition}) done(true); else setTimeout(look, 20); }};
                look();
            }})"""
        )

    def drop(self, selector: str, *files: Path, text: str = "") -> None:
        """Drops files, or a text, onto an element."""
        place = f"document.querySelector({json.dumps(selector)})"
        x, y = self.value(
            f"(() => {{ const r = {place}.getBoundingClientRect();"
            " return [r.left + r.width / 2, r.top + r.height / 2]; })()"
        )
        items = [{"mimeType": "text/plain", "data": text}] if text else []
        data = {"items": items, "files": list(map(str, files)), "dragOperationsMask": COPY}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=x, y=y, data=data)

    def look(self, width: int, height: int, dark: bool) -> None:
        """Sets the size of the window, and whether dark is wanted."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=False,
        )
        shade = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[shade])

    def photograph(self, path: Path) -> None:
        picture = self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(picture))

    def take(self, event: dict[str, Any]) -> None:
        """Notes what happened on the page."""
        parameters = event["params"]
        if event["method"] == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif event["method"] == "Runtime.consoleAPICalled":
            self.complaints.append(str(parameters["args"]))
        elif event["method"] in ("Runtime.exceptionThrown", "Log.entryAdded"):
            self.complaints.append(str(parameters))


class Browser:
    """The browser's process. pages: those that are open, by their sessions."""

    def __init__(self, process: subprocess.Popen[bytes], told: int, heard: int) -> None:
        self.pages: dict[str, Page] = {}
        self._process = process
        self._told = told
        self._heard = heard
        self._numbers = itertools.count(1)
        self._begun = b""

    def call(self, method: str, session: str = "", **parameters: Any) -> Any:
        """Tells it to do something, and returns its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._told, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            if answer.get("sessionId") in self.pages:
                self.pages[answer["sessionId"]].take(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._begun:
            ready, _, _ = select.select([self._heard], [], [], PATIENCE)
            assert ready, "the browser does not answer"
            content = os.read(self._heard, 1 << 20)
            assert content, "the browser has ended"
            self._begun += content

        message, _, self._begun = self._begun.partition(b"\0")
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Starts a browser with a profile of its own, and ends it."""
    assert BROWSER is not None
    its_in, told = os.pipe()
    heard, its_out = os.pipe()
    options = [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--no-first-run",
        f"--user-data-dir={profile}",
        "--remote-debugging-pipe",
    ]
    # The browser reads from the third file and writes to the fourth.
    script = f'exec "$0" "$@" 3<&{its_in} 4>&{its_out}'
    with subprocess.Popen(
        ["bash", "-c", script, BROWSER, *options],
        pass_fds=(its_in, its_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        os.close(its_in)
        os.close(its_out)
        try:
            made = Browser(process, told, heard)
            yield made
            made.call("Browser.close")
        finally:
            process.kill()
            os.close(told)
            os.close(heard)
