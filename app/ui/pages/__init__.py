"""The pages, a folder each; rail, menus and window find them here.

To add a page is to add a folder whose `__init__.py` holds its `PAGE`.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.ui.pages.parts import PageInfo


def find_pages() -> tuple[PageInfo, ...]:
    """Returns every page, in the order of the rail.

    It loads the declarations only, not the pages: the window is painted before those.
    """
    folders = [
        importlib.import_module(module.name)
        for module in pkgutil.iter_modules(__path__, __name__ + ".")
        if module.ispkg
    ]
    pages: list[PageInfo] = [folder.PAGE for folder in folders]
    return tuple(sorted(pages, key=lambda page: (page.order, page.name)))
