"""The pages that follow from the code: two parts of README.md, and the references.

`python -m tests.readme` writes them anew; tests compare them with what is there.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app import reference
from tests import way

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SETTINGS = ROOT / "resources" / "reference" / "settings.md"

SETTINGS_HEAD = """# All settings of an experiment file

Every section of an experiment file, with what each setting does and what is taken where the file
says nothing. `netwright settings [SECTION]` prints the same. This page is written by
`python -m tests.readme` from the declarations in the code.

"""

BLOCKS = ROOT / "resources" / "reference" / "blocks.md"

BLOCKS_HEAD = """# All kinds of blocks

Networks are built of these blocks. In an experiment file each is an entry of `[model] blocks`, such
as `{ name = "first", kind = "convolution", channels = 16 }`. `netwright settings blocks` prints the
same, and `netwright settings KIND` one of them. This page is written by `python -m tests.readme`
from the declarations in the code.

A group of blocks can be a kind of its own, under a name of yours. The experiment brings it along:

```toml
[model.own_blocks.stage]
summary = "A convolution that is normalised."
settings = { channels = 16 }
blocks = [
    { name = "conv", kind = "convolution", channels = "$channels" },
    { name = "norm", kind = "batch-norm", activation = "relu" },
]
```

Then `{ name = "stage1", kind = "stage", channels = 32 }` stands among the blocks like any other.
Its blocks read `input`, and `other` where it reads two blocks; the last one gives the output. What
is not given is the default under `settings`, within the limits of the settings that take the value.
Kinds may hold each other. The window keeps those that you save for other networks as files of their
own, in the folder `netwright/blocks` of your data.

"""

DEEPEST = {"app": 2, "models": 1, "resources": 0, "tests": 1}
"""The top folders of the tree, and how many levels below each are shown."""

PHRASES = {
    "app": "The application: launcher, command line, and its two rooms.",
    "resources": "Icons, styles, built-in datasets, screenshots, the reference of settings.",
    "tests/engine": "Tests of `app/engine`, by room.",
    "tests/house": "Rules for the code itself: imports, layout, lint, types.",
    "tests/models": "Tests of `models`, and every template trained.",
    "tests/ui": "Tests of `app/ui`, with real windows that nobody sees.",
}
"""Phrases of folders whose package has none of its own, or one for other readers."""


# --- the tree of folders


def tree() -> str:
    """Returns the folders of the source, each with the first sentence of its package."""
    lines = [line for name, depth in DEEPEST.items() for line in _folder(ROOT / name, 0, depth)]
    return "```\n" + "\n".join(lines) + "\n```"


def _folder(path: Path, level: int, below: int) -> Iterator[str]:
    name = path.relative_to(ROOT).as_posix()
    phrase = PHRASES.get(name) or phrase_of(path / "__init__.py")
    yield f"{'    ' * level + path.name + '/':<22}  {phrase}".rstrip()

    if below:
        for folder in _folders_in(path):
            yield from _folder(folder, level + 1, below - 1)


def _folders_in(path: Path) -> list[Path]:
    """Returns the sub-folders that hold anything of ours, in order of their names."""
    return sorted(
        folder
        for folder in path.iterdir()
        if folder.is_dir()
        and not folder.name.startswith((".", "__"))
        and any(file.is_file() and file.suffix != ".pyc" for file in folder.rglob("*"))
    )


def phrase_of(path: Path) -> str:
    """Returns the first sentence of a module's docstring on one line; "" where it has none."""
    if not path.exists():
        return ""

    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(text.split("\n\n")[0].split())
    sentence = re.split(r"(?<=\.) ", first, maxsplit=1)[0]
    return sentence


# --- into the pages


def settings_page() -> str:
    """Returns the reference of all settings as a page."""
    return SETTINGS_HEAD + reference.page(reference.sections())


def blocks_page() -> str:
    """Returns the reference of all kinds of blocks as a page."""
    return BLOCKS_HEAD + reference.page(reference.blocks())


def written(page: str) -> str:
    """Returns the README with its generated blocks made anew.

    Raises ValueError where the marks of a block are missing.
    """
    for name, text in (("way", way.table()), ("tree", tree())):
        before, _, rest = page.partition(f"<!-- {name} -->\n")
        _, end, after = rest.partition(f"\n<!-- end of {name} -->")
        if not end:
            raise ValueError(f"the page has no block '{name}'")

        page = f"{before}<!-- {name} -->\n{text}{end}{after}"

    return page


def main() -> int:
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    SETTINGS.parent.mkdir(parents=True, exist_ok=True)
    SETTINGS.write_text(settings_page(), encoding="utf-8")
    BLOCKS.write_text(blocks_page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
