"""What was printed, what the store has now and what came back are brought together: nobody's answer is lost in silence."""

from typing import Any

import pytest

from pitstop_docs import merging
from pitstop_docs.answers import bare
from pitstop_docs.merging import ABSENT, UNDECIDED, Decisions, Merged, Outcome, Side, merge, outcome_of
from pitstop_docs.records import ROW_KEY
from pitstop_docs.rowkeys import keyed, past, traced
from pitstop_docs.workspace import Workspace
from tests import fates, orders
from tests.kits import ROOT, TODAY, group, leaf, rows

FORMS = fates.repeating(Workspace.at(ROOT, today=TODAY).forms)

ROW = {"giorno": leaf("Giorno", format="date"), "nota": leaf("Nota"), "ore": leaf("Ore", "integer")}
SCHEMA = group(
    "Scheda",
    {
        "nome": leaf("Nome"),
        "vero": leaf("Vero", "boolean"),
        "lingue": {"title": "Lingue", "type": "array", "items": {"type": "string"}, "x-privacy": "comune"},
        "casa": group("Casa", {"via": leaf("Via"), "civico": leaf("Civico")}),
        "voci": rows("Voci", ROW),
        "obiettivi": rows("Obiettivi", {"codice": leaf("Codice"), **ROW}),
    },
)
ONE, TWO, THREE = ({"giorno": f"2026-03-0{n}", "nota": f"voce {n}", "ore": n} for n in (1, 2, 3))


def told(merged: Merged) -> list[tuple[str, Outcome]]:
    return [(one.path, one.outcome) for one in merged.changes]


# One answer


@pytest.mark.parametrize(
    ("printed", "stored", "returned", "outcome", "kept"),
    [
        ("a", "a", "a", None, "a"),
        ("a", "a", "b", Outcome.NEW, "b"),
        ("a", "b", "a", Outcome.PARALLEL, "b"),
        ("a", "b", "b", Outcome.SAME, "b"),
        ("a", "b", "c", Outcome.CONFLICT, "b"),
        (ABSENT, ABSENT, "b", Outcome.NEW, "b"),
        (ABSENT, "b", ABSENT, Outcome.PARALLEL, "b"),
        (ABSENT, "b", "c", Outcome.CONFLICT, "b"),
        ("a", "a", ABSENT, Outcome.NEW, ABSENT),
        ("a", ABSENT, "a", Outcome.PARALLEL, ABSENT),
        ("a", ABSENT, "b", Outcome.CONFLICT, ABSENT),
        ("a", "b", ABSENT, Outcome.CONFLICT, "b"),
        ("a", ABSENT, ABSENT, Outcome.SAME, ABSENT),
    ],
)
@pytest.mark.parametrize("blank", [None, "", "   "])
def test_an_answer_is_taken_from_the_side_that_changed_it(
    printed: Any, stored: Any, returned: Any, outcome: Outcome | None, kept: Any, blank: Any
) -> None:
    versions = [{"nome": blank if one is ABSENT else one} for one in (printed, stored, returned)]
    merged = merge(SCHEMA, *versions)
    assert merged.answers.get("nome") == kept
    assert told(merged) == ([("/nome", outcome)] if outcome else [])
    assert bool(merged.conflicts) is (outcome is Outcome.CONFLICT)
    assert merged.fresh is (outcome is Outcome.NEW)


def test_true_is_not_one_and_a_list_of_plain_values_is_one_answer() -> None:
    merged = merge(
        SCHEMA, {"vero": True, "lingue": ["ar"]}, {"vero": True, "lingue": ["ar", "fr"]}, {"vero": 1, "lingue": ["ar"]}
    )
    assert told(merged) == [("/vero", Outcome.NEW), ("/lingue", Outcome.PARALLEL)]
    assert merged.answers["lingue"] == ["ar", "fr"]


def test_groups_are_merged_field_by_field() -> None:
    printed = {"casa": {"via": "Via Roma", "civico": "1"}}
    merged = merge(SCHEMA, printed, {"casa": {"via": "Via Bari", "civico": "1"}}, {"casa": {"via": "Via Roma", "civico": "2"}})
    assert merged.answers == {"casa": {"via": "Via Bari", "civico": "2"}}
    assert told(merged) == [("/casa/via", Outcome.PARALLEL), ("/casa/civico", Outcome.NEW)]


def test_an_answer_that_the_schema_does_not_know_is_not_lost() -> None:
    merged = merge(SCHEMA, {}, {"altro": "x"}, {"nuovo": "y"})
    assert merged.answers == {"altro": "x", "nuovo": "y"}


# Decisions


def test_a_conflict_is_settled_place_by_place_or_for_one_side() -> None:
    versions = ({"nome": "a", "casa": {"via": "x"}}, {"nome": "b", "casa": {"via": "y"}}, {"nome": "c", "casa": {"via": "z"}})
    assert len(merge(SCHEMA, *versions).conflicts) == 2
    one = merge(SCHEMA, *versions, Decisions({"/casa": Side.THEIRS}))
    assert one.answers == {"nome": "b", "casa": {"via": "z"}}
    assert [change.path for change in one.conflicts] == ["/nome"]
    assert merge(SCHEMA, *versions, Decisions({}, Side.THEIRS)).answers == versions[2]
    assert merge(SCHEMA, *versions, Decisions({}, Side.OURS)).answers == versions[1]
    assert merge(SCHEMA, *versions, Decisions({"/nome": Side.OURS}, Side.THEIRS)).answers["nome"] == "b"
    assert not merge(SCHEMA, *versions, Decisions({}, Side.OURS)).fresh


# Rows


def test_a_row_that_only_came_back_is_added() -> None:
    merged = merge(SCHEMA, {"voci": [ONE]}, {"voci": [ONE]}, {"voci": [ONE, {}, TWO]})
    assert bare(merged.answers["voci"]) == [ONE, TWO]
    assert told(merged) == [("/voci/1", Outcome.NEW)]


def test_a_row_taken_away_or_moved_in_the_store_is_never_shifted() -> None:
    printed = {"voci": [ONE, TWO, THREE]}
    returned = {"voci": [ONE, TWO, {**THREE, "nota": "corretta"}]}
    moved = merge(SCHEMA, printed, {"voci": [THREE, ONE, TWO]}, returned)
    assert moved.answers["voci"] == [{**THREE, "nota": "corretta"}, ONE, TWO]
    assert told(moved) == [("/voci/0/nota", Outcome.NEW)]
    gone = merge(SCHEMA, printed, {"voci": [TWO, THREE]}, returned)
    assert gone.answers["voci"] == [TWO, {**THREE, "nota": "corretta"}]
    assert (f"/voci/{len(gone.answers['voci'])}", Outcome.PARALLEL) in told(gone)


def test_a_row_corrected_on_both_sides_is_merged_field_by_field() -> None:
    stored = {"voci": [{**ONE, "ore": 9}]}
    merged = merge(SCHEMA, {"voci": [ONE]}, stored, {"voci": [{**ONE, "nota": "nuova"}]})
    assert merged.answers["voci"] == [{**ONE, "ore": 9, "nota": "nuova"}]
    assert set(told(merged)) == {("/voci/0/ore", Outcome.PARALLEL), ("/voci/0/nota", Outcome.NEW)}


def test_a_row_emptied_on_the_page_is_taken_away_unless_the_store_corrected_it() -> None:
    away = merge(SCHEMA, {"voci": [ONE, TWO]}, {"voci": [ONE, TWO]}, {"voci": [{}, TWO]})
    assert away.answers["voci"] == [TWO]
    assert told(away) == [("/voci/0", Outcome.NEW)]
    kept = merge(SCHEMA, {"voci": [ONE, TWO]}, {"voci": [{**ONE, "ore": 9}, TWO]}, {"voci": [{"nota": " "}, TWO]})
    assert kept.answers["voci"] == [{**ONE, "ore": 9}, TWO]
    assert [change.path for change in kept.conflicts] == ["/voci/0"]


def test_a_row_taken_away_in_the_store_and_corrected_on_the_page_is_a_conflict() -> None:
    returned = {"voci": [{**ONE, "nota": "corretta"}]}
    merged = merge(SCHEMA, {"voci": [ONE]}, {}, returned)
    assert merged.answers.get("voci", []) == []
    assert [change.outcome for change in merged.conflicts] == [Outcome.CONFLICT]
    assert merge(SCHEMA, {"voci": [ONE]}, {}, returned, Decisions({}, Side.THEIRS)).answers == returned


def test_rows_with_a_code_are_known_by_it_whatever_else_changed() -> None:
    first, second = {"codice": "O1", **ONE}, {"codice": "O2", **TWO}
    other = {"codice": "O1", "giorno": "2027-01-01", "nota": "tutta nuova", "ore": 40}
    merged = merge(
        SCHEMA, {"obiettivi": [first, second]}, {"obiettivi": [second, other]}, {"obiettivi": [first, {**second, "ore": 8}]}
    )
    assert merged.answers["obiettivi"] == [{**second, "ore": 8}, other]
    assert not merged.conflicts


def test_the_same_row_added_on_both_sides_is_one_row() -> None:
    merged = merge(SCHEMA, {"voci": [ONE]}, {"voci": [ONE, TWO]}, {"voci": [ONE, TWO]})
    assert bare(merged.answers["voci"]) == [ONE, TWO]
    assert not merged.conflicts


def test_no_rows_anywhere_stay_as_they_were_stated() -> None:
    assert merge(SCHEMA, {"voci": []}, {"voci": []}, {"voci": []}).answers == {"voci": []}
    assert merge(SCHEMA, {"lingue": []}, {"lingue": []}, {"lingue": []}).answers == {"lingue": []}
    assert merge(SCHEMA, {}, {}, {}).answers == {}


# Rows with keys


def three(*revisions: dict[str, Any]) -> list[dict[str, Any]]:
    """The revisions of a record with their keys; in the later ones a row may be named by the number it had in the first."""
    first = keyed(SCHEMA, revisions[0])

    def named(row: Any) -> Any:
        if isinstance(row, dict):
            return {**row, ROW_KEY: first["voci"][row[ROW_KEY]][ROW_KEY]} if isinstance(row.get(ROW_KEY), int) else row
        return row

    return traced(SCHEMA, [first, *({**one, "voci": [named(row) for row in one["voci"]]} for one in revisions[1:])])


def brought(revisions: list[dict[str, Any]], back: list[Any], decisions: Decisions = UNDECIDED) -> Merged:
    """What comes of rows that came back on a page on which the first of the revisions was printed."""
    seen = past(SCHEMA, revisions, printed=1, settled=revisions[-1], came={}, issue=1)
    return merge(SCHEMA, revisions[0], revisions[-1], {"voci": back}, decisions, seen)


def test_a_row_rewritten_on_both_sides_is_one_row() -> None:
    other = {"giorno": "2027-01-01", "nota": "tutta nuova", "ore": 40}
    revisions = three({"voci": [ONE, TWO]}, {"voci": [TWO, {ROW_KEY: 0, **other}]})
    merged = brought(revisions, [{"giorno": "2028-08-08", "nota": "riscritta", "ore": 7}, TWO])
    assert told(merged) == [(f"/voci/1/{name}", Outcome.CONFLICT) for name in ("giorno", "nota", "ore")]
    assert bare(merged.answers["voci"]) == [TWO, other]


def test_rows_with_other_keys_are_two_however_alike_they_are() -> None:
    revisions = three({"voci": [ONE]}, {"voci": [{**ONE, "ore": 9, ROW_KEY: "00000001"}]})
    merged = brought(revisions, [{**ONE, "nota": "corretta"}])
    assert told(merged) == [("/voci/0", Outcome.PARALLEL), ("/voci/1", Outcome.CONFLICT)]
    both = brought(revisions, [{**ONE, "nota": "corretta"}], Decisions({}, Side.THEIRS))
    assert bare(both.answers["voci"]) == [{**ONE, "ore": 9}, {**ONE, "nota": "corretta"}]
    assert [row[ROW_KEY] for row in both.answers["voci"]] == ["00000001", revisions[0]["voci"][0][ROW_KEY]]


def test_a_second_row_like_one_that_was_printed_is_a_row_of_its_own() -> None:
    merged = brought(three({"voci": [ONE]}), [ONE, ONE])
    assert bare(merged.answers["voci"]) == [ONE, ONE] and told(merged) == [("/voci/1", Outcome.NEW)]
    assert len({row[ROW_KEY] for row in merged.answers["voci"]}) == 2


def test_a_row_that_was_moved_on_the_page_is_the_row_that_it_was() -> None:
    revisions = three({"voci": [ONE, TWO]}, {"voci": [{**ONE, "ore": 9, ROW_KEY: 0}, TWO]})
    merged = brought(revisions, [{}, TWO, ONE])
    assert not merged.fresh and told(merged) == [("/voci/0/ore", Outcome.PARALLEL)]


@pytest.mark.parametrize("since", [[ONE, {**TWO, "nota": "corretta"}], [ONE]])
def test_a_row_that_came_before_is_not_added_again_when_staff_corrected_it_or_took_it_away(since: list[Any]) -> None:
    revisions = traced(SCHEMA, [{"voci": [ONE]}, {"voci": [ONE, TWO]}])
    key = revisions[1]["voci"][1][ROW_KEY]
    rows_now = [ONE, *({**row, ROW_KEY: key} for row in since[1:])]
    merged = brought(traced(SCHEMA, [*revisions, {"voci": rows_now}]), [ONE, TWO])
    assert bare(merged.answers["voci"]) == since and not merged.fresh
    assert {one.outcome for one in merged.changes} == {Outcome.PARALLEL}


def test_a_conflict_keeps_its_place_whatever_is_decided_of_another() -> None:
    revisions = three({"voci": [ONE, TWO, THREE]}, {"voci": [{**THREE, ROW_KEY: 2}]})
    back = [{**ONE, "ore": 8}, {**TWO, "ore": 8}, THREE]
    places = [one.path for one in brought(revisions, back).conflicts]
    assert places == ["/voci/1", "/voci/2"]
    merged = brought(revisions, back, Decisions({"/voci/1": Side.OURS, "/voci/2": Side.THEIRS}))
    assert bare(merged.answers["voci"]) == [THREE, {**TWO, "ore": 8}] and not merged.conflicts


def test_a_key_is_nothing_that_anybody_reads() -> None:
    merged = brought(three({"voci": [ONE, THREE]}, {"voci": [{**THREE, ROW_KEY: 1}]}), [{**ONE, "ore": 8}, THREE, TWO])
    assert [one.path for one in merged.changes] == ["/voci/1", "/voci/2"]
    assert all(ROW_KEY not in row for one in merged.changes for row in (one.printed, one.stored, one.returned) if row)


# What was there before


@pytest.mark.parametrize("now", [{**ONE, "ore": 9}, ONE, {**ONE, "nota": "altra", "ore": 8}, None])
def test_an_answer_that_the_store_has_had_since_and_has_changed_again_is_no_news(now: dict[str, Any] | None) -> None:
    taken = {**ONE, "nota": "dal modulo"}
    revisions = traced(SCHEMA, [{"voci": [ONE, TWO]}, {"voci": [taken, TWO]}])
    key = revisions[0]["voci"][0][ROW_KEY]
    last = [*([{**now, ROW_KEY: key}] if now else []), revisions[1]["voci"][1]]
    merged = brought(traced(SCHEMA, [*revisions, {"voci": last}]), [taken, TWO])
    assert not merged.fresh and not merged.conflicts and {one.outcome for one in merged.changes} == {Outcome.PARALLEL}


def test_a_row_that_was_put_back_is_not_taken_away_by_the_old_file() -> None:
    revisions = three({"voci": [ONE, TWO]}, {"voci": [TWO]}, {"voci": [{**ONE, ROW_KEY: 0}, TWO]})
    assert [one.outcome for one in brought(revisions, [{}, TWO]).changes] == [Outcome.PARALLEL]
    assert [one.outcome for one in brought(revisions[:1], [{}, TWO]).changes] == [Outcome.NEW]


# No rows, and who says so


@pytest.mark.parametrize(
    ("printed", "stored", "returned", "outcome", "kept"),
    [
        (None, None, [], Outcome.NEW, []),
        ([], [], [], None, []),
        ([], [], None, Outcome.NEW, None),
        ([], [], [ONE], Outcome.NEW, [ONE]),
        ([], None, [], Outcome.PARALLEL, None),
        ([ONE], [ONE], [{}], Outcome.NEW, None),
        ([ONE], [ONE], [], Outcome.NEW, []),
        (None, [], [ONE], Outcome.CONFLICT, []),
        (None, [ONE], [], Outcome.CONFLICT, [ONE]),
    ],
)
def test_a_list_says_that_it_has_no_rows_only_where_somebody_said_so(
    printed: Any, stored: Any, returned: Any, outcome: Outcome | None, kept: Any
) -> None:
    versions = [{} if one is None else {"voci": one} for one in (printed, stored, returned)]
    merged = merge(SCHEMA, *versions)
    assert bare(merged.answers.get("voci")) == kept
    assert {one.outcome for one in merged.changes if one.outcome in (outcome, Outcome.CONFLICT)} == (
        {outcome} if outcome else set()
    )
    assert bool(merged.conflicts) is (outcome is Outcome.CONFLICT)


def test_who_says_that_there_are_no_rows_where_the_other_has_added_some_is_settled_by_a_person() -> None:
    ours, theirs = Decisions({}, Side.OURS), Decisions({"/voci": Side.THEIRS})
    assert merge(SCHEMA, {}, {"voci": []}, {"voci": [ONE]}, ours).answers == {"voci": []}
    assert bare(merge(SCHEMA, {}, {"voci": []}, {"voci": [ONE]}, theirs).answers) == {"voci": [ONE]}
    assert merge(SCHEMA, {}, {"voci": [ONE]}, {"voci": []}, theirs).answers == {"voci": []}


# At random


def test_triples_come_out_as_they_were_made_and_nothing_is_overwritten() -> None:
    """`python -m tests.sweep merging` makes ten thousand."""
    matrix = fates.found(fates.of_triple, FORMS, range(50))
    assert all(meant == found for meant, found in matrix), matrix
    assert {meant for meant, _ in matrix} == {"nulla", *Outcome} and sum(matrix.values()) > 1_500


def test_files_of_one_record_give_the_same_store_whichever_is_read_first() -> None:
    ends = fates.found(orders.of_pair, FORMS, range(25))
    assert ends.keys() == {"the same store", "a conflict in every order"} and ends["the same store"] > 10, ends


def test_the_trials_tell_rows_that_are_taken_for_others_and_answers_that_are_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(merging, "aligned", lambda before, now: {n: n for n in range(min(len(before), len(now)))})
        matrix = fates.found(fates.of_triple, FORMS, range(10))
        assert matrix["nothing", "extra"] and matrix["record", "wrong"]
    with monkeypatch.context() as patched:
        patched.setattr(merging, "outcome_of", lambda printed, stored, returned: outcome_of(printed, printed, returned))
        assert fates.found(fates.of_triple, FORMS, range(5))["silent", "lost"]
    with monkeypatch.context() as patched:
        patched.setattr(merging._Merger, "in_order", lambda self, rows, place: rows)
        assert fates.found(orders.of_pair, FORMS, range(20))["another store"]
