"""What was printed, what the store has now and what came back are brought together: nobody's answer is lost in silence."""

import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest

from pitstop_docs import jsontext
from pitstop_docs.merging import ABSENT, Change, Decisions, Merged, Outcome, Side, aligned, merge
from tests.kits import group, leaf, rows

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
    assert merged.answers["voci"] == [ONE, TWO]
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
    assert merged.answers["voci"] == [ONE, TWO]
    assert not merged.conflicts


def test_no_rows_anywhere_stay_as_they_were_stated() -> None:
    assert merge(SCHEMA, {"voci": []}, {"voci": []}, {}).answers == {"voci": []}
    assert merge(SCHEMA, {}, {}, {}).answers == {}


def test_rows_are_matched_by_code_then_by_sameness_then_by_likeness() -> None:
    assert aligned([ONE, TWO, THREE], [THREE, {**ONE, "ore": 5}, {"nota": "altra"}]) == {0: 2, 1: 0}
    assert aligned([ONE, ONE], [ONE, ONE, ONE]) == {0: 0, 1: 1}
    assert aligned([{"codice": "A"}, {"codice": "B"}], [{"codice": "B"}, {"codice": "C"}]) == {0: 1}
    assert aligned([], [ONE]) == {}


# At random


def answers(rng: random.Random) -> dict[str, Any]:
    """A record with every answer stated; each text is told from every other."""
    return {
        "nome": word(rng),
        "vero": rng.random() < 0.5,
        "lingue": [word(rng)],
        "casa": {"via": word(rng), "civico": word(rng)},
        "obiettivi": [{"codice": f"O{n}", "nota": word(rng), "giorno": word(rng), "ore": rng.randrange(10**6)} for n in range(4)],
    }


def word(rng: random.Random) -> str:
    return f"{rng.randrange(10**12):012}"


def plain(value: Any, path: str = "") -> dict[str, Any]:
    """Each answer of a record by its place; rows by their code."""
    if isinstance(value, Mapping):
        return {key: one for name, inner in value.items() for key, one in plain(inner, f"{path}/{name}").items()}
    if isinstance(value, list) and value and isinstance(value[0], Mapping):
        return {key: one for row in value for key, one in plain(row, f"{path}/{row['codice']}").items()}
    return {path: value}


def changed(rng: random.Random, printed: dict[str, Any], places: Mapping[str, Any]) -> dict[str, Any]:
    """The record with another answer at some places."""
    text = jsontext.canonical(printed)
    found = jsontext.load(text)
    for place, value in places.items():
        *steps, last = place.strip("/").split("/")
        holder: Any = found
        for step in steps:
            holder = next(row for row in holder if row["codice"] == step) if isinstance(holder, list) else holder[step]
        holder[last] = value
    rng.shuffle(found["obiettivi"])
    return dict(found)


def other(rng: random.Random, value: Any) -> Any:
    return not value if isinstance(value, bool) else [word(rng)] if isinstance(value, list) else f"nuovo {word(rng)}"


def test_ten_thousand_triples_come_out_as_they_were_made_and_nothing_is_overwritten() -> None:
    """Each place is given a fate first, and the three versions are made from the fates."""
    rng = random.Random(4)  # noqa: S311  # an experiment to repeat, no secret
    matrix: Counter[tuple[Outcome | None, Outcome | None]] = Counter()
    for _ in range(2_000):
        printed = answers(rng)
        fates, ours, theirs, kept = {}, {}, {}, {}
        for place, value in plain(printed).items():
            if place.endswith("/codice"):
                continue
            fate = rng.choice([None, None, *Outcome])
            fates[place], one, two = fate, other(rng, value), other(rng, value)
            if fate in (Outcome.PARALLEL, Outcome.CONFLICT, Outcome.SAME):
                ours[place] = one
            if fate in (Outcome.NEW, Outcome.CONFLICT, Outcome.SAME):
                theirs[place] = one if fate is not Outcome.CONFLICT or isinstance(value, bool) else two
            kept[place] = theirs[place] if fate is Outcome.NEW else ours.get(place, value)
            if fate is Outcome.CONFLICT and isinstance(value, bool):
                fates[place] = Outcome.SAME  # of a yes or no there is only one other answer
        stored, returned = changed(rng, printed, ours), changed(rng, printed, theirs)
        returned["obiettivi"].sort(key=lambda row: row["codice"])
        merged = merge(SCHEMA, printed, stored, returned)
        got = {by_code(merged, one): one.outcome for one in merged.changes}
        for place, fate in fates.items():
            matrix[fate, got.pop(place, None)] += 1
        assert got == {}
        assert {place: value for place, value in plain(merged.answers).items() if not place.endswith("/codice")} == kept
    assert sum(matrix.values()) > 10_000
    assert all(made is found for made, found in matrix), matrix


def by_code(merged: Merged, change: Change) -> str:
    """The place of a change with the row's code for its number."""
    steps = change.path.strip("/").split("/")
    if steps[0] == "obiettivi":
        steps[1] = merged.answers["obiettivi"][int(steps[1])]["codice"]
    return "/" + "/".join(steps)


def test_two_files_of_one_issue_give_the_same_record_whichever_is_read_first() -> None:
    rng = random.Random(5)  # noqa: S311  # the same
    for _ in range(500):
        plainly = answers(rng)
        printed = {**plainly, "voci": [ONE, TWO]}
        places = [place for place in plain(plainly) if not place.endswith("/codice")]
        rng.shuffle(places)
        files = []
        for mine in (places[::2], places[1::2]):
            theirs = {place: other(rng, plain(plainly)[place]) for place in mine[: rng.randrange(4)]}
            one = changed(rng, printed, theirs)
            one["obiettivi"].sort(key=lambda row: row["codice"])
            new = [{"nota": word(rng)} for _ in range(rng.randrange(3))]
            files.append({**one, "voci": [ONE, TWO, *new]})
        ends = []
        for order in (files, files[::-1]):
            record: Mapping[str, Any] = printed
            for one in order:
                merged = merge(SCHEMA, printed, record, one)
                assert not merged.conflicts
                record = merged.answers
            again = merge(SCHEMA, printed, record, order[-1])
            assert again.answers == record and not again.fresh, "the same file twice changes nothing"
            ends.append(record)
        assert jsontext.canonical(ends[0]) == jsontext.canonical(ends[1])
