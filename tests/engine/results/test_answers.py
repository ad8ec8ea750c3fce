"""Answers to single examples and to files of many, saved beside the examples.

An example that cannot be read is reported and costs no other answer. The networks are untrained:
their weights follow a seed.
"""

from __future__ import annotations

import csv
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from app.engine.errors import UserError
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.results.answers import (
    answer,
    answer_file,
    answer_input,
    predictions_of,
)
from app.engine.results.predictor import Predictor
from app.engine.results.restoring import restore, restore_rows
from app.engine.sources.opening import open_dataset
from models.network import build_model
from tests.engine.predicting.saving import saved

WORDS = ["red", "green", "blue", "cat", "dog", "bird", "house", "tree", "river", "stone"]


def predictor_of(data: dict, template: str = "", **settings: int) -> Predictor:
    """An untrained network for these data, with a template of few weights."""
    model = {"template": template, **settings} if template else None
    experiment = Experiment.model_validate({"data": data, **({"model": model} if model else {})})
    description = open_dataset(experiment.data).description
    resolved = resolve(experiment, description)
    problem = resolved.problem(description)

    network = build_model(resolved.model.graph(problem), problem, seed=1)
    return Predictor(network, description, resolved.task, resolved)


def rows(path: Path) -> list[list[str]]:
    text = path.read_text(encoding="utf-8-sig")
    return list(
        csv.reader(text.splitlines(), delimiter=";" if ";" in text.splitlines()[0] else ",")
    )


@pytest.fixture
def flats(tmp_path: Path) -> Path:
    """Amounts as a German spreadsheet writes them."""
    random = np.random.default_rng(0)
    lines = ["Fläche;Lage;Miete (€)"]
    for _ in range(60):
        size = random.uniform(20, 150)
        lines.append(
            f"{size:.1f};{random.choice(['Mitte', 'Rand'])};{9.5 * size:.2f}".replace(".", ",")
        )

    path = tmp_path / "Wohnungen.csv"
    path.write_text("\n".join(lines), encoding="cp1252")
    return path


def test_a_table_with_its_answers_beside_it(flats: Path, tmp_path: Path) -> None:
    predictor = predictor_of({"source": str(flats), "target": "Miete (€)"})
    answers = answer_file(predictor, flats)
    assert len(answers.answers) == 60
    assert answers.answers[0].name == "row 2"

    raw = {"Fläche": "70,5", "Lage": "Mitte"}
    assert answer(predictor, raw).headline.endswith("€")
    out = saved(predictor, [flats], tmp_path / "out.csv")
    written = rows(out)
    before = rows_of(flats)
    assert written[0] == [*before[0], "predicted Miete (€)"]
    assert [row[:3] for row in written[1:]] == before[1:]

    first = answers.answers[0].predictions
    assert first is not None
    assert float(written[1][3].replace(",", ".")) == pytest.approx(float(first[0]), rel=1e-4)

    again = answer_file(predictor, out)  # its own answers are a table as well
    assert [one.predictions.tolist() for one in again.answers if one.predictions is not None] == [
        one.predictions.tolist() for one in answers.answers if one.predictions is not None
    ]
    twice = rows(saved(predictor, [out], tmp_path / "twice.csv"))
    assert twice[0][-1] == "predicted Miete (€) (2)"


def rows_of(path: Path) -> list[list[str]]:
    return [line.split(";") for line in path.read_text(encoding="cp1252").splitlines()]


def test_rows_without_a_target_are_answered_and_odd_cells_are_told(
    flats: Path, tmp_path: Path
) -> None:
    predictor = predictor_of({"source": str(flats), "target": "Miete (€)"})
    new = tmp_path / "new.csv"
    new.write_text("Lage;Fläche\nMitte;40,5\nRand;gro\u00df\nWald;\n", encoding="utf-8")
    answers = answer_file(predictor, new)
    assert [bool(one.answer) for one in answers.answers] == [True, False, True]
    assert "'groß' is not a number" in answers.answers[1].error

    written = rows(saved(predictor, [new], tmp_path / "out.csv"))
    assert written[0][-1] == "problem"
    assert "groß" in written[2][-1]
    assert written[2][2] == ""

    (tmp_path / "other.csv").write_text("a;b\n1;2\n3;4\n")
    with pytest.raises(UserError, match="'Fläche'"):
        answer_file(predictor, tmp_path / "other.csv")

    with pytest.raises(UserError, match="There is no"):
        answer_file(predictor, tmp_path / "nothing.csv")


def test_what_is_said_of_a_row_is_what_judging_says(flats: Path) -> None:
    predictor = predictor_of({"source": str(flats), "target": "Miete (€)"})
    dataset = predictor.open(str(flats))
    evaluation = predictor.evaluate(dataset)
    answers = answer_file(predictor, flats)
    np.testing.assert_allclose(
        np.stack([one.predictions for one in answers.answers if one.predictions is not None]),
        evaluation.predictions,
        rtol=1e-4,
    )


@pytest.fixture
def sentences(tmp_path: Path) -> Path:
    random = np.random.default_rng(1)
    path = tmp_path / "sentences.csv"
    lines = [
        f"{' '.join(random.choice(WORDS, 6))},{'even' if n % 2 == 0 else 'odd'}" for n in range(60)
    ]
    path.write_text("sentence,kind\n" + "\n".join(lines))

    return path


def test_texts_typed_in_files_and_in_tables(sentences: Path, tmp_path: Path) -> None:
    predictor = predictor_of(
        {"source": str(sentences), "target": "kind", "tokens": "bytes"}, "text-cnn", width=8
    )
    typed = answer(predictor, "the cat sat by the river")
    assert typed.plain["class"] in ("even", "odd")

    (tmp_path / "one.txt").write_text("the cat sat by the river", encoding="utf-16")
    (one,) = answer_file(predictor, tmp_path / "one.txt").answers
    assert one.answer == typed
    assert len(answer_file(predictor, sentences).answers) == 60

    with pytest.raises(UserError, match="empty"):
        answer(predictor, "  ")


def test_what_is_read_in_part_is_told(sentences: Path, tmp_path: Path) -> None:
    predictor = predictor_of(
        {"source": str(sentences), "target": "kind", "tokens": "bytes", "context": 16},
        "text-cnn",
        width=8,
    )
    (tmp_path / "long.csv").write_text(
        "sentence\nthe cat\n" + "the cat sat by the river and sang\n"
    )
    short, long = answer_file(predictor, tmp_path / "long.csv").answers
    assert short.warning == "" and long.warning == "Only the first 16 of 33 tokens are read."


def test_a_text_of_any_length_has_its_bits(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    book = tmp_path / "book.txt"
    book.write_text(". ".join(" ".join(random.choice(WORDS, 8)) for _ in range(200)))
    predictor = predictor_of(
        {"source": str(book), "tokens": "bytes", "context": 16}, "gpt", width=16, depth=1
    )
    text = "the house by the river was of stone, and a bird sat on it"
    predictions = predictions_of(predictor, text)
    assert predictions[1] == len(text) - 1  # every byte but the first is foretold once
    assert predictions[2] == len(text) - 1
    assert answer(predictor, text).plain["bits_per_byte"] == pytest.approx(
        predictions[0] / np.log(2) / predictions[2], rel=1e-5
    )

    (one,) = answer_file(predictor, book).answers
    assert one.predictions is not None
    assert one.predictions[2] == len(book.read_bytes()) - 1


def test_pairs_from_a_table(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    path = tmp_path / "pairs.csv"
    lines = [
        f"what is {a} {b} here,it is {b} {a} of course" for a, b in random.choice(WORDS, (40, 2))
    ]
    path.write_text("question,answer\n" + "\n".join(lines))
    predictor = predictor_of({"source": str(path), "task": "matching", "tokens": "bytes"})
    answers = answer_file(predictor, path)
    assert len(answers.answers) == 40

    one = answer(predictor, tuple(lines[0].split(",")))
    assert answers.answers[0].answer is not None
    assert answers.answers[0].answer.headline == one.headline
    assert answers.answers[0].cells == (pytest.approx(one.plain["similarity"], abs=1e-3),)

    (tmp_path / "half.txt").write_text("it is")
    with pytest.raises(UserError, match="one half"):
        answer_file(predictor, tmp_path / "half.txt")


def test_signals_from_sound_files_and_arrays(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    x = random.normal(size=(40, 1, 60)).astype(np.float32)
    y = np.arange(40) % 2
    np.savez(tmp_path / "train.npz", x=x, y=y)
    predictor = predictor_of({"source": str(tmp_path / "train.npz")}, "cnn-1d", width=8)
    assert predictor.description.kind == "signal"

    np.savez(tmp_path / "new.npz", x=x[:5])
    answers = answer_file(predictor, tmp_path / "new.npz")
    assert [one.name for one in answers.answers] == ["#1", "#2", "#3", "#4", "#5"]

    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((3000 * x[0, 0]).astype("<i2").tobytes())

    (one,) = answer_file(predictor, tmp_path / "one.wav").answers
    assert one.answer is not None
    (tmp_path / "broken.npz").write_bytes(b"PK nothing")

    with pytest.raises(UserError, match="array file"):
        answer_file(predictor, tmp_path / "broken.npz")


def test_pictures_of_a_file_and_of_an_array(tmp_path: Path) -> None:
    predictor = predictor_of({"source": "sample:digits"}, "cnn", width=4)
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    Image.fromarray(pixels[0]).save(tmp_path / "one.png")
    np.save(tmp_path / "three.npy", pixels)
    (one,) = answer_file(predictor, tmp_path / "one.png").answers
    many = answer_file(predictor, tmp_path / "three.npy")
    assert one.answer is not None
    assert many.answers[0].answer is not None
    assert many.answers[0].answer.plain["class"] == one.answer.plain["class"]
    assert sum(one.answer.plain["probabilities"].values()) == pytest.approx(1, abs=1e-5)

    files = [tmp_path / "one.png", tmp_path / "three.npy"]
    out = rows(saved(predictor, files, tmp_path / "out.csv"))
    assert out[0] == ["example", "predicted", "probability"]
    assert len(out) == 5
    assert out[2][0].endswith("three.npy #1")


class Enough(Exception):
    pass


def test_it_can_be_given_up_and_tells_how_far_it_is(flats: Path) -> None:
    predictor = predictor_of({"source": str(flats), "target": "Miete (€)"})
    steps: list[tuple[int, int]] = []
    answer_file(predictor, flats, progress=lambda done, of: steps.append((done, of)))
    assert steps[-1] == (60, 60)

    def check() -> None:
        raise Enough

    with pytest.raises(Enough):
        answer_file(predictor, flats, check)


# --- restoring


def test_pictures_are_damaged_as_in_judging_and_shown_in_their_own_tones() -> None:
    predictor = predictor_of({"source": "sample:digits", "task": "reconstruction"})
    dataset = predictor.open("sample:digits")
    evaluation = predictor.evaluate(dataset, split="test")
    places = np.array([3, 170, 40])
    shown = restore_rows(predictor, dataset, dataset.indices["test"][places], "test")
    np.testing.assert_allclose(shown.predictions, evaluation.predictions[places], rtol=1e-3)
    assert np.array_equal(shown.clean, dataset.inputs[dataset.indices["test"][places]])
    assert shown.damaged.shape == shown.restored.shape == shown.clean.shape
    assert shown.damaged.dtype == shown.restored.dtype == np.uint8

    untouched = shown.damaged == shown.clean
    assert 0.3 < untouched.mean() < 0.9
    again = restore(predictor, shown.clean)
    assert np.array_equal(again.restored, restore(predictor, shown.clean).restored)


def test_rows_are_shown_in_their_own_units(flats: Path) -> None:
    predictor = predictor_of(
        {"source": str(flats), "task": "reconstruction", "columns": {"Miete (€)": "number"}}
    )
    dataset = predictor.open(str(flats))
    shown = restore(predictor, dataset.inputs[:9])
    undamaged = np.isclose(shown.damaged, dataset.inputs[:9], rtol=1e-4)
    means = np.array([column.mean for column in predictor.description.preparation.amounts])

    assert (undamaged[:, :2] | np.isclose(shown.damaged[:, :2], means, rtol=1e-4)).all()
    assert undamaged[:, 2:].all()  # categories are never damaged

    with pytest.raises(UserError, match="does not restore"):
        restore(
            predictor_of({"source": "sample:digits"}, "cnn", width=4),
            np.zeros((1, 1, 8, 8), np.uint8),
        )


def test_a_picture_and_a_text_are_two_halves(tmp_path: Path) -> None:
    from app.prediction_command import _sources

    random = np.random.default_rng(5)
    folder = tmp_path / "pairs"
    folder.mkdir()

    for number in range(24):
        Image.fromarray(random.integers(0, 256, (12, 12), dtype=np.uint8)).save(
            folder / f"{number}.png"
        )
        (folder / f"{number}.txt").write_text(" ".join(random.choice(WORDS, 3)))

    predictor = predictor_of(
        {"source": str(folder), "task": "matching", "tokens": "bytes", "height": 12, "width": 12}
    )
    picture = str(folder / "3.png")
    text = str(folder / "3.txt")
    words = Path(text).read_text()

    direct = answer(predictor, (Path(picture), words))
    for files, texts in (((picture, text), ()), ((picture,), (words,))):
        (given,) = _sources(predictor, files, texts)
        (one,) = answer_input(predictor, given.given).answers  # type: ignore[arg-type]
        assert one.answer is not None
        assert one.answer.plain["similarity"] == pytest.approx(direct.plain["similarity"], abs=1e-5)

    table = tmp_path / "list.csv"
    table.write_text(
        "file,words\n" + "\n".join(f"pairs/{number}.png,some words {number}" for number in range(9))
    )
    answers = answer_file(predictor, table)
    assert [one.error for one in answers.answers] == [""] * 9

    (folder / "4.png").unlink()
    assert "4.png" in answer_file(predictor, table).answers[4].error


def test_categories_that_look_like_numbers_are_asked_as_they_are_written(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    lines = [
        f"{number % 5:02d},{random.uniform():.3f},{'yes' if number % 2 else 'no'}"
        for number in range(60)
    ]

    path = tmp_path / "areas.csv"
    path.write_text("\n".join(["area,size,y", *lines]))
    predictor = predictor_of({"source": str(path), "target": "y", "columns": {"area": "category"}})
    dataset = predictor.open(str(path))
    answers = answer_file(predictor, path)
    predictions = np.array([one.predictions for one in answers.answers])

    assert np.allclose(predictions, predictor.predictions(dataset.inputs), atol=1e-6)
