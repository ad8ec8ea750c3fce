"""HTML from texts: what is not marked as HTML is escaped, so that a name is never code."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from app.engine.data.names import visible, visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Html(str):
    """A piece of HTML; any other text is escaped where it is put into one."""

    __slots__ = ()


NOTHING = Html("")
Text = str
"""A text of a person, or HTML."""


def escaped(text: Text) -> Html:
    """Returns a text as HTML; control characters become visible escapes."""
    return text if isinstance(text, Html) else Html(html.escape(visible(text)))


def escaped_lines(text: str) -> Html:
    """Returns a text as HTML whose line breaks are its own."""
    return Html(html.escape(visible_lines(text)))


def joined(parts: Iterable[Text], between: str = "\n") -> Html:
    """Returns the parts that are not empty, one behind the other."""
    return Html(between.join(escaped(part) for part in parts if part))


def tag(name: str, content: Text = "", **attributes: str | float | None) -> Html:
    """Returns an element. attributes: "class_" is class, "aria_label" aria-label; None is none."""
    return Html(f"{_opened(name, attributes)}>{escaped(content)}</{name}>")


def empty_tag(name: str, **attributes: str | float | None) -> Html:
    """Returns an element without content, as those of SVG."""
    return Html(f"{_opened(name, attributes)}/>")


def _opened(name: str, attributes: dict[str, str | float | None]) -> str:
    words = [
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None
    ]
    return f"<{name}{''.join(words)}"


def _value(value: str | float) -> str:
    if isinstance(value, str):
        return escaped(value)

    return pixels(value)


def pixels(value: float) -> str:
    """Returns a place in a drawing to a tenth of a pixel: more is not seen and takes room."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def paragraph(text: Text, role: str | None = None) -> Html:
    """Returns a paragraph. role: its class."""
    return tag("p", text, class_=role)


def heading(text: Text, level: int = 3) -> Html:
    """Returns a heading; that of the page is of level 1, those of sections of level 2."""
    return tag(f"h{level}", text)


def items(texts: Iterable[Text], numbered: bool = False) -> Html:
    """Returns a list with a point for each text; nothing where there are none."""
    points = joined(tag("li", text) for text in texts)
    return tag("ol" if numbered else "ul", points) if points else NOTHING


def facts(pairs: Iterable[tuple[Text, Text]]) -> Html:
    """Returns names with their values, one a line; those without a value are left out."""
    rows = joined(
        tag("div", joined((tag("dt", name), tag("dd", value)), ""))
        for name, value in pairs
        if value
    )
    return tag("dl", rows) if rows else NOTHING


def table(
    caption: Text,
    columns: Sequence[Text],
    rows: Iterable[Sequence[Text]],
    to_left: Sequence[int] = (0,),
) -> Html:
    """Returns a table whose first column names its rows. to_left: columns of words, by number.

    A table wider than the page scrolls by itself.
    """
    left = frozenset(to_left)

    def role(column: int) -> str | None:
        return None if column in left else "number"

    head = joined(
        (tag("th", text, scope="col", class_=role(number)) for number, text in enumerate(columns)),
        "",
    )
    lines = joined(
        tag(
            "tr",
            joined(
                (
                    Html(tag("th", text or "–", scope="row"))
                    if number == 0
                    else tag("td", text, class_=role(number))
                    for number, text in enumerate(row)
                ),
                "",
            ),
        )
        for row in rows
    )
    inside = joined((tag("caption", caption), tag("thead", tag("tr", head)), tag("tbody", lines)))
    return tag(
        "div", tag("table", inside), class_="wide", tabindex="0", role="region", aria_label=caption
    )


def figure(drawing: Html, caption: Text) -> Html:
    """Returns a drawing with the sentence that says what it shows."""
    return tag("figure", joined((drawing, tag("figcaption", caption))))
