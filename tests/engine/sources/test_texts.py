"""Texts: tokens learned from the training texts alone, folders of texts, one long text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from app.engine.data.dataset import Dataset, Description
from app.engine.data.kinds import read_preparation
from app.engine.data.kinds.text.preparation import TextPreparation
from app.engine.data.tokenizer import load_tokenizer, pieces_of, train_tokenizer
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.sources.formats import find
from app.engine.sources.opening import open_dataset
from app.engine.sources.parts.texts import TextPart
from app.engine.sources.plain_text import UnreadableText, read_text

if TYPE_CHECKING:
    from pathlib import Path

WORDS = [
    "the",
    "old",
    "house",
    "by",
    "the",
    "river",
    "was",
    "quiet",
    "and",
    "the",
    "night",
    "was",
    "long",
]
RANDOM = np.random.default_rng(11)


def sentences(count: int, more: str = "") -> list[str]:
    return [
        " ".join([*RANDOM.choice(WORDS, 12).tolist(), more, str(number)]) for number in range(count)
    ]


def open_data(path: Path, trained: Description | None = None, **more: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **more), trained=trained)


def read_back(dataset: Dataset) -> Description:
    return Description.from_plain(json.loads(json.dumps(dataset.description.to_plain())))


# --- tokens


LEARNED = train_tokenizer([" ".join(WORDS * 200)], "bpe", 300)


@pytest.mark.parametrize("saved", ["", LEARNED], ids=["bytes", "bpe"])
@settings(max_examples=60)
@given(
    text=some.text(max_size=80)
    | some.sampled_from(["<pad>", "\r\n\t", "ĠĊ ø", "👩‍🚀 x", " the house"])
)
def test_every_text_comes_back_as_it_was_and_holds_no_padding(saved: str, text: str) -> None:
    tokenizer = load_tokenizer(saved)
    (numbers,) = tokenizer.encode([text])
    assert tokenizer.decode(numbers.tolist()) == text.encode("utf-8", "replace").decode()
    assert (numbers > 0).all() and (numbers < tokenizer.vocabulary).all()
    assert tokenizer.byte_counts[numbers].sum() == len(text.encode("utf-8", "replace"))


def test_bytes_are_their_values_plus_one() -> None:
    tokenizer = load_tokenizer("")
    assert tokenizer.vocabulary == 257
    assert tokenizer.encode(["Aü"])[0].tolist() == [66, 0xC3 + 1, 0xBC + 1]
    assert tokenizer.decode([66, 0xC3 + 1]) == "A"  # half a character leaves nothing


def test_learned_tokens_are_parts_of_words_within_the_vocabulary_and_always_the_same() -> None:
    tokenizer = load_tokenizer(LEARNED)
    assert b" the" in tokenizer.bytes_of and 257 < tokenizer.vocabulary <= 300
    assert len(tokenizer.encode(["the old house by the river"])[0]) < 12
    assert train_tokenizer([" ".join(WORDS * 200)], "bpe", 300) == LEARNED

    with pytest.raises(ValueError, match="damaged"):
        load_tokenizer(LEARNED[:-20])


def test_a_long_text_is_cut_into_pieces_without_loss() -> None:
    text = "\n".join(sentences(5_000)) + "x" * 300_000
    assert "".join(pieces_of([text])) == text and len(list(pieces_of([text]))) > 5

    for saved in ("", LEARNED):
        tokenizer = load_tokenizer(saved)
        assert tokenizer.decode(tokenizer.encode_long(text).tolist()) == text

    assert len(load_tokenizer("").encode_long("")) == 0


# --- parts and preparation


def test_tokens_are_learned_from_training_texts_only() -> None:
    texts = sentences(1_000) + sentences(1_000, "Zyxwvut")
    training = np.arange(1_000)
    part = TextPart(texts, DataSettings(tokens="bpe", vocabulary=2_000))
    _, preparation = part.fit(training)

    assert isinstance(preparation, TextPreparation)
    assert not any(b"yx" in content for content in preparation.tokenizer.bytes_of)
    changed = TextPart(
        texts[:1_000] + ["other words"] * 1_000, DataSettings(tokens="bpe", vocabulary=2_000)
    )
    assert changed.fit(training)[1] == preparation

    _, both = TextPart(texts, DataSettings(tokens="bpe", vocabulary=2_000)).fit(np.arange(2_000))
    assert isinstance(both, TextPreparation) and any(
        b"Zyxwvut" in content for content in both.tokenizer.bytes_of
    )


@pytest.mark.parametrize("tokens", ["bytes", "bpe"])
def test_fitting_and_encoding_give_the_same(tokens: Literal["bytes", "bpe"]) -> None:
    texts = [*sentences(300), "", "a " * 2_000, "ü"]
    part = TextPart(texts, DataSettings(tokens=tokens))
    arrays, preparation = part.fit(np.arange(250))
    assert isinstance(preparation, TextPreparation)
    assert arrays.dtype == np.int32 and arrays.shape == (len(texts), preparation.length)
    assert np.array_equal(TextPart(texts, DataSettings()).encode(preparation), arrays)
    assert np.array_equal(preparation.array(texts[0]), arrays[0])

    padding = arrays == 0
    assert (
        not padding[:, 0].any() and not (padding[:, :-1] & ~padding[:, 1:]).any()
    )  # at the end alone
    assert preparation.to_display(arrays[3]) == texts[3]
    assert any("longer than the context and" in note for note in part.notes)
    assert any("1 empty text" in note for note in part.notes)


def test_the_context_covers_nearly_all_training_texts_or_is_as_chosen() -> None:
    texts = ["x" * 30] * 99 + ["x" * 3_000]
    part = TextPart(texts, DataSettings())
    arrays, _ = part.fit(np.arange(100))
    assert arrays.shape == (100, 32)
    assert part.notes == ("1 text is longer than the context and was cut after 32 tokens.",)
    assert TextPart(["x" * 30] * 99 + ["x" * 36], DataSettings()).fit(np.arange(100))[0].shape == (
        100,
        40,
    )
    assert TextPart(texts, DataSettings(context=12)).fit(np.arange(100))[0].shape == (100, 12)
    assert TextPart(["x" * 9_000] * 5, DataSettings()).fit(np.arange(5))[0].shape == (5, 512)


def test_enough_text_is_cut_into_parts_of_words_and_little_into_bytes() -> None:
    for count, expected in ((20, 257), (2_000, 258)):
        _, preparation = TextPart(sentences(count), DataSettings()).fit(np.arange(count))
        vocabulary = preparation.inputs[0].vocabulary
        assert vocabulary >= expected and (count > 20 or vocabulary == 257)


def test_equal_texts_have_equal_prints() -> None:
    fingerprints = TextPart(["a", "b", "a"], DataSettings()).fingerprints()
    assert (
        fingerprints.shape == (3, 16)
        and np.array_equal(fingerprints[0], fingerprints[2])
        and not np.array_equal(fingerprints[0], fingerprints[1])
    )


def test_the_preparation_travels_as_json_and_reads_one_text() -> None:
    preparation = TextPreparation(LEARNED, load_tokenizer(LEARNED).vocabulary, 6)
    again = read_preparation(json.loads(json.dumps(preparation.to_plain())))
    assert again == preparation and isinstance(again, TextPreparation)
    assert len(repr(preparation)) < 200
    assert again.inputs[0].shape == (6,) and again.inputs[0].vocabulary == preparation.vocabulary

    encoded = again.array("the old house")
    assert again.decode(encoded.tolist()) == "the old house"
    assert (
        "".join(again.pieces("the old house")) == "the old house"
        and len(again.pieces("the old house")) < 8
    )

    assert again.pieces("ü") == ["\\xc3", "\\xbc"]
    assert again.left_out_note("the") == "" and "first 6 of" in again.left_out_note("qwertzuiop")
    tensor = again.tensor(torch.from_numpy(encoded[None]))
    assert tensor.dtype == torch.int64 and tensor.shape == (1, 6)

    for bad in ("", "  \n"):
        with pytest.raises(UserError, match="empty"):
            again.array(bad)

    with pytest.raises(UserError, match="text is expected"):
        again.array(7)  # type: ignore[arg-type]


# --- files


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("Größe\r\nÄpfel".encode(encoding))
    assert read_text(tmp_path / "a.txt")[0] == "Größe\r\nÄpfel"


@pytest.mark.parametrize(
    ("content", "encoding", "reason"),
    [
        (b"", None, "empty"),
        (b" \n\n", None, "empty"),
        (b"\xef\xbb\xbf", None, "empty"),
        (bytes(range(256)) * 20, None, "binary"),
        (RANDOM.bytes(3_000), None, "binary"),
        (b"text\0" * 9, None, "binary"),
        (b"a", "nonsense", "no encoding"),
        (b"\xff\xff", "utf-8", "not in the encoding"),
    ],
)
def test_what_is_no_text_is_refused(
    tmp_path: Path, content: bytes, encoding: str | None, reason: str
) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(UnreadableText, match=reason):
        read_text(tmp_path / "a.txt", encoding)


def class_folder(base: Path, count: int = 12) -> Path:
    for index, name in enumerate(("sport", "weather 10", "weather 9")):
        (base / name).mkdir(parents=True)
        for number, text in enumerate(sentences(count, f"word{index}")):
            (base / name / f"{number}.txt").write_text(text, encoding="utf-8")
    return base


def test_a_folder_of_texts(tmp_path: Path) -> None:
    base = class_folder(tmp_path / "news")
    (base / "sport" / "nothing.txt").write_bytes(b"")
    (base / "sport" / "program.txt").write_bytes(bytes(range(256)) * 9)
    (base / "sport" / "old.txt").write_bytes("Ein Gruß aus Köln über die Mühlen".encode("cp1252"))
    (base / "readme.txt").write_text("About these texts.")
    (base / "table.csv").write_text("a,b")
    dataset = open_data(base)
    description = dataset.description
    assert (
        description.format == "Folder of texts"
        and description.kind == "text"
        and description.task == "classification"
    )

    assert description.classes == ("sport", "weather 9", "weather 10") and description.total == 37
    assert {item.path: item.reason for item in description.skipped if not item.ignored} == {
        "sport/nothing.txt": "it is empty",
        "sport/program.txt": "it is not text (it holds binary data)",
        "readme.txt": "it is outside the folders of the classes",
    }

    assert any("1 text is not in Unicode" in note for note in description.notes)
    row = list(dataset.names).index("sport/old.txt")
    assert (
        description.preparation.to_display(dataset.inputs[row])
        == "Ein Gruß aus Köln über die Mühlen"
    )
    assert description.classes[dataset.targets[row]] == "sport"
    assert read_back(dataset) == description
    read_again = open_data(base, trained=description)
    assert read_again.inputs.tolist() == dataset.inputs.tolist()


def test_splits_of_their_own(tmp_path: Path) -> None:
    class_folder(tmp_path / "all" / "train")
    class_folder(tmp_path / "all" / "test", 4)
    description = open_data(tmp_path / "all").description
    assert description.size("test") == 12 and description.classes == (
        "sport",
        "weather 9",
        "weather 10",
    )


def test_useless_folders_are_refused_in_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    (folder / "only").mkdir(parents=True)
    (folder / "only" / "a.txt").write_text("text")

    with pytest.raises(UserError, match="only one class"):
        open_data(folder)

    (folder / "more").mkdir()
    (folder / "more" / "b.txt").write_bytes(b"")

    with pytest.raises(UserError, match=r"only one class, 'only' \(1 files"):
        open_data(folder)

    (folder / "only" / "a.txt").write_bytes(b"")
    with pytest.raises(UserError, match="None of the 2 texts"):
        open_data(folder)


def test_texts_without_classes_are_refused_in_words_of_texts(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / f"{number}.txt").write_text("text")
    with pytest.raises(UserError, match="no texts in folders of their classes"):
        open_data(tmp_path)


def test_pictures_are_not_mistaken_for_texts(tmp_path: Path) -> None:
    base = class_folder(tmp_path / "pairs")
    (base / "sport" / "0.png").write_bytes(b"x")
    form = find(str(base))
    assert form is not None and form.kind != "text-folder"


# --- one long text


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Returns ordinary lines and a last tenth in words of its own; not all letters are ASCII."""
    text = "\n".join(sentences(3_000))
    last = "\n".join(["Zürich Zyxwvut"] * (len(text) // 9 // 16))
    path = tmp_path / "book ü.txt"
    path.write_text(text + "\n" + last, encoding="utf-8")

    return path


@pytest.mark.parametrize("tokens", ["bytes", "bpe"])
def test_a_long_text_is_divided_by_position(book: Path, tokens: str) -> None:
    dataset = open_data(book, tokens=tokens)
    description = dataset.description
    content = book.read_bytes()
    preparation = description.preparation
    assert isinstance(preparation, TextPreparation)
    assert (
        description.task == "language-modelling"
        and description.format == "One long text"
        and not description.classes
    )

    assert dataset.targets.shape == dataset.inputs.shape and dataset.targets.dtype == np.int64
    decoded = {
        split: b"".join(
            preparation.tokenizer.bytes_of[number]
            for row in rows
            for number in dataset.inputs[row]
            if number
        )
        for split, rows in dataset.indices.items()
    }

    # the last token of each part is only a target
    rest = content
    for split, share in (("training", 0.8), ("validation", 0.1), ("test", 0.1)):
        assert rest.startswith(decoded[split]) and len(decoded[split]) == pytest.approx(
            share * len(content), rel=0.01
        )
        last = dataset.targets[dataset.indices[split][-1]]
        rest = rest[len(decoded[split]) :].removeprefix(
            preparation.tokenizer.bytes_of[last[last >= 0][-1]]
        )

    assert rest == b""
    assert not any(
        b"yx" in content for content in preparation.tokenizer.bytes_of
    )  # learned before the last tenth
    assert (
        "Divided by position" in description.split_reason
        and "last 10 %" in description.split_reason
    )

    assert read_back(dataset) == description


def test_every_next_token_is_a_target_once(book: Path) -> None:
    dataset = open_data(book, tokens="bytes", context=64)
    for rows in dataset.indices.values():
        inputs = dataset.inputs[rows]
        targets = dataset.targets[rows]
        there = targets != -100
        assert np.array_equal(
            there, inputs != 0
        )  # padding asks for nothing, all else for something

        stream = inputs[there]
        assert np.array_equal(targets[there][:-1], stream[1:])
        assert there[:-1].all()  # only the last window may be filled up

    assert not any("copies" in note for note in dataset.description.notes)
    assert len(set(dataset.names)) == len(dataset.names)


def test_windows_that_are_equal_stay_in_their_splits(tmp_path: Path) -> None:
    (tmp_path / "same.txt").write_text("ab" * 5_000)
    description = open_data(tmp_path / "same.txt", context=50, tokens="bytes").description
    assert [description.size(split) for split in ("training", "validation", "test")] == [
        160,
        20,
        20,
    ]


def test_another_text_for_the_same_network(book: Path, tmp_path: Path) -> None:
    description = open_data(book, tokens="bpe").description
    preparation = description.preparation
    assert isinstance(preparation, TextPreparation)
    (tmp_path / "other.md").write_text("\n".join(sentences(2_000, "Qqqq")))
    other = open_data(tmp_path / "other.md", trained=description)

    assert other.description.preparation == preparation
    assert (tmp_path / "other.md").read_text().startswith(preparation.to_display(other.inputs[0]))


def test_no_test_part_if_none_is_wanted(book: Path) -> None:
    description = open_data(book, test_share=0.0).description
    assert description.size("test") == 0 and "test" not in description.split_reason


@pytest.mark.parametrize(
    ("content", "more", "what"),
    [
        (b"", {}, "empty"),
        (b"short", {}, "only 5 bytes"),
        (bytes(range(256)) * 50, {}, "binary"),
        (b"word " * 5_000, {"task": "classification"}, "one long text"),
        (b"word " * 5_000, {"validation_share": 0.6, "test_share": 0.5}, "too little is left"),
    ],
)
def test_useless_long_texts_are_refused(
    tmp_path: Path, content: bytes, more: dict[str, Any], what: str
) -> None:
    (tmp_path / "long.txt").write_bytes(content)
    with pytest.raises(UserError, match=what) as caught:
        open_data(tmp_path / "long.txt", **more)

    assert caught.value.remedy


def test_pairs_of_texts_share_tokens_and_context(tmp_path: Path) -> None:
    lines = [
        f"{'red green blue ' * 8}{row},{'apple house river ' * 3}{row}" for row in range(1_500)
    ]
    (tmp_path / "pairs.csv").write_text("\n".join(["question,answer", *lines]))
    dataset = open_data(
        tmp_path / "pairs.csv", task="matching", columns={"question": "text", "answer": "text"}
    )
    left, right = dataset.description.preparation.halves

    assert isinstance(left, TextPreparation) and left.saved_tokenizer and left == right
    assert dataset.arrays[0].shape == dataset.arrays[1].shape
    assert left.decode(dataset.arrays[1][0].tolist()) == f"{'apple house river ' * 3}0"
