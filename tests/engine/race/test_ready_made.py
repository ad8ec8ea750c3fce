"""Races that are ready to start: each differs in one thing, and what cannot be is not offered."""

from __future__ import annotations

import pytest

from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.race.ready_made import ReadyMade, ready_made
from app.engine.sources.opening import open_dataset

DIGITS = Experiment(data=DataSettings(source="sample:digits"))


def races_of(experiment: Experiment) -> dict[str, ReadyMade]:
    races = ready_made(experiment, open_dataset(experiment.data).description)
    return {race.name: race for race in races}


def test_each_differs_in_one_thing() -> None:
    races = races_of(DIGITS)
    names = ["why_adam", "high_rate", "mlp_or_cnn", "cnn_or_transformer", "batch_size"]
    assert list(races) == names

    description = open_dataset(DIGITS.data).description
    rate = resolve(DIGITS, description).optimizer.peak_rate()
    rates = [each.optimizer.learning_rate for each in races["high_rate"].experiments]
    assert rates == pytest.approx([rate, 10 * rate, 100 * rate])

    models = [
        [each.model.kind for each in races[name].experiments]
        for name in ("mlp_or_cnn", "cnn_or_transformer")
    ]
    assert models == [["mlp", "cnn"], ["cnn", "vit"]]
    sizes = [each.training.batch_size for each in races["batch_size"].experiments]
    assert sizes == [16, 64, 256]

    for name, ready in races.items():
        same = {ready.section: getattr(DIGITS, ready.section)}
        assert all(each.replace(**same) == DIGITS for each in ready.experiments), name


def test_what_the_data_do_not_allow_is_not_offered() -> None:
    iris = Experiment(data=DataSettings(source="sample:iris"))
    assert "mlp_or_cnn" not in races_of(iris)
