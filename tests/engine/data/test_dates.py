"""Dates are read as people and programs write them, and shown as they were written."""

from __future__ import annotations

import datetime
import math

import pytest

from app.engine.data.dates import date_format, date_text, day_of


def days(*parts: int) -> float:
    moment = datetime.datetime(*parts)  # type: ignore[arg-type]
    return (moment - datetime.datetime(1970, 1, 1)).total_seconds() / 86_400


@pytest.mark.parametrize(
    ("cells", "form", "last"),
    (
        (("2024-01-02", "2024-03-01"), "%Y-%m-%d", days(2024, 3, 1)),
        (("2024/01/02",), "%Y/%m/%d", days(2024, 1, 2)),
        (("28.03.2024", "1.4.2024"), "%d.%m.%Y", days(2024, 4, 1)),
        (("03/28/2024", "01/02/2024"), "%m/%d/%Y", days(2024, 1, 2)),
        (("28/03/2024", "01/02/2024"), "%d/%m/%Y", days(2024, 2, 1)),
        (("01-03-2024", "28-03-2024"), "%d-%m-%Y", days(2024, 3, 28)),
        (("03-28-2024",), "%m-%d-%Y", days(2024, 3, 28)),
        (("3 Jan 2024", "14 Dezember 2023"), "%d %b %Y", days(2023, 12, 14)),
        (("03-Feb-2024",), "%d-%b-%Y", days(2024, 2, 3)),
        (("3. März 2024",), "%d. %b %Y", days(2024, 3, 3)),
        (("May 12, 2024", "Sept. 3, 2024"), "%b %d, %Y", days(2024, 9, 3)),
        (("31.12.69", "01.02.68"), "%d.%m.%y", days(2068, 2, 1)),
        (("12/31/99",), "%m/%d/%y", days(1999, 12, 31)),
        (("2024-03-01 06:00", "2024-03-01 18:30"), "%Y-%m-%d %H:%M", days(2024, 3, 1, 18, 30)),
        (("2024-03-01T06:00:07",), "%Y-%m-%d %H:%M:%S", days(2024, 3, 1, 6, 0, 7)),
        (("2024-03-01T06:00:00Z",), "%Y-%m-%d %H:%M:%S", days(2024, 3, 1, 6)),
        (("2024-03-01 01:00:00+02:00",), "%Y-%m-%d %H:%M:%S", days(2024, 2, 29, 23)),
        (("2024-03-01 20:00:00-0530",), "%Y-%m-%d %H:%M:%S", days(2024, 3, 2, 1, 30)),
        (("1/2/2024 3:05 PM", "12/31/2024 12:00 am"), "%m/%d/%Y %I:%M %p", days(2024, 12, 31)),
        (("1/2/2024 12:05:09 p.m.",), "%m/%d/%Y %I:%M:%S %p", days(2024, 1, 2, 12, 5, 9)),
        (
            ("Fri, 05 Jan 2024 10:00:00 GMT", "Sat, 6 Jan 2024 09:30:00 +0100"),
            "%d %b %Y %H:%M:%S",
            days(2024, 1, 6, 8, 30),
        ),
        (
            ("Fri, 05 Jan 2024 10:00:00 -0500 (EST)", "Fri, 05 Jan 2024 10:00:00 EST"),
            "%d %b %Y %H:%M:%S",
            days(2024, 1, 5, 15),
        ),
        (("Friday, January 5, 2024", "Sat, Jan 6, 2024"), "%b %d, %Y", days(2024, 1, 6)),
        (("Mo., 05.02.2024", "Dienstag, 06.02.2024"), "%d.%m.%Y", days(2024, 2, 6)),
        (
            ("Fri Jan  5 10:00:00 2024", "Sat Jan 06 10:00:00 UTC 2024"),
            "%b %d %Y %H:%M:%S",
            days(2024, 1, 6, 10),
        ),
        (("Fri Jan 05 10:00:00 +0200 2024",), "%b %d %Y %H:%M:%S", days(2024, 1, 5, 8)),
        (("20240315", "20231231"), "%Y%m%d", days(2023, 12, 31)),
        (("20240315T101500Z",), "%Y%m%d %H:%M:%S", days(2024, 3, 15, 10, 15)),
        (("202403151015",), "%Y%m%d %H:%M", days(2024, 3, 15, 10, 15)),
        (("20240315 10:15:30", "20240316"), "%Y%m%d %H:%M:%S", days(2024, 3, 16)),
        (("2024-01-01 06:00:00", "2024-01-02"), "%Y-%m-%d %H:%M:%S", days(2024, 1, 2)),
    ),
)
def test_what_people_and_programs_write(cells: tuple[str, ...], form: str, last: float) -> None:
    assert date_format(cells) == form
    assert day_of(cells[-1], form) == last


def test_parts_of_a_second_count() -> None:
    exact = day_of("2024-01-01 00:00:01.5", "%Y-%m-%d %H:%M:%S")
    assert exact == pytest.approx(days(2024, 1, 1) + 1.5 / 86_400, abs=1e-11)


@pytest.mark.parametrize(
    "cells",
    (
        ("1.2.3",),
        ("20240315", "20241315"),
        ("2024115",),
        ("30240315",),
        ("Fri", "Sat"),
        ("Monday 5",),
        ("Mon, 5 of May",),
        ("10.0.0.1",),
        ("12-34-56",),
        ("555-12-1234",),
        ("2024-13-01",),
        ("2024-02-30",),
        ("Model 3 2024",),
        ("2024-01-01 24:00",),
        ("1/2/2024 13:00 PM",),
        ("2024-01-02", "soon"),
        ("12.5",),
        ("7",),
        (),
    ),
)
def test_what_is_no_date(cells: tuple[str, ...]) -> None:
    assert date_format(cells) == ""


@pytest.mark.parametrize("form", ("%d %b %Y", "%m/%d/%Y %I:%M %p", "%Y-%m-%dT%H:%M:%S"))
def test_a_date_is_shown_as_it_was_written(form: str) -> None:
    moment = days(2024, 12, 3, 0, 30)
    shown = date_text(moment, form)
    assert day_of(shown, form) == (moment if "%M" in form else math.floor(moment))
    assert "12" in shown or "Dec" in shown
