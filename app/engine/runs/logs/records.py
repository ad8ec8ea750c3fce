"""Event files of TensorBoard, as bytes: records with sums, and in each a message of protobuf.

Only what scalars need. TensorBoard itself brings seventy megabytes of other packages along.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = "brain.Event:2"

LARGEST_RECORD = 64 << 20
"""Bytes; a longer one is no record of scalars."""

SUMMED = 1 << 16
"""Bytes; of longer records, such as pictures, the sum is not compared: it takes long."""

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
"""How a field of protobuf is written."""

POLYNOMIAL = 0x82F63B78
"""Of CRC-32C, its bits in reverse order."""


class Damaged(Exception):
    """A file is no event file, or damaged: why, in a clause."""


class Scalar(NamedTuple):
    """One value: of which curve, at which step, and when (seconds since 1970)."""

    tag: str
    step: int
    value: float
    time: float


# --- writing


def _table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        table.append(byte)

    return tuple(table)


CRC_TABLE = _table()


def masked_sum(data: bytes) -> int:
    """Returns the CRC-32C of some bytes, masked as TFRecord files have it."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8

    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def write_version(file: BinaryIO, time: float) -> None:
    """Begins an event file."""
    _write(file, _double(1, time) + _bytes(3, VERSION.encode()))


def write_scalar(file: BinaryIO, scalar: Scalar) -> None:
    """Writes one value. step: 0 or more."""
    value = _bytes(1, scalar.tag.encode("utf-8", "replace")) + _float(2, scalar.value)
    step = _key(2, VARINT) + _varint(scalar.step)
    _write(file, _double(1, scalar.time) + step + _bytes(5, _bytes(1, value)))


def _write(file: BinaryIO, data: bytes) -> None:
    length = struct.pack("<Q", len(data))
    file.write(length + struct.pack("<I", masked_sum(length)))
    file.write(data + struct.pack("<I", masked_sum(data)))


def _key(field: int, kind: int) -> bytes:
    return _varint(field << 3 | kind)


def _varint(value: int) -> bytes:
    parts = []
    while value > 0x7F:
        parts.append(value & 0x7F | 0x80)
        value >>= 7

    return bytes((*parts, value))


def _double(field: int, value: float) -> bytes:
    return _key(field, FIXED64) + struct.pack("<d", value)


def _float(field: int, value: float) -> bytes:
    return _key(field, FIXED32) + struct.pack("<f", value)


def _bytes(field: int, value: bytes) -> bytes:
    return _key(field, BYTES) + _varint(len(value)) + value


# --- reading


def read_scalars(file: BinaryIO) -> Iterator[Scalar]:
    """Yields the scalars of an event file in their order.

    Raises Damaged behind the last whole record of a file that is cut off or damaged, and before the
    first of one that is none.
    """
    first = True
    for data in _records(file):
        event = _event(data)
        if first and event.version != VERSION:
            what = f"its version is '{event.version}'" if event.version else "it names no version"
            raise Damaged(f"{what}, not '{VERSION}'")

        first = False
        yield from event.scalars


def _records(file: BinaryIO) -> Iterator[bytes]:
    count = 0
    while head := file.read(12):
        if len(head) < 12:
            raise Damaged(f"it is cut off behind record {count:,}")

        length, check = struct.unpack("<QI", head)
        if check != masked_sum(head[:8]) or length > LARGEST_RECORD:
            raise Damaged(f"it is damaged behind record {count:,}" if count else "it is none")

        data = file.read(length)
        tail = file.read(4)
        if len(data) < length or len(tail) < 4:
            raise Damaged(f"it is cut off behind record {count:,}")
        if length <= SUMMED and struct.unpack("<I", tail)[0] != masked_sum(data):
            raise Damaged(f"it is damaged behind record {count:,}")

        count += 1
        yield data

    if not count:
        raise Damaged("it is empty")


class _Event(NamedTuple):
    version: str
    scalars: list[Scalar]


def _event(data: bytes) -> _Event:
    time = 0.0
    step = 0
    version = ""
    values: list[tuple[str, float]] = []
    try:
        for field, value in _fields(data):
            if field == 1:
                time = struct.unpack("<d", value)[0]
            elif field == 2:
                step = _signed(value)
            elif field == 3:
                version = value.decode("utf-8", "replace")
            elif field == 5:
                values += [
                    found
                    for number, part in _fields(value)
                    if number == 1 and (found := _value(part)) is not None
                ]
    except (struct.error, IndexError, TypeError, AttributeError, ValueError) as error:
        raise Damaged("a record is no event") from error

    return _Event(version, [Scalar(tag, step, value, time) for tag, value in values])


def _value(data: bytes) -> tuple[str, float] | None:
    """Returns the tag and the number of a value of a summary; None for a picture and the like."""
    tag = ""
    number: float | None = None
    for field, value in _fields(data):
        if field == 1:
            tag = value.decode("utf-8", "replace")
        elif field == 2:
            number = struct.unpack("<f", value)[0]
        elif field == 8:
            number = _tensor(value)

    return (tag, number) if number is not None else None


NUMBERS = {1: ("<f", 5), 2: ("<d", 6), 3: ("<i", 7), 9: ("<q", 10)}
"""By the type of a tensor: how a number of it is packed, and the field where it may stand alone."""


def _tensor(data: bytes) -> float | None:
    """Returns the number of a tensor that holds a single one, None for any other."""
    fields = list(_fields(data))
    kind = next((value for field, value in fields if field == 1), 0)
    if kind not in NUMBERS:
        return None

    packing, place = NUMBERS[kind]
    for field, value in fields:
        if field == 2 and any(number == 2 and not _is_one(size) for number, size in _fields(value)):
            return None
        if field in (4, place):
            if isinstance(value, int):
                return float(_signed(value))
            size = struct.calcsize(packing)
            if field == 4 or packing in ("<f", "<d"):
                return float(struct.unpack(packing, value)[0]) if len(value) == size else None
            return float(_signed(_read_varint(value, 0)[0]))

    return None


def _is_one(dimension: bytes) -> bool:
    return all(value == 1 for field, value in _fields(dimension) if field == 1)


def _fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """Yields the fields of a message: a number for VARINT, else bytes. Raises ValueError."""
    place = 0
    while place < len(data):
        key, place = _read_varint(data, place)
        kind = key & 7
        if kind == VARINT:
            value, place = _read_varint(data, place)
            yield key >> 3, value
            continue

        if kind == BYTES:
            length, place = _read_varint(data, place)
        elif kind in (FIXED64, FIXED32):
            length = 8 if kind == FIXED64 else 4
        else:
            raise ValueError("no field of protobuf")

        if place + length > len(data):
            raise ValueError("a field is longer than its message")
        yield key >> 3, data[place : place + length]
        place += length


def _read_varint(data: bytes, place: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place

    raise ValueError("a number is too long")


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value
