"""What is promised before a training rests on earlier ones, and what came is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from app.engine.experiment.resolve import resolve
from app.engine.report.content import ReportedRun
from app.engine.report.sections.summary import outcome_lines
from app.engine.runs.control import Control
from app.engine.runs.promises import curves, promise
from app.engine.runs.promises.curves import Curve
from app.engine.runs.promises.promise import Promise
from app.engine.runs.run import Run
from app.engine.training.trainer import train
from tests.engine import tiny

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from app.engine.runs.metrics_lines import EpochLine

SECONDS = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)
RISING = (0.5, 0.7, 0.8, 0.9, 0.95, 0.95, 0.95, 0.95)


def epoch(number: int, value: float, elapsed: float | None) -> EpochLine:
    line: EpochLine = {
        "epoch": number,
        "step": number,
        "training_loss": 1.0,
        "validation_loss": 1.0,
        "metrics": {"accuracy": value},
        "best": True,
        "best_epoch": number,
        "since_best": 0,
        "seconds": 1.0,
        "elapsed": elapsed,
    }
    return line


def test_the_best_figure_on_whose_time_all_agree_is_promised() -> None:
    assert Curve("accuracy", (RISING,) * 6, SECONDS).promise() == Promise("accuracy", 0.94, 5.0)
    # The second never comes so far, and is later on the way.
    slower = (0.4, 0.6, 0.7, 0.8, 0.9, 0.91, 0.91, 0.91)
    assert Curve("accuracy", (RISING, slower), SECONDS).promise() == Promise("accuracy", 0.89, 5.0)
    # Here they agree on the very first epoch alone, which says nothing.
    early = (0.5, 0.7, 0.8, 0.95, 0.95, 0.95, 0.95, 0.95)
    late = (0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.95)
    assert Curve("accuracy", (early, late), SECONDS).promise() is None


def test_what_one_training_reached_by_luck_is_not_promised() -> None:
    seconds = tuple(float(second) for second in range(1, 25))
    lucky = (0.5, 0.8, 0.9, *[0.9] * 8, 0.94, *[0.9] * 12)
    steady = (0.5, 0.8, 0.9, *[0.9] * 21)
    assert Curve("accuracy", (lucky, steady), seconds).promise() == Promise("accuracy", 0.88, 3.0)
    # Of one that fell back in the end, nothing that it had before.
    fallen = (0.5, 0.8, 0.9, *[0.9] * 12, *[0.6] * 9)
    found = Curve("accuracy", (fallen, fallen), seconds).promise()
    assert found is None or found.value <= 0.6


def test_few_trainings_are_no_measure_of_chance() -> None:
    # Close to their end another one may stop short: the fewer there are, the less is promised.
    found = [Curve("accuracy", (RISING,) * count, SECONDS).promise() for count in (2, 6)]
    assert [each and each.value for each in found] == [0.93, 0.94]
    assert Curve("accuracy", (RISING,), SECONDS).promise() is None


def test_nothing_so_short_is_promised_that_chance_decides_it() -> None:
    assert Curve("accuracy", (RISING,) * 2, tuple(each / 10 for each in SECONDS)).promise() is None


def test_noise_counts_against_a_figure() -> None:
    noisy = (0.5, 0.7, 0.8, 0.9, 0.91, 0.89, 0.91, 0.93)
    found = Curve("accuracy", (noisy, noisy), SECONDS).promise()
    assert found is not None and found.value < 0.93


def test_an_error_is_promised_from_above() -> None:
    falling = (9.0, 5.0, 3.0, 2.0, 2.0, 2.0, 2.0, 2.0)
    found = Curve("mae", (falling, falling), SECONDS).promise()
    assert found == Promise("mae", 2.3, 4.0)
    assert found.is_met_by(2.2) and not found.is_met_by(2.4)


def test_a_curve_of_another_computer_needs_the_time_of_a_step_here() -> None:
    curve = Curve("accuracy", (RISING,) * 2, SECONDS, step=0.01)
    assert curve.promise() is None
    here = Curve("accuracy", (RISING,) * 2, SECONDS).promise()
    assert here is not None
    assert curve.promise(0.03) == Promise("accuracy", here.value, 3 * here.seconds)


def test_what_came_is_the_first_time_that_it_was_reached() -> None:
    promised = Promise("accuracy", 0.9, 6.0)
    epochs = [epoch(1, 0.8, 2.0), epoch(2, 0.9, 4.5), epoch(3, 0.95, 8.0)]
    assert promised.came(epochs) == 4.5 and promised.is_kept(4.5)
    assert promised.came(epochs[:1]) is None and not promised.is_kept(None)
    assert promised.came([epoch(1, 0.95, None)]) is None
    assert promised.is_kept(8.0) and not promised.is_kept(8.1) and not promised.is_kept(3.9)
    assert promised.text() == "accuracy 90 % in about 6 s"
    assert promised.outcome_text(4.5) == (
        "accuracy 90 % in about 6 s was promised; it came after 4.5 s"
    )


COMBINATION = tiny.Combination("classification", "image", "cnn", "cross-entropy", "adamw")


def key_of(**training: object) -> str:
    requested = tiny.experiment(COMBINATION, 3, 8)
    requested = requested.replace(training=requested.training.replace(**training))
    description = tiny.dataset("classification", "image").description
    return curves.key_of(resolve(requested, description), description.size("training"))


def test_only_trainings_alike_are_a_basis() -> None:
    assert key_of() == key_of(seed=5, threads=2, device="cpu", cpu_use="gentle")
    assert len({key_of(), key_of(epochs=4), key_of(batch_size=9), key_of(patience=1)}) == 4


def trained(folder: Path, promised: Promise | None = None) -> Run:
    """Trains a little, with a promise or without."""
    requested = tiny.experiment(COMBINATION, 3, 8)
    run = Run.create(folder, requested)
    if promised is not None:
        promise.keep(run, promised)

    data = tiny.dataset("classification", "image")
    finished = train(requested, run, lambda _: None, Control(), data)
    assert finished.status == "completed"
    return run


def test_a_run_that_was_finished_here_is_a_basis(tmp_path: Path) -> None:
    assert curves.known(key_of(), "cpu") is None
    trained(tmp_path)
    curve = curves.known(key_of(), "cpu")
    assert curve is not None and len(curve.seconds) == 3 and curve.step == 0.0
    assert curves.known(key_of(), "cuda:0") is None
    assert curves.known(key_of(epochs=4), "cpu") is None

    (file,) = curves.folder().iterdir()
    for damaged in (
        b"",
        b"[]",
        b'{"device": "cpu", "curve": {"figure": "x"}}',
        file.read_bytes()[:50],
    ):
        file.write_bytes(damaged)
        assert curves.known(key_of(), "cpu") is None


def test_trainings_alike_stand_together(monkeypatch: pytest.MonkeyPatch) -> None:
    other = (0.4, 0.6, 0.7, 0.88, 0.9, 0.91, 0.91, 0.91)
    later = tuple(2 * second for second in SECONDS)
    curves.learn("key", "cpu", Curve("accuracy", (RISING,), SECONDS))
    curves.learn("key", "cpu", Curve("accuracy", (other,), later))
    both = Curve("accuracy", (RISING, other), later)
    assert curves.known("key", "cpu") == both
    # Done again it tells its time anew, and nothing more of chance.
    curves.learn("key", "cpu", Curve("accuracy", (RISING,), SECONDS))
    assert curves.known("key", "cpu") == Curve("accuracy", (other, RISING), SECONDS)

    # Those of another computer say how figures rise, not when.
    recorded = Curve("accuracy", ((0.5,) * 8, RISING), SECONDS, step=0.01)
    monkeypatch.setattr(curves, "recorded", lambda: {"key": recorded})
    known = curves.known("key", "cpu")
    assert known == Curve("accuracy", ((0.5,) * 8, other, RISING), SECONDS)
    assert curves.known("key", "cuda:0") is None
    curves.learn("key", "cuda:0", Curve("accuracy", (RISING[:3],), SECONDS[:3]))
    assert curves.known("key", "cuda:0") == Curve("accuracy", (RISING[:3],), SECONDS[:3])

    for number in range(9):
        curves.learn("many", "cpu", Curve("accuracy", ((float(number),) * 8,), SECONDS))
    known = curves.known("many", "cpu")
    assert known is not None and len(known.values) == curves.MOST_ALIKE
    assert known.values[-1] == (8.0,) * 8


def test_only_the_latest_curves_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(curves, "KEPT", 2)
    curve = Curve("accuracy", (RISING,), SECONDS)
    for number in range(4):
        curves.learn(f"key{number}", "cpu", curve)

    assert sorted(path.stem for path in curves.folder().iterdir()) == ["key2", "key3"]


def told(run: Run) -> dict[str, str]:
    """Returns what the summary of a report says of a run, by label."""
    lines = outcome_lines([ReportedRun(run, "a", run.experiment())])
    return {line.label: line.texts[0] for line in lines}


def test_the_record_and_the_report_say_what_was_promised_and_what_came(tmp_path: Path) -> None:
    run = trained(tmp_path, Promise("accuracy", 0.1, 2.0))
    summary = run.summary()["promise"]
    assert summary["came"] is not None
    assert summary == {"figure": "accuracy", "value": 0.1, "seconds": 2.0, "came": summary["came"]}
    texts = told(run)
    assert texts["Promised before the start"].startswith("accuracy 10 % in about 2 s was promised;")

    never = trained(tmp_path, Promise("accuracy", 1.5, 2.0))
    assert never.summary()["promise"]["came"] is None
    assert told(never)["Promised before the start"].endswith("it was not reached")
    assert "promise" not in trained(tmp_path).summary()


def test_a_damaged_promise_ends_no_training(tmp_path: Path) -> None:
    requested = tiny.experiment(COMBINATION, 1, 8)
    run = Run.create(tmp_path, requested)
    promise.keep(run, Promise("accuracy", 0.1, 2.0))
    (run.path / promise.FILE).write_bytes(b"{")
    data = tiny.dataset("classification", "image")
    assert train(requested, run, lambda _: None, Control(), data).status == "completed"
    assert "promise.json" in (run.path / "log.txt").read_text(encoding="utf-8")
    assert "promise" not in run.summary()


def test_recorded_curves_are_whole() -> None:
    entries = json.loads(curves.RECORDED.read_bytes())["curves"]
    assert len(curves.recorded()) == len(entries)
    assert all(curve.step > 0 for curve in curves.recorded().values())
