"""Damage to the content of a file: of its bytes, of its text, of JSON, and inside archives.

Every mutator takes a random generator and the content, so that the same seed makes the same damage.
"""

from __future__ import annotations

import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.fuzz.spreadsheets import DATE

if TYPE_CHECKING:
    import random

Mutator = Callable[["random.Random", bytes, bytes], bytes]
"""Returns the damaged content; the third argument is the content of another file."""

EXTREMES = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 2**63 - 1, 2**64 - 1)
"""Sizes, counts and rates as they should not stand in a header."""

NUMBERS = (
    b"inf", b"-inf", b"nan", b"1e400", b"-1e308", b"99999999999999999999", b"-1", b"0", b"",
    b"9223372036854775807", b"-9223372036854775808", b"1e-400", b"0x10", b"1_000", b"3.5.7",
)  # fmt: skip
SIGNS = (b"\x00", b"\x1b[31m", b"\r", b"\n\n", b"\x7f", b"\xff\xfe", b'"', b"\xe2\x80\xae", b"\xc3")
VALUES: tuple[Any, ...] = (
    None, True, -1, 0, 2**63, 1e308, "", "x" * 5000, [], {}, [[]], {"a": 1}, "\x1b[2J", 0.5,
)  # fmt: skip
DEEP = 3000
"""How deep brackets are nested."""


# --- bytes


def flip_bits(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 3, 20))):
        if changed:
            changed[_place(rng, len(changed))] ^= 1 << rng.randrange(8)

    return bytes(changed)


def cut(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    keep = max(0, len(content) - rng.choice((1, 2, 8, 100)))
    return content[: rng.choice((keep, rng.randrange(len(content) + 1)))]


def cut_the_beginning(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    return content[rng.randrange(min(len(content), 300) + 1) :]


def extend(rng: random.Random, content: bytes, other: bytes) -> bytes:
    return content + rng.choice((b"\0" * 700, rng.randbytes(90), content, other[:9000], b"\n"))


def zero_a_block(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    start = rng.randrange(len(content) + 1)
    length = min(len(content) - start, rng.choice((1, 4, 64, 512)))
    return content[:start] + b"\0" * length + content[start + length :]


def swap_blocks(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    first, second, third = sorted(rng.randrange(len(content) + 1) for _ in range(3))
    return content[:first] + content[second:third] + content[first:second] + content[third:]


def insert(rng: random.Random, content: bytes, other: bytes) -> bytes:
    start = _place(rng, len(content))
    piece = rng.choice((rng.randbytes(rng.randrange(1, 40)), other[:200], content[:100]))
    return content[:start] + piece + content[start:]


def exchange(_rng: random.Random, _content: bytes, other: bytes) -> bytes:
    return other


def empty(_rng: random.Random, _content: bytes, _other: bytes) -> bytes:
    return b""


def announce(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    """Writes an extreme number where the sizes of most formats stand: near one of the ends."""
    width = rng.choice("BHIQ")
    size = struct.calcsize(width)
    if len(content) < size:
        return content

    number = rng.choice(EXTREMES) & (256**size - 1)
    start = min(_place(rng, len(content)), len(content) - size)
    packed = struct.pack(rng.choice("<>") + width, number)
    return _with_sums(content[:start] + packed + content[start + size :])


# --- text


def change_numbers(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    return _replace(rng, content, rb"[0-9]+(?:\.[0-9]+)?", NUMBERS)


def insert_signs(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    for _ in range(rng.choice((1, 3))):
        start = rng.randrange(len(content) + 1)
        content = content[:start] + rng.choice(SIGNS) + content[start:]

    return content


def drop_lines(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    rng.shuffle(lines) if rng.random() < 0.3 else None
    return b"".join(line for line in lines if rng.random() < 0.8)


def lengthen_a_line(rng: random.Random, content: bytes, _other: bytes) -> bytes:
    start = rng.randrange(len(content) + 1)
    piece = rng.choice((b"x" * 200_000, b"," * 20_000, b'"', b"[" * DEEP, b"7" * 5000))
    return content[:start] + piece + content[start:]


# --- JSON


def change_json(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Gives a value another type, or removes, adds or nests one; of JSON lines in one line."""
    lines = content.splitlines()
    several = len(lines) > 1 and lines[0][:1] == b"{" and lines[0][-1:] == b"}"
    index = rng.randrange(len(lines)) if several else 0
    try:
        data = json.loads(lines[index] if several else content)
    except (ValueError, IndexError, RecursionError):
        return flip_bits(rng, content, other)

    changed = json.dumps(_changed(rng, data), ensure_ascii=False).encode(errors="replace")
    if rng.random() < 0.05:
        changed = b'{"a":' * DEEP + changed + b"}" * DEEP
    if not several:
        return changed

    lines[index] = changed
    return b"\n".join(lines) + b"\n"


def _changed(rng: random.Random, data: Any) -> Any:
    """Returns plain data with one change somewhere in it."""
    inner = list(data) if isinstance(data, dict) else list(range(len(data) if _list(data) else 0))
    if not inner or rng.random() < 0.15:
        return rng.choice(VALUES)

    key = rng.choice(inner)
    copy: Any = dict(data) if isinstance(data, dict) else list(data)
    choice = rng.random()
    if choice < 0.15:
        del copy[key]
    elif choice < 0.25 and isinstance(copy, dict):
        copy[rng.choice(("", "new", "__class__"))] = rng.choice(VALUES)
    elif choice < 0.35 and isinstance(copy, list):
        copy.append(copy[key])
    elif choice < 0.5 and isinstance(copy[key], (int, float)):
        copy[key] = copy[key] + rng.choice((1, -1, 0.5, 10**6))
    else:
        copy[key] = _changed(rng, copy[key])

    return copy


def _list(data: Any) -> bool:
    return isinstance(data, list)


# --- archives


def inside(rng: random.Random, content: bytes, other: bytes) -> bytes:
    """Damages what is packed in a zip or gzip file and packs it again, sums and all."""
    if content[:2] == b"\x1f\x8b":
        try:
            return gzip.compress(mutate(rng, gzip.decompress(content), other)[1], mtime=0)
        except (OSError, EOFError, zlib.error):
            return cut(rng, content, other)

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [(name, archive.read(name)) for name in archive.namelist()]
    except Exception:  # whatever a damaged archive raises: it is damaged further as bytes
        return flip_bits(rng, content, other)
    if not parts:
        return content

    return _packed(rng, parts, other)


def _packed(rng: random.Random, parts: list[tuple[str, bytes]], other: bytes) -> bytes:
    index = rng.randrange(len(parts))
    name, part = parts[index]
    choice = rng.random()
    if choice < 0.1:
        del parts[index]
    elif choice < 0.15:
        parts.append((f"{name}x", part))
    elif choice < 0.2:
        parts[index] = ("../" + name, part)
    else:
        parts[index] = (name, mutate(rng, part, other)[1])

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts:
            archive.writestr(zipfile.ZipInfo(name, DATE), part)

    return packed.getvalue()


# --- the choice

BYTES: tuple[Mutator, ...] = (
    flip_bits, flip_bits, cut, cut_the_beginning, extend, zero_a_block, swap_blocks, insert,
    exchange, empty, announce, announce, announce, change_numbers,
)  # fmt: skip
TEXT: tuple[Mutator, ...] = (
    flip_bits, cut, extend, swap_blocks, insert, exchange, empty, change_numbers, change_numbers,
    insert_signs, insert_signs, drop_lines, lengthen_a_line,
)  # fmt: skip


def mutate(rng: random.Random, content: bytes, other: bytes) -> tuple[str, bytes]:
    """Returns the name of a mutator that suits the content, and the damaged content."""
    mutators: tuple[Mutator, ...] = TEXT if _is_text(content) else BYTES
    if content[:2] in (b"PK", b"\x1f\x8b"):
        mutators = (*mutators, *[inside] * len(mutators))
    if content[:1] in (b"{", b"["):
        mutators = (*mutators, *[change_json] * len(mutators))

    mutator = rng.choice(mutators)
    return mutator.__name__, mutator(rng, content, other)


def _is_text(content: bytes) -> bool:
    return (b"\0" not in content[:2000] and sum(byte < 127 for byte in content[:2000]) > 1500) or (
        len(content) < 2000 and b"\0" not in content and content.isascii()
    )


def _place(rng: random.Random, size: int) -> int:
    """Returns an index below `size` (0 where that is 0), often near one of the ends."""
    if size < 2:
        return 0

    near = min(size, 128)
    return rng.choice((rng.randrange(near), size - 1 - rng.randrange(near), rng.randrange(size)))


def _replace(
    rng: random.Random, content: bytes, pattern: bytes, values: tuple[bytes, ...]
) -> bytes:
    """Puts values in the place of one, three or all parts of the content that fit a pattern."""
    found = list(re.finditer(pattern, content))
    if not found:
        return content

    for match in sorted(
        rng.sample(found, min(len(found), rng.choice((1, 3, 10_000)))),
        key=lambda match: -match.start(),
    ):
        content = content[: match.start()] + rng.choice(values) + content[match.end() :]

    return content


def _with_sums(content: bytes) -> bytes:
    """Returns a PNG with the right sum behind its first chunk, so that its sizes are believed."""
    if content[:4] != b"\x89PNG" or len(content) < 33:
        return content
    return content[:29] + struct.pack(">I", zlib.crc32(content[12:29])) + content[33:]
