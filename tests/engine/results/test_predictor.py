"""The best epoch in use: prepared as in training, with the data gone, and never a pickle."""

from __future__ import annotations

import io
import pickle
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from PIL import Image

from app.engine.errors import UserError
from app.engine.results.predictor import Predictor

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset
    from app.engine.runs.run import Run


def test_a_validation_file_gets_the_logits_of_validation(
    kept_run: Run, dataset: Dataset, pictures: Path
) -> None:
    predictor = Predictor.load(kept_run)
    inputs, targets = dataset.split("validation")
    evaluation = predictor.evaluate(dataset, split="validation")
    assert np.array_equal(evaluation.targets, targets)

    with torch.no_grad():
        together = predictor.network(
            dataset.description.preparation.tensor(torch.from_numpy(inputs))
        ).numpy()

    for index, row in enumerate(dataset.indices["validation"]):
        file = pictures / dataset.names[row]
        (pixels,) = predictor.read(file)
        assert np.array_equal(pixels, inputs[index])

        np.testing.assert_allclose(predictor.logits(pixels), together[index], atol=1e-5)
        answer = dict(predictor.predict(file))
        np.testing.assert_allclose(
            [answer[name] for name in predictor.classes], evaluation.predictions[index], atol=1e-5
        )


def test_it_works_in_a_fresh_process_with_the_data_gone(
    kept_run: Run, pictures: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "one.png"
    shutil.copy(pictures / "top 10" / "3.png", picture)
    expected = Predictor.load(kept_run).predict(picture)
    shutil.rmtree(pictures)
    code = (
        "import sys; from app.engine.results.predictor import Predictor; from app.engine.runs.run "
        "import Run\n"
        "from pathlib import Path\n"
        "for name, value in Predictor.load(Run(Path(sys.argv[1]))).predict(sys.argv[2]): "
        "print(f'{name}={value:.5f}')"
    )

    predictions = subprocess.run(
        [sys.executable, "-c", code, str(kept_run.path), str(picture)],
        capture_output=True,
        text=True,
        check=True,
        encoding="utf-8",
    ).stdout.split("\n")
    assert predictions[:-1] == [f"{name}={value:.5f}" for name, value in expected]
    assert {name for name, _ in expected} == {"left", "right", "top 10"}
    assert sum(value for _, value in expected) == pytest.approx(1, abs=1e-5)


def test_every_way_a_picture_comes_gives_the_same(kept_run: Run, pictures: Path) -> None:
    predictor = Predictor.load(kept_run)
    file = pictures / "left" / "0.png"
    with Image.open(file) as picture:
        picture.load()
        see_through = picture.convert("LA")
        drawn = picture.convert("RGBA")

    answers = [
        predictor.predict(one) for one in (file, str(file), file.read_bytes(), picture, see_through)
    ]
    assert all(answer == answers[0] for answer in answers)
    assert [name for name, _ in predictor.predict(drawn)] == [name for name, _ in answers[0]]

    empty = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    white = Image.new("L", (20, 20), 255)
    assert predictor.predict(empty) == predictor.predict(white)


def test_what_is_no_picture_is_told(kept_run: Run, tmp_path: Path) -> None:
    text = tmp_path / "letter.jpg"
    text.write_text("Dear Sir")

    predictor = Predictor.load(kept_run)
    with pytest.raises(UserError, match=r"letter\.jpg"):
        predictor.predict(text)

    with pytest.raises(UserError, match="not there"):
        predictor.predict(tmp_path / "nothing.png")


def test_other_data_are_judged_by_class_names(
    kept_run: Run, dataset: Dataset, pictures: Path
) -> None:
    predictor = Predictor.load(kept_run)
    other = pictures.parent / "other"
    shutil.copytree(pictures / "right", other / "right")
    shutil.copytree(pictures / "left", other / "left")
    shutil.copytree(pictures / "top 10", other / "top 10")
    report = predictor.report_on(predictor.open(str(other)))
    split = report.splits["data"]
    everything = predictor.evaluate(dataset)
    assert split.count == 90
    assert (split.confusion == everything.confusion).all()

    shutil.rmtree(other / "top 10")
    evaluation = predictor.evaluate(predictor.open(str(other)))
    assert evaluation.confusion is not None
    assert evaluation.confusion.sum() == 60


def test_examples_of_an_unknown_class_are_told_and_the_rest_is_judged(
    kept_run: Run, pictures: Path
) -> None:
    predictor = Predictor.load(kept_run)
    (pictures / "top 10").rename(pictures / "Top-10")

    other = predictor.open(str(pictures))
    report = predictor.report_on(other)
    assert report.splits["data"].count == 60
    assert report.splits["data"].rows.tolist() == [
        row for row, name in enumerate(other.names) if "Top-10" not in name
    ]
    assert predictor.targets_for(other).notes == (
        "30 examples have a class that training has not seen, 'Top-10': they are not judged.",
        "The nearest to 'Top-10' is 'top 10'.",
    )


def test_data_of_unknown_classes_alone_are_refused_with_the_difference(
    kept_run: Run, pictures: Path
) -> None:
    predictor = Predictor.load(kept_run)
    for name in ("top 10", "left", "right"):
        (pictures / name).rename(pictures / name.upper())

    with pytest.raises(UserError) as refused:
        predictor.evaluate(predictor.open(str(pictures)))

    assert "'top 10'" in str(refused.value)
    assert "The nearest to 'TOP 10' is 'top 10'." in str(refused.value)


def test_a_damaged_or_hostile_file_is_refused(kept_run: Run, tmp_path: Path) -> None:
    weights = kept_run.path / "checkpoints" / "best" / "model.safetensors"
    content = weights.read_bytes()
    weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    with pytest.raises(UserError, match="damaged"):
        Predictor.load(kept_run)

    class Attack:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return io.open, (str(tmp_path / "attacked"), "w")  # type: ignore[return-value]

    weights.write_bytes(pickle.dumps(Attack()))
    with pytest.raises(UserError):
        Predictor.load(kept_run)

    assert not (tmp_path / "attacked").exists()


def test_a_run_that_kept_nothing_says_so(tmp_path: Path, kept_run: Run) -> None:
    shutil.rmtree(kept_run.path / "checkpoints")
    with pytest.raises(UserError, match="kept no weights yet"):
        Predictor.load(kept_run)
