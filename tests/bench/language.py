"""Bits per byte on the last tenth of the built-in book: ours, gzip -9, and a smoothed 3-gram model
of bytes.
"""

from __future__ import annotations

import math
import zlib
from collections import Counter
from typing import TYPE_CHECKING, Any

from app.engine.sources.samples.content import load_book
from tests.bench.trained import summary_of

if TYPE_CHECKING:
    from pathlib import Path


def gzip_bits(learned: bytes, judged: bytes) -> float:
    """What `gzip -9` needs for the judged part, a byte; the better of alone and behind the last 32
    kB learned.
    """
    alone = len(zlib.compress(judged, 9))
    packer = zlib.compressobj(9, zlib.DEFLATED, 15, 9, zlib.Z_DEFAULT_STRATEGY, learned[-32768:])
    behind = len(packer.compress(judged) + packer.flush())

    return 8 * min(alone, behind) / len(judged)


def trigram_bits(learned: bytes, judged: bytes) -> float:
    """A byte from the two before it, counts of the learned part backed off to shorter contexts
    (Jelinek & Mercer 1980) with the weight that the counts themselves suggest (Witten & Bell
    1991).
    """
    counts = [
        Counter(learned[start : start + size + 1] for start in range(len(learned) - size))
        for size in range(3)
    ]
    totals: list[Counter[bytes]] = [Counter(), Counter(), Counter()]

    kinds: list[Counter[bytes]] = [Counter(), Counter(), Counter()]
    for size in range(3):
        for key, count in counts[size].items():
            totals[size][key[:-1]] += count
            kinds[size][key[:-1]] += 1

    bits = 0.0
    for place in range(len(judged)):
        share = 1 / 256
        for size in range(min(2, place) + 1):
            context = judged[place - size : place]
            seen = totals[size][context]

            different = kinds[size][context]
            if seen:
                share = (counts[size][context + judged[place : place + 1]] + different * share) / (
                    seen + different
                )

        bits -= math.log2(share)

    return bits / len(judged)


def main(settings: dict[str, Any] | None = None, folder: Path | None = None) -> None:
    text = load_book("book").encode("utf-8")
    learned = text[: len(text) * 9 // 10]
    judged = text[len(text) * 9 // 10 :]
    print(f"{len(text):,} bytes; judged on the last {len(judged):,}")
    print(f"gzip -9            {gzip_bits(learned, judged):.3f} bits per byte")
    print(f"smoothed 3-grams   {trigram_bits(learned, judged):.3f} bits per byte")
    plain: dict[str, Any] = {
        "data": {"source": "sample:book", "test_share": 0.1},
        "training": {"device": "cpu"},
    }

    summary = summary_of(plain | (settings or {}), folder)
    print(
        f"ours               {summary['metrics']['test']['bits_per_byte']:.3f} bits per byte "
        f"({summary['parameters']:,} parameters, {summary['epochs']} epochs over "
        f"{len(learned) / 1e6:.1f} MB less what "
        f"judges them, {summary['steps']:,} steps, {summary['seconds']:,.0f} s)"
    )
