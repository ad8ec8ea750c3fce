"""Failures that are told to a person."""

from __future__ import annotations


class UserError(Exception):
    """What went wrong, in one sentence that says what and where, and what to do about it.

    `setting` names the setting at fault as SECTION.FIELD, where there is one.
    """

    def __init__(self, what: str, remedy: str = "", setting: str = "") -> None:
        self.what = what
        self.remedy = remedy
        self.setting = setting
        super().__init__(f"{what} {remedy}".strip())
