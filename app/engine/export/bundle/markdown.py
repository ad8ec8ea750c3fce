"""Texts as Markdown shows them: a name is never a link, a heading or a table."""

from __future__ import annotations

import re

from app.engine.data.names import visible

_MARKS = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def marked(text: str) -> str:
    """Returns a text as Markdown shows it, on one line."""
    return _MARKS.sub(r"\\\1", plain(text))


def plain(text: str) -> str:
    """Returns a text on one line, with a question mark for what cannot be printed."""
    return "".join(each if each.isprintable() else "?" for each in visible(text))
