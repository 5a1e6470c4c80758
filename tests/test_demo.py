"""The demonstration: in seconds, everything that can be made from the invented cases, and nothing that should not be seen."""

from __future__ import annotations

import io
import json
import re
import sys
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from pitstop_docs import demo as demonstration
from pitstop_docs.answers import leaves
from pitstop_docs.fillers import acroform
from pitstop_docs.forms import Form, load_forms
from pitstop_docs.templates import load_templates
from tests.doors import Answer, knock, outputs
from tests.kits import ROOT, seen

EXAMPLES = ROOT / "examples"
FORMS = load_forms(ROOT / "forms", ROOT / "schemas", ROOT / "rules" / "paesi.json")
TEMPLATES = load_templates(ROOT / "templates")
CASES = sorted(path.name for path in EXAMPLES.iterdir() if path.is_dir() and path.name != "progetto")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the demonstration, made once for all the processes of a test run."""
    shared = tmp_path_factory.getbasetemp()
    shared = shared.parent if shared.name.startswith("popen-") else shared  # pytest-xdist gives each process its own
    folder, told = shared / "demo", shared / "demo.json"
    try:
        (shared / "demo.lock").mkdir()
    except FileExistsError:
        for _ in range(600):
            if told.exists():
                return folder
            time.sleep(0.2)
    answer = knock(shared, "demo", str(folder))
    (shared / "demo.part").write_text(json.dumps([answer.code, answer.out, answer.err]), encoding="utf-8")
    (shared / "demo.part").rename(told)
    return folder


def said(demo: Path) -> Answer:
    return Answer(*json.loads(demo.with_suffix(".json").read_text(encoding="utf-8")))


def documents(demo: Path) -> Iterator[tuple[str, str, str]]:
    """Each document as its case (empty for the project), its kind and its text."""
    for name, content in outputs(demo).items():
        if name.endswith((".docx", ".pdf")):
            told = json.loads(outputs(demo)[f"{name.removesuffix('.docx')}.manifest.json"])
            yield told["case"], told["kind"], read(content)


@cache
def read(content: bytes) -> str:
    return held(content) if content.startswith(b"%PDF") else seen(content)


def held(content: bytes) -> str:
    """What a filled form says: its fields, and its pages with the annex."""
    reader = PdfReader(io.BytesIO(content))
    fields = [str(field.value) for field in acroform.form(reader).fields]
    return "\n".join([*fields, *(page.extract_text() for page in reader.pages)])


def answers(case: str, form: str) -> Iterator[tuple[Form, dict[str, Any]]]:
    for path in sorted((EXAMPLES / (case or "progetto")).glob("*.json")):
        if form in ("*", path.stem.partition("-")[0]):
            yield FORMS[path.stem.partition("-")[0]], json.loads(path.read_text(encoding="utf-8"))


def test_a_table_says_what_was_made_and_what_is_missing_where(demo: Path) -> None:
    told = said(demo)
    assert told.code == 0 and told.err == ""
    lines = told.out.splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == ["progetto", *CASES]
    made = len(list(documents(demo)))
    assert lines[-1].startswith(f"{made} documenti in {demo / 'outputs'}.")
    assert sum(int(re.split(r" {2,}", line)[-2].split()[-1]) for line in lines[1:-1]) == made


def test_there_are_a_dozen_cases_and_every_kind_is_made(demo: Path) -> None:
    assert len(CASES) >= 12
    assert {kind for _, kind, _ in documents(demo)} == set(TEMPLATES)
    assert {case for case, _, _ in documents(demo)} <= {"", *CASES}


def test_the_gaps_that_the_cases_declare_are_in_the_table(demo: Path) -> None:
    told = json.loads((EXAMPLES / "demo.json").read_text(encoding="utf-8"))
    rows = {line.split()[0]: line for line in said(demo).out.splitlines()}
    for case in told["cases"]:
        if case.get("complete"):
            assert rows[case["code"]].endswith("–"), case["code"]


def test_a_second_time_changes_nothing(demo: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files_of(demo)}
    again = knock(demo.parent, "demo", str(demo))
    assert again == said(demo)
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files_of(demo)} == before


def files_of(demo: Path) -> list[Path]:
    return sorted(path for path in demo.rglob("*") if path.is_file() and not path.name.startswith("pitstop.db"))


def test_the_demonstration_is_a_workspace_like_any_other(demo: Path) -> None:
    paths = [str(demo / "outputs" / name) for name in outputs(demo) if not name.endswith(".json")]
    told = knock(demo, "verify", *paths)
    assert told.code == 0 and told.out.count("intatto") == len(paths)
    rows = knock(demo, "status").out.splitlines()
    assert [line.split()[0] for line in rows[1:]] == CASES


def test_a_short_run_may_be_told_in_json(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pitstop_docs.demo.answers", lambda examples, workspace: iter(()))
    told = knock(tmp_path, "demo", str(tmp_path / "vuota"), "--json")
    assert (told.code, told.json) == (0, [{"case": "", "line": "", "made": [], "missing": {}}])


def test_a_name_that_this_computer_cannot_draw_is_told_and_the_rest_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    every = demonstration.answers
    monkeypatch.setattr(demonstration, "answers", lambda *told: (one for one in every(*told) if one[1] in ("", "PST-015")))
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    told = knock(tmp_path, "demo", str(tmp_path / "prova"))
    assert told.code == 0
    assert "PST-015, comunicazione_ospitalita: «Cognome» ha lettere che il modulo da sé non sa scrivere. Manca" in told.out
    assert [name for name in outputs(tmp_path / "prova") if "PST-015" in name and name.endswith(".docx")]


def test_a_file_where_the_folder_should_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "prova").write_bytes(b"")
    told = knock(tmp_path, "demo", str(tmp_path / "prova"))
    assert told.code == 5 and "un pezzo del percorso è un file" in told.err


# Whose data


def test_no_name_is_in_a_file_name_or_a_manifest(demo: Path) -> None:
    told = " ".join(name + content.decode() for name, content in outputs(demo).items() if name.endswith(".json")).casefold()
    told += " ".join(outputs(demo)).casefold()
    for case in CASES:
        for _, data in answers(case, "persona"):
            for key in ("cognome", "nome", "cf"):
                assert f"{data.get(key, '?')}".casefold() not in told


def test_the_documents_of_a_case_hold_no_other_case(demo: Path) -> None:
    surnames = {case: data.get("cognome", "") for case in CASES for _, data in answers(case, "persona")}
    codes = {case: data.get("cf", "") for case in CASES for _, data in answers(case, "persona")}
    for case, kind, text in documents(demo):
        if case:
            own = json.dumps([data for _, data in answers(case, "*")], ensure_ascii=False)
            for other in set(CASES) - {case}:
                assert other not in text, (case, kind, other)
                for told in (surnames.get(other), codes.get(other)):
                    assert not told or told in own or not re.search(rf"\b{re.escape(told)}\b", text), (case, kind, other)


def test_what_the_recipient_may_not_see_is_in_no_document(demo: Path) -> None:
    shown = json.loads((ROOT / "rules" / "pitstop.json").read_text(encoding="utf-8"))["recipients"]
    checked = 0
    for case, kind, text in documents(demo):
        visible = shown[TEMPLATES[kind].recipient]
        for form, data in answers(case, "*"):
            for path, value, schema in leaves(form.schema, data):
                if isinstance(value, str) and len(value) > 15 and schema.get("x-privacy") not in {*visible, None}:
                    checked += 1
                    assert value not in text, (case, kind, form.name, path)
    assert checked


def test_a_protected_address_is_in_no_document(demo: Path) -> None:
    hidden = [(case, data) for case in CASES for _, data in answers(case, "persona") if data.get("indirizzo_protetto")]
    assert hidden
    for case, data in hidden:
        streets = [value["via"] for key, value in data.items() if isinstance(value, dict) and "via" in value]
        for owner, kind, text in documents(demo):
            assert owner != case or not any(street in text for street in streets), (case, kind)
