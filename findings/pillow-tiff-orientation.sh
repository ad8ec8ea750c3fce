#!/usr/bin/env bash
# Pillow 13.0.0: a rotated TIFF is turned when it is opened, other formats are not.
#
# Expected: Image.open() reads the header alone; `size` is that of the stored pixels, EXIF tag 274 (orientation) says
# how to turn them, and that holds for every format. So the upright size of a picture follows from `size` and the tag.
#
# Seen: of a TIFF with orientation 6 `size` is already that of the upright picture when it is opened, while getexif()
# still says 6; after load() the tag is gone. Of JPEG, PNG and WebP `size` stays that of the stored pixels and the tag
# stays 6. Who exchanges width and height by the tag gets the sides of a TIFF wrong, and of a TIFF alone.
#
# Here: the sides of a picture are measured after what is decoded, not by the tag.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet "pillow==13.0.0"

"$folder/venv/bin/python" - <<'PYTHON'
import io

from PIL import Image

ORIENTATION = 274
seen = {}
for form in ("TIFF", "JPEG", "PNG", "WEBP"):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # stored 30 wide and 20 high, to be shown 20 wide and 30 high
    file = io.BytesIO()
    Image.new("L", (30, 20)).save(file, form, exif=exif)

    with Image.open(file) as picture:
        opened = (picture.size, picture.getexif().get(ORIENTATION))
        picture.load()
        seen[form] = (opened, (picture.size, picture.getexif().get(ORIENTATION)))
    print(f"{form}: opened {seen[form][0]}, loaded {seen[form][1]}")

stored = ((30, 20), 6)
assert seen["TIFF"] == (((20, 30), 6), ((20, 30), None)), "TIFF behaves otherwise now"
assert all(seen[form] == (stored, stored) for form in ("JPEG", "PNG", "WEBP")), seen
print("As described.")
PYTHON
