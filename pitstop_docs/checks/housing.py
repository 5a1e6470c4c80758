"""The home that a person is given: told to the authority in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from pitstop_docs.blanks import Node
from pitstop_docs.checks.situation import Check, Params, Situation, also, at, limit
from pitstop_docs.findings import Hit

NOTICE = "comunicazione_ospitalita"


def hosting_told_in_time(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-012: who gives a home to a foreigner tells the authority within 48 hours of the entry (D.Lgs. 286/1998, art. 7).

    One that is late is never held up: the authority gets it all the same. What was sent late is, until somebody says why.
    """
    node, hours = situation.subject, limit(params, "ore")
    if situation.form != NOTICE or node is None or hours is None:
        return
    entered, sent = node.day("decorrenza"), node.group("invio")
    if entered is None:
        return
    clock, day = _hour(node, "ora_decorrenza"), sent.day("data") if sent else None
    # Where an hour is not known, or comes twice in the night in which clocks go back, it is the one that is to the good.
    start = instant(entered, clock or time(23, 59), late=True)
    due = start + timedelta(hours=hours)
    facts = {"ore": str(hours), "termine": f"{_in_italy(due):%d/%m/%Y, ore %H:%M}"}
    if sent and day:
        if (gone := instant(day, _hour(sent, "ora") or time())) > due:
            yield at(sent, "/data", tardi=_so_long(gone - start), **facts)
    elif _in_italy(due).date() < situation.today:
        yield also("overdue", at(node, "/decorrenza", **facts))
    else:
        yield also("due", at(node, "/decorrenza", **facts))


def _hour(node: Node, key: str) -> time | None:
    found = node.values.get(key)
    return found if isinstance(found, time) else None


def _so_long(span: timedelta) -> str:
    """A span of time in a sentence, in whole hours and minutes."""
    hours, minutes = divmod(int(span.total_seconds()) // 60, 60)
    return f"{hours} ore{'' if not minutes else ' e un minuto' if minutes == 1 else f' e {minutes} minuti'}"


# ── the hour in Italy ────────────────────────────────────────────────────────────────────────────────────────────────

WINTER, SUMMER = timedelta(hours=1), timedelta(hours=2)


def instant(day: date, clock: time, *, late: bool = False) -> datetime:
    """The moment at which Italian clocks show this (directive 2000/84/EC); of two, the first, or the second if `late`.

    Worked out by hand: Windows has no table of time zones that Python could read.
    """
    shown = datetime.combine(day, clock, UTC)
    offsets = [one for one in (SUMMER, WINTER) if _offset(shown - one) == one] or [WINTER]  # an hour that was skipped
    return shown - (offsets[-1] if late else offsets[0])


def _in_italy(moment: datetime) -> datetime:
    return moment + _offset(moment)


def _offset(moment: datetime) -> timedelta:
    """How far Italian clocks are ahead at a moment: summer lasts from the last Sunday of March to that of October, at 1 UTC."""
    begins, ends = (_last_sunday(moment.year, month) for month in (3, 10))
    return SUMMER if begins <= moment < ends else WINTER


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1, tzinfo=UTC)
    return last - timedelta(days=(last.weekday() + 1) % 7)


CHECKS: tuple[Check, ...] = (hosting_told_in_time,)
