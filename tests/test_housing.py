"""The hours between the entry of a guest and the notice are counted as they pass, whatever the clocks on the wall do."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from pitstop_docs.checks.housing import instant

ROME = ZoneInfo("Europe/Rome")


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 3, 29), date(2026, 7, 31), date(2026, 10, 25), date(2027, 10, 31)])
def test_italian_clocks_are_those_of_the_table_of_time_zones(day: date) -> None:
    for minutes in range(0, 24 * 60, 30):
        clock = time(*divmod(minutes, 60))
        for fold, late in ((0, False), (1, True)):
            shown = datetime.combine(day, clock, ROME).replace(fold=fold)
            skipped = shown.astimezone(UTC).astimezone(ROME).time() != clock
            assert skipped or instant(day, clock, late=late) == shown.astimezone(UTC), (day, clock, late)


def test_a_night_has_an_hour_more_or_less_where_clocks_change() -> None:
    def hours(start: date) -> timedelta:
        return instant(start + timedelta(days=2), time(12)) - instant(start, time(12))

    assert hours(date(2026, 3, 28)) == timedelta(hours=47)
    assert hours(date(2026, 10, 24)) == timedelta(hours=49)
    assert hours(date(2026, 6, 1)) == timedelta(hours=48)


def test_an_hour_that_no_clock_shows_is_a_moment_all_the_same() -> None:
    assert instant(date(2026, 3, 29), time(2, 30)) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
