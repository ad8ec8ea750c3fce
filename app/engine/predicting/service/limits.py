"""What every request must keep to before it is looked at: its address, a token, size and time."""

from __future__ import annotations

import asyncio
import hmac
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.files import json_text
from app.engine.text import bytes_text

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""What stands in the Host header of a request that is meant for this computer."""

MOST_BYTES = 32 << 20
"""Of a body: some hundred photographs."""

BODY_SECONDS = 30.0
"""A body must have come after so long."""

DRAINED = 1 << 20
DRAIN_SECONDS = 1.0
"""So much of a refused body is read still, at most so long: a client that writes may then read."""

HEADERS = [
    (b"content-type", b"application/json"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


@dataclass(frozen=True)
class Limits:
    """What is let through.

    hosts: what may stand in the Host header, without the port; () for anything, where a token keeps
    others out. token: "" for none. open_paths: those that need no token.
    """

    hosts: tuple[str, ...] = LOOPBACK
    token: str = ""
    most_bytes: int = MOST_BYTES
    body_seconds: float = BODY_SECONDS
    open_paths: tuple[str, ...] = ("/",)


class Limited:
    """An ASGI application that refuses what another one need not see.

    The other one gets every body as a whole, in one message.
    """

    def __init__(self, application: Application, limits: Limits) -> None:
        self._application = application
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        headers = dict(scope["headers"])
        refusal = self._refusal(scope["path"], headers)
        if refusal is not None:
            await refuse(send, receive, *refusal)
            return

        try:
            async with asyncio.timeout(self._limits.body_seconds):
                body = await self._body(receive)
        except TimeoutError:
            seconds = self._limits.body_seconds
            text = f"The request did not come to its end in {seconds:.0f} seconds."
            await refuse(send, receive, 408, text, drained=0)
            return

        if body is None:
            await refuse(send, receive, 413, self._too_large())
            return

        given = False

        async def whole() -> Message:
            nonlocal given
            if given:
                return await receive()  # that the client has gone
            given = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._application(scope, whole, send)

    def _refusal(self, path: str, headers: dict[bytes, bytes]) -> tuple[int, str] | None:
        """Returns why a request is refused before its body is read, None where it is not."""
        limits = self._limits
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if limits.hosts and _without_port(host) not in limits.hosts:
            return 421, "This service answers requests to its own address only."

        if limits.token and path not in limits.open_paths and not self._is_known(headers):
            return 401, "The token is missing or wrong: send 'Authorization: Bearer TOKEN'."

        length = headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:20]) > limits.most_bytes:
            return 413, self._too_large()

        return None

    def _is_known(self, headers: dict[bytes, bytes]) -> bool:
        scheme, _, given = headers.get(b"authorization", b"").partition(b" ")
        same = hmac.compare_digest(given.strip(), self._limits.token.encode())
        return scheme.lower() == b"bearer" and same

    def _too_large(self) -> str:
        return (
            f"The request is larger than {bytes_text(self._limits.most_bytes)}; send less at once."
        )

    async def _body(self, receive: Receive) -> bytes | None:
        """Returns the body, None where it is larger than it may be, whatever its header says."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return b""

            part = message.get("body", b"")
            size += len(part)
            if size > self._limits.most_bytes:
                return None

            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)


async def refuse(
    send: Send, receive: Receive, status: int, text: str, drained: int = DRAINED
) -> None:
    """Answers with an error and ends the connection, so that the rest of the body is not read.

    drained: bytes of it that are read still.
    """
    body = json_text({"error": text}).encode()
    length = (b"content-length", str(len(body)).encode())
    headers = [*HEADERS, length, (b"connection", b"close")]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))

    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    await _drain(receive, drained)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _drain(receive: Receive, most: int) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            while most > 0:
                message = await receive()
                most -= len(message.get("body", b""))
                if message["type"] == "http.disconnect" or not message.get("more_body", False):
                    return
    except TimeoutError:
        return


def _without_port(host: str) -> str:
    """Returns a Host header without its port: "[::1]:80" is "[::1]"."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
