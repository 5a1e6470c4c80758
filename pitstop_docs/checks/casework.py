"""The path of a case, from the referral to the signed plan: steps in order, the right people, the right line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pitstop_docs.blanks import Node
from pitstop_docs.checks.situation import Check, Params, Situation, also, at, label, shown, spread
from pitstop_docs.findings import Hit
from pitstop_docs.records import PROJECT

PLAN = "pai"
MEETING = "verbale_equipe"
NOTICE = "informativa"
REQUIREMENTS = "requisiti"
PERSON = "persona"
SIGNATURE = "firma"
TUTOR = "tutor"


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
        for earlier in params["dated"].get(form, ()) if node else ():
            before, after = situation.last(earlier), situation.date_of(node) if node else None
            day = situation.date_of(before) if before else None
            if node and day and after and after < day:
                facts = {"data": shown(after), "modulo": situation.title(earlier), "altra": shown(day)}
                yield also("date", at(node, situation.dates[form], **facts))
    for form, told in params["refusals"].items():
        node = situation.last(form)
        if node and form != situation.form and node.text(told["field"]) in told["outcomes"]:
            esito = getattr(node[told["field"]], "label", node.text(told["field"]))
            yield also("refused", at(node, f"/{told['field']}", modulo=situation.title(form), esito=esito))


def _before(form: str, needs: Params) -> list[str]:
    """Every step that must be there before a form, the first of the path first."""
    found: list[str] = []
    for earlier in needs.get(form, ()):
        found += [one for one in (*_before(earlier, needs), earlier) if one not in found]
    return found


def notice_shown_first(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-002: the privacy notice is shown before the person's needs are written down (GDPR, artt. 13–14)."""
    notice = situation.last(NOTICE)
    shown_on = situation.date_of(notice) if notice else None
    for form in params["forms"]:
        for node in situation.all(form)[:1]:
            day = situation.date_of(node)
            facts = {"data": shown(shown_on), "modulo": situation.title(form), "altra": shown(day)}
            if notice is None:
                yield Hit(NOTICE, 1, "", facts, "missing")
            elif shown_on and day and shown_on > day:
                yield at(notice, situation.dates[NOTICE], **facts)


def requirements_met(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-003: the person was admitted, or admitted with a reserve that has not expired, and the facts agree."""
    node = situation.last(REQUIREMENTS)
    if node is None or not node.text("esito"):
        return
    outcome = str(getattr(node["esito"], "label", node.text("esito")))
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
        yield also("stay", at(node, "/esito", esito=outcome, titolo=str(getattr(permit["tipo"], "label", ""))))


def team_complete(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-004: social worker, tutor and coordinator are there when the team decides; a plan is approved by such a meeting.

    Source: Comune di Bari, PitStop Project.
    """
    if situation.form == MEETING:
        meetings = [node for node in (situation.subject,) if node and _decides(node, params["deciding"])]
    else:
        plan = situation.subject
        if plan is None:
            return
        meetings = [node for node in situation.all(MEETING) if _approves(node, plan, params)]
        if not meetings:
            yield also("not_approved", at(plan, "", pai=str(plan.place.number)))
        yield from _approved_late(situation, meetings, plan)
    for meeting in meetings[-1:]:
        present = {row.text("ruolo") for row in meeting.rows("presenti")}
        missing = [role for role in params["roles"] if role not in present]
        when = shown(situation.date_of(meeting))
        if missing:
            yield at(meeting, "/presenti", data=when, ruoli=", ".join(missing))
        if situation.form != MEETING and _needs_health(situation, params["health_need"]) and params["health_role"] not in present:
            yield also("health", at(meeting, "/presenti", data=when))


def _decides(meeting: Node, decisions: object) -> bool:
    return any(row.text("decisione") in (decisions if isinstance(decisions, list) else ()) for row in meeting.rows("casi"))


def _approves(meeting: Node, plan: Node, params: Params) -> bool:
    """True if a row of the meeting approves this plan; a row that names no plan speaks of the first."""
    return any(
        row.text("decisione") in params["approving"] and (row.amount("pai_n") or 1) == plan.place.number
        for row in meeting.rows("casi")
    )


def _approved_late(situation: Situation, meetings: list[Node], plan: Node) -> Iterator[Hit]:
    days = [day for day in map(situation.date_of, meetings) if day]
    start = plan.day("data_inizio")
    if days and start and min(days) > start:
        yield also("late", at(plan, "/data_inizio", data=shown(min(days)), inizio=shown(start)))


def _needs_health(situation: Situation, places: list[str]) -> bool:
    """True if the last assessment that speaks of it says that the health service is needed."""
    for place in places:
        form, _, pointer = place.partition("#")
        for node in reversed(situation.all(form)):
            told = [value for _, _, value in spread(node, pointer)]
            if told:
                return told[0] is True
    return False


def assessed_before_plan(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-005: the initial assessment of each line before the plan; an intermediate one, whole, before its renewal."""
    node = situation.subject
    if situation.form == params["intermediate"]:
        yield from _dropped(situation, node, params) if node else ()
        return
    if node is None:
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
    before = [one for one in situation.all(PLAN) if one.place.number < node.place.number]
    if before and made and not _assessed_between(situation, params["intermediate"], before[-1].day("data_inizio"), made):
        yield also("intermediate", at(node, "/sostituisce", precedente=str(before[-1].place.number)))


def _assessed_between(situation: Situation, form: str, start: date | None, end: date) -> bool:
    days = [day for day in map(situation.date_of, situation.all(form)) if day]
    return any((start is None or start <= day) and day <= end for day in days)


def _dropped(situation: Situation, node: Node, params: Params) -> Iterator[Hit]:
    for form in params["initial"].values():
        initial = situation.first(form)
        part = node.group(form.removeprefix("valutazione_"))
        was, now = (one.group("dimensioni") if one else None for one in (initial, part))
        for key in was.values if was and now and part else ():
            if now and key not in now.values:
                path = f"/{form.removeprefix('valutazione_')}/dimensioni/{key}"
                yield also("dropped", at(node, path, dimensione=label(now, key)))


def tutor_designated(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-006: when the plan starts the case has a tutor, who accepted and may handle the data (GDPR, art. 29)."""
    plan = situation.subject
    start = plan.day("data_inizio") if plan else None
    terms = [(tutor, *_term(tutor, situation.code)) for tutor in situation.all(TUTOR)]
    current = [term for term in terms if not (start and term[2] and term[2] < start)]
    if not current:
        yield Hit(TUTOR, 1, "", {"inizio": shown(start)})
        return
    tutor, since, _ = min(current, key=lambda term: term[1] or date.max)
    if start and since and since > start:
        yield also("late", at(tutor, "/decorrenza", decorrenza=shown(since), inizio=shown(start)))
    for key, message in (("accettazione", "not_accepted"), ("nomina_autorizzato_privacy", "not_authorised")):
        if not tutor.flag(key):
            yield also(message, at(tutor, f"/{key}"))


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
        for group, key, code in spread(node, path):
            allowed = params["expense_lines"].get(str.__str__(code) if isinstance(code, str) else "")
            if allowed is not None and not set(allowed) & set(declared.split("+")):
                yield also("expense", at(group, f"/{key}", voce=group.text(key), linea=declared))


def signatures_complete(situation: Situation, params: Params) -> Iterator[Hit]:
    """CASE-017: once a document is signed, by all who must, each with its date, none before the document's."""
    for signature in situation.all(SIGNATURE):
        told = params["documents"].get(signature.text("documento"))
        number = int(signature.amount("numero") or 1)
        if told is None or (told["form"], number) != (situation.form, situation.number):
            continue
        rows = signature.rows("firme")
        present = situation.subject.rows("presenti") if situation.subject else ()
        due = {*told["roles"], *({row.text("ruolo") for row in present} & set(told.get("if_present", ())))}
        missing = sorted(due - {row.text("ruolo") for row in rows})
        if missing:
            yield at(signature, "/firme", ruoli=", ".join(missing))
        made = situation.date_of(situation.subject) if situation.subject else None
        for row in rows:
            day = row.day("data")
            if day is None:
                yield also("undated", at(row, "/data", ruolo=row.text("ruolo")))
            elif made and day < made:
                yield also("early", at(row, "/data", ruolo=row.text("ruolo"), data=shown(day), altra=shown(made)))


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
