"""The path of a case, from the referral to the signed plan: steps in order, the right people, the right line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date

from pitstop_docs.blanks import Node
from pitstop_docs.checks.situation import (
    Check,
    Params,
    Situation,
    also,
    at,
    label,
    said,
    shown,
    signed_sheets,
    spread,
    whole,
    word,
)
from pitstop_docs.findings import Hit
from pitstop_docs.records import PROJECT

PLAN = "pai"
MEETING = "verbale_equipe"
NOTICE = "informativa"
REQUIREMENTS = "requisiti"
PERSON = "persona"
TUTOR = "tutor"
GUARDIANS = "TUTELA"
FOR_A_MINOR = (GUARDIANS, "DEST")


def states_in_order(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-001: no step without those before it, nor dated before them, nor after the path was refused."""
    if situation.code == PROJECT:
        return
    steps = _before(situation.form, params["needs"])
    for form in steps:
        if situation.last(form) is None:
            yield Hit(form, 1, "", {"modulo": situation.title(form)})
    for form in (*steps, situation.form):
        node = situation.subject if form == situation.form else situation.last(form)
        after = situation.date_of(node) if node else None
        for earlier in params["dated"].get(form, ()):
            before = situation.first(earlier)
            day = situation.date_of(before) if before else None
            if node and day and after and after < day:
                facts = {"data": shown(after), "modulo": situation.title(earlier), "altra": shown(day)}
                yield also("date", at(node, situation.dates[form], **facts))
    for form, told in params["refusals"].items():
        node = situation.last(form)
        if node and _refuses(node, told) and not _closing(situation, params["refusals"]):
            facts = {"modulo": situation.title(form), "esito": said(node, told["field"])}
            yield also("refused", at(node, f"/{told['field']}", **facts))


def _before(form: str, needs: Params) -> list[str]:
    """Every step that must be there before a form, the first of the path first."""
    found: list[str] = []
    for earlier in needs.get(form, ()):
        found += [one for one in (*_before(earlier, needs), earlier) if one not in found]
    return found


def _refuses(node: Node, told: Params) -> bool:
    return node.text(told["field"]) in told["outcomes"]


def _closing(situation: Situation, refusals: Params) -> bool:
    """True if the document is itself the act that stops the path: what went wrong before is its reason, not its fault."""
    told = refusals.get(situation.form)
    return bool(told and situation.subject and _refuses(situation.subject, told))


def notice_shown_first(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-002: the privacy notice is shown before the person's needs are written down (GDPR, artt. 13–14).

    The notice itself is never held up: shown late, it is shown all the same.
    """
    acts = [(situation.date_of(node) or date.max, node) for form in params["forms"] for node in situation.all(form)[:1]]
    if situation.form == NOTICE or not acts:
        return
    day, first = min(acts, key=lambda act: act[0])
    notice = situation.last(NOTICE)
    shown_on = situation.date_of(notice) if notice else None
    facts = {"data": shown(shown_on), "modulo": situation.title(first.place.form), "altra": shown(situation.date_of(first))}
    if notice is None:
        yield Hit(NOTICE, 1, "", facts, "missing")
    elif shown_on and shown_on > day:
        yield at(notice, situation.dates[NOTICE], **facts)


def requirements_met(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-003: the person was admitted, or admitted with a reserve that has not expired, and the facts agree."""
    node = situation.last(REQUIREMENTS)
    if node is None or not node.text("esito") or _closing(situation, params["closing"]):
        return
    outcome = said(node, "esito")
    if node.text("esito") not in params["admitted"]:
        yield at(node, "/esito", esito=outcome)
        return
    until = node.day("riserva_fino_al")
    day = situation.date_of(situation.subject) if situation.subject else None
    if node.text("esito") == "ammesso_con_riserva" and until and until < (day or situation.today):
        yield also("reserve", at(node, "/riserva_fino_al", data=shown(until)))
    if node.values.get("cittadinanza_terza") is False:
        yield also("citizenship", at(node, "/esito", esito=outcome))
    person = situation.last(PERSON)
    permit = person.group("permesso") if person else None
    if permit and permit.text("tipo") in params["blocked_stay"]:
        yield also("stay", at(node, "/esito", esito=outcome, titolo=said(permit, "tipo")))


def team_complete(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-004: social worker, tutor and coordinator are there when the team decides; a plan is approved by such a meeting.

    Source: Comune di Bari, PitStop Project.
    """
    subject = situation.subject
    if subject is None:
        return
    if situation.form == MEETING:
        meetings = [subject] if _decides(subject, params["deciding"]) else []
    else:
        meetings = [node for node in situation.all(MEETING) if _approves(node, subject, params["approving"])]
        if not meetings:
            yield also("not_approved", at(subject, "", pai=str(plan_number(subject))))
        yield from _approved_late(situation, meetings, subject)
    for meeting in meetings[-1:]:
        present = {row.text("ruolo") for row in meeting.rows("presenti")}
        missing = [word(meeting, "/presenti/*/ruolo", role) for role in params["roles"] if role not in present]
        when = shown(situation.date_of(meeting))
        if missing:
            yield at(meeting, "/presenti", data=when, ruoli=", ".join(missing))
        needed = situation.form != MEETING and _needs_health(situation, params["health_need"], meeting)
        if needed and params["health_role"] not in present:
            yield also("health", at(meeting, "/presenti", data=when))


def plan_number(plan: Node) -> int:
    """The number a plan bears, by which minutes and later plans call it; that of its record while it bears none."""
    return whole(plan, "pai_n") or plan.place.number


def _decides(meeting: Node, decisions: list[str]) -> bool:
    return any(row.text("decisione") in decisions for row in meeting.rows("casi"))


def _approves(meeting: Node, plan: Node, decisions: list[str]) -> bool:
    """True if a row of the meeting approves this plan; a row that names no plan speaks of the first."""
    return any(
        row.text("decisione") in decisions and (whole(row, "pai_n") or 1) == plan_number(plan) for row in meeting.rows("casi")
    )


def _approved_late(situation: Situation, meetings: list[Node], plan: Node) -> Iterator[Hit]:
    days = [day for day in map(situation.date_of, meetings) if day]
    start = plan.day("data_inizio")
    if days and start and min(days) > start:
        yield also("late", at(plan, "/data_inizio", data=shown(min(days)), inizio=shown(start)))


def _needs_health(situation: Situation, places: list[str], meeting: Node) -> bool:
    """True if, when the team met, the last assessment that speaks of it said that the health service is needed."""
    met = situation.date_of(meeting) or date.max
    for place in places:
        form, _, pointer = place.partition("#")
        for node in reversed(situation.all(form)):
            told = [value for _, _, value in spread(node, pointer)]
            if told and (situation.date_of(node) or date.min) <= met:
                return told[0] is True
    return False


def assessed_before_plan(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-005: the initial assessment of each line before the plan; an intermediate one, whole, before its renewal."""
    node = situation.subject
    if node is None:
        return
    if situation.form == params["intermediate"]:
        yield from _dropped(situation, node, params)
        return
    made = situation.date_of(node)
    for line in node.text("linee").split("+"):
        form = params["initial"].get(line)
        first = situation.first(form) if form else None
        day = situation.date_of(first) if first else None
        if form and first is None:
            yield Hit(form, 1, "", {"modulo": situation.title(form)})
        elif day and made and made < day:
            facts = {"pai": shown(made), "modulo": situation.title(form), "data": shown(day)}
            yield also("late", at(node, situation.dates[PLAN], **facts))
    renewed = _renewed(situation, node)
    if renewed and made and not _assessed_between(situation, params["intermediate"], renewed.day("data_inizio"), made):
        number = len(situation.all(params["intermediate"])) + 1
        facts = {"pai": str(plan_number(node)), "precedente": str(plan_number(renewed))}
        yield Hit(params["intermediate"], number, "", facts, "intermediate")


def _renewed(situation: Situation, plan: Node) -> Node | None:
    """The plan that this one takes the place of: the one it names, else the last before it on one of its lines."""
    before = [one for one in situation.all(PLAN) if one.place.number < plan.place.number]
    named = whole(plan, "sostituisce")
    lines = set(plan.text("linee").split("+"))
    for one in reversed(before):
        if plan_number(one) == named if named else lines & set(one.text("linee").split("+")):
            return one
    return None


def _assessed_between(situation: Situation, form: str, start: date | None, end: date) -> bool:
    days = [day for day in map(situation.date_of, situation.all(form)) if day]
    return any((start is None or start <= day) and day <= end for day in days)


def _dropped(situation: Situation, node: Node, params: Params) -> Iterator[Hit]:
    for form in params["initial"].values():
        initial, name = situation.first(form), form.removeprefix("valutazione_")
        part = node.group(name)
        was, now = (one.group("dimensioni") if one else None for one in (initial, part))
        for key in was.values if was and now else ():
            condition = params["only_if"].get(key)
            if part and now and key not in now.values and (condition is None or part.flag(condition)):
                yield also("dropped", at(node, f"/{name}/dimensioni/{key}", dimensione=label(now, key)))


def tutor_designated(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-006: when the plan starts the case has a tutor, who accepted and may handle the data (GDPR, art. 29).

    The designation itself is never held up: the tutor accepts by signing it.
    """
    plan = situation.subject
    if situation.form != PLAN or plan is None:
        return
    start = plan.day("data_inizio")
    terms = [(tutor, *_term(tutor, situation.code)) for tutor in situation.all(TUTOR)]
    current = [(tutor, since) for tutor, since, until in terms if not (start and until and until < start)]
    if not current:
        yield Hit(TUTOR, 1, "", {"inizio": shown(start)})
        return
    tutor, since = min(current, key=lambda term: (_late(term[1], start), _unready(term[0]), term[1] or date.max))
    if start and since and since > start:
        where = "/decorrenza" if since == tutor.day("decorrenza") else "/casi"
        yield also("late", at(tutor, where, decorrenza=shown(since), inizio=shown(start)))
    for key, message in READY.items():
        if not tutor.flag(key):
            yield also(message, at(tutor, f"/{key}"))


READY = {"accettazione": "not_accepted", "nomina_autorizzato_privacy": "not_authorised"}


def _late(since: date | None, start: date | None) -> bool:
    return bool(since and start and since > start)


def _unready(tutor: Node) -> int:
    return sum(1 for key in READY if not tutor.flag(key))


def _term(tutor: Node, case: str) -> tuple[date | None, date | None]:
    """From when to when the tutor follows the case: by the row that names it, else by the whole mandate."""
    row = next((row for row in tutor.rows("casi") if row.text("caso") == case), tutor)
    return row.day("dal") or tutor.day("decorrenza"), row.day("al") or tutor.day("fine")


def line_respected(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-015: a form of one line only for cases of that line; in a plan, only parts and costs of its lines."""
    node, lines = situation.subject, situation.lines_of.get(situation.form, ())
    if node is None:
        return
    if situation.line and lines and not set(lines) & set(situation.line.split("+")):
        yield at(node, "", linea=situation.line, altra=", ".join(lines))
    declared = node.text("linee")
    if declared and situation.line and not set(declared.split("+")) <= set(situation.line.split("+")):
        yield also("declared", at(node, "/linee", altra=declared, linea=situation.line))
    if not declared:
        return
    for path, line in params["parts"].items():
        for group, key, _ in spread(node, path):
            if line not in declared.split("+"):
                yield also("part", at(group, f"/{key}", linea=declared, altra=line))
    for path in params["expenses"]:
        for group, key, _ in spread(node, path):
            allowed = params["expense_lines"].get(group.text(key))
            if allowed is not None and not set(allowed) & set(declared.split("+")):
                yield also("expense", at(group, f"/{key}", voce=group.text(key), linea=declared))


def signatures_complete(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-017: once a document is signed, by all who must, each with its date, none before the document's.

    Who must is what the document's own block of signatures says; who signs for a minor is told by CASE-016.
    """
    sheets = signed_sheets(situation)
    rows = [row for sheet in sheets for row in sheet.rows("firme")]
    signed = Counter(_signs_as(row, params["capacities"]) for row in rows)
    asked = Counter(situation.due)
    minor = any(role == GUARDIANS for role, _ in situation.due)
    missing = [name for (role, name), times in asked.items() if signed[role] < times and not (minor and role in FOR_A_MINOR)]
    if sheets and missing:
        yield at(sheets[-1], "/firme", ruoli=", ".join(missing))
    made = situation.date_of(situation.subject) if situation.subject else None
    for row in rows:
        day = row.day("data")
        if day is None:
            yield also("undated", at(row, "/data", ruolo=said(row, "ruolo")))
        elif made and day < made:
            yield also("early", at(row, "/data", ruolo=said(row, "ruolo"), data=shown(day), altra=shown(made)))


def _signs_as(row: Node, capacities: Params) -> str:
    """The role in which someone signed: the capacity where it has a place of its own in the block, else the role."""
    own = (role for role, told in capacities.items() if row.text("in_qualita_di") in told)
    return next(own, row.text("ruolo"))


CHECKS: tuple[Check, ...] = (
    states_in_order,
    notice_shown_first,
    requirements_met,
    team_complete,
    assessed_before_plan,
    tutor_designated,
    line_respected,
    signatures_complete,
)
