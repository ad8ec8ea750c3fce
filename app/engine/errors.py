"""Failures that are told to a person: what went wrong, and what to do about it."""

from __future__ import annotations


class UserError(Exception):
    """What went wrong, in one sentence that says what and where, and what to do about it.

    `setting` names the setting at fault as SECTION.FIELD, where there is one.
    """

    def __init__(self, what: str, remedy: str = "", setting: str = "") -> None:
        self.what = what
        self.remedy = remedy
        self.setting = setting
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """Both sentences in one line."""
        return with_remedy(self.what, self.remedy)


def with_remedy(what: str, remedy: str = "") -> str:
    """Returns what went wrong and, where it is known, what to do about it, in one line."""
    return f"{what} {remedy}".strip()


def message_of(trouble: object) -> str:
    """Returns what a person reads of anything that has `what` and `remedy`; else its own text."""
    what = getattr(trouble, "what", "") or str(trouble)
    return with_remedy(what, getattr(trouble, "remedy", ""))
