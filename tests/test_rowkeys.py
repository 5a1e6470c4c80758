"""A row keeps its key wherever it is moved and whatever is corrected in it; two rows never share one, and nobody reads it."""

from __future__ import annotations

import json
import random
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop_docs.answers import bare, prune
from pitstop_docs.asking import ISSUED
from pitstop_docs.errors import KitError
from pitstop_docs.jsontext import canonical
from pitstop_docs.records import ROW_KEY
from pitstop_docs.rowkeys import WELL_FORMED, aligned, key_of, keyed, lists, refused, traced
from pitstop_docs.transcription import written
from pitstop_docs.workspace import Workspace
from tests.doors import knock
from tests.kits import CASE, NOON, ROOT, TODAY, Kit, group, leaf, rows, seen, spoilt
from tests.pens import fill

FORMS = Workspace.at(ROOT, today=TODAY).forms
VOICES = {"voce": leaf("Voce"), "ore": leaf("Ore", "integer"), "codice": leaf("Codice")}
SCHEMA = group(
    "Scheda", {"nome": leaf("Nome"), "voci": rows("Voci", {**VOICES, "passi": rows("Passi", {"passo": leaf("Passo")})})}
)
ONE, TWO, THREE = ({"voce": f"voce {n}", "ore": n} for n in (1, 2, 3))


def kept(*revisions: list[Any]) -> list[list[Any]]:
    """The rows of each revision, with their keys."""
    return [list(one["voci"]) for one in traced(SCHEMA, [{"voci": told} for told in revisions])]


def keys(rows_told: list[Any]) -> list[str]:
    return [key_of(row) for row in rows_told]


# Which key a row has


def test_every_row_that_says_something_has_a_key_of_its_own() -> None:
    [told] = kept([ONE, {}, ONE, {"voce": " "}, TWO])
    assert [bool(key) for key in keys(told)] == [True, False, True, False, True]
    assert len(set(filter(None, keys(told)))) == 3 and all(WELL_FORMED.fullmatch(key) for key in keys(told) if key)


def test_the_same_rows_have_the_same_keys_whoever_keeps_them() -> None:
    assert kept([ONE, TWO]) == kept([ONE, TWO])
    [there], [here] = kept([ONE, TWO]), kept([TWO, ONE])
    assert keys(there) == keys(here)[::-1]


@pytest.mark.parametrize(
    ("later", "same"),
    [
        ([TWO, THREE, ONE], [1, 2, 0]),
        ([{**ONE, "ore": 9}, TWO, THREE], [0, 1, 2]),
        ([THREE, {**ONE, "ore": 9}], [2, 0]),
        ([{"voce": "altra", "ore": 8}, ONE], [None, 0]),
        ([ONE, ONE], [0, None]),
    ],
)
def test_a_row_without_a_key_has_that_of_the_earlier_row_that_it_is(later: list[Any], same: list[int | None]) -> None:
    before, now = kept([ONE, TWO, THREE], later)
    known = keys(before)
    assert [known.index(key) if key in known else None for key in keys(now)] == same


def test_a_row_that_states_its_key_keeps_it_even_rewritten() -> None:
    [first] = kept([ONE, TWO])
    rewritten = [{**first[1]}, {"voce": "tutta altra", "ore": 90, ROW_KEY: first[0][ROW_KEY]}]
    assert keys(kept([ONE, TWO], rewritten)[-1]) == keys(first)[::-1]


def test_beside_rows_that_state_their_keys_one_without_is_new_however_alike() -> None:
    [first] = kept([ONE, TWO])
    _, now = kept([ONE, TWO], [first[1], {**ONE, "ore": 9}])
    assert now[1][ROW_KEY] not in keys(first)
    _, now = kept([ONE, TWO], [first[1], ONE])
    assert now[1][ROW_KEY] == first[0][ROW_KEY], "but one that says the very same is the row that was there"


def test_a_row_that_says_what_another_said_first_is_another() -> None:
    [first] = kept([ONE])
    corrected = {**ONE, "ore": 9, ROW_KEY: first[0][ROW_KEY]}
    _, now = kept([ONE], [corrected, ONE])
    assert now[0][ROW_KEY] == first[0][ROW_KEY] != now[1][ROW_KEY]
    _, _, again = kept([ONE, TWO], [TWO], [TWO, ONE])
    assert again[1][ROW_KEY] != first[0][ROW_KEY], "a row taken away does not come back by chance"


def test_a_row_that_is_put_back_with_its_key_is_the_one_that_it_was() -> None:
    [first] = kept([ONE, TWO])
    assert keys(kept([ONE, TWO], [first[1]], first)[-1]) == keys(first)


@pytest.mark.parametrize("key", [5, None, [], {}, "", "x", "1234567", "ABCDEF12", "123456789", "12345678\n", True])
def test_what_is_no_key_is_replaced_and_told(key: Any) -> None:
    stated = {"voci": [{**ONE, ROW_KEY: key}]}
    told = keyed(SCHEMA, stated)
    assert told["voci"] == kept([ONE])[0]
    assert list(refused(stated, told)) == ["/voci/0"]


def test_of_two_rows_with_one_key_the_one_that_was_there_keeps_it() -> None:
    [first] = kept([ONE, TWO])
    copied = [{**first[0], "ore": 7}, first[0], first[1]]
    told = keyed(SCHEMA, {"voci": copied}, [{"voci": first}])
    assert keys(told["voci"])[1:] == keys(first) and told["voci"][0][ROW_KEY] not in keys(first)
    assert list(refused({"voci": copied}, told)) == ["/voci/0"]


def test_rows_in_rows_have_keys_of_their_own_and_follow_their_row() -> None:
    first = {**ONE, "passi": [{"passo": "a"}, {"passo": "b"}]}
    second = {**TWO, "passi": [{"passo": "a"}]}
    before, now = kept([first, second], [{**second, "ore": 9}, {**first, "passi": [{"passo": "b"}, {"passo": "c"}]}])
    assert keys(now) == keys(before)[::-1]
    assert keys(now[0]["passi"]) == keys(before[1]["passi"])
    assert keys(now[1]["passi"])[0] == keys(before[0]["passi"])[1]
    assert keys(now[1]["passi"])[1] not in keys(before[0]["passi"])


def test_what_is_no_row_is_left_as_it_is() -> None:
    odd = {"voci": ["testo", 3, None, [ONE]], "nome": {ROW_KEY: "x"}, "altro": [{ROW_KEY: "y", "a": 1}]}
    assert keyed(SCHEMA, odd) == odd
    assert keyed(SCHEMA, {"voci": {"a": 1}}) == {"voci": {"a": 1}}


def test_rows_are_known_by_key_then_by_code_then_by_sameness_then_by_likeness() -> None:
    assert aligned([ONE, TWO, THREE], [THREE, {**ONE, "ore": 5}, {"voce": "altra"}]) == {0: 2, 1: 0}
    assert aligned([ONE, ONE], [ONE, ONE, ONE]) == {0: 0, 1: 1}
    assert aligned([{"codice": "A"}, {"codice": "B"}], [{"codice": "B"}, {"codice": "C"}]) == {0: 1}
    assert aligned([{**ONE, ROW_KEY: "00000001"}, TWO], [{**TWO, ROW_KEY: "00000001"}, {**ONE, ROW_KEY: "00000002"}]) == {0: 0}
    assert aligned([], [ONE]) == {}


def test_thousands_of_rows_without_keys_are_told_apart_in_no_time() -> None:
    many = [{"voce": f"v{n}", "ore": n % 7} for n in range(4000)]
    other = [{"voce": f"w{n}", "ore": n % 7} for n in range(2000)] + many[2000:]
    before, now = kept(many, other)
    assert keys(now)[2000:] == keys(before)[2000:] and not set(keys(now)[:2000]) & set(keys(before))
    assert len(set(keys(kept([ONE] * 2000)[0]))) == 2000


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_whatever_is_stated_is_kept_with_keys_that_no_two_rows_share(data: st.DataObject) -> None:
    form = FORMS[data.draw(st.sampled_from(sorted(FORMS)))]
    told = [_with_keys(data.draw(st.integers()), data.draw(spoilt(form.schema))) for _ in range(2)]
    revisions = traced(form.schema, told)
    assert canonical(prune({"": told})) == canonical(prune({"": revisions}))
    assert traced(form.schema, revisions) == revisions
    for one in revisions:
        assert all(len(set(keys(found))) == len(found) for _, found in lists(form.schema, one))


def _with_keys(seed: int, value: Any) -> Any:
    """The same with keys here and there, most of them no keys at all."""
    rng = random.Random(seed)  # noqa: S311  # an experiment to repeat, no secret
    if isinstance(value, dict):
        told = {name: _with_keys(rng.randrange(999), one) for name, one in value.items()}
        return {**told, ROW_KEY: rng.choice(["12345678", "x", 5, None, [], {"a": 1}])} if rng.random() < 0.3 else told
    return [_with_keys(rng.randrange(999), one) for one in value] if isinstance(value, list) else value


# Who sees it


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    kit = Kit.at(tmp_path)
    told: dict[str, Any] = {"uniqueItems": True}
    kit.form("scheda", {"nome": leaf("Nome"), "voci": rows("Voci", VOICES, required=["voce"], **told)}, required=["voci"])
    kit.template(
        "scheda",
        "Nome {{ scheda.nome }}",
        [["Voce", "Ore"], ["{%tr for v in scheda.voci %}", ""], ["{{ v.voce }}", "{{ v.ore }}"], ["{%tr endfor %}", ""]],
        "{% if scheda.voci %}ci sono{% endif %}",
    )
    return kit


def shown(kit: Kit, *words: str) -> dict[str, Any]:
    return dict(json.loads(knock(kit.root, "show", "scheda", "--case", CASE, *words).out))


def keep(kit: Kit, told: Any, *words: str) -> Any:
    return knock(kit.root, "keep", "scheda", "-", "--case", CASE, *words, text=json.dumps(told))


def test_what_was_shown_is_kept_again_as_nothing_new(kit: Kit) -> None:
    kit.keep("scheda", {"nome": "Amina", "voci": [ONE, TWO]})
    told = shown(kit)
    assert all(WELL_FORMED.fullmatch(row[ROW_KEY]) for row in told["voci"])
    other = {**told, "voci": [{**told["voci"][0], ROW_KEY: "0000000f"}, told["voci"][1]]}
    for answers in (told, bare(told), other):
        again = keep(kit, answers)
        assert again.code == 0 and "nulla di nuovo" in again.err
    moved = keep(kit, {**told, "voci": told["voci"][::-1]})
    assert "revisione 2" in moved.err and shown(kit)["voci"] == told["voci"][::-1]


def test_a_key_is_no_answer(kit: Kit) -> None:
    form = kit.forms["scheda"]
    told = keyed(form.schema, {"nome": "Amina", "voci": [ONE, ONE, {"ore": 3}, {}]})
    assert form.findings(told) == form.findings(bare(told))
    assert {one.rule for one in form.findings(told)} == {"MOD-001", "MOD-012"}
    assert form.typed(told).values.keys() == form.typed(bare(told)).values.keys()
    assert written(form, told) == written(form, bare(told))
    assert seen(kit.fill("scheda", scheda=told).content) == seen(kit.fill("scheda", scheda=bare(told)).content)
    only = {"voci": [{ROW_KEY: "12345678"}]}
    assert form.findings(only) == form.findings({"voci": [{}]}) and keyed(form.schema, only) == {"voci": [{}]}
    assert [one.rule for one in form.findings({ROW_KEY: "12345678", "voci": [ONE]})] == ["MOD-008"]


def test_a_key_that_cannot_be_is_told_to_whoever_wrote_it(kit: Kit) -> None:
    told = keep(kit, {"voci": [{**ONE, ROW_KEY: "a mano"}, {**TWO, ROW_KEY: {"x": []}}]}, "--json")
    assert told.code == 0 and [(one["rule"], one["path"]) for one in told.json] == [
        ("MOD-018", "/voci/0"),
        ("MOD-018", "/voci/1"),
    ]
    assert "a mano" not in told.out
    told = keep(kit, {"voci": [{**row, "ore": 9} for row in shown(kit)["voci"][:1] * 2]})
    assert "Voci 2 – La chiave scritta per la riga" in told.out and told.code == 1, "two equal rows are told, too"


def test_the_key_that_was_there_is_no_field_that_differs(kit: Kit) -> None:
    kit.keep("scheda", {"voci": [ONE, TWO]})
    keep(kit, {"voci": [{**ONE, "ore": 8}, TWO]}, "--base", "1")
    refused_words = keep(kit, {"voci": [{"voce": "tutta altra"}, TWO]}, "--base", "1").err
    assert "/voci/0/voce" in refused_words and ROW_KEY not in refused_words


def test_a_field_cannot_be_called_as_the_key_is(tmp_path: Path) -> None:
    kit = Kit.at(tmp_path)
    kit.form("scheda", {"voci": rows("Voci", {ROW_KEY: leaf("Riga")})})
    with pytest.raises(KitError, match="la chiave delle righe"):
        _ = kit.forms["scheda"].schema


def test_records_from_before_the_keys_are_read_and_get_theirs_with_the_next_revision(kit: Kit) -> None:
    with kit.workspace().store(create=True) as store:
        told = {"case": CASE, "form": "scheda", "author": "", "saved_at": NOON}
        store.append(data={"nome": "Amina", "voci": [ONE, TWO]}, number=0, based_on=0, **told)
    assert shown(kit) == {"nome": "Amina", "voci": [ONE, TWO]}
    assert "nulla di nuovo" in keep(kit, {"nome": "Amina", "voci": [ONE, TWO]}).err
    assert "revisione 2" in keep(kit, {"nome": "Amina", "voci": [{**TWO, "ore": 7}, ONE]}).err
    assert keys(shown(kit)["voci"]) == keys(kept([ONE, TWO])[0])[::-1]


# On an issued form


needs_pages = pytest.mark.skipif(find_spec("weasyprint") is None, reason="WeasyPrint is not installed")


def issued(kit: Kit) -> Path:
    told = knock(kit.root, "ask", "scheda", "--case", CASE)
    assert told.code == 0, told
    return Path(told.out.strip())


def returned(folder: Path, source: Path, name: str, answers: dict[str, str | bool]) -> str:
    path = folder / name
    path.write_bytes(fill(source, answers))
    return str(path)


@needs_pages
def test_an_issued_form_remembers_the_keys_and_prints_none(kit: Kit) -> None:
    kit.keep("scheda", {"nome": "Amina", "voci": [ONE, TWO]})
    issued(kit)
    with kit.workspace().store() as store:
        [issue] = store.documents(CASE, ISSUED + "scheda")
    told = issue.manifest["issued"]
    assert keys(told["answers"]["voci"]) == keys(shown(kit)["voci"]) and all(keys(told["answers"]["voci"]))
    assert ROW_KEY not in canonical({"values": told["values"], "places": issue.manifest["places"]})


@needs_pages
def test_files_read_in_either_order_give_the_same_rows_and_a_rewritten_row_is_one(kit: Kit, tmp_path_factory: Any) -> None:
    kit.keep("scheda", {"nome": "Amina", "voci": [ONE, TWO]})
    page, folder = issued(kit), tmp_path_factory.mktemp("tornati")
    rewritten = {**shown(kit)["voci"][0], "voce": "riscritta in ufficio", "ore": 80}
    keep(kit, {"nome": "Amina", "voci": [shown(kit)["voci"][1], rewritten]})
    files = [
        returned(folder, page, "uno.pdf", {"/voci/r2/ore": "9", "/voci/r3/voce": "zeta", "/voci/r4/voce": "alfa"}),
        returned(folder, page, "due.pdf", {"/nome": "Amina A.", "/voci/r3/voce": "alfa", "/voci/r4/voce": "beta"}),
    ]
    ends = []
    for order in (files, files[::-1]):
        house = Kit(Path(shutil.copytree(kit.root, folder / f"casa{len(ends)}")))
        told = [knock(house.root, "read", one) for one in order]
        assert [one.code for one in told] == [0, 0], told
        before = shown(house)
        assert "Nulla di nuovo" in knock(house.root, "read", order[0]).out and shown(house) == before
        ends.append(before)
    assert ends[0] == ends[1]
    assert [row["voce"] for row in ends[0]["voci"]] == ["voce 2", "riscritta in ufficio", "alfa", "zeta", "beta"]
    clash = knock(kit.root, "read", returned(folder, page, "tre.pdf", {"/voci/r1/voce": "riscritta fuori", "/voci/r1/ore": "7"}))
    assert clash.code == 1 and "conflitto  Voci 2, Voce" in clash.out and clash.out.count("conflitto") == 2
    assert len(shown(kit)["voci"]) == 2


@needs_pages
def test_the_box_that_says_none_and_a_page_left_blank_are_told_apart(kit: Kit) -> None:
    kit.keep("scheda", {"nome": "Amina", "voci": [ONE]})
    emptied: dict[str, str | bool] = {f"/voci/r1/{name}": "" for name in ("voce", "ore")}
    page = issued(kit)
    knock(kit.root, "read", returned(kit.root, page, "vuoto.pdf", emptied))
    assert "voci" not in shown(kit)
    kit.keep("scheda", {"nome": "Amina", "voci": [ONE]})
    knock(kit.root, "read", returned(kit.root, issued(kit), "nessuno.pdf", {**emptied, "/voci=nessuno": True}))
    assert shown(kit)["voci"] == []
    told = knock(kit.root, "read", returned(kit.root, issued(kit), "com-era.pdf", {}))
    assert "Nulla di nuovo" in told.out and shown(kit)["voci"] == []
