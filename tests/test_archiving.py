"""The archive copy: everything that was kept is on its pages and inside it, once for each revision, and it proves itself."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from pitstop_docs import files, formats, jsontext
from pitstop_docs.answers import prune
from pitstop_docs.archiving import ARCHIVED, Origin, archived
from pitstop_docs.errors import FileError, UnknownError
from pitstop_docs.fillers import pdf as pdf_facts
from pitstop_docs.fillers.readout import BLANK, Readout, marked_up
from pitstop_docs.findings import Severity
from pitstop_docs.forms import Form
from pitstop_docs.identity import Identity
from pitstop_docs.jsontext import under
from pitstop_docs.records import Record
from tests.doors import knock
from tests.kits import CASE, NOON, ROOT, Kit, answers, choice, group, leaf, rows, spoilt
from tests.test_properties import FORMS, tried

pytest.importorskip("weasyprint", reason="WeasyPrint, or its Pango, is not installed", exc_type=(ImportError, OSError))

WHO = Identity("scheda", "1.0.0", CASE, 3, "0123456789abcdef")
CAME_BACK = Origin(b"%PDF-1.7\n" + bytes(range(256)) * 40, WHO, "pronto")
SCORES = {str(one): f"{one} – livello" for one in range(6)}
FIELDS = {
    "cognome": leaf("Cognome", privacy="identificativo"),
    "data": leaf("Data", format="date"),
    "importo": leaf("Importo", format="euro"),
    "ore": leaf("Ore", "number", x_unit="ore"),
    "vero": leaf("Vero", "boolean"),
    "esito": choice("Esito", {"si": "Attivata", "no": "Non attivata"}),
    "quando": leaf("Attivata il", format="date"),
    "manca": leaf("Obbligatoria"),
    "nota": leaf("Nota", x_long=True),
    "nomi": {**leaf("Altri nomi"), "type": "array", "items": leaf("Nome")},
    "vuoto": rows("Elenco vuoto", {"voce": leaf("Voce")}),
    "voci": rows("Voci", {"voce": leaf("Voce"), "entro": leaf("Entro", format="date")}),
    "abitare": group(
        "Abitare",
        {
            "punteggio": leaf("Punteggio", "integer", enum=list(range(6)), x_labels=SCORES),
            "delta": leaf(
                "Differenza", "integer", readOnly=True, x_computed={"fn": "delta"}, x_labels={"2": "+2", "0": "0", "-2": "−2"}
            ),
        },
    ),
}
ONLY_IF = {
    "if": {"properties": {"esito": {"const": "si"}}, "required": ["esito"]},
    "then": {"required": ["quando"]},
    "else": {"properties": {"quando": False}},
}
DATA: dict[str, Any] = {
    "cognome": "Zxqcanarino <b>&{{ x }}",
    "data": "2026-03-06",
    "importo": "1250.50",
    "ore": 2,
    "vero": False,
    "esito": "no",
    "nota": "prima riga\n\n=SOMMA(1)",
    "nomi": ["محمد عبد الرحمن", "Мирослава Їжакевич", "মোহাম্মদ উদ্দিন"],
    "vuoto": [],
    "voci": [{"voce": "uno", "entro": "2026-12-31"}, {"voce": "due"}],
    "abitare": {"punteggio": 4},
}


def kit_at(root: Path) -> Kit:
    kit = Kit.at(root)
    kit.form("progetto", {"comune": leaf("Comune"), "cup": leaf("CUP")}, scope="progetto")
    kit.form("scheda", FIELDS, required=["manca"], schema={"allOf": [ONLY_IF]}, many=True, date="/data", opens_case=True)
    kit.rules(page_header=["progetto#/comune", "CUP progetto#/cup"])
    kit.keep("progetto", {"comune": "Comune di prova", "cup": "B31H22000280006"}, case="")
    return kit


BRIEF = {"cognome": "Zxqcanarino"}
"""A record where it does not matter what is in it."""


def keep(kit: Kit, data: Mapping[str, Any] = DATA, number: int | None = None) -> Record:
    return kit.keep("scheda", data, number=number).record


def copy(kit: Kit, record: Record, origin: Origin | None = CAME_BACK) -> Path:
    return archived(kit.workspace(), record, origin, now=NOON)


def read(path: Path) -> str:
    """The words of the pages, in one line."""
    return " ".join(" ".join(pdf_facts.facts(path.read_bytes()).pages).split())


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return kit_at(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Kit, Path]:
    """A kit with one archive copy in it, to look at."""
    kit = kit_at(tmp_path_factory.mktemp("archivio"))
    return kit, copy(kit, keep(kit))


# ── what is on the pages ─────────────────────────────────────────────────────────────────────────────────────────────


def test_the_page_says_whose_answers_these_are_and_where_they_come_from(shared: tuple[Kit, Path]) -> None:
    words = read(shared[1])
    assert "Comune di prova CUP B31H22000280006" in words
    assert "Modulo D99 · caso PST-001 · n. 1 · revisione 1" in words
    assert "il 05/03/2026 alle 12:00 (ora UTC) da A. Bianchi" in words
    assert "copia n. 3, versione 1.0.0; esito della lettura: pronto" in words
    assert CAME_BACK.sha256 in words
    assert "«dati.json», le risposte com’erano conservate; «modulo-tornato.pdf», il file com’è tornato" in words
    assert "pagina 1 di 1" in words


def test_each_question_stands_with_its_answer_in_words(shared: tuple[Kit, Path]) -> None:
    words = read(shared[1])
    for said in (
        "Cognome Zxqcanarino <b>&{{ x }}",
        "Data 06/03/2026",
        "Importo 1.250,50",
        "Ore 2 ore",
        "Vero no",
        "Esito Non attivata",
        "Nota prima riga =SOMMA(1)",
        "Elenco vuoto nessuno",
        "n. Voce Entro 1 uno 31/12/2026 2 due —",
        "Punteggio 4 – livello",
        f"Obbligatoria {BLANK} Manca la risposta.",
    ):
        assert said in words, said


def test_what_the_other_answers_forbid_is_left_out_and_what_they_ask_for_is_not(kit: Kit) -> None:
    assert "Attivata il" not in read(copy(kit, keep(kit)))
    second = read(copy(kit, keep(kit, {**DATA, "esito": "si"})))
    assert f"Attivata il {BLANK} Manca la risposta." in second


def test_a_computed_difference_has_its_sign(kit: Kit) -> None:
    keep(kit, {**DATA, "data": "2026-01-01", "abitare": {"punteggio": 2}})
    assert "Differenza +2" in read(copy(kit, keep(kit)))


def test_what_the_form_refuses_or_does_not_know_is_told_all_the_same(kit: Kit) -> None:
    odd = {"data": "domani", "esito": "boh", "abitare": "tutto bene", "voci": [{"voce": {"a": "dentro"}}, "riga sola"]}
    words = read(copy(kit, keep(kit, {**odd, "mai_visto": {"lista": ["uno", {"b": "c<d"}]}})))
    assert "Data domani" in words
    assert "Esito boh Il valore non è tra quelli ammessi." in words
    assert "/abitare tutto bene" in words
    assert "/voci/0/voce/a dentro" in words
    assert "/voci/1 riga sola" in words
    assert "Altri dati conservati, che il modulo non chiede" in words
    assert "/mai_visto/lista/0 uno" in words and "/mai_visto/lista/1/b c<d" in words


def test_a_long_text_and_many_rows_flow_over_pages_whole(kit: Kit) -> None:
    long = " ".join(f"parola{n:04}" for n in range(1800))
    many = [{"voce": f"voce{n:02}", "entro": "2026-12-31"} for n in range(40)]
    words = read(copy(kit, keep(kit, {**DATA, "nota": long, "voci": many}))).split()
    assert [one for one in words if one.startswith("parola")] == long.split()
    assert [one for one in words if one.startswith("voce")] == [f"voce{n:02}" for n in range(40)]
    assert words.count("n.") > 2, "the head of the table stands again on the next page"


def test_a_name_that_is_written_from_the_right_is(shared: tuple[Kit, Path]) -> None:
    form = shared[0].forms["scheda"]
    body = marked_up(Readout(form, (), "", (), "", DATA, {}))
    assert "<p class=value dir=rtl>محمد عبد الرحمن</p>" in body
    assert "<p class=value>Мирослава Їжакевич</p>" in body


class _Told(HTMLParser):
    """The paragraphs that tell answers, in order."""

    def __init__(self, body: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "p" and dict(attrs).get("class") == "value"
        if self.inside:
            self.found.append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag != "p"

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


def leaves(schema: Mapping[str, Any], value: Any, path: str = "") -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Every plain value of the answers with the schema of its place, if there is one; what is computed is not stated."""
    if schema.get("readOnly"):
        return
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from leaves(schema.get("properties", {}).get(key, {}), one, under(path, key))
    elif isinstance(value, list):
        for one in value:
            yield from leaves(schema.get("items", {}), one, f"{path}/*")
    elif value is not None:
        yield schema, value


def ways(form: Form, schema: Mapping[str, Any], value: Any) -> list[str]:
    """How a value may stand on the page: in words, or where it is out of place as it was stated."""
    written = formats.FORMATS.get(schema.get("format", ""))
    found = [schema.get("x-labels", {}).get(str(value))]
    found += [form.countries.get(str(value))] if schema.get("format") == "paese" else []
    if written and isinstance(value, str):
        try:
            found.append(formats.show(written.value(value)))
        except ValueError:
            found.append(None)
    found.append(formats.show(value))
    unit = f" {schema['x-unit']}" if "x-unit" in schema and not isinstance(value, str) else ""
    return [one + unit for one in found if one is not None]


def untold(form: Form, data: Mapping[str, Any]) -> list[Any]:
    """The values that are not on the page; one that stands twice has to be told twice."""
    stated = prune(data)
    found = form.findings(stated)
    remarks = {one.path: one.message for one in found if one.severity is not Severity.INFO}
    body = marked_up(Readout(form, (), "", (), "", stated, remarks))
    told = Counter(_Told(body).found)
    joined = Counter(piece for one in told.elements() if "; " in one for piece in one.split("; "))
    left = []
    for schema, value in leaves(form.schema, stated):
        for way in ways(form, schema, value):
            lines = Counter(line for line in way.split("\n") if line.strip())
            place = next((place for place in (told, joined) if lines <= place), None)
            if place is not None:
                place.subtract(lines)
                break
        else:
            left.append(value)
    return left


@pytest.mark.parametrize("form", FORMS.values(), ids=list(FORMS))
def test_nothing_that_was_answered_is_missing_from_the_page(form: Form) -> None:
    @tried(4)
    @given(answers(form.schema))
    def each(data: Mapping[str, Any]) -> None:
        assert untold(form, data) == []

    each()


@tried(25)
@given(st.data())
def test_nothing_at_all_that_the_store_could_hold_is_missing_from_the_page(data: st.DataObject) -> None:
    form = FORMS[data.draw(st.sampled_from(["colloquio", "pai", "persona", "timesheet", "verbale_equipe"]))]
    assert untold(form, data.draw(spoilt(form.schema))) == []


# ── what is inside ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_data_and_the_returned_file_are_inside_untouched(shared: tuple[Kit, Path]) -> None:
    _, path = shared
    held = pdf_facts.enclosed(path.read_bytes())
    assert held["modulo-tornato.pdf"] == CAME_BACK.content
    data = jsontext.load(held["dati.json"].decode())
    sha256 = jsontext.digest(jsontext.canonical(data))
    assert sha256 in read(path), "the data are those whose digest the page says"
    assert prune(data)["nomi"] == DATA["nomi"]
    catalog: Any = PdfReader(path, strict=True).root_object
    files_ = {str(one["/UF"]): one for one in catalog["/AF"]}
    kinds = {name: (one["/AFRelationship"], one["/EF"]["/F"]["/Subtype"]) for name, one in files_.items()}
    assert kinds == {"dati.json": ("/Data", "/application/json"), "modulo-tornato.pdf": ("/Source", "/application/pdf")}


def test_a_signed_envelope_is_kept_as_one(kit: Kit) -> None:
    sealed = bytes.fromhex("30820a0006092a864886f70d010702a0820000") + b"%PDF-1.7"
    held = pdf_facts.enclosed(copy(kit, keep(kit, BRIEF), Origin(sealed, WHO, "pronto")).read_bytes())
    assert held["modulo-tornato.p7m"] == sealed


def test_it_says_which_standards_it_keeps_and_the_day_on_which_the_record_was_kept(shared: tuple[Kit, Path]) -> None:
    facts = pdf_facts.facts(shared[1].read_bytes())
    assert (facts.pdfa, facts.tagged, facts.language) == ("3A", True, "it")
    assert facts.title == "Scheda – caso PST-001 – n. 1 – revisione 1"
    reader = PdfReader(shared[1])
    packet: Any = reader.root_object["/Metadata"]
    assert b"<pdfuaid:part>1</pdfuaid:part>" in packet.get_data()
    assert reader.metadata is not None
    assert reader.metadata.creation_date == NOON


# ── where it lies ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_it_lies_with_the_documents_of_the_case_under_a_name_without_a_name(shared: tuple[Kit, Path]) -> None:
    kit, path = shared
    assert path.relative_to(kit.root).as_posix() == "outputs/PST-001/PST-001_D99_scheda_archivio_n01_r01.pdf"
    with kit.workspace().store() as store:
        [row] = store.documents(CASE, ARCHIVED + "scheda")
    assert (row.number, row.version, row.making, row.sha256) == (1, 1, 1, hashlib.sha256(path.read_bytes()).hexdigest())
    assert row.manifest["returned"] == {"sha256": CAME_BACK.sha256, "identity": WHO.text(), "outcome": "pronto"}
    assert "Zxqcanarino" not in jsontext.pretty(row.manifest)


def test_verify_tells_that_it_is_intact_and_then_that_the_record_was_corrected(kit: Kit) -> None:
    path = copy(kit, keep(kit, BRIEF))
    told = knock(kit.root, "verify", str(path))
    assert (told.code, told.out.strip()) == (0, f"{path.name}: intatto, e fatto con i dati e i modelli di oggi.")
    second = copy(kit, keep(kit, {**BRIEF, "esito": "si"}, number=1), None)
    assert second.name == "PST-001_D99_scheda_archivio_n01_r02.pdf"
    assert "«modulo-tornato" not in read(second), "this revision came from no file"
    told = knock(kit.root, "verify", str(path))
    assert "intatto, ma fatto con dati o modelli che poi sono cambiati" in told.out
    assert "scheda n. 1 è alla revisione 2: il documento è della 1" in told.out
    path.write_bytes(path.read_bytes() + b"\n")
    assert "ALTERATO" in knock(kit.root, "verify", str(path)).out


def test_a_copy_that_is_there_is_not_made_again_and_a_lost_one_is_the_same_again(kit: Kit) -> None:
    record = keep(kit, BRIEF)
    path = copy(kit, record)
    before, content = path.stat(), path.read_bytes()
    assert copy(kit, record) == path
    assert path.stat().st_mtime_ns == before.st_mtime_ns and path.stat().st_ino == before.st_ino
    path.unlink()
    assert copy(kit, record).read_bytes() == content
    with kit.workspace().store() as store:
        [row] = store.documents(CASE, ARCHIVED + "scheda")
    assert row.making == 1


@pytest.mark.parametrize("lost", ["row", "manifest"])
def test_what_a_crash_interrupted_is_completed(lost: str, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    record = keep(kit, BRIEF)
    if lost == "row":
        monkeypatch.setattr("pitstop_docs.store.Store.add_document", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            copy(kit, record)
        monkeypatch.undo()
    else:
        copy(kit, record).with_name("PST-001_D99_scheda_archivio_n01_r01.pdf.manifest.json").unlink()
    path = copy(kit, record)
    with kit.workspace().store() as store:
        assert [row.sha256 for row in store.documents(CASE, ARCHIVED + "scheda")] == [files.sha256(path)]
    assert knock(kit.root, "verify", str(path)).code == 0


def test_a_file_that_is_not_ours_is_never_written_over(kit: Kit) -> None:
    record = keep(kit, BRIEF)
    path = copy(kit, record)
    path.write_bytes(b"another file")
    with pytest.raises(FileError, match="c’è già un altro PST-001_D99_scheda_archivio_n01_r01"):
        copy(kit, record)
    assert path.read_bytes() == b"another file"


def test_the_same_record_and_file_give_the_same_bytes_elsewhere_too(shared: tuple[Kit, Path], tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.test_archiving import *\n"
        "kit = kit_at(Path(sys.argv[1])); print(copy(kit, keep(kit)))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo"}
    words = [sys.executable, "-c", code, str(tmp_path)]
    told = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout
    assert Path(told.strip()).read_bytes() == shared[1].read_bytes()


# ── what cannot be put away ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_letter_that_no_font_has_is_told_and_nothing_is_left_half_written(kit: Kit) -> None:
    record = keep(kit, {"cognome": "\U0010fffd"})
    with pytest.raises(FileError, match="nessun font"):
        copy(kit, record)
    assert not (kit.root / "outputs" / CASE).exists()


def test_of_what_was_withdrawn_there_is_no_copy(kit: Kit) -> None:
    keep(kit)
    assert knock(kit.root, "keep", "scheda", "--case", CASE, "--number", "1", "--withdraw").code == 0
    with kit.workspace().store() as store:
        [gone] = store.latest(CASE, "scheda")
    with pytest.raises(UnknownError, match="non c’è nulla da archiviare"):
        copy(kit, gone)


def test_an_archive_copy_is_never_taken_for_a_form_that_came_back(shared: tuple[Kit, Path]) -> None:
    kit, path = shared
    told = knock(kit.root, "read", str(path))
    assert told.code == 1
    assert "onservato" not in told.out
