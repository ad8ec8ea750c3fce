"""Names are shown as they are: what Qt would take for rich text or a key passes one helper."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.house.import_graph import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

WINDOW = sorted(ROOT.glob("app/ui/**/*.py"))

TIPS = {"setToolTip": 0, "setStatusTip": 0, "setWhatsThis": 0, "setTabToolTip": 1, "showText": 1}
"""Functions that show a tip, and which of their arguments it is."""

BUTTONS = ("QPushButton", "QToolButton", "QCheckBox", "QRadioButton", "QAction", "QMenu")
BUTTON_METHODS = ("addAction", "addMenu", "addTab", "setTabText")

PLAIN_IN = {
    "QLabel": ("app/ui/widgets/label.py", "app/ui/widgets/elided.py"),
    "QMessageBox": ("app/ui/widgets/message_box.py",),
    "QTextEdit": (),
    "QTextBrowser": (),
    "QErrorMessage": (),
    "QInputDialog": (),
    "LegendItem": (),
    "LabelItem": (),
}
"""Classes that guess whether a text is rich, and the files that tell them."""

RICH_WITHOUT_NAMES = {
    "app/ui/pages/data/states.py": "constant sentences",
    "app/ui/pages/learning/page.py": "a task, and figures",
    "app/ui/pages/results/confusion/matrix_card.py": "a constant key",
    "app/ui/pages/results/confusion/threshold.py": "figures",
    "app/ui/pages/results/example_gallery.py": "the answers of the views, which escape them",
    "app/ui/pages/training/waiting.py": "constant sentences",
}
"""Files with rich text in which no name stands, and what stands there."""


def calls(tree: ast.AST) -> Iterator[tuple[ast.Call, str]]:
    """Yields the calls of a file, each with the last part of what is called."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, (ast.Attribute, ast.Name)):
            yield node, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id


def is_literal(node: ast.AST, *helpers: str) -> bool:
    """Whether a text is written in the code, or comes from one of these helpers."""
    match node:
        case ast.Constant():
            return True
        case ast.IfExp(body=body, orelse=other):
            return is_literal(body, *helpers) and is_literal(other, *helpers)
        case ast.BoolOp(values=values):
            return all(is_literal(value, *helpers) for value in values)
        case ast.Call(func=ast.Name(id=name)) | ast.Call(func=ast.Attribute(attr=name)):
            return name in helpers

    return False


def raw_texts(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields the texts of a file that are handed to Qt without the helper they need."""
    for call, name in calls(tree):
        arguments = call.args
        if name in TIPS and len(arguments) > TIPS[name]:
            if not is_literal(arguments[TIPS[name]], "tooltip", "rich_tooltip"):
                yield call
        elif name == "setItemData" and "ToolTipRole" in ast.dump(call):
            if not is_literal(arguments[1], "tooltip"):
                yield call
        elif name == "setWindowTitle":
            if not is_literal(arguments[0], "window_title"):
                yield call
        elif name in BUTTONS or name in BUTTON_METHODS:
            if any(isinstance(argument, ast.JoinedStr) for argument in arguments):
                yield call
        elif name in ("setHtml", "setLabel") or any(
            keyword.arg == "html" for keyword in call.keywords
        ):
            yield call

    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "ToolTipRole" in ast.dump(node.test):
            for inner in node.body:
                yield from (
                    found
                    for found in ast.walk(inner)
                    if isinstance(found, ast.Return)
                    and found.value is not None
                    and not is_literal(found.value, "tooltip")
                    and "'tooltip'" not in ast.dump(found.value)
                )


def test_tips_buttons_and_titles_show_names_as_they_are() -> None:
    """A tooltip passes `tooltip`, a built text of a button `button_text`; see text/literal.py."""
    raw = [
        f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"
        for path in WINDOW
        for node in raw_texts(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not raw


@pytest.mark.parametrize("name", PLAIN_IN)
def test_a_class_that_guesses_rich_text_is_made_in_one_place(name: str) -> None:
    made = {
        path.relative_to(ROOT).as_posix()
        for path in WINDOW
        for call, called in calls(ast.parse(path.read_text(encoding="utf-8")))
        if called == name
        or (
            (isinstance(call.func, ast.Attribute) and ast.dump(call.func.value).count(f"'{name}'"))
            and called in ("warning", "information", "question", "critical", "about", "getText")
        )
    }
    assert made <= set(PLAIN_IN[name])


def test_rich_text_escapes_names() -> None:
    rich = {
        path.relative_to(ROOT).as_posix(): "from html import escape" in text
        or "import html" in text
        for path in WINDOW
        if "setTextFormat(Qt.TextFormat.RichText)" in (text := path.read_text(encoding="utf-8"))
    }
    assert {path for path, escapes in rich.items() if not escapes} == set(RICH_WITHOUT_NAMES)


@pytest.mark.parametrize(
    "line",
    (
        "label.setToolTip(name)",
        'label.setToolTip(f"{name}")',
        'label.setToolTip("" or name)',
        "QToolTip.showText(place, name, self)",
        "box.setItemData(0, name, Qt.ItemDataRole.ToolTipRole)",
        "window.setWindowTitle(name)",
        'QPushButton(f"Open {name}")',
        'menu.addAction(f"Open {name}", self.open)',
        "text.setHtml(tooltip(name))",
        'axis.setLabel("loss")',
        "pg.TextItem(html=name)",
        "if role == Qt.ItemDataRole.ToolTipRole:\n    x = 1\n    print(lambda: name)\n"
        "    for y in x:\n        pass\n    label.setToolTip(name)",
    ),
)
def test_the_rule_finds_what_it_is_for(line: str) -> None:
    assert list(raw_texts(ast.parse(line)))
