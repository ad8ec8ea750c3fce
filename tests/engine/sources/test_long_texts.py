"""Long texts: read in parts, described by a sample, cut into tokens once, kept in the cache."""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.engine.data.digests import BLOCK, BlockDigests, block_digests
from app.engine.data.tokenizer import pieces_of
from app.engine.errors import UserError
from app.engine.experiment.data_settings import DataSettings
from app.engine.runs.control import Control, Stopped
from app.engine.runs.run import Run
from app.engine.sources import summary
from app.engine.sources.cache import Cache, default_root
from app.engine.sources.format import OpenOptions
from app.engine.sources.long_texts.text_file import read_through
from app.engine.sources.opening import open_dataset
from app.engine.sources.plain_text import UnreadableText, read_text
from app.engine.sources.tables.encoding import detect, without_unicode
from app.engine.training import trainer
from app.terminal import description_lines
from tests.engine.training.small import Listener, experiment

if TYPE_CHECKING:
    from pathlib import Path

    from app.engine.data.dataset import Dataset

FORMAT = "app.engine.sources.formats.long_text"
TEXT_FILE = "app.engine.sources.long_texts.text_file"
STORE = "app.engine.sources.long_texts.token_store"

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
    "über",
    "größe",
]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """Returns a text of some 400,000 bytes."""
    rng = np.random.default_rng(3)
    lines = [
        " ".join([*rng.choice(WORDS, 12).tolist(), str(number)]) + "." for number in range(5_500)
    ]
    path = tmp_path / "book.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes any text a long one, whose parts are of some kilobytes."""
    monkeypatch.setattr(f"{FORMAT}.READ_WHOLE", 0)
    monkeypatch.setattr(f"{TEXT_FILE}.PART", 5_000)
    monkeypatch.setattr(f"{FORMAT}.SHOWN_BYTES", (20_000, 5_000, 5_000))


def open_text(path: Path, **more: Any) -> Dataset:
    options = {name: more.pop(name) for name in ("progress", "check", "cache") if name in more}
    return open_dataset(DataSettings(source=str(path), **more), **options)


def sample_of(path: Path, **more: Any) -> Dataset:
    return open_dataset(DataSettings(source=str(path), **more), sample=True)


# --- the same bits


GOLDEN = {
    "bpe": (
        "4de92bfe91d6c1a8eeb843f63f70610a1de17826e10961ca9e2dc3ed15946d49",
        "42d7fdd2b222f9ea2a3b59910d9f3101",
    ),
    "bytes": (
        "bb23ee8221da183331a1a1c828eaefdb2ea70e4783336b8624566f1d01e5a2d5",
        "1e7ae392a8372896cc3eac685f714689",
    ),
}
"""Fingerprint and digest as they were when a text was cut as a whole."""


@pytest.mark.parametrize("tokens", ["bpe", "bytes"])
def test_a_text_has_the_splits_and_digests_of_before(book: Path, tokens: str) -> None:
    description = open_text(book, tokens=tokens).description
    assert (description.fingerprint, description.digest) == GOLDEN[tokens]


@pytest.mark.parametrize("share", [0.25, 0.0], ids=["in memory", "mapped"])
@pytest.mark.parametrize("more", [{"tokens": "bpe"}, {"tokens": "bytes", "context": 37}], ids=str)
def test_a_long_text_is_cut_as_a_short_one(
    book: Path, monkeypatch: pytest.MonkeyPatch, share: float, more: dict[str, Any]
) -> None:
    short = open_text(book, **more)
    monkeypatch.setattr(f"{FORMAT}.READ_WHOLE", 0)
    monkeypatch.setattr(f"{TEXT_FILE}.PART", 5_000)
    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", share)

    for _ in range(2):  # cut, then found in the cache
        long = open_text(book, **more)
        assert isinstance(long.inputs, np.memmap) == (share == 0)
        assert np.array_equal(long.inputs, short.inputs)
        assert np.array_equal(long.targets, short.targets)
        assert list(long.names) == list(short.names)
        assert long.description == short.description
        for split, rows in short.indices.items():
            assert np.array_equal(long.indices[split], rows)


def test_a_run_on_mapped_tokens_has_the_same_weights(
    book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book.write_bytes(book.read_bytes()[:30_000])

    def trained(name: str) -> bytes:
        settings = experiment(
            source=book,
            model={"template": "gpt", "width": 16, "depth": 1, "heads": 2},
            data={"context": 32, "tokens": "bytes"},
            training={"epochs": 1, "batch_size": 128},
        )
        run = Run.create(tmp_path / name, settings)
        end = trainer.train(settings, run, Listener(), Control())
        assert end.status == "completed", end.reason
        (weights,) = run.path.glob("checkpoints/best/*.safetensors")
        return weights.read_bytes()

    short = trained("short")
    monkeypatch.setattr(f"{FORMAT}.READ_WHOLE", 0)
    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)
    assert trained("long") == short


# --- a sample


@pytest.mark.usefixtures("long")
def test_a_sample_describes_the_whole_and_says_so(book: Path) -> None:
    sample = sample_of(book, context=32)
    described = sample.description
    assert sample.is_sample and described.fingerprint == described.digest == ""
    assert "from all over the text" in described.judged_by
    assert len(sample.indices["training"]) < described.size("training") / 5

    whole = open_text(book, context=32)
    assert not whole.is_sample and not whole.description.judged_by
    assert whole.description.preparation == described.preparation  # so little is learned as a whole
    for split, rows in whole.indices.items():
        assert described.size(split) == pytest.approx(len(rows), rel=0.03)
        ours = sample.inputs[sample.indices[split]]
        assert np.array_equal(ours, whole.inputs[rows[: len(ours)]])
        names = [sample.names[row] for row in sample.indices[split][:3]]
        assert names == [whole.names[row] for row in rows[:3]]

    lines = description_lines(summary.describe(sample))
    assert lines[1].startswith("about ") and "training about " in lines[2]
    assert any("are about" in line and "Judged by" in line for line in lines)

    # All of it is in the cache by now, so there is no need to judge.
    again = sample_of(book, context=32)
    assert not again.is_sample and again.description == whole.description


@pytest.mark.usefixtures("long")
def test_the_numbers_of_a_sample_in_bytes_are_exact(book: Path) -> None:
    sample = sample_of(book, tokens="bytes")
    whole = open_text(book, tokens="bytes")
    assert sample.is_sample and not sample.description.judged_by
    assert sample.description.sizes == whole.description.sizes
    assert "about" not in " ".join(sample.description.notes)


@pytest.mark.usefixtures("long")
def test_a_changed_text_or_setting_is_cut_again(book: Path) -> None:
    first = open_text(book, context=32).description
    assert open_text(book, context=48).description.digest != first.digest

    content = book.read_bytes()
    book.write_bytes(content.replace(b"quiet", b"noisy"))
    assert open_text(book, context=32).description.fingerprint != first.fingerprint
    book.write_bytes(content)
    assert open_text(book, context=32).description.fingerprint == first.fingerprint


@pytest.mark.usefixtures("long")
def test_a_long_text_is_judged_with_the_tokens_of_a_training(book: Path, tmp_path: Path) -> None:
    trained = open_text(book, context=32).description
    other = tmp_path / "other.txt"
    other.write_text("the river was long and quiet. " * 3_000, encoding="utf-8")
    dataset = open_dataset(DataSettings(source=str(other)), trained=trained)
    assert dataset.description.preparation == trained.preparation
    assert trained.preparation.to_display(dataset.inputs[0]).startswith("the river was long")


# --- bad luck


@pytest.mark.usefixtures("long")
def test_a_damaged_copy_is_made_again(book: Path) -> None:
    digest = open_text(book).description.digest
    (entry,) = default_root().iterdir()
    with (entry / "inputs.bin").open("r+b") as file:
        file.seek(50)
        file.write(b"?!")

    mended = open_text(book).description
    assert mended.digest == digest and any("damaged" in note for note in mended.notes)
    assert not any("damaged" in note for note in open_text(book).description.notes)


@pytest.mark.usefixtures("long")
@pytest.mark.parametrize("change", ["cut", "longer", "other"])
def test_a_text_that_changes_while_it_is_read_is_not_kept(book: Path, change: str) -> None:
    content = book.read_bytes()

    def progress(text: str, *_: int) -> None:
        if text.startswith("Cutting"):
            if change == "cut":
                os.truncate(book, len(content) // 2)
            else:
                new = content + b"more" if change == "longer" else content.swapcase()
                book.write_bytes(new)

    with pytest.raises(UserError, match="changed while it was read"):
        open_text(book, progress=progress)

    assert not list(default_root().iterdir())


@pytest.mark.usefixtures("long")
def test_cutting_can_be_cancelled_and_leaves_nothing(book: Path) -> None:
    stages: list[tuple[str, int, int]] = []

    def check() -> None:
        if stages[-1][0].startswith("Cutting"):
            raise Stopped

    with pytest.raises(Stopped):
        open_text(book, progress=lambda *stage: stages.append(stage), check=check)

    assert not list(default_root().iterdir())


@pytest.mark.usefixtures("long")
def test_no_room_is_said(book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = open_text(book)
    (tmp_path / "file").write_text("a file is no folder")
    unusable = Cache(tmp_path / "file" / "cache")
    in_memory = open_text(book, cache=unusable)
    assert np.array_equal(in_memory.inputs, whole.inputs)
    assert in_memory.description == whole.description

    monkeypatch.setattr("app.engine.sources.cache.MEMORY_SHARE", 0.0)
    with pytest.raises(UserError, match="do not fit into memory"):
        open_text(book, cache=unusable)

    monkeypatch.setattr(f"{STORE}.LOOK_EVERY", 0)
    monkeypatch.setattr(f"{STORE}.SPARE", 1 << 60)
    with pytest.raises(UserError, match="The disk has no room") as caught:
        open_text(book, cache=Cache(tmp_path / "full"))

    assert caught.value.remedy and not list((tmp_path / "full").iterdir())


@pytest.mark.usefixtures("long")
def test_other_bytes_in_the_middle_are_found_beforehand(book: Path) -> None:
    content = book.read_bytes()
    middle = content.index(b"\n", len(content) // 2)
    book.write_bytes(content[:middle] + b"\xff\xfe\xfd" + content[middle:])
    sample = sample_of(book)
    assert any("(utf-8)" in note for note in sample.description.notes)  # nearly all of it is

    latin = content.decode().encode("cp1252")
    book.write_bytes(latin)
    assert any("(cp1252)" in note for note in sample_of(book).description.notes)
    with pytest.raises(UserError, match="not in the encoding utf-8"):
        sample_of(book, encoding="utf-8")

    book.write_bytes(content[:middle] + b"\0" + content[middle:])
    with pytest.raises(UserError, match="binary data"):
        sample_of(book)


# --- reading in parts


@pytest.mark.parametrize("part", [7, 64, 1 << 20])
@pytest.mark.parametrize("end", ["", "ü", "\n", " "])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]
)
def test_parts_of_any_size_are_the_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, end: str, part: int
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(("Größe\r\nÄpfel and pears by the river " * 5 + end).encode(encoding))
    monkeypatch.setattr(f"{TEXT_FILE}.PART", part)
    text, found = read_text(path)
    text_file = read_through(path, None, OpenOptions(Cache()))
    content = text.encode()
    assert text_file.coding.encoding == found
    assert (text_file.size, text_file.characters) == (len(content), len(text))
    assert "".join(text_file.stretch(0, len(content))) == text

    for position in range(len(content) + 1):
        edge, characters = text_file.boundary(position)
        assert edge - position < 4 and content[:edge].decode() == text[:characters]
        assert "".join(text_file.stretch(edge, len(content))) == text[characters:]
        assert "".join(text_file.stretch(0, edge)) == text[:characters]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", None),
        (b" \n\n", None),
        (b"\xef\xbb\xbf", None),
        (bytes(range(256)) * 20, None),
        (b"text\0" * 9, None),
        (b"a", "nonsense"),
        (b"\xff\xff", "utf-8"),
    ],
)
def test_what_is_no_text_is_refused_in_the_same_words(
    tmp_path: Path, content: bytes, encoding: str | None
) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(content)
    with pytest.raises(UnreadableText) as expected:
        read_text(path, encoding)
    with pytest.raises(UnreadableText) as found:
        read_through(path, encoding, OpenOptions(Cache()))

    assert found.value.reason == expected.value.reason


@settings(max_examples=60)
@given(
    text=some.lists(some.sampled_from(["wörter", "\n", " ", "x" * 900, "é"]), max_size=80),
    cuts=some.lists(some.integers(0, 20_000), max_size=6),
)
def test_pieces_are_the_same_however_a_text_is_cut(text: list[str], cuts: list[int]) -> None:
    whole = "".join(text * 4)
    edges = [0, *sorted(min(cut, len(whole)) for cut in cuts), len(whole)]
    parts = [whole[begin:end] for begin, end in itertools.pairwise(edges)]
    assert list(pieces_of(parts)) == list(pieces_of([whole]))
    assert "".join(pieces_of(parts)) == whole


@settings(max_examples=60)
@given(
    words=some.lists(some.sampled_from(["größe", "Москва ", "żółć", "house ", "€"]), max_size=30),
    encoding=some.sampled_from(["cp1252", "cp1250", "cp1251", "utf-8"]),
    cuts=some.lists(some.integers(0, 200), max_size=6),
    broken=some.booleans(),
)
def test_an_encoding_is_the_same_however_a_file_is_cut(
    words: list[str], encoding: str, cuts: list[int], broken: bool
) -> None:
    content = "".join(words).encode(encoding, "ignore") + b"\xe4 " * broken
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    parts = [content[begin:end] for begin, end in itertools.pairwise(edges)]
    assert without_unicode(parts) == without_unicode([content])
    try:
        content.decode()
    except UnicodeDecodeError:
        if not content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")):
            assert without_unicode(parts) == detect(content)


def test_blocks_that_come_in_parts_have_the_digests_of_the_whole() -> None:
    array = np.arange(3 * BLOCK // 8 + 5, dtype=np.int64).reshape(-1, 1)
    digests = BlockDigests()
    for part in np.array_split(array, [3, 3, len(array) // 2]):
        digests.update(part)

    assert digests.digests() == block_digests(array)
    assert BlockDigests().digests() == block_digests(array[:0]) == ()
