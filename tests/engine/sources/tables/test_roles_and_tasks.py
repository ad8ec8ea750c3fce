"""What columns are taken for, and why; what is predicted; tables to datasets, end to end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

from app.engine.data.dataset import Dataset, Description
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.experiment import Experiment
from app.engine.experiment.resolve import resolve
from app.engine.sources.cache import Cache
from app.engine.sources.opening import open_dataset
from app.engine.sources.summary import describe, problems
from app.engine.sources.tables.plan import TablePlan, plan_table
from app.engine.sources.tables.reading import read_table
from app.engine.sources.targets import targets_from_labels

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.sources.tables.columns import Table


def table(path: Path, heads: str, rows: list[str]) -> Path:
    path.write_text("\n".join([heads, *rows]) + "\n", encoding="utf-8")
    return path


def plan_of(path: Path, **settings: Any) -> TablePlan:
    data = DataSettings(**settings)
    read: Table = read_table(path, data)
    return plan_table(read, data)


def open_data(path: Path, **settings: Any) -> Dataset:
    return open_dataset(
        DataSettings(source=str(path), **settings), cache=Cache(path.parent / "cache")
    )


def notes(dataset: Dataset) -> str:
    return " ".join(dataset.description.notes)


def test_roles_are_guessed_with_a_reason(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        "row,patient_id,code,same,empty,when,size,colour,remark,dirty,outcome",
        [
            f"{n + 1},{n // 4},K{n}x,7,,{n % 28 + 1}.3.2024,{n * n / 7:.2f},{'rgb'[n % 3]},"
            f"word{n % 55},"
            f"{'oops' if n == 9 else n},{n % 2}"
            for n in range(80)
        ],
    )
    roles = plan_of(path).roles

    expected = {
        "row": ("ignore", "running number"),
        "patient_id": ("group", "one split"),
        "code": ("ignore", "identifier"),
        "same": ("ignore", "same"),
        "empty": ("ignore", "no values"),
        "when": ("number", "days"),
        "size": ("number", "numbers"),
        "colour": ("category", "3 different"),
        "remark": ("ignore", "too many"),
        "dirty": ("ignore", "'oops'"),
        "outcome": ("target", "named like a target"),
    }
    for name, (role, reason) in expected.items():
        assert roles[name].role == role and reason in roles[name].reason, (name, roles[name])

    chosen = plan_of(path, columns={"row": "number", "size": "ignore"}).roles
    assert (
        chosen["row"].role == "number" and chosen["row"].chosen and chosen["size"].role == "ignore"
    )


@pytest.mark.parametrize(
    ("cells", "task"),
    [
        (["0", "1"], "binary-classification"),
        (["no", "yes"], "binary-classification"),
        (["a", "b", "c"], "classification"),
        ([f"{n * 1.7:.2f}" for n in range(50)], "regression"),
        (["3", "4", "5", "6"], "classification"),
        ([str(n) for n in range(0, 36, 2)], "regression"),
        ([str(n * 3) for n in range(100)], "regression"),
        (["a;b", "b;c", "c", "a;c", "a;b;c"], "multi-label"),
    ],
)
def test_the_task_follows_the_target(tmp_path: Path, cells: list[str], task: str) -> None:
    rows = [f"{n * n / 3:.3f},{cells[n % len(cells)]}" for n in range(100)]
    assert plan_of(table(tmp_path / "a.csv", "size,what", rows)).task == task


def test_few_whole_numbers_raise_a_question(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv", "acid,quality", [f"{n * 0.37:.2f},{n % 6 + 3}" for n in range(90)]
    )
    assert "classes or amounts" in plan_of(path).question
    dataset = open_data(path)
    assert dataset.description.classes == (
        "3",
        "4",
        "5",
        "6",
        "7",
        "8",
    ) and "classes or amounts" in notes(dataset)

    assert not plan_of(path, task="regression").question
    amounts = open_data(path, task="regression")
    assert amounts.description.amounts[0].name == "quality" and amounts.targets.dtype == np.float32


def test_the_target_that_is_chosen(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv", "x,label,z", [f"{n * n},{'ab'[n % 2]},{n * 1.5}" for n in range(40)]
    )
    assert plan_of(path).targets == ("label",)
    assert plan_of(path, target="z").targets == ("z",)
    assert plan_of(path, columns={"x": "target"}).targets == ("x",)
    assert plan_of(path, task="regression").targets == ("z",)

    with pytest.raises(UserError, match="Did you mean 'label'") as caught:
        plan_of(path, target="lable")

    assert caught.value.setting == "data.target"


@pytest.mark.parametrize(
    ("heads", "row", "target"),
    [
        ("a,b,comment", "{n},{n}.5,{gap}", "b"),  # every row has a value of b
        ("a,b,comment", "{n},{n}.5,{colour}", "b"),  # a comment without gaps is one too
        ("a,b,c", "{n},{n}.5,{gap}", "b"),
        ("a,b,when", "{n},{n}.5,2024-01-{day:02d}", "b"),
        ("a,b,c", "{rare},{gap},{gap}", "a"),  # all have gaps: the one with the fewest
        ("a,label,c", "{n},{gap},{n}.5", "label"),  # its name says more than its gaps
    ],
)
def test_no_row_is_left_out_for_a_guess(tmp_path: Path, heads: str, row: str, target: str) -> None:
    rows = [
        row.format(
            n=n * 7 % 40,
            gap=("", "red", "blue")[n % 3],
            rare="" if n == 5 else n,
            colour=("red", "blue")[n % 2],
            day=n % 28 + 1,
        )
        for n in range(40)
    ]
    assert plan_of(table(tmp_path / "gaps.csv", heads, rows)).targets == (target,)


def test_several_targets(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv",
        "x,w (kg),h (cm),a,b",
        [f"{n * n},{n * 1.5},{n * 2.5},{n % 2},{n // 2 % 2}" for n in range(60)],
    )
    amounts = open_data(path, target=["w (kg)", "h (cm)"])
    assert amounts.description.task == "regression" and amounts.targets.shape == (60, 2)
    assert [amount.unit for amount in amounts.description.amounts] == ["kg", "cm"]

    tags = open_data(path, target=["a", "b"])
    assert tags.description.task == "multi-label" and tags.description.classes == ("a", "b")
    assert tags.targets.tolist() == [[n % 2, n // 2 % 2] for n in range(60)]


def test_tags_in_one_cell(tmp_path: Path) -> None:
    cells = ["red; big", "red", "", "big;old", "old"] * 12
    path = table(
        tmp_path / "a.csv", "x|tags", [f"{n * n / 7:.2f}|{cell}" for n, cell in enumerate(cells)]
    )
    dataset = open_data(path)
    assert dataset.description.task == "multi-label" and dataset.description.classes == (
        "big",
        "old",
        "red",
    )

    assert dataset.targets[:3].tolist() == [[1, 0, 1], [0, 0, 1], [0, 0, 0]]
    assert "separated by ';'" in notes(dataset) and "12 rows have no tag" in notes(dataset)
    assert not any("has no value" in item.reason for item in dataset.description.skipped)


def test_texts_pairs_and_signals(tmp_path: Path) -> None:
    texts = open_data(
        table(
            tmp_path / "t.csv",
            "id,message,label",
            [
                f"{n},the {w} cat sat on mat {n},{'good' if n % 2 else 'bad'}"
                for n, w in enumerate(["red", "blue"] * 30)
            ],
        )
    )
    assert texts.description.kind == "text" and texts.description.classes == ("bad", "good")
    pairs = open_data(table(tmp_path / "p.csv", "en,de", [f"word{n},Wort{n}" for n in range(40)]))
    assert (
        pairs.description.task == "matching"
        and pairs.description.kind == "pair"
        and pairs.second_halves is not None
    )

    assert pairs.description.preparation.names == ("en", "de")
    shared = open_data(
        table(tmp_path / "q.csv", "en,de", [f"word{n},Wort{n % 20}" for n in range(40)]),
        task="matching",
    )

    assert shared.targets[3] == shared.targets[23] != shared.targets[4]
    heads = "label," + ",".join(f"t{n}" for n in range(16))
    waves = [
        f"{'ab'[n % 2]}," + ",".join(f"{np.sin(n + k):.3f}" for k in range(16)) for n in range(40)
    ]
    signal = open_data(
        table(tmp_path / "s.csv", heads, [*waves, "a,1" + "," * 15]), rows_are="signal"
    )
    assert signal.inputs.shape == (40, 1, 16)
    assert [item.path for item in signal.description.skipped] == ["row 42"]


def test_pictures_with_amounts_captions_and_two_pictures(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    (tmp_path / "img").mkdir()

    for n in range(30):
        Image.fromarray(random.integers(0, 255, (9, 9, 3), np.uint8)).save(
            tmp_path / f"img/{n}.png"
        )

    (tmp_path / "img/3.png").write_bytes(b"no picture")
    amounts = open_data(
        table(
            tmp_path / "a.csv", "file,weight (g)", [f"img/{n}.png,{n * 1.7:.2f}" for n in range(31)]
        )
    )

    assert amounts.description.task == "regression" and amounts.inputs.shape == (29, 3, 9, 9)
    assert {item.path for item in amounts.description.skipped} == {"img/3.png", "row 32"}
    assert amounts.targets[3, 0] == pytest.approx(4 * 1.7)  # the row after the unreadable one

    captions = open_data(
        table(
            tmp_path / "c.csv",
            "caption,file",
            [f"a thing called {n},img/{n}.png" for n in range(30)],
        )
    )
    assert captions.description.task == "matching" and captions.description.preparation.names == (
        "picture",
        "text",
    )

    both = open_data(
        table(
            tmp_path / "b.csv", "left,right", [f"img/{n}.png,img/{29 - n}.png" for n in range(30)]
        )
    )
    assert both.description.kind == "pair" and both.inputs.shape == both.second_halves.shape == (
        28,
        3,
        9,
        9,
    )  # type: ignore

    classes = open_data(
        table(tmp_path / "d.csv", "file,kind", [f"img/{n}.png,{'ab'[n % 2]}" for n in range(30)])
    )
    assert (
        classes.description.task == "classification"
        and classes.description.format == "Table of pictures"
    )


def test_tasks_without_a_target(tmp_path: Path) -> None:
    path = table(tmp_path / "a.csv", "x,y,z", [f"{n * n},{n * 1.5},{n % 3}" for n in range(40)])
    restored = open_data(path, task="reconstruction")
    assert restored.inputs.shape == (40, 3) and restored.description.damage is not None
    assert open_data(path, task="metric-learning", target="z").description.classes == (
        "0",
        "1",
        "2",
    )

    with pytest.raises(UserError, match="Pairs need two columns"):
        open_data(path, task="matching")


def test_groups_stay_together_and_a_split_column_is_followed(tmp_path: Path) -> None:
    rows = [f"{n * n},{n // 5},{'ab'[n % 2]}" for n in range(100)]
    dataset = open_data(
        table(tmp_path / "a.csv", "x,patient,label", rows), columns={"patient": "group"}
    )

    split_of_group = {}
    for split, rows in dataset.indices.items():
        for row in rows.tolist():
            assert split_of_group.setdefault(row // 5, split) == split

    rows = [
        f"{n * n},{('train', 'train', 'val', 'test')[n % 4]},{'ab'[n // 4 % 2]}" for n in range(80)
    ]
    own = open_data(table(tmp_path / "b.csv", "x,split,label", rows))
    assert own.description.sizes == {"training": 40, "validation": 20, "test": 20}
    assert all(row % 4 == 3 for row in own.indices["test"])


def test_what_was_found_is_recorded_and_opens_the_same(tmp_path: Path) -> None:
    path = table(
        tmp_path / "a.csv", "x,label,z", [f"{n * n},{'ab'[n % 2]},{n * 1.5}" for n in range(40)]
    )
    settings = DataSettings(source=str(path))
    dataset = open_dataset(settings)
    record = resolve(Experiment(data=settings), dataset.description).data

    assert (record.target, record.task) == ("label", "binary-classification")
    assert open_dataset(record).description.fingerprint == dataset.description.fingerprint
    plain = json.loads(json.dumps(dataset.description.to_plain(), allow_nan=False))
    assert Description.from_plain(plain) == dataset.description


def test_other_data_are_read_as_the_training_was(tmp_path: Path) -> None:
    first = open_data(
        table(
            tmp_path / "a.csv",
            "size,colour,label",
            [f"{n * 1.5},{'rgb'[n % 3]},{'ab'[n % 2]}" for n in range(60)],
        )
    )
    other = table(
        tmp_path / "b.csv",
        "label;extra;colour;size",
        [f"{'ba'[n % 2]};{n};x;{n},5" for n in range(20)],
    )  # another order, decimal comma, one colour only

    settings = DataSettings(source=str(other), target="label")
    tested = open_dataset(settings, trained=first.description)
    assert tested.inputs[4].tolist() == [4.5, 0.0]

    narrow = table(tmp_path / "c.csv", "size,label", [f"{n},{'ab'[n % 2]}" for n in range(20)])
    with pytest.raises(UserError, match="no column 'colour'"):
        open_dataset(settings.replace(source=str(narrow)), trained=first.description)


@pytest.mark.parametrize(
    ("name", "task", "columns"),
    [
        ("breast_cancer", "binary-classification", 30),
        ("wine", "classification", 13),
        ("iris", "classification", 4),
        ("diabetes", "regression", 10),
    ],
)
def test_tables_of_scikit_learn_arrive_unchanged(
    tmp_path: Path, name: str, task: str, columns: int
) -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    bunch = getattr(datasets, f"load_{name}")()
    names = [str(name) for name in getattr(bunch, "target_names", [])]
    heads = ",".join([*map(str, bunch.feature_names), "target"])
    rows = [
        ",".join(
            [*(repr(float(value)) for value in row), names[int(answer)] if names else str(answer)]
        )
        for row, answer in zip(bunch.data, bunch.target, strict=True)
    ]

    dataset = open_data(table(tmp_path / "a.csv", heads, rows))
    description = dataset.description
    assert (description.task, description.kind, dataset.inputs.shape) == (
        task,
        "row",
        (len(bunch.data), columns),
    )

    assert np.array_equal(dataset.inputs, bunch.data.astype(np.float32))
    if names:
        assert [description.classes[k] for k in dataset.targets] == [names[k] for k in bunch.target]
    else:
        assert np.array_equal(dataset.targets[:, 0], bunch.target.astype(np.float32))

    facts = describe(dataset)
    assert len(facts["columns"]) == columns and facts["targets"] == ["target"]
    json.dumps(facts, allow_nan=False)


def test_problems_speak_of_amounts_and_tags(tmp_path: Path) -> None:
    rows = [
        f"{n * n},{('train', 'train', 'val')[n % 3]},{9_999 if n == 6 else n % 7 + n / 100}"
        for n in range(400)
    ]
    dataset = open_data(table(tmp_path / "a.csv", "x,split,price", rows))
    assert "'price' reaches from" in " ".join(
        item["text"] for item in problems(dataset.description)
    )

    tags = open_data(
        table(tmp_path / "b.csv", "x,a,b", [f"{n * n},1,{n % 2}" for n in range(60)]),
        target=["a", "b"],
        task="multi-label",
    )
    texts = " ".join(item["text"] for item in problems(tags.description))
    assert "'a': every training example has it" in texts and "balanced" not in texts


def test_one_row_can_be_tested(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    table = tmp_path / "table.csv"
    table.write_text(
        "\n".join(
            ["a,b,y", *(",".join(map(str, row)) for row in random.uniform(0, 5, (40, 3)).round(3))]
        )
    )

    trained = open_dataset(DataSettings(source=str(table), task="regression", target="y"))
    (tmp_path / "one.csv").write_text("a,b,y\n1,2,3.5\n")
    data = DataSettings(source=str(tmp_path / "one.csv"), task="regression", target="y")
    other = open_dataset(data, trained=trained.description)

    assert other.inputs.tolist() == [[1, 2]] and other.targets.tolist() == [[3.5]]
    with pytest.raises(UserError, match="not trained on pictures"):
        open_dataset(DataSettings(source="sample:digits"), trained=trained.description)


def test_a_target_of_words_for_nothing_has_no_row(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text(
        "\n".join(["a,y", *(f"{row * 1.5},unknown" for row in range(30))])
    )
    with pytest.raises(
        UserError, match="no row that can be used: of every one, it has no value of 'y'"
    ):
        open_dataset(
            DataSettings(source=str(tmp_path / "table.csv"), task="regression", target="y")
        )


def test_yes_is_the_second_class_in_other_languages_too() -> None:
    assert targets_from_labels(["Ja", "Nein", "Ja"]).classes == ("Nein", "Ja")
    assert targets_from_labels(["Ja", "Nein", "Ja"]).values.tolist() == [1, 0, 1]
    assert targets_from_labels(["no", "yes"]).classes == ("no", "yes")
