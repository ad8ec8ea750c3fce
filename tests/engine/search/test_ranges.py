"""What a search tries is read from the command line, and refused in a sentence."""

from __future__ import annotations

import pytest

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.toml_file import from_plain
from app.engine.search.ranges import Range, parse_ranges

KINDS = {
    "model": "mlp",
    "loss": "cross-entropy",
    "optimizer": "adamw",
    "schedule": "one-cycle",
}


def parse(*texts: str) -> tuple[Range, ...]:
    experiment = from_plain({"data": {"source": "sample:penguins"}, "model": {"template": "mlp"}})
    return parse_ranges(texts, experiment, lambda _: KINDS)


def test_ranges_have_the_type_and_the_scale_of_their_setting() -> None:
    kind, width, rate, dropout = parse(
        "model.width=16..64",
        "optimizer.learning_rate=0.001..0.01",
        "model.dropout=0..0.5",
        "optimizer.kind=adam,adamw",
    )
    # The kind comes first: it says which settings there are.
    assert kind == Range("optimizer.kind", ("adam", "adamw"))
    assert (width.name, width.low, width.high, width.whole) == ("model.width", 16, 64, True)
    assert rate.logarithmic and not rate.whole
    assert (dropout.low, dropout.high, dropout.logarithmic) == (0, 0.5, False)


def test_a_grid_takes_the_ends_and_points_between_them() -> None:
    (width,) = parse("model.width=16..64")
    assert width.points[0] == 16 and width.points[-1] == 64
    assert all(isinstance(point, int) for point in width.points)
    (depth,) = parse("model.depth=1..3")
    assert depth.points == (1, 2, 3)
    (rate,) = parse("optimizer.learning_rate=0.0001..1")
    assert rate.points == pytest.approx((0.0001, 0.001, 0.01, 0.1, 1.0))


def test_plain_data_give_the_same_range_again() -> None:
    for found in parse("model.width=16..64", "schedule.kind=cosine,constant"):
        assert Range.from_plain(found.to_plain()) == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    (
        ("model.width", "is not of the form"),
        ("width=1..2", "is not of the form"),
        ("model.width=64..16", "is empty: 64 is not below 16"),
        ("model.width=16..16", "is empty"),
        ("model.width=16", "names one value; a search needs two"),
        ("model.width=", "names no value"),
        ("model.width=16,16", "names one value"),
        ("model.width=a..b", "the ends of a range are numbers"),
        ("model.widht=16..64", "there is no setting 'model.widht'"),
        ("modle.width=16..64", "there is no section 'modle'"),
        ("model.width=0..64", "width"),
        ("optimizer.kind=adam,adm", "adm"),
        ("training.epochs=1..nan", "the ends of a range are numbers"),
    ),
)
def test_what_cannot_be_tried_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(UserError) as raised:
        parse(text)
    assert sentence in raised.value.message
    assert "--set" not in raised.value.message


def test_a_setting_is_tried_once() -> None:
    with pytest.raises(UserError, match="tried twice"):
        parse("model.width=16..64", "model.width=8,16")
    with pytest.raises(UserError, match="Nothing is to be tried"):
        parse_ranges((), Experiment(), lambda _: KINDS)
