"""Damage to one entry of a folder: its content, its kind, its name, and where it leads."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from tests.fuzz.mutate import mutate

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

NAMES = ("=1+1", "\x1b[31mred", "a\nb", "<b>x<b>", "-x", "\u202etxt", "é" * 60, " ", "a.tmp")
SPECIAL_SHARE = 0.12
"""Of all cases so many exchange the entry itself, and not what is in it."""


def damage(rng: random.Random, top: Path, others: Sequence[Path]) -> str:
    """Damages one file below `top` (or `top` itself) and returns what was done to which."""
    files = [top] if top.is_file() else sorted(path for path in top.rglob("*") if path.is_file())
    path = rng.choice(files)
    name = path.name if path == top else str(path.relative_to(top))
    other = rng.choice(others)

    if rng.random() < SPECIAL_SHARE:
        return f"{exchange_entry(rng, path, other, keep_name=path == top)} {name!r}"

    done = []
    for _ in range(rng.choice((1, 1, 1, 2))):
        how, content = mutate(rng, path.read_bytes(), other.read_bytes())
        path.write_bytes(content)
        done.append(how)

    return f"{'+'.join(done)} {name!r}"


def exchange_entry(rng: random.Random, path: Path, other: Path, keep_name: bool) -> str:
    """Puts something else in the place of a file and returns what; keep_name: not renamed."""
    kinds = ["folder", "full folder", "pipe", "broken link", "loop", "device", "link out", "gone"]
    kind = rng.choice(kinds if keep_name else [*kinds, "name", "twice", "no rights"])

    if kind == "no rights":
        path.chmod(0)
        return kind
    if kind == "twice":
        shutil.copyfile(path, path.with_name("copy of " + path.name))
        return kind
    if kind == "name":
        path.rename(path.with_name(rng.choice(NAMES) + path.suffix))
        return kind

    content = path.read_bytes()
    path.unlink()
    if kind in ("folder", "full folder"):
        path.mkdir()
        if kind == "full folder":
            (path / path.name).write_bytes(content)
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind != "gone":
        targets = {"loop": path, "device": Path("/dev/zero"), "link out": other.absolute()}
        path.symlink_to(targets.get(kind, path.with_name("nowhere")))

    return kind
