"""What the people of the three paths bring along: a folder of photos, and a messy table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from pathlib import Path

SORTS = ("boats", "houses", "trees")
PHOTOS = 40


def write_photos(folder: Path) -> Path:
    """Writes photos of three sorts in folders of their names; returns a further one of a tree."""
    random = np.random.default_rng(7)
    for sort in SORTS:
        (folder / sort).mkdir(parents=True)
        for number in range(PHOTOS):
            name = f"IMG_{random.integers(1000, 9999)}_{number}.jpg"
            _photo(sort, random).save(folder / sort / name, quality=85)

    further = folder.parent / "holiday.jpg"
    _photo("trees", random).save(further)
    return further


def _photo(sort: str, random: np.random.Generator) -> Image.Image:
    wide, high = int(random.integers(90, 140)), int(random.integers(80, 120))
    noise = random.integers(0, 40, (high, wide, 3))
    sky = np.clip(np.array([150, 180, 220]) + random.integers(-30, 30, 3) + noise - 20, 0, 255)
    picture = Image.fromarray(sky.astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    x, y = int(random.integers(25, wide - 45)), int(random.integers(30, high - 30))
    shade = tuple(int(value) for value in random.integers(0, 60, 3))
    if sort == "boats":
        draw.pieslice((x - 20, y - 10, x + 30, y + 25), 0, 180, fill=(120 + shade[0], 60, 40))
        draw.polygon([(x, y - 28), (x, y + 4), (x + 22, y + 4)], fill=(240, 240, 235))
    elif sort == "houses":
        draw.rectangle((x - 14, y - 8, x + 22, y + 24), fill=(190 + shade[0], 150, 110))
        draw.polygon([(x - 18, y - 8), (x + 4, y - 28), (x + 26, y - 8)], fill=(150, 40, 30))
    else:
        draw.rectangle((x, y, x + 6, y + 26), fill=(90, 60, 30))
        draw.ellipse((x - 16, y - 26, x + 22, y + 8), fill=(30, 100 + shade[1], 40))

    return picture


def write_table(folder: Path) -> Path:
    """Writes a table as an office would: titles, units, currencies, gaps, totals, a comment."""
    random = np.random.default_rng(3)
    lines = [
        "Flat rents of the northern offices;;;;;",
        "as of 12.03.2024;;;;;",
        "",
        "Size;Rooms;District;Year built;Rent;Remark",
        "m²;;;;;",
    ]
    for row in range(220):
        size = random.uniform(28, 140)
        rooms = max(1, round(size / 27 + random.normal(0, 0.5)))
        district = random.choice(["Nord", "nord", "Mitte", "Hafen"])
        year = random.integers(1900, 2022)
        dear = 1.4 if district == "Hafen" else 1.0
        rent = (180 + 9.5 * size + 30 * rooms) * dear + random.normal(0, 40)
        written = f"{rent:,.2f} €".replace(",", " ").replace(".", ",").replace(" ", ".", 1)
        written = written if rent >= 1000 else f"{rent:.2f} €".replace(".", ",")
        remark = random.choice(["", "", "balcony", "see file"])
        gap = "" if row % 23 == 5 else f"{size:.1f}".replace(".", ",")
        lines.append(f"{gap};{rooms};{district};{year};{written};{remark}")

    lines.append("Total;;;;;220 flats")
    path = folder / "rents.csv"
    path.write_text("\n".join(lines) + "\n", encoding="cp1252")
    return path
