"""The service as a web application: a page to drop examples on, its description, and /predict."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from app.engine.files import json_text, read_regular
from app.engine.predicting.service.limits import Limited, Limits
from app.engine.predicting.service.questions import BadRequest

if TYPE_CHECKING:
    from concurrent.futures import Future

    from starlette.requests import Request

    from app.engine.predicting.service.answering import AnsweringThread
    from app.engine.predicting.service.limits import Application
    from app.engine.runs.run import Run

PAGE = Path(__file__).resolve().parents[4] / "resources" / "service" / "page.html"

ANSWER_SECONDS = 60.0
"""A request must be answered after so long."""

MOST_WAITING = 256
"""More requests are not kept waiting."""

PAGE_BYTES = 1 << 20
"""The page has less."""

SECURITY = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; connect-src 'self'; img-src data: blob:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}

SENTENCES = {
    404: "There is nothing here. POST /predict answers; GET /openapi.json describes it.",
    405: "This address does not take such requests. POST /predict answers.",
}


def application(
    run: Run,
    answering: AnsweringThread,
    document: dict[str, Any],
    limits: Limits,
    answer_seconds: float = ANSWER_SECONDS,
) -> Application:
    """Returns the service of a run as an ASGI application.

    document: its description in OpenAPI.
    """
    service = _Service(run, answering, document, answer_seconds)
    routes = [
        Route("/", service.page, methods=["GET"]),
        Route("/openapi.json", service.description, methods=["GET"]),
        Route("/predict", service.predict, methods=["POST"]),
    ]
    inner = Starlette(
        routes=routes, exception_handlers={HTTPException: _refused, Exception: _failed}
    )
    return Limited(inner, limits)


class _Service:
    def __init__(
        self,
        run: Run,
        answering: AnsweringThread,
        document: dict[str, Any],
        answer_seconds: float,
    ) -> None:
        self._run = run
        self._answering = answering
        self._document = _json(document)
        self._page = read_regular(PAGE, PAGE_BYTES).decode()
        self._answer_seconds = answer_seconds
        self._waiting = 0

    async def page(self, _: Request) -> Response:
        return HTMLResponse(self._page, headers=SECURITY)

    async def description(self, _: Request) -> Response:
        return Response(self._document, media_type="application/json")

    async def predict(self, request: Request) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return _error(415, "The request must have 'Content-Type: application/json'.")
        if not (self._run.path / "experiment.toml").exists():
            return _error(
                410, f"The run '{self._run.name}' was moved or deleted; serve it where it is now."
            )
        if self._waiting >= MOST_WAITING:
            return _error(503, "Too many requests wait; ask again in a moment.")

        body = await request.body()
        self._waiting += 1
        try:
            return await self._answered(self._answering.submit(body))
        finally:
            self._waiting -= 1

    async def _answered(self, future: Future[list[dict[str, Any]]]) -> Response:
        try:
            async with asyncio.timeout(self._answer_seconds):
                answers = await asyncio.wrap_future(future)
        except TimeoutError:
            future.cancel()
            seconds = f"{self._answer_seconds:.0f} seconds"
            return _error(503, f"The answer was not there after {seconds}; ask for fewer at once.")
        except BadRequest as error:
            return _error(400, str(error))

        if all("error" in answer for answer in answers):
            first = answers[0]["error"]
            return _response(422, {"error": first, "answers": answers})

        return _response(200, {"answers": answers})


def _json(data: Any) -> bytes:
    # Half of a pair of surrogates is a letter for JSON, but none for UTF-8.
    return json_text(data).encode("utf-8", "backslashreplace")


def _response(status: int, data: Any) -> Response:
    return Response(_json(data), status, {"cache-control": "no-store"}, "application/json")


def _error(status: int, text: str) -> Response:
    return _response(status, {"error": text})


async def _refused(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(error.status_code, SENTENCES.get(error.status_code, error.detail))


async def _failed(_: Request, error: Exception) -> Response:
    return _error(500, f"Something unexpected went wrong: {type(error).__name__}.")
