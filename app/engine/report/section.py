"""The base class of the sections of a report: what each says of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from app.engine.report.content import ReportContent
    from app.engine.report.markup import Html


class Section(ABC):
    """A section: a heading, and what stands below it for one run or several.

    name: of the file, and of the place in the page. order: its place among the sections; the
    built-in ones leave gaps for others.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    order: ClassVar[int]

    @abstractmethod
    def html(self, content: ReportContent) -> Html:
        """Returns the section without its heading; nothing where it has nothing to say."""
