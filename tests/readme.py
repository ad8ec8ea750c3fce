"""The parts of README.md that follow from the code: the reference of settings and the tree.

`python -m tests.readme` writes them anew; a test compares them with what is there.
"""

from __future__ import annotations

import ast
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.engine.data.augmentation_settings import AugmentationSettings
from app.engine.experiment.data_settings import DataSettings
from app.engine.experiment.training_settings import TrainingSettings
from app.engine.learning.loss import LOSSES
from app.engine.learning.optimizer import OPTIMIZERS
from app.engine.learning.schedule import SCHEDULES
from models.spec import Setting, Spec, settings
from models.template import TEMPLATES

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
LONGEST = 100
"""Characters of a phrase; a longer sentence ends at its first colon, semicolon or comma."""

FOLDERS = {
    "app": "the application: command line and launcher, and its two rooms",
    "resources": "what is not code",
    "resources/icons": "small pictures of the window's controls",
    "resources/samples": "the built-in data sets",
    "resources/styles": "how the window looks, in colours that the theme fills in",
    "resources/presets": "experiments that are good to begin with",
    "resources/screenshots": "the pictures in this page",
    "tests": "the same shape as the source; `readme.py` writes this tree",
}
"""Phrases of folders that have no docstring of their own."""


# --- the settings


def reference() -> str:
    """The tables of all settings, from their declarations."""
    parts = [
        _section("data", "", DataSettings),
        _section("augmentation", "", AugmentationSettings),
        *(
            _section("model", f'template = "{one.kind}"', one, one.summary)
            for one in TEMPLATES.all()
        ),
        *(_section("loss", f'kind = "{one.kind}"', one, one.summary) for one in LOSSES.all()),
        *(
            _section("optimizer", f'kind = "{one.kind}"', one, one.summary)
            for one in OPTIMIZERS.all()
        ),
        *(
            _section("schedule", f'kind = "{one.kind}"', one, one.summary)
            for one in SCHEDULES.all()
        ),
        _section("training", "", TrainingSettings),
    ]
    return "\n\n".join(parts)


def _section(name: str, choice: str, spec: type[Spec], summary: str = "") -> str:
    title = f"**`[{name}]`**" + (f" with `{choice}`. {summary}" if choice else "")
    declared = settings(spec)
    if not declared:
        return title + " It has no settings."

    rows = ["| setting | default | what it does |", "| --- | --- | --- |"]
    rows += [f"| `{one.name}` | {_default(one)} | {_help(one)} |" for one in declared]
    return "\n".join([title, "", *rows])


def _default(one: Setting) -> str:
    if one.default is None:
        return "follows the data"
    if isinstance(one.default, dict):
        return "none"
    if isinstance(one.default, bool):
        return f"`{str(one.default).lower()}`"

    return f'`"{one.default}"`' if isinstance(one.default, str) else f"`{one.default:g}`"


def _help(one: Setting) -> str:
    facts = [f"{one.unit}" if one.unit else "", _limits(one)]
    values = ", ".join(
        f'`"{value}"`' if isinstance(value, str) else f"`{value}`" for value, _ in one.choices
    )
    aside = ", ".join(fact for fact in facts if fact)
    text = one.help + (f" One of {values}." if values else "") + (f" ({aside})" if aside else "")

    return text.replace("|", "\\|")


def _limits(one: Setting) -> str:
    if one.minimum is not None and one.maximum is not None:
        return f"{one.minimum:g} to {one.maximum:g}"
    if one.minimum is not None:
        return f"from {one.minimum:g}" if one.minimum else ""

    return f"up to {one.maximum:g}" if one.maximum is not None else ""


# --- the tree


def tree() -> str:
    """Every file of the source with the first sentence of its docstring; folders of the rest."""
    lines = list(_folder(ROOT / "app", 0)) + list(_folder(ROOT / "models", 0))
    lines += [_line("resources/", FOLDERS["resources"], 0)]
    lines += [
        _line(f"{path.name}/", FOLDERS[_name(path)], 1)
        for path in _inside(ROOT / "resources")
        if path.is_dir()
    ]

    lines += [_line("tests/", FOLDERS["tests"], 0)]
    return "```\n" + "\n".join(lines) + "\n```"


def _folder(path: Path, depth: int) -> Iterator[str]:
    phrase = FOLDERS.get(_name(path)) or phrase_of(path / "__init__.py")
    yield _line(f"{path.name}/", phrase, depth)

    inside = [one for one in _inside(path) if one.name != "__init__.py"]
    for one in [one for one in inside if one.suffix == ".py"]:
        yield _line(one.name, phrase_of(one), depth + 1)

    for one in [one for one in inside if one.is_dir()]:
        yield from _folder(one, depth + 1)


def _inside(path: Path) -> list[Path]:
    return sorted(
        one for one in path.iterdir() if one.name != "__pycache__" and not one.name.startswith(".")
    )


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _line(name: str, phrase: str, depth: int) -> str:
    return f"{'    ' * depth + name:<32}  {phrase}".rstrip()


def phrase_of(path: Path) -> str:
    """The first sentence of a module's docstring on one line, without its sources; "" where it has
    none.
    """
    if not path.exists():
        return ""

    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    first = " ".join(text.split("\n\n")[0].split())
    first = re.sub(r" \([^()]*(?:et al|arXiv|& |19\d\d|20\d\d)[^()]*\)", "", first)

    sentence = re.split(r"\. |\.$", first, maxsplit=1)[0]
    for end in (": ", "; ", ", "):
        if len(sentence) > LONGEST and sentence.find(end) > 20:
            sentence = sentence[: sentence.find(end)]

    return sentence


# --- into the page


def blocks() -> dict[str, str]:
    return {"settings": reference(), "tree": tree()}


def written(page: str) -> str:
    """The page with its marked blocks made anew. Raises ValueError where a mark is missing."""
    for name, content in blocks().items():
        pattern = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end of {name} -->)", re.DOTALL)
        if not pattern.search(page):
            raise ValueError(f"the page has no block '{name}'")

        page = pattern.sub(lambda found, content=content: found[1] + content + found[2], page)

    return page


def main() -> int:
    README.write_text(written(README.read_text(encoding="utf-8")), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
