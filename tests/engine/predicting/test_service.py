"""The service: real requests to a real process, many at once, nonsense, huge ones.

Whatever comes, the answer is an answer or a sentence, and the service goes on.
"""

from __future__ import annotations

import base64
import json
import re
import shutil
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from app import cli
from app.engine.errors import UserError
from app.engine.experiment.toml_file import from_plain
from app.engine.extras import EXTRAS, install_command
from app.engine.predicting.service import serving as engine_serving
from app.engine.predicting.service.answering import answer_body, usual_example
from app.engine.predicting.service.openapi import openapi
from app.engine.predicting.service.questions import BadRequest
from app.engine.results.answers import answer
from app.engine.results.predictor import Predictor
from app.engine.runs.run import Run
from tests.engine.export.untrained import untrained_run
from tests.engine.predicting.schemas import fits, mistakes
from tests.engine.predicting.services import Service, serving
from tests.engine.results.test_answers import predictor_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

LINES = ["size,where,rent"] + [
    f"{20 + n},{'in' if n % 3 else 'out'},{9 * n + 200}" for n in range(90)
]
EXAMPLE = {"size": 40.5, "where": "in"}


def make_run(folder: Path) -> Path:
    """Makes a run that predicts rents, untrained."""
    source = folder / "flats.csv"
    source.write_text("\n".join(LINES))
    data = {"source": str(source), "target": "rent"}
    run, _ = untrained_run(folder / "run", from_plain({"netwright": 2, "data": data}, "test"))
    return run.path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def service(run: Path) -> Iterator[Service]:
    with serving(run) as found:
        yield found


def examples(*those: Any) -> dict[str, Any]:
    return {"examples": list(those)}


def test_it_answers_as_the_network_does_and_as_its_description_says(
    service: Service, run: Path
) -> None:
    status, found = service.ask(body=examples(EXAMPLE, EXAMPLE | {"where": None}))
    assert status == 200
    expected = answer(Predictor.load(Run(run)), EXAMPLE)
    first, second = found["answers"]
    assert first["answer"] == expected.headline
    assert "told" in second  # training had no gap there

    status, document = service.ask("GET", "/openapi.json")
    assert status == 200 and not mistakes(document)
    operation = document["paths"]["/predict"]["post"]
    asked = operation["requestBody"]["content"]["application/json"]
    answered = operation["responses"]["200"]["content"]["application/json"]
    assert fits(asked["example"], asked["schema"], document)
    assert fits(answered["example"], answered["schema"], document)
    assert fits(found, answered["schema"], document)
    assert fits(examples(EXAMPLE), asked["schema"], document)
    assert not fits(examples({"size": 3}), asked["schema"], document)
    assert service.ask(body=asked["example"])[0] == 200

    status, page = service.ask("GET", "/")
    assert status == 200 and "<main>" in page
    assert "http://" not in page and "https://" not in page


NONSENSE = (
    (b"", 400, "empty"),
    (b"{", 400, "not JSON"),
    (b"\xff\xfe\x00", 400, "not JSON"),
    (b"[" * 200_000, 400, "nested"),
    (b'{"examples": [NaN]}', 400, "NaN"),
    (b"[1, 2]", 400, "object"),
    (examples(), 400, "at least one"),
    ({"examples": [EXAMPLE], "more": 1}, 400, "one name"),
    ({"examples": [EXAMPLE] * 300}, 400, "300 examples"),
    (examples("a text"), 422, "must be an object"),
    (examples({"Size": 3, "where": "in"}), 422, "nearest to 'size' is 'Size'"),
    (examples({"size": [1], "where": "in"}), 422, "'size' must be a number"),
    (examples({"size": "large", "where": "in"}), 422, "'large' is not a number"),
)


@pytest.mark.parametrize(
    ("body", "status", "words"), NONSENSE, ids=[words for _, _, words in NONSENSE]
)
def test_nonsense_gets_a_sentence(service: Service, body: Any, status: int, words: str) -> None:
    found, answered = service.ask(body=body)
    assert found == status
    assert words in answered["error"]
    assert service.ask(body=examples(EXAMPLE))[0] == 200


def test_one_bad_example_costs_no_other(service: Service) -> None:
    status, found = service.ask(body=examples({"size": "large", "where": "in"}, EXAMPLE))
    assert status == 200
    assert "error" in found["answers"][0] and "answer" in found["answers"][1]


def test_other_addresses_and_methods_are_told(service: Service) -> None:
    assert service.ask("GET", "/elsewhere")[0] == 404
    status, found = service.ask("GET", "/predict")
    assert status == 405 and "POST /predict" in found["error"]

    status, found = service.ask(body=b"{}", headers={"Content-Type": "text/plain"})
    assert status == 415 and "application/json" in found["error"]
    status, found = service.ask(body=examples(EXAMPLE), headers={"Host": "evil.example"})
    assert status == 421
    assert service.ask(body=examples(EXAMPLE), headers={"Host": "localhost:1"})[0] == 200


def test_fifty_at_once_get_their_own_answers(service: Service, run: Path) -> None:
    predictor = Predictor.load(Run(run))
    sizes = [20 + number for number in range(50)]
    expected = [answer(predictor, {"size": size, "where": "in"}).headline for size in sizes]

    def ask(size: int) -> str:
        return service.ask(body=examples({"size": size, "where": "in"}))[1]["answers"][0]["answer"]

    with ThreadPoolExecutor(50) as threads:
        assert list(threads.map(ask, sizes)) == expected


def talk(service: Service, *parts: bytes) -> bytes:
    """Sends bytes as they are, as far as they are taken, and returns what comes back."""
    with socket.create_connection((service.host, service.port), timeout=30) as connection:
        try:
            for part in parts:
                connection.sendall(part)
        except OSError:
            pass  # it stopped reading

        answered = b""
        try:
            while part := connection.recv(65536):
                answered += part
        except ConnectionResetError:
            pass

    return answered


HEAD = b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"


def test_a_request_of_ten_gigabytes_is_not_read(service: Service) -> None:
    answered = talk(service, HEAD + b"Content-Length: 10000000000\r\n\r\n")
    assert answered.startswith(b"HTTP/1.1 413") and b"larger than" in answered

    answered = talk(service, HEAD + b"Content-Length: 10000000000\r\n\r\n", *[bytes(1 << 20)] * 64)
    assert not answered or answered.startswith(b"HTTP/1.1 413")
    chunk = b"%x\r\n" % (1 << 20) + bytes(1 << 20) + b"\r\n"
    answered = talk(service, HEAD + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 64)
    assert not answered or answered.startswith(b"HTTP/1.1 413")
    assert service.ask(body=examples(EXAMPLE))[0] == 200


def test_what_is_no_http_ends_and_others_go_on(service: Service) -> None:
    assert b"400" in talk(service, b"\x16\x03\x01 nonsense\r\n\r\n")
    assert b"400" in talk(service, b"GET / HTTP/1.1\r\n" + b"A: " + b"a" * 100_000 + b"\r\n\r\n")
    with socket.create_connection((service.host, service.port)) as gone:
        gone.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    assert service.ask(body=examples(EXAMPLE))[0] == 200


def test_a_run_that_is_gone_is_told(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    with serving(run) as service:
        assert service.ask(body=examples(EXAMPLE))[0] == 200
        shutil.rmtree(run)
        status, found = service.ask(body=examples(EXAMPLE))
        assert status == 410 and "moved or deleted" in found["error"]


def test_another_address_needs_the_token(run: Path) -> None:
    with serving(run, "--host", "0.0.0.0") as service:
        service.host = "127.0.0.1"
        token = service.lines[2].rpartition(" ")[2].strip()
        assert len(token) >= 40
        body = examples(EXAMPLE)
        assert service.ask(body=body)[0] == 401
        assert service.ask("GET", "/openapi.json")[0] == 401
        assert service.ask(body=body, headers={"Authorization": "Bearer wrong"})[0] == 401
        assert service.ask(body=body, headers={"Authorization": f"Basic {token}"})[0] == 401
        assert service.ask("GET", "/")[0] == 200

        known = {"Authorization": f"Bearer {token}"}
        assert service.ask(body=body, headers=known)[0] == 200
        assert service.ask("GET", "/openapi.json", headers=known)[1]["security"]


# --- before it runs


def test_a_busy_port_and_a_foreign_address_are_told(
    run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert cli.main(["serve", str(run), "--port", str(port)]) == 1
        assert f"Port {port} is in use" in capsys.readouterr().err

    assert cli.main(["serve", str(run), "--host", "192.0.2.1"]) == 1
    assert "'192.0.2.1' is no address of this computer" in capsys.readouterr().err


def test_a_missing_extra_is_told_with_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_serving.packages, "PACKAGES", ("starlette", "no_such_package"))
    with pytest.raises(UserError, match=re.escape(install_command(*EXTRAS["serve"]))):
        engine_serving.packages.require_packages()


# --- every kind of example


@pytest.fixture
def networks(tmp_path: Path) -> dict[str, Predictor]:
    import numpy as np

    x = np.random.default_rng(0).normal(size=(40, 2, 60)).astype(np.float32)
    np.savez(tmp_path / "signals.npz", x=x, y=np.arange(40) % 2)
    texts = "".join(f"good day {n},yes\nbad night {n},no\n" for n in range(20))
    (tmp_path / "texts.csv").write_text(f"text,kind\n{texts}")
    pairs = "".join(f"what is {n} here,it is {n} of course\n" for n in range(40))
    (tmp_path / "pairs.csv").write_text(f"question,answer\n{pairs}")
    return {
        "image": predictor_of({"source": "sample:digits"}, "cnn", width=4),
        "signal": predictor_of({"source": str(tmp_path / "signals.npz")}, "cnn-1d", width=8),
        "text": predictor_of(
            {"source": str(tmp_path / "texts.csv"), "target": "kind", "tokens": "bytes"},
            "text-cnn",
            width=8,
        ),
        "pair": predictor_of(
            {"source": str(tmp_path / "pairs.csv"), "task": "matching", "tokens": "bytes"}
        ),
    }


def test_every_kind_is_described_and_answered(networks: dict[str, Predictor]) -> None:
    for kind, predictor in networks.items():
        example = usual_example(predictor.description.preparation)
        (found,) = answer_body(predictor, json.dumps(examples(example)).encode())
        assert "answer" in found, (kind, found)

        document = openapi(predictor, "run", example, found, token=False)
        assert not mistakes(document)
        operation = document["paths"]["/predict"]["post"]
        asked = operation["requestBody"]["content"]["application/json"]["schema"]
        assert fits(examples(example), asked, document)
        answered = operation["responses"]["200"]["content"]["application/json"]["schema"]
        assert fits({"answers": [found]}, answered, document)


@pytest.mark.parametrize(
    ("kind", "example", "words"),
    (
        ("image", "/etc/hostname", "not Base64"),
        ("image", base64.b64encode(b"no picture").decode(), "cannot be used"),
        ("image", "", "empty"),
        ("image", 7, "must be a text"),
        ("signal", "/etc/hostname", "list of numbers"),
        ("signal", [[1, 2], [1]], "of one length"),
        ("signal", [[1, 2]], "1 channel"),
        ("signal", [[1e300], [1]], "list of numbers"),
        ("signal", [[True], [False]], "list of numbers"),
        ("text", ["a"], "must be a text"),
        ("text", "  ", "empty"),
        ("pair", ["a"], "two halves"),
        ("pair", ["a", 3], "must be a text"),
    ),
)
def test_what_is_no_example_is_refused_and_no_file_is_opened(
    networks: dict[str, Predictor], kind: str, example: Any, words: str
) -> None:
    (found,) = answer_body(networks[kind], json.dumps(examples(example)).encode())
    assert words in found["error"]


def test_a_body_that_is_not_understood_is_a_bad_request(networks: dict[str, Predictor]) -> None:
    with pytest.raises(BadRequest, match="not JSON"):
        answer_body(networks["text"], b"nonsense")
