"""Serves the network of a run until it is stopped."""

# ruff: noqa: PLC0415 - Starlette and uvicorn are an extra
from __future__ import annotations

import errno
import ipaddress
import secrets
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.engine.errors import UserError
from app.engine.predicting.service import packages
from app.engine.predicting.service.answering import AnsweringThread, answer_body, usual_example
from app.engine.predicting.service.limits import LOOPBACK, Limits
from app.engine.predicting.service.openapi import openapi
from app.engine.results.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.engine.predicting.service.limits import Application
    from app.engine.runs.run import Run

LARGEST_PORT = 65_535

GRACE = 3
"""Seconds that answers under way get when the service is stopped."""

HEADER_BYTES = 16 << 10
"""Of the lines before a body."""


@dataclass(frozen=True)
class Address:
    """Where the service answers. token: that every request must bring, "" where none is needed."""

    host: str
    port: int
    token: str = ""

    @property
    def url(self) -> str:
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{name}:{self.port}/"


def serve(
    run: Run,
    port: int,
    host: str,
    ready: Callable[[Address, Predictor], None] = lambda *_: None,
) -> None:
    """Answers requests until the process is told to stop.

    port: 0 for any that is free. host: an address of this computer; beyond loopback a token is
    needed. ready(address, network): called once requests are answered. Raises UserError where the
    run has no weights, the address cannot be used, or the extra is missing.
    """
    packages.require_packages()
    import uvicorn

    with listening(host, port) as listener:
        token = "" if is_loopback(host) else secrets.token_urlsafe(32)
        address = Address(host, listener.getsockname()[1], token)
        predictor = Predictor.load(run)
        answering = AnsweringThread(predictor)
        try:
            config = uvicorn.Config(
                service_of(run, answering, address),
                log_level="critical",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,
                ws="none",
                timeout_keep_alive=5,
                timeout_graceful_shutdown=GRACE,
                h11_max_incomplete_event_size=HEADER_BYTES,
                http="h11",
                loop="asyncio",
            )
            ready(address, predictor)
            uvicorn.Server(config).run(sockets=[listener])
        finally:
            answering.close()


def service_of(run: Run, answering: AnsweringThread, address: Address) -> Application:
    """Returns the ASGI application that answers at an address. Raises UserError."""
    from app.engine.files import json_line
    from app.engine.predicting.service.application import application

    predictor = answering.predictor
    example = usual_example(predictor.description.preparation)
    (answer,) = answer_body(predictor, json_line({"examples": [example]}))
    if "error" in answer:
        raise UserError(f"The network of the run '{run.name}' does not answer: {answer['error']}")

    document: dict[str, Any] = openapi(
        predictor, run.name, example, answer, token=bool(address.token)
    )
    hosts = () if address.token else (*LOOPBACK, address.host)
    return application(run, answering, document, Limits(hosts, address.token))


def is_loopback(host: str) -> bool:
    """Returns whether an address is reached from this computer alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listening(host: str, port: int) -> socket.socket:
    """Returns a socket that listens. Raises UserError where the address cannot be used."""
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except (OSError, UnicodeError):
        raise _no_address(host) from None

    try:
        if socket.has_dualstack_ipv6() and family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # On Windows it would let another program take the same port.
        if not hasattr(socket, "SO_EXCLUSIVEADDRUSE"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(place)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise _refused(error, host, port) from None

    return listener


def _refused(error: OSError, host: str, port: int) -> UserError:
    if error.errno == errno.EADDRINUSE:
        other = port + 1 if port < LARGEST_PORT else port - 1
        return UserError(
            f"Port {port} is in use by another program.",
            f"Choose another one: --port {other}, or --port 0 for any that is free.",
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return UserError(
            f"Port {port} may not be used without special rights.", "Choose one above 1023."
        )
    if error.errno == errno.EADDRNOTAVAIL:
        return _no_address(host)

    return UserError(f"'{host}', port {port}, cannot be used: {error.strerror or error}.")


def _no_address(host: str) -> UserError:
    return UserError(
        f"'{host}' is no address of this computer.", f"Leave --host out to use {LOOPBACK[0]}."
    )
