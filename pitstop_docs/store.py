"""Records and documents, kept for ever: a correction is one more revision, a withdrawal a revision without data.

The traps of SQLite, and what stands against them here: a read that turns into a write fails at once, whatever the
timeout (every write begins IMMEDIATE); WAL with synchronous NORMAL may lose what was acknowledged (FULL); a flipped bit
passes `integrity_check` (each row is sealed); a column takes any type (STRICT); opening the file by other means drops
the locks of the whole process (nothing here reads the file itself, not even to see whether it is a database).
SQLAlchemy puts the values into its messages unless told not to, and begins no transaction by itself.
"""

import json
import re
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError

from pitstop_docs.answers import bare
from pitstop_docs.errors import ConflictError, StoreError, UnknownError
from pitstop_docs.jsontext import canonical, differing, digest, load
from pitstop_docs.records import PROJECT, Record

VERSION = 1
"""Of the tables below: another version is not read."""
APPLICATION = int.from_bytes(b"PITS")
EMPTY = (0, 0, 0)
"""The identity of a file in which nothing was made yet."""
PATIENCE = 10.0
"""Seconds to wait for another program that is writing."""
SMALLEST = 512
SHOWN = 20
"""Differing fields that a conflict names."""

TABLES = sa.MetaData()

RECORD = sa.Table(
    "record",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("case_code", sa.Text, nullable=False),
    sa.Column("form", sa.Text, sa.CheckConstraint("form <> ''"), nullable=False),
    sa.Column("number", sa.Integer, sa.CheckConstraint("number >= 1"), nullable=False),
    sa.Column("revision", sa.Integer, sa.CheckConstraint("revision = based_on + 1"), nullable=False),
    sa.Column("based_on", sa.Integer, sa.CheckConstraint("based_on >= 0"), nullable=False),
    sa.Column("saved_at", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("data", sa.Text),
    sa.Column("sha256", sa.Text, sa.CheckConstraint("length(sha256) = 64"), nullable=False),
    sa.Column("seal", sa.Text, sa.CheckConstraint("length(seal) = 64"), nullable=False),
    sa.UniqueConstraint("case_code", "form", "number", "revision"),
    sqlite_strict=True,
)

DOCUMENT = sa.Table(
    "document",
    TABLES,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("case_code", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, sa.CheckConstraint("kind <> ''"), nullable=False),
    sa.Column("number", sa.Integer, sa.CheckConstraint("number >= 0"), nullable=False),
    sa.Column("version", sa.Integer, sa.CheckConstraint("version >= 0"), nullable=False),
    sa.Column("draft", sa.Integer, sa.CheckConstraint("draft IN (0, 1)"), nullable=False),
    sa.Column("making", sa.Integer, sa.CheckConstraint("making >= 1"), nullable=False),
    sa.Column("path", sa.Text, nullable=False),
    sa.Column("sha256", sa.Text, sa.CheckConstraint("length(sha256) = 64"), nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("manifest", sa.Text, nullable=False),
    sa.Column("seal", sa.Text, sa.CheckConstraint("length(seal) = 64"), nullable=False),
    sa.UniqueConstraint("case_code", "kind", "number", "version", "draft", "making"),
    sqlite_strict=True,
)

RECORD_ROW, DOCUMENT_ROW = RECORD.c[1:], DOCUMENT.c[1:]
RECORD_KEY = RECORD.c["case_code", "form", "number"]
DOCUMENT_KEY = DOCUMENT.c["case_code", "kind", "number", "version", "draft"]

TRIGGERS = tuple(
    f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    for table in TABLES.tables
    for change in ("UPDATE", "DELETE")
)


@dataclass(frozen=True)
class DocumentRow:
    """A document as it was made. One that is made again in place is one more `making`, counted from 1.

    `number` is that of the record it was made from, `path` is relative to the folder of the outputs, `made_at` an
    instant in UTC.
    """

    case: str
    kind: str
    number: int
    version: int
    draft: bool
    making: int
    path: PurePosixPath
    sha256: str
    made_at: datetime
    manifest: Mapping[str, Any]


@dataclass(frozen=True)
class Store:
    """An open store. Its methods raise StoreError if the file is out of reach, or holds what was not written here.

    `connection` is the one of a transaction that is open already, None if each call is one by itself.
    """

    name: str
    engine: sa.Engine
    connection: sa.Connection | None = None

    @classmethod
    def open(cls, url_or_path: str | Path, *, create: bool = False) -> Self:
        """The store in that file, made there if nothing is and `create` is True. Close it, or use it in a `with`."""
        if sqlite3.sqlite_version_info < (3, 37):
            raise StoreError(f"Occorre SQLite 3.37 o successivo, qui c’è {sqlite3.sqlite_version}: aggiornare Python.")
        path = _path_of(url_or_path)
        _look_at(path, create=create)
        engine = sa.create_engine(
            "sqlite+pysqlite://",
            creator=partial(_connection, path, create=create),
            poolclass=sa.QueuePool,
            max_overflow=-1,
            hide_parameters=True,
        )
        sa.event.listen(engine, "begin", _begin)
        store = cls(path.name, engine)
        try:
            store._prepare(create=create)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Let go of the file."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @contextmanager
    def together(self) -> Iterator[Self]:
        """The same store: what is kept in it until the end is kept at once or not at all; nobody else writes meanwhile."""
        with self._transaction(write=True) as connection:
            yield replace(self, connection=connection)

    def append(
        self,
        case: str,
        form: str,
        data: Mapping[str, Any] | None,
        *,
        number: int,
        based_on: int,
        author: str,
        saved_at: datetime,
    ) -> Record:
        """The record as it is kept: one more revision, or the latest one where it says the same already.

        `number` 0 is a new record, with the next number; `data` None withdraws. Raises ConflictError if the latest
        revision is not the one that `based_on` names, UnknownError if there is no such record to correct or withdraw.
        """
        if number == 0 and (based_on or data is None):
            raise ValueError("a new record corrects and withdraws nothing")
        text = None if data is None else canonical(data)
        sha256 = digest(text or "null")
        instant = _instant(saved_at)
        with self._transaction(write=True) as connection:
            following = _next_number(connection, case, form)
            number = number or following
            last = self._last(connection, case, form, number)
            if last is None and (based_on or data is None or number != following):
                raise UnknownError(
                    f"La {_named(case, form, number)}, non esiste: la prossima è la {following}. "
                    "Per farne una nuova togliere --number."
                )
            if last and last.sha256 == sha256:
                return last
            if last and last.revision != based_on:
                raise _conflict(last, data, based_on)
            values = (case, form, number, based_on + 1, based_on, instant, author, text, sha256)
            return self._record(_insert(connection, RECORD, values))

    def next_number(self, case: str, form: str) -> int:
        """The number that a new record would have now."""
        with self._transaction() as connection:
            return _next_number(connection, case, form)

    def latest(self, case: str | None = None, form: str | None = None) -> list[Record]:
        """The latest revision of each record, withdrawn ones too, by case, form and number. None means any."""
        newest = _newest(RECORD.c.revision, RECORD_KEY, case_code=case, form=form)
        with self._transaction() as connection:
            return [self._record(row) for row in connection.execute(newest)]

    def revision(self, case: str, form: str, number: int, revision: int) -> Record | None:
        """That revision of the record, None if there is none."""
        found = [one for one in self.history(case, form, number) if one.revision == revision]
        return found[0] if found else None

    def history(self, case: str, form: str, number: int) -> list[Record]:
        """Every revision of the record, the first one first; empty if there is no such record."""
        query = sa.select(*RECORD_ROW).filter_by(case_code=case, form=form, number=number).order_by(RECORD.c.revision)
        with self._transaction() as connection:
            found = [self._record(row) for row in connection.execute(query)]
        if [one.revision for one in found] != list(range(1, len(found) + 1)):
            raise self._altered(f"manca una revisione della {_named(case, form, number)}")
        return found

    def cases(self) -> list[str]:
        """The codes of the cases that have a record, withdrawn or not, in order."""
        query = sa.select(RECORD.c.case_code).where(RECORD.c.case_code != PROJECT).distinct().order_by(RECORD.c.case_code)
        with self._transaction() as connection:
            return list(connection.scalars(query))

    def add_document(
        self,
        case: str,
        kind: str,
        *,
        number: int,
        version: int,
        draft: bool,
        path: PurePosixPath,
        sha256: str,
        made_at: datetime,
        manifest: Mapping[str, Any],
    ) -> DocumentRow:
        """The document as it is kept: one more making, or the latest one where file and manifest are the same."""
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("the path of a document is relative to the folder of the outputs")
        text = canonical(manifest)
        key = {"case_code": case, "kind": kind, "number": number, "version": version, "draft": int(draft)}
        with self._transaction(write=True) as connection:
            row = connection.execute(_newest(DOCUMENT.c.making, DOCUMENT_KEY, **key)).first()
            last = self._document(row) if row else None
            if last and (last.path, last.sha256, canonical(last.manifest)) == (path, sha256, text):
                return last
            making = last.making + 1 if last else 1
            values = (*key.values(), making, str(path), sha256, _instant(made_at), text)
            return self._document(_insert(connection, DOCUMENT, values))

    def documents(self, case: str | None = None, kind: str | None = None) -> list[DocumentRow]:
        """The documents in place: the latest making of each, by case, kind, number, version. None means any."""
        newest = _newest(DOCUMENT.c.making, DOCUMENT_KEY, case_code=case, kind=kind)
        with self._transaction() as connection:
            return [self._document(row) for row in connection.execute(newest)]

    def verify(self) -> int:
        """How many rows there are, each read and found as it was written, none missing before another."""
        with self._transaction() as connection:
            if connection.exec_driver_sql("PRAGMA integrity_check").scalars().all() != ["ok"]:
                raise self._altered("la struttura del file è rovinata")
            records = [self._record(row) for row in connection.execute(sa.select(*RECORD_ROW))]
            documents = [self._document(row) for row in connection.execute(sa.select(*DOCUMENT_ROW))]
            for counter, key in (
                (RECORD.c.revision, RECORD_KEY),
                (RECORD.c.number, RECORD.c["case_code", "form"]),
                (DOCUMENT.c.making, DOCUMENT_KEY),
            ):
                holes = sa.func.max(counter) != sa.func.count(counter.distinct())
                if connection.execute(sa.select(*key).group_by(*key).having(holes)).first():
                    raise self._altered("mancano delle righe")
        return len(records) + len(documents)

    @contextmanager
    def _transaction(self, *, write: bool = False) -> Iterator[sa.Connection]:
        if self.connection is not None:
            yield self.connection
            return
        engine = self.engine.execution_options(begin="BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            with engine.begin() as connection:
                yield connection
        except IntegrityError:
            raise
        except DBAPIError as error:
            raise _failure(self.name, error.orig) from error
        except UnicodeDecodeError as error:  # of the message in which SQLite repeats a damaged word of the schema
            raise self._altered("la struttura del file è rovinata") from error

    def _prepare(self, *, create: bool) -> None:
        with self._transaction() as connection:
            identity = _identity(connection)
        if create and identity == EMPTY:
            with self._transaction(write=True) as connection:
                if _identity(connection) == EMPTY:
                    TABLES.create_all(connection, checkfirst=False)
                    for trigger in TRIGGERS:
                        connection.exec_driver_sql(trigger)
                    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
                    connection.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
                identity = _identity(connection)
        if identity[0] != APPLICATION:
            raise StoreError(f"«{self.name}» non è un archivio di questo programma: indicare un altro file.")
        if identity[1] != VERSION:
            raise StoreError(
                f"L’archivio «{self.name}» è della versione {identity[1]}, questo programma legge la {VERSION}: "
                "usare la versione del programma che lo ha scritto, o una più recente."
            )
        self._write_ahead()

    def _write_ahead(self) -> None:
        # Two openers that change the journal of a new file at once: SQLite refuses one of them without waiting.
        until = time.monotonic() + PATIENCE
        raw = self.engine.raw_connection()
        try:
            while True:
                try:
                    raw.cursor().execute("PRAGMA journal_mode = WAL")
                    return
                except sqlite3.Error as error:
                    if _reason(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                        raise _failure(self.name, error) from error
                    time.sleep(0.02)
        finally:
            raw.close()

    def _last(self, connection: sa.Connection, case: str, form: str, number: int) -> Record | None:
        query = sa.select(*RECORD_ROW).filter_by(case_code=case, form=form, number=number).order_by(RECORD.c.revision.desc())
        row = connection.execute(query.limit(1)).first()
        return self._record(row) if row else None

    def _record(self, row: Sequence[Any]) -> Record:
        case, form, number, revision, based_on, saved_at, author, text, sha256, seal = row
        if seal != _seal(row[:-1]):
            raise self._altered(f"la {_named(case, form, number)} non è come fu salvata")
        data = None if text is None else load(text)
        return Record(case, form, number, revision, based_on, datetime.fromisoformat(saved_at), author, data, sha256)

    def _document(self, row: Sequence[Any]) -> DocumentRow:
        case, kind, number, version, draft, making, path, sha256, made_at, manifest, seal = row
        if seal != _seal(row[:-1]):
            raise self._altered(f"la riga del documento «{_code(kind)}», caso {_code(case)}, non è come fu salvata")
        instant = datetime.fromisoformat(made_at)
        place = PurePosixPath(path)
        return DocumentRow(case, kind, number, version, bool(draft), making, place, sha256, instant, load(manifest))

    def _altered(self, what: str) -> StoreError:
        return StoreError(f"L’archivio «{self.name}» è alterato: {what}. Ripristinare una copia di sicurezza.")


def _identity(connection: sa.Connection) -> tuple[int, int, int]:
    """Whose file it is, of which version, and how many things are in it."""
    questions = ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
    first, second, third = (int(connection.exec_driver_sql(question).scalar_one()) for question in questions)
    return first, second, third


def _path_of(url_or_path: str | Path) -> Path:
    if isinstance(url_or_path, Path) or "://" not in url_or_path:
        return Path(url_or_path)
    scheme = url_or_path.partition(":")[0]
    if scheme not in ("sqlite", "sqlite+pysqlite"):
        raise StoreError(f"«{scheme}» non è un archivio che questo programma sa usare: indicare un file SQLite.")
    try:
        url = sa.make_url(url_or_path)
    except (ArgumentError, ValueError) as error:
        raise StoreError("L’indirizzo dell’archivio non è scritto bene: indicare sqlite:///percorso/file.db.") from error
    if url.host or url.query or url.database in (None, "", ":memory:"):
        raise StoreError("L’indirizzo dell’archivio non nomina un file: indicare sqlite:///percorso/file.db.")
    return Path(str(url.database))


def _look_at(path: Path, *, create: bool) -> None:
    try:
        there = path.exists()
        if there and not path.is_file():
            raise StoreError(f"L’archivio «{path.name}» non è un file: controllare il percorso.")
        # SQLite takes some files shorter than its smallest page for empty ones, and would write over them.
        if there and 0 < path.stat().st_size < SMALLEST:
            raise StoreError(f"«{path.name}» non è un archivio: indicare un altro file.")
        if not there and not create:
            raise StoreError(f"L’archivio «{path.name}» non esiste: controllare la cartella di lavoro.")
        if not there and not path.absolute().parent.is_dir():
            raise StoreError(f"La cartella dell’archivio «{path.name}» non esiste: controllare il percorso.")
    except OSError as error:
        raise StoreError(f"L’archivio «{path.name}» non si raggiunge: controllare percorso e permessi.") from error


def _connection(path: Path, *, create: bool) -> sqlite3.Connection:
    mode = "rwc" if create else "rw"
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    connection = sqlite3.connect(uri, uri=True, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
    try:
        # A damaged text must not stand in the message of a decoding error.
        connection.text_factory = partial(str, encoding="utf-8", errors="replace")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def _begin(connection: sa.Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options()["begin"])


def _reason(error: BaseException | None) -> int:
    # The low byte is the primary result code: https://www.sqlite.org/rescode.html
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


_REASONS = {
    sqlite3.SQLITE_BUSY: "è occupato da un altro programma: attendere che finisca e riprovare.",
    sqlite3.SQLITE_CANTOPEN: "non si apre: controllare che file e cartella si possano leggere e scrivere.",
    sqlite3.SQLITE_CORRUPT: "è rovinato: ripristinare una copia di sicurezza.",
    sqlite3.SQLITE_FULL: "non può crescere, il disco è pieno: liberare spazio e riprovare.",
    sqlite3.SQLITE_IOERR: "non si legge o non si scrive, il disco dà errore o è pieno: controllarlo e riprovare.",
    sqlite3.SQLITE_NOTADB: "non è un archivio, o è rovinato: indicare un altro file o ripristinare una copia.",
    sqlite3.SQLITE_READONLY: "è in sola lettura: controllare i permessi del file e della cartella e riprovare.",
}


def _failure(name: str, error: BaseException | None) -> StoreError:
    other = "non risponde come dovrebbe, forse è rovinato: ripristinare una copia di sicurezza."
    return StoreError(f"L’archivio «{name}» {_REASONS.get(_reason(error), other)}")


def _next_number(connection: sa.Connection, case: str, form: str) -> int:
    highest = sa.select(sa.func.coalesce(sa.func.max(RECORD.c.number), 0)).filter_by(case_code=case, form=form)
    return int(connection.execute(highest).scalar_one()) + 1


def _newest(counter: sa.Column[int], key: Iterable[sa.Column[Any]], **wanted: object) -> sa.Select[Any]:
    """The row with the highest `counter` for each `key`, by key. A column is as wanted, or any where None is wanted."""
    table = counter.table
    later = table.alias()
    same = [column == later.c[column.name] for column in key]
    newer = sa.exists(later.c[counter.name]).where(*same, later.c[counter.name] > counter)
    where = [table.c[name] == value for name, value in wanted.items() if value is not None]
    return sa.select(*table.c[1:]).where(*where, ~newer).order_by(*key, counter)


def _insert(connection: sa.Connection, table: sa.Table, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The row as it is kept, from its values without the seal."""
    row = (*values, _seal(values))
    connection.execute(sa.insert(table).values(dict(zip(table.columns.keys()[1:], row, strict=True))))
    return row


def _seal(values: Sequence[Any]) -> str:
    """One digest over a row, so that no number, author or date changes unseen either."""
    return digest(json.dumps(list(values), default=ascii))


def _instant(moment: datetime) -> str:
    if moment.utcoffset() != timedelta(0):
        raise ValueError("an instant is in UTC")
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _named(case: object, form: object, number: object) -> str:
    whose = f"caso {_code(case)}" if case else "del progetto"
    return f"compilazione {_code(number)} di «{_code(form)}», {whose}"


def _code(value: object) -> str:
    """A code as it may stand in a message; what does not look like one may be a person's data out of place."""
    return str(value) if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", str(value)) else "…"


def _conflict(last: Record, data: Mapping[str, Any] | None, based_on: int) -> ConflictError:
    deed = "salvata" if last.data is not None else "ritirata"
    moment = last.saved_at.astimezone().strftime("%d/%m/%Y alle %H:%M")
    paths = [] if data is None or last.data is None else differing(bare(last.data), bare(data))
    more = f" e altri {len(paths) - SHOWN}" if len(paths) > SHOWN else ""
    fields = f" Campi diversi: {', '.join(paths[:SHOWN])}{more}." if paths else ""
    last_name = _named(last.case, last.form, last.number)
    return ConflictError(
        f"La {last_name}, è alla revisione {last.revision}, {deed} da {last.author or 'ignoti'} il {moment}; "
        f"la correzione partiva dalla {based_on}.{fields} "
        f"Rileggere la revisione {last.revision} e ripetere la correzione su quella."
    )
