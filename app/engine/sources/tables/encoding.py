"""The encoding of a text file: by its byte-order mark, else UTF-8, else the likeliest code page.

General detectors are not used: measured, they take western Windows text for central European, and
UTF-8 that is cut off for either. Instead the letters beyond ASCII are compared with the alphabets
of languages.
"""

from __future__ import annotations

import codecs
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MARKS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\0\0", "utf-32"),
    (b"\0\0\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
WORDS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8 with BOM",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows, western",
    "cp1250": "Windows, central Europe",
    "cp1251": "Windows, Cyrillic",
    "latin-1": "ISO 8859-1",
}
ALPHABETS = {
    "cp1252": (
        "äöüß",
        "éèêëàâçîïôûùüœæÿ",
        "áéíñóúü",
        "áâãàçéêíóôõú",
        "àèéìíîòóùú",
        "æøåé",
        "åäöé",
        "áéíðóúýþæö",
        "éëïóöü",
    ),
    "cp1250": (
        "áčďéěíňóřšťúůýž",
        "áäčďéíĺľňóôŕšťúýž",
        "ąćęłńóśźż",
        "áéíóöőúüű",
        "čćđšž",
        "ăâîşţ",
    ),
    "cp1251": ("абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя"),
}
SIGNS = "€£§°·–—‘’“”„«»…•²³µ©®™½¼×±ºª¿¡\u00a0"
"""Signs that any text may hold; they say a little for a code page, far less than letters do."""

ASCII = bytes(range(128))
BEYOND = bytes(128) + bytes([1]) * 128
"""1 for every byte beyond ASCII, 0 for the others."""

PATCHED = 0.05
"""UTF-8 with at most this share of broken characters is still UTF-8."""


@dataclass(frozen=True)
class Encoding:
    """An encoding and why it is taken.

    name: as Python calls it. reason: continues "UTF-8: ...".
    """

    name: str
    reason: str

    @property
    def words(self) -> str:
        return WORDS.get(self.name, self.name)

    @property
    def errors(self) -> str:
        """How Python treats invalid bytes: each becomes U+FFFD, by which they are counted."""
        return "replace"


def detect(content: bytes, whole: bool = True) -> Encoding:
    """Tells the likeliest encoding of a file.

    content: all of it, or its beginning (whole is False), which may end within a character.
    """
    known_already = by_beginning(content)
    if known_already is not None:
        return known_already

    if not any(byte >= 128 for byte in content[:4096]) and content.isascii():
        return Encoding("utf-8", "there are only plain characters")

    try:
        codecs.getincrementaldecoder("utf-8")().decode(content, final=whole)
        return Encoding("utf-8", "everything in it is valid UTF-8")
    except UnicodeDecodeError:
        pass

    return without_unicode([content])


def by_beginning(content: bytes) -> Encoding | None:
    """Returns the encoding that the first bytes of a file tell, None where they tell none."""
    for mark, name in MARKS:
        if content.startswith(mark):
            return Encoding(name, "the file begins with its mark")

    head = content[:4096]
    even = head[0::2].count(0)
    odd = head[1::2].count(0)
    if len(head) >= 4 and max(even, odd) > len(head) // 8 and min(even, odd) <= max(even, odd) // 8:
        return Encoding("utf-16-le" if odd > even else "utf-16-be", "every second byte is empty")

    return None


def without_unicode(parts: Iterable[bytes]) -> Encoding:
    """Tells the likeliest encoding of a file that is not all valid UTF-8.

    parts: of its bytes, one after the other.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    counts: Counter[int] = Counter()
    broken = valid = pairs = 0
    open_run = b""
    for part in parts:
        text = decoder.decode(part)
        missing = text.count("\ufffd")
        broken += missing
        valid += len(text) - len(text.encode("ascii", "ignore")) - missing

        beyond = part.translate(None, ASCII)
        for byte in set(beyond):
            counts[byte] += beyond.count(byte)

        # Pairs do not overlap, so a long word counts about half of its letters. Of a word that
        # goes on in the next part, its one letter without a partner is carried over.
        are_beyond = open_run + part.translate(BEYOND)
        pairs += are_beyond.count(b"\1\1")
        last_run = len(are_beyond) - len(are_beyond.rstrip(b"\1"))
        open_run = b"\1" * (last_run % 2)

    missing = decoder.decode(b"", True).count("\ufffd")
    if broken + missing <= PATCHED * valid:
        return Encoding("utf-8", "nearly everything in it is valid UTF-8")

    return _code_page({bytes([byte]): count for byte, count in counts.items()}, pairs)


UNION = 0.9
"""What a letter counts that is none of a language's but of another one's in the same code page."""

TOGETHER = 0.6
"""In Cyrillic words at least this share of the bytes beyond ASCII stands beside another one."""

SIGN_WEIGHT = 0.2
"""What a sign counts beside a letter, which counts 1."""


def _code_page(counts: dict[bytes, int], pairs: int) -> Encoding:
    """Returns the code page in which most letters beyond ASCII are those of one language.

    counts: of each byte beyond ASCII. pairs: how often two of them stand beside one another.
    """
    beyond = sum(counts.values())
    together = pairs / max(1, beyond)

    best = "cp1252"
    best_score = -1.0
    for name, alphabets in ALPHABETS.items():
        if name == "cp1251" and 2 * together < TOGETHER:
            continue

        text: Counter[str] = Counter()
        for byte, count in counts.items():
            for letter in byte.decode(name, "replace").lower():
                text[letter] += count

        signs = sum(count for sign, count in text.items() if sign in SIGNS)
        union = "".join(alphabets)
        shared = sum(count for letter, count in text.items() if letter in union)
        for alphabet in alphabets:
            own = sum(count for letter, count in text.items() if letter in alphabet)
            letters = float(own) if name == "cp1251" else UNION * shared + (1 - UNION) * own
            score = (letters + SIGN_WEIGHT * signs) / max(1, beyond)
            if score > best_score + 1e-9:
                best = name
                best_score = score

    return Encoding(best, "it is not UTF-8, and its letters make most sense so")


def known(name: str) -> bool:
    """Returns whether Python can decode text by this name; by some it decodes only bytes."""
    try:
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return False

    return True
