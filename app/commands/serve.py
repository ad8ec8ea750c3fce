"""`netwright serve`: a trained network answers over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from app.find_run import find_run
from app.output import say

if TYPE_CHECKING:
    from app.engine.predicting.service.serving import Address
    from app.engine.results.predictor import Predictor

PORT = 8731
ADDRESS = "127.0.0.1"


@click.command()
@click.argument("run")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=PORT,
    show_default=True,
    help="0 for any that is free.",
)
@click.option(
    "--host",
    default=ADDRESS,
    show_default=True,
    metavar="ADDRESS",
    help="Another address of this computer lets others in who know the token.",
)
def serve(run: str, port: int, host: str) -> None:
    """Answer requests with a trained network, on this computer, until Ctrl+C.

    POST /predict takes and returns JSON, /openapi.json describes it, and the page at / takes
    examples in the browser.
    """
    found = find_run(run)
    from app.engine.predicting.service.packages import (  # noqa: PLC0415 - not for --help
        require_packages,
    )

    require_packages()
    from app.engine.predicting.service import serving  # noqa: PLC0415 - loads torch

    def ready(address: Address, predictor: Predictor) -> None:
        say(f"'{found.name}', epoch {predictor.epoch}, answers at {address.url} until Ctrl+C.")
        say(f"Requests: POST {address.url}predict, described at {address.url}openapi.json")
        if address.token:
            say(f"Token, told this once: {address.token}")
            say(f"Page: {address.url}#token={address.token}")

    serving.serve(found, port, host, ready)
