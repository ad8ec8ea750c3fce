"""Bits per byte on the last tenth of the built-in book: ours, gzip -9, and smoothed 3-grams."""

from __future__ import annotations

import math
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from app.engine.sources.samples.content import load_book
from tests.bench.trained import summary_of

if TYPE_CHECKING:
    from pathlib import Path


def gzip_bits(training: bytes, test: bytes) -> float:
    """Returns the bits that `gzip -9` needs for a byte of the test text.

    It is the better of two ways: alone, and behind the last 32 kB of the training text.
    """
    alone = len(zlib.compress(test, 9))
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_DEFAULT_STRATEGY, training[-32768:])
    behind = len(packer.compress(test) + packer.flush())

    return 8 * min(alone, behind) / len(test)


def trigram_bits(training: bytes, test: bytes) -> float:
    """Returns the bits of a byte predicted from the two before it.

    Counts of the training text are backed off to shorter contexts (Jelinek & Mercer 1980) with the
    weight that the counts themselves suggest (Witten & Bell 1991).
    """
    counts = [
        Counter(training[start : start + size + 1] for start in range(len(training) - size))
        for size in range(3)
    ]
    totals: list[Counter[bytes]] = [Counter(), Counter(), Counter()]

    kinds: list[Counter[bytes]] = [Counter(), Counter(), Counter()]
    for size in range(3):
        for key, count in counts[size].items():
            totals[size][key[:-1]] += count
            kinds[size][key[:-1]] += 1

    bits = 0.0
    for index in range(len(test)):
        share = 1 / 256
        for size in range(min(2, index) + 1):
            context = test[index - size : index]
            total = totals[size][context]

            different = kinds[size][context]
            if total:
                share = (counts[size][context + test[index : index + 1]] + different * share) / (
                    total + different
                )

        bits -= math.log2(share)

    return bits / len(test)


def main(settings: dict[str, Any] | None = None, folder: Path | None = None) -> None:
    text = load_book("book").encode("utf-8")
    training = text[: len(text) * 9 // 10]
    test = text[len(text) * 9 // 10 :]
    print(f"{len(text):,} bytes; tested on the last {len(test):,}")
    print(f"gzip -9            {gzip_bits(training, test):.3f} bits per byte")
    print(f"smoothed 3-grams   {trigram_bits(training, test):.3f} bits per byte")
    plain: dict[str, Any] = {
        "data": {"source": "sample:book", "test_share": 0.1},
        "training": {"device": "cpu"},
    }

    summary = summary_of(plain | (settings or {}), folder)
    print(
        f"ours               {summary['metrics']['test']['bits_per_byte']:.3f} bits per byte "
        f"({summary['parameters']:,} parameters, {summary['epochs']} epochs over "
        f"{len(training) / 1e6:.1f} MB less what "
        f"evaluates them, {summary['steps']:,} steps, {summary['seconds']:,.0f} s)"
    )
