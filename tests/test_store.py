"""What was kept is there, as it was, whoever writes at the same time and however the machine stops."""

import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop_docs import store as store_module
from pitstop_docs.errors import ConflictError, ExitCode, StoreError, UnknownError
from pitstop_docs.jsontext import canonical, digest
from pitstop_docs.records import PROJECT, Record
from pitstop_docs.store import Store

NOON = datetime(2026, 3, 5, 12, 0, tzinfo=UTC)
CASE, FORM = "PST-001", "pai"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "pitstop.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path, create=True) as opened:
        yield opened


def keep(
    store: Store,
    data: dict[str, Any] | None,
    *,
    case: str = CASE,
    form: str = FORM,
    number: int = 0,
    based_on: int = 0,
    author: str = "A. Bianchi",
    saved_at: datetime = NOON,
) -> Record:
    return store.append(case, form, data, number=number, based_on=based_on, author=author, saved_at=saved_at)


def made(store: Store, *, sha256: str = digest("file"), version: int = 1, case: str = CASE) -> store_module.DocumentRow:
    return store.add_document(
        case,
        "pai",
        number=1,
        version=version,
        draft=False,
        path=PurePosixPath(f"{case}/{case}_D10_pai_v{version:02}.docx"),
        sha256=sha256,
        made_at=NOON,
        manifest={"kind": "pai", "hours": Decimal("1.5")},
    )


def tamper(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as raw, raw:
        for statement in statements:
            raw.execute(statement)


# Records


def test_a_new_record_is_read_back_as_it_went_in(store: Store) -> None:
    data = {"nome": "Ștefan D’Amélie محمد", "ore": Decimal("12.50"), "figli": 2, "note": [True, None, ""], "a/b": {}}
    record = keep(store, data, case=PROJECT, form="progetto")
    assert record == Record(PROJECT, "progetto", 1, 1, 0, NOON, "A. Bianchi", data, digest(canonical(data)))
    assert store.latest() == [record]
    assert {type(one) for one in (record.data or {}).values()} == {str, Decimal, int, list, dict}


def test_what_is_kept_together_is_kept_whole_or_not_at_all(store: Store) -> None:
    with pytest.raises(RuntimeError), store.together() as one:
        keep(one, {"nome": "Amina"})
        made(one)
        assert len(one.latest()) == 1, "within, what was kept is seen"
        raise RuntimeError
    assert (store.latest(), store.documents()) == ([], [])
    with store.together() as one:
        keep(one, {"nome": "Amina"})
        made(one)
    assert (len(store.latest()), len(store.documents())) == (1, 1)


def test_nobody_else_writes_while_some_is_kept_together(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "PATIENCE", 0.05)
    with Store.open(path, create=True) as store, Store.open(path) as other:
        with store.together() as one:
            keep(one, {"nome": "Amina"})
            with pytest.raises(StoreError, match="occupato"):
                keep(other, {"nome": "Bianca"})
        assert keep(other, {"nome": "Bianca"}).number == 2


def test_a_correction_is_one_more_revision(store: Store) -> None:
    first = keep(store, {"a": 1})
    second = keep(store, {"a": 2}, number=1, based_on=1, author="B. Verdi", saved_at=NOON - timedelta(hours=1))
    assert (second.revision, second.based_on, second.author) == (2, 1, "B. Verdi")
    assert store.history(CASE, FORM, 1) == [first, second], "by revision, whatever the clock said"
    assert store.latest(CASE) == [second]
    assert store.revision(CASE, FORM, 1, 1) == first
    assert store.revision(CASE, FORM, 1, 3) is None
    assert store.history(CASE, FORM, 2) == []


def test_a_withdrawal_is_a_revision_without_data(store: Store) -> None:
    keep(store, {"a": 1})
    gone = keep(store, None, number=1, based_on=1)
    assert (gone.revision, gone.data) == (2, None)
    assert store.latest(CASE, FORM) == [gone]
    assert keep(store, None, number=1, based_on=2) == gone, "twice is once"
    assert store.next_number(CASE, FORM) == 2, "a number is not used again"
    assert keep(store, {"a": 1}, number=1, based_on=2).revision == 3


def test_the_same_answers_again_are_not_a_revision(store: Store) -> None:
    first = keep(store, {"a": Decimal("1.50"), "b": 1})
    later = NOON + timedelta(days=1)
    assert keep(store, {"b": 1, "a": Decimal("1.5")}, number=1, based_on=1, author="Altri", saved_at=later) == first
    assert keep(store, {"b": 1, "a": Decimal("1.5")}, number=1, based_on=0) == first, "a retry after a lost answer"
    assert store.history(CASE, FORM, 1) == [first]


def test_numbers_count_the_records_of_one_form_in_one_case(store: Store) -> None:
    assert store.next_number(CASE, FORM) == 1
    assert [keep(store, {"a": 1}).number for _ in range(3)] == [1, 2, 3]
    assert keep(store, {"a": 1}, number=4).number == 4
    assert keep(store, {"a": 1}, case="PST-002").number == 1
    assert keep(store, {"a": 1}, form="tutor").number == 1
    assert store.next_number(CASE, FORM) == 5


def test_a_record_that_is_not_there_is_neither_corrected_nor_withdrawn_nor_skipped_over(store: Store) -> None:
    keep(store, {"a": 1})
    for data, number, based_on in (({"a": 1}, 2, 1), (None, 2, 0), ({"a": 1}, 3, 0)):
        with pytest.raises(UnknownError, match=f"compilazione {number} di «pai», caso PST-001, non esiste.*è la 2"):
            keep(store, data, number=number, based_on=based_on)
    assert store.verify() == 1


def test_latest_is_sorted_and_filtered(store: Store) -> None:
    for case, form in (("PST-002", "pai"), (CASE, "tutor"), (CASE, "pai"), (PROJECT, "progetto"), (CASE, "pai")):
        keep(store, {"a": 1}, case=case, form=form)
    keep(store, {"a": 2}, number=1, based_on=1)

    def keys(records: list[Record]) -> list[tuple[str, str, int, int]]:
        return [(one.case, one.form, one.number, one.revision) for one in records]

    project, first, second = ("", "progetto", 1, 1), (CASE, "pai", 1, 2), (CASE, "pai", 2, 1)
    tutor, other = (CASE, "tutor", 1, 1), ("PST-002", "pai", 1, 1)
    assert keys(store.latest()) == [project, first, second, tutor, other]
    assert keys(store.latest(CASE)) == [first, second, tutor]
    assert keys(store.latest(form="pai")) == [first, second, other]
    assert keys(store.latest(PROJECT)) == [project]
    assert keys(store.latest(CASE, "verbale_equipe")) == []
    assert store.cases() == [CASE, "PST-002"]


def test_a_second_correction_of_the_same_revision_is_a_conflict(store: Store) -> None:
    keep(store, {"a": 1, "righe": [{"x": "SEGRETO1"}, {"x": "u"}], "z": 1})
    keep(store, {"a": 1, "righe": [{"x": "SEGRETO2"}, {"x": "u"}], "z": 1}, number=1, based_on=1, author="B. Verdi")
    with pytest.raises(ConflictError) as caught:
        keep(store, {"a": 1, "righe": [{"x": "SEGRETO3"}, {"x": "u"}, {"x": "n"}]}, number=1, based_on=1)
    message = str(caught.value)
    assert caught.value.code == ExitCode.FINDINGS
    assert "compilazione 1 di «pai», caso PST-001, è alla revisione 2" in message
    noon = NOON.astimezone().strftime("%H:%M")
    assert f"salvata da B. Verdi il 05/03/2026 alle {noon}; la correzione partiva dalla 1." in message
    assert "Campi diversi: /righe/0/x, /righe/2, /z." in message
    assert "Rileggere la revisione 2" in message
    assert "SEGRETO" not in message
    assert len(store.history(CASE, FORM, 1)) == 2


def test_a_conflict_names_at_most_twenty_fields_and_tells_a_withdrawal(store: Store) -> None:
    keep(store, {f"campo_{n:02}": n for n in range(30)})
    with pytest.raises(ConflictError, match=r"/campo_19 e altri 10\."):
        keep(store, {}, number=1, based_on=0)
    keep(store, None, number=1, based_on=1)
    with pytest.raises(ConflictError, match=r"alla revisione 2, ritirata da A\. Bianchi il 05/03/2026") as caught:
        keep(store, {"a": 1}, number=1, based_on=1)
    assert "Campi diversi" not in str(caught.value)


@pytest.mark.parametrize("moment", [datetime(2026, 3, 5, 12, 0), NOON.astimezone(timezone(timedelta(hours=1)))])  # noqa: DTZ001
def test_an_instant_that_is_not_in_utc_is_a_fault(store: Store, moment: datetime) -> None:
    with pytest.raises(ValueError, match="UTC"):
        keep(store, {"a": 1}, saved_at=moment)


@pytest.mark.parametrize(("data", "based_on"), [(None, 0), ({"a": 1}, 1)])
def test_a_new_record_corrects_nothing(store: Store, data: dict[str, Any] | None, based_on: int) -> None:
    with pytest.raises(ValueError, match="new record"):
        keep(store, data, based_on=based_on)


texts = st.text(st.characters(codec="utf-8"), max_size=8)
answers = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=10,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.dictionaries(texts, answers, max_size=4), author=texts)
def test_any_answers_read_back_equal(store: Store, data: dict[str, Any], author: str) -> None:
    record = keep(store, data, author=author)
    assert record.data == data
    assert store.history(CASE, FORM, record.number) == [record]


# Documents


def test_a_document_made_again_in_place_is_one_more_making(store: Store) -> None:
    first = made(store)
    assert (first.making, first.draft, first.manifest["hours"]) == (1, False, Decimal("1.5"))
    assert made(store) == first, "the same file again is not a making"
    again = made(store, sha256=digest("another"))
    assert (again.making, again.path) == (2, first.path)
    third = made(store, version=2)
    other = made(store, case="PST-002")
    assert store.documents() == [again, third, other]
    assert store.documents(CASE) == [again, third]
    assert store.documents("PST-002", "pai") == [other]
    assert store.documents(kind="tutor") == []
    assert store.verify() == 4, "the first making is kept"


@pytest.mark.parametrize("outside", ["/fuori.docx", "../fuori.docx", "PST-001/../../fuori.docx"])
def test_a_document_lies_under_the_outputs(store: Store, outside: str) -> None:
    where = PurePosixPath(outside)
    with pytest.raises(ValueError, match="relative"):
        store.add_document(CASE, "pai", number=1, version=1, draft=True, path=where, sha256="0" * 64, made_at=NOON, manifest={})


# Opening


def refused(path: Path | str, *, create: bool = False) -> str:
    with pytest.raises(StoreError) as caught:
        Store.open(path, create=create)
    assert caught.value.code == ExitCode.STORE
    return str(caught.value)


def test_a_store_that_is_not_there_is_not_made_by_reading(path: Path) -> None:
    assert refused(path) == "L’archivio «pitstop.db» non esiste: controllare la cartella di lavoro."
    assert not path.exists()
    assert "La cartella dell’archivio" in refused(path / "sotto" / "pitstop.db", create=True)


def test_a_path_and_an_address_open_the_same_store(tmp_path: Path) -> None:
    path = tmp_path / "archivio di prova #1 100%.db"
    with Store.open(path, create=True) as store:
        record = keep(store, {"a": 1})
    for where in (path, str(path), f"sqlite:///{path}", f"sqlite+pysqlite:///{path}"):
        with Store.open(where, create=True) as store:
            assert store.latest() == [record]
    assert [one.name for one in tmp_path.iterdir()] == [path.name], "closing leaves one file"


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://utente:SEGRETO@host/db", "«postgresql» non è un archivio che questo programma sa usare"),
        ("https://esempio.it/SEGRETO.db", "«https»"),
        ("sqlite://", "non nomina un file"),
        ("sqlite:///:memory:", "non nomina un file"),
        ("sqlite:///x.db?mode=SEGRETO", "non nomina un file"),
        ("sqlite://host:porta/SEGRETO.db", "non è scritto bene"),
    ],
)
def test_other_addresses_are_refused_without_their_password(url: str, said: str) -> None:
    message = refused(url, create=True)
    assert said in message
    assert "SEGRETO" not in message


def test_a_store_of_another_version_says_which(path: Path) -> None:
    Store.open(path, create=True).close()
    tamper(path, "PRAGMA user_version = 7")
    assert "è della versione 7, questo programma legge la 1: usare la versione" in refused(path, create=True)


def test_the_database_of_another_program_is_left_as_it_is(path: Path) -> None:
    tamper(path, "CREATE TABLE spese (importo)")
    before = path.read_bytes()
    for create in (False, True):
        assert "non è un archivio di questo programma" in refused(path, create=create)
    assert path.read_bytes() == before


def test_an_empty_file_becomes_a_store_only_when_asked(path: Path) -> None:
    path.touch()
    assert "non è un archivio di questo programma" in refused(path)
    with Store.open(path, create=True) as store:
        assert keep(store, {"a": 1}).revision == 1


@pytest.mark.parametrize("content", [b"PK\x03\x04 una lettera in Word" * 100, b"x" * 512, b"SQLite format 3\x00" + b"\xff" * 600])
def test_what_is_not_a_database_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert "«pitstop.db» non è un archivio, o è rovinato" in refused(path, create=True)
    assert path.read_bytes() == content


@pytest.mark.parametrize("size", [1, 20, 511])
def test_a_small_file_is_not_written_over(path: Path, size: int) -> None:
    path.write_bytes(b"x" * size)
    assert "«pitstop.db» non è un archivio" in refused(path, create=True)
    assert path.read_bytes() == b"x" * size


def test_a_folder_is_not_a_store(tmp_path: Path) -> None:
    assert "non è un file" in refused(tmp_path)


def test_a_store_held_by_another_program_is_said_to_be_busy(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_module, "PATIENCE", 0.1)
    with Store.open(path, create=True) as store, Store.open(path) as other, other._transaction(write=True):
        with pytest.raises(StoreError, match="è occupato da un altro programma"):
            keep(store, {"a": 1})
        assert store.latest() == [], "reading goes on"


def test_a_full_disk_keeps_what_was_kept(store: Store) -> None:
    first = keep(store, {"a": 1})
    with store._transaction() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(StoreError, match="il disco è pieno: liberare spazio"):
        keep(store, {"a": "x" * 100_000})
    assert store.latest() == [first]
    assert keep(store, {"a": 2}, number=1, based_on=1).revision == 2, "what still fits is kept"
    assert store.verify() == 2


# A user other than root, who may write everywhere.
READ_ONLY = """
import os, sys
from datetime import UTC, datetime
from pitstop_docs.errors import StoreError
from pitstop_docs.store import Store
if os.getuid() == 0:
    os.setuid(65534)
try:
    with Store.open(sys.argv[1]) as store:
        print(len(store.latest()))
        store.append("PST-001", "pai", {"a": 2}, number=0, based_on=0, author="", saved_at=datetime.now(UTC))
except StoreError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are others on Windows")
def test_a_read_only_file_or_folder_is_said_to_be_so() -> None:
    with tempfile.TemporaryDirectory() as made_folder:  # tmp_path is closed to other users
        folder = Path(made_folder)
        path = folder / "pitstop.db"
        with Store.open(path, create=True) as store:
            keep(store, {"a": 1})
        said = {}
        for name, file_mode, folder_mode in (("folder", 0o666, 0o555), ("file", 0o444, 0o777), ("closed", 0, 0o777)):
            path.chmod(file_mode)
            folder.chmod(folder_mode)
            child = subprocess.run([sys.executable, "-c", READ_ONLY, path], capture_output=True, text=True, check=True)
            said[name] = child.stdout
        folder.chmod(0o700)
    told = "L’archivio «pitstop.db» è in sola lettura: controllare i permessi del file e della cartella e riprovare.\n"
    assert said["folder"] == told, "SQLite keeps two files beside it while it is open, also to read"
    assert said["file"] == f"1\n{told}", "reading goes on"
    assert "non si apre: controllare che file e cartella si possano leggere e scrivere" in said["closed"]


# Many writers, and none left to finish


WRITER = """
import sys
from datetime import UTC, datetime
from pitstop_docs.store import Store
with Store.open(sys.argv[1], create=True) as store:
    for turn in range(25):
        data = {"writer": int(sys.argv[2]), "turn": turn}
        store.append("PST-001", "pai", data, number=0, based_on=0, author="", saved_at=datetime.now(UTC))
"""


def test_eight_processes_write_at_once(path: Path) -> None:
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, path, str(n)]) for n in range(8)]
    assert [writer.wait() for writer in writers] == [0] * 8
    with Store.open(path) as store:
        found = store.latest(CASE)
        assert [one.number for one in found] == list(range(1, 201))
        said = {canonical(one.data) for one in found}
        assert said == {canonical({"writer": n, "turn": turn}) for n in range(8) for turn in range(25)}
        assert store.verify() == 200


def test_threads_share_a_store_and_one_of_two_corrections_wins(store: Store) -> None:
    keep(store, {"a": 0})

    def correct(turn: int) -> str:
        try:
            return str(keep(store, {"a": turn}, number=1, based_on=1).revision)
        except ConflictError:
            return "conflict"

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(correct, range(1, 25)))
    assert sorted(outcomes) == ["2", *["conflict"] * 23]


KILLED = """
import sys
from datetime import UTC, datetime
from pitstop_docs.store import Store
with Store.open(sys.argv[1], create=True) as store:
    for turn in range(100_000):
        data = {"turn": turn, "text": "x" * (turn % 7) * 1000}
        kept = store.append("PST-001", "pai", data, number=0, based_on=0, author="", saved_at=datetime.now(UTC))
        print(kept.number, kept.sha256, flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    acknowledged: dict[int, str] = {}
    for acks in (1, 17, 60):
        child = subprocess.Popen([sys.executable, "-c", KILLED, path], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        with child.stdout:
            lines = [child.stdout.readline() for _ in range(acks)]
            child.send_signal(signal.SIGKILL)
            lines += child.stdout.readlines()
        child.wait()
        acknowledged |= {int(line.split()[0]): line.split()[1] for line in lines if line.endswith("\n")}
    with Store.open(path) as store:
        kept = {one.number: one.sha256 for one in store.latest()}
        assert len(acknowledged) >= 78
        assert acknowledged.items() <= kept.items()
        assert len(kept) <= len(acknowledged) + 3, "at most one row per kill was kept and not told"
        assert store.verify() == len(kept)


# Alterations


@pytest.mark.parametrize("table", ["record", "document"])
def test_rows_are_neither_changed_nor_deleted(path: Path, table: str) -> None:
    with Store.open(path, create=True) as store:
        keep(store, {"a": 1})
        made(store)
    for statement in (f"UPDATE {table} SET case_code = 'PST-002'", f"DELETE FROM {table}"):  # noqa: S608
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            tamper(path, statement)


@pytest.mark.parametrize(
    "change",
    [
        """data = '{"nome":"SEGRETO"}'""",
        "data = NULL",
        "sha256 = replace(sha256, 'a', 'b') || ''",
        "author = 'Altri'",
        "case_code = 'PST-002'",
        "saved_at = '2020-01-01T00:00:00.000000+00:00'",
        "seal = sha256",
    ],
)
def test_an_altered_row_is_told(path: Path, change: str) -> None:
    with Store.open(path, create=True) as store:
        keep(store, {"nome": "SEGRETO0", "a": "abcdef"})
    tamper(path, "DROP TRIGGER record_no_update", f"UPDATE record SET {change}")  # noqa: S608
    with Store.open(path) as store:
        for read in (store.latest, store.verify):
            with pytest.raises(StoreError, match=r"è alterato: la compilazione 1 di «pai», caso PST-00[12] non è"):
                read()
        assert store.next_number("PST-009", FORM) == 1


def test_an_altered_document_is_told(path: Path) -> None:
    with Store.open(path, create=True) as store:
        made(store)
    tamper(path, "DROP TRIGGER document_no_update", "UPDATE document SET path = '../../altro.docx'")
    with Store.open(path) as store, pytest.raises(StoreError, match="è alterato: la riga del documento «pai», caso PST-001"):
        store.documents()


@pytest.mark.parametrize("gone", ["number = 1 AND revision = 1", "number = 1"])
def test_a_missing_row_is_told(path: Path, gone: str) -> None:
    with Store.open(path, create=True) as store:
        keep(store, {"a": 1})
        keep(store, {"a": 2}, number=1, based_on=1)
        keep(store, {"a": 3})
    tamper(path, "DROP TRIGGER record_no_delete", f"DELETE FROM record WHERE {gone}")  # noqa: S608
    with Store.open(path) as store:
        with pytest.raises(StoreError, match="è alterato: mancano delle righe"):
            store.verify()
        if "revision" in gone:
            with pytest.raises(StoreError, match="manca una revisione della compilazione 1"):
                store.history(CASE, FORM, 1)


def everything(path: Path) -> tuple[object, ...]:
    with Store.open(path) as store:
        store.verify()
        records = store.latest()
        return records, [store.history(one.case, one.form, one.number) for one in records], store.documents()


def test_a_flipped_bit_is_told_or_changes_nothing(path: Path) -> None:
    with Store.open(path, create=True) as store:
        for turn in range(40):
            record = keep(store, {"nome": f"SEGRETO {turn}", "testo": "abc" * turn}, case=f"PST-{turn % 9:03}")
            keep(store, {"nome": "SEGRETO"}, case=record.case, number=record.number, based_on=1)
            made(store, case=record.case, version=turn + 1)
    whole, good = path.read_bytes(), everything(path)
    chance = random.Random(1)  # noqa: S311
    told = 0
    for _ in range(150):
        content = bytearray(whole)
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        path.write_bytes(content)
        try:
            assert everything(path) == good
        except StoreError as error:
            told += 1
            assert "SEGRETO" not in str(error)
    assert told > 75


def test_a_damaged_schema_is_told(path: Path) -> None:
    Store.open(path, create=True).close()
    path.write_bytes(path.read_bytes().replace(b"BEFORE DELETE ON record", b"B\xc5FORE DELETE ON record"))
    assert "«pitstop.db» è alterato: la struttura del file è rovinata." in refused(path)


def test_tables_are_strict_and_the_journal_is_safe(store: Store, path: Path) -> None:
    keep(store, {"a": 1})
    with store._transaction() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
        strict = connection.execute(sa.text("SELECT name, strict FROM pragma_table_list WHERE name IN ('record','document')"))
        assert set(strict) == {("record", 1), ("document", 1)}
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_reader_started_before_a_write_sees_one_moment(store: Store) -> None:
    keep(store, {"a": 1})
    with store._transaction() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(store_module.RECORD)).scalar_one() == 1
        keep(store, {"a": 2})
        assert connection.execute(sa.select(sa.func.count()).select_from(store_module.RECORD)).scalar_one() == 1
    assert store.next_number(CASE, FORM) == 3


def test_nothing_of_the_answers_stands_in_an_error_of_the_database(store: Store) -> None:
    with pytest.raises(sa.exc.IntegrityError) as caught:
        keep(store, {"nome": "SEGRETO"}, form="")
    assert "SEGRETO" not in str(caught.value)
