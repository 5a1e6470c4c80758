"""The command line: words in, words out; each command is one call."""

from __future__ import annotations

import errno
import io
import json
import os
import re
import sys
import tempfile
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from pitstop_docs import __version__
from pitstop_docs.errors import ExitCode, PitstopError, nearest
from pitstop_docs.findings import Finding, as_json, as_text
from pitstop_docs.workspace import Workspace, unpack_kit

MOST_ROWS = 50
"""How many rows a sheet or a continuation may have."""


@dataclass(frozen=True)
class Session:
    """What every command knows: where the workspace is, and what time it is."""

    root: Path
    store_url: str
    now: datetime

    @cached_property
    def workspace(self) -> Workspace:
        """The workspace that the command works in."""
        return Workspace.at(self.root, today=self.now.astimezone().date(), store_url=self.store_url)


class Application(click.Group):
    """The group of commands, with one place where an error becomes a sentence and an exit code."""

    def main(self, args: Sequence[str] | None = None, **options: Any) -> Any:  # type: ignore[override]
        """Run a command. What is expected to go wrong is one line; what is not leaves a log and says where."""
        options["standalone_mode"] = False
        _write_utf8()
        try:
            sys.exit(super().main(args, **options) or ExitCode.DONE)
        except click.exceptions.Abort:
            _end("Interrotto. Ciò che era già stato salvato resta.", ExitCode.INTERRUPTED)
        except click.exceptions.NoArgsIsHelpError as error:
            error.show()
            sys.exit(ExitCode.USAGE)
        except click.ClickException as error:
            _end(f"{_in_italian(error)} Per le istruzioni: pitstop --help.", ExitCode.USAGE)
        except PitstopError as error:
            _end(str(error), error.code)
        except KeyboardInterrupt:
            _end("Interrotto. Ciò che era già stato salvato resta.", ExitCode.INTERRUPTED)
        except OSError as error:
            _stop_output()
            reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
            advice = "Controllare lo spazio sul disco e i permessi, e riprovare."
            _end(f"Impossibile leggere o scrivere: il sistema ha risposto {reason}. {advice}", ExitCode.FILE)
        except Exception:  # noqa: BLE001  # the last door: a fault of ours
            _end(f"Errore interno: non è un problema dei dati. I dettagli sono in {_log()}.", ExitCode.FAULT)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command. Whoever reads may stop, as in «pitstop forms | head»: click would call that a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            _stop_output()
            raise click.exceptions.Exit(ExitCode.DONE) from None


def _write_utf8() -> None:
    """A name in Arabic goes through a pipe or into a file whatever the locale; a terminal shows what it can."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding=None if stream.isatty() else "utf-8", errors="replace")


def _stop_output() -> None:
    """Nothing more can be written: what is still held back would fail once more when Python ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _in_italian(error: click.ClickException) -> str:
    """What click objects to, said for whoever typed the command."""
    match error:
        case click.NoSuchOption():
            advice = f" Forse {', '.join(error.possibilities)}?" if error.possibilities else ""
            return f"L’opzione {error.option_name} non esiste.{advice}"
        case click.BadOptionUsage():
            return f"L’opzione {error.option_name} non ha il suo valore, o ne ha uno di troppo."
        case click.MissingParameter():
            return f"Manca {_name_of(error.param)}."
        case click.BadParameter():
            return f"Il valore di {_name_of(error.param)} non è ammesso."
        case click.UsageError() if match := re.match("No such command '(.*?)'", error.message):
            near = nearest(match[1], main.commands)
            return f"Il comando «{match[1]}» non esiste.{f' Forse: {near[0]}.' if near else ''}"
        case click.UsageError() if error.message.startswith(("Got unexpected", "Missing command")):
            return "Ci sono parole di troppo." if error.message.startswith("Got") else "Manca il comando."
    return error.message


def _name_of(parameter: click.Parameter | None) -> str:
    """What a person typed, or should have: `--number`, `FORM`."""
    if isinstance(parameter, click.Option):
        return parameter.opts[0]
    return parameter.human_readable_name if parameter else "una parola"


def _end(sentence: str, code: ExitCode) -> None:
    click.echo(sentence, err=True)
    sys.exit(code)


def _log() -> Path:
    """Where the fault was written: the places in our code, without the values that an exception quotes."""
    kind, _, trace = sys.exc_info()
    frames = "".join(traceback.format_list(traceback.extract_tb(trace)))
    with tempfile.NamedTemporaryFile("w", prefix="pitstop-", suffix=".log", delete=False, encoding="utf-8") as log:
        log.write(f"pitstop {__version__}\n{frames}{kind.__name__ if kind else ''}\n")
    return Path(log.name)


@click.group(cls=Application, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--workspace", "root", type=click.Path(path_type=Path), default=Path(), help="Cartella di lavoro (qui).")
@click.option("--store", "store_url", default="", help="Archivio, se non è pitstop.db nella cartella di lavoro.")
@click.version_option(__version__, prog_name="pitstop", message="%(prog)s %(version)s")
@click.pass_context
def main(context: click.Context, root: Path, store_url: str) -> None:
    """I documenti del progetto PitStop: raccogliere le risposte, controllarle, produrre i documenti."""
    context.obj = context.obj or Session(root, store_url, datetime.now(UTC))


as_json_option = click.option("--json", "as_json_", is_flag=True, help="Risultato in JSON.")
case_option = click.option("--case", "case", default="", metavar="CASO", help="Codice del caso, per esempio PST-001.")
number_option = click.option("--number", type=click.IntRange(min=1), help="Numero del modulo, se ce n’è più d’uno.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def init(session: Session, folder: Path | None) -> None:
    """Preparare una cartella di lavoro con moduli, modelli e regole. Ciò che c’è già non viene toccato."""
    root = folder or session.root
    written = unpack_kit(root)
    click.echo(f"Cartella di lavoro pronta: {root} ({len(written)} file nuovi).")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@click.option("--pdf", "with_pdf", is_flag=True, help="Produrre anche i PDF (con LibreOffice).")
@as_json_option
@click.pass_obj
def demo(session: Session, folder: Path, with_pdf: bool, as_json_: bool) -> None:
    """Una cartella di prova, con casi inventati e tutti i documenti che se ne possono fare."""
    from pitstop_docs import demo as demonstration  # noqa: PLC0415  # commands import what they need, when they need it

    rows = demonstration.build(folder, now=session.now, with_pdf=with_pdf)
    if as_json_:
        _json([row.to_json() for row in rows])
    else:
        click.echo(demonstration.table(rows, folder))


@main.command()
@as_json_option
@click.pass_obj
def forms(session: Session, as_json_: bool) -> None:
    """I moduli e i tipi di documento, una riga ciascuno."""
    workspace = session.workspace
    if as_json_:
        told = {
            "forms": [{"form": f.name, "code": f.code, "title": f.title, "scope": f.scope} for f in workspace.forms.values()],
            "kinds": [{"kind": t.kind, "code": t.code, "title": t.title} for t in workspace.templates.values()],
        }
        _json(told)
        return
    click.echo("Moduli")
    for form in sorted(workspace.forms.values(), key=lambda one: (one.code, one.name)):
        click.echo(f"  {form.name:<26} {form.code:<5} {form.title}{' (più d’uno)' if form.many else ''}")
    click.echo("Documenti")
    for template in sorted(workspace.templates.values(), key=lambda one: (one.code, one.kind)):
        click.echo(f"  {template.kind:<26} {template.code:<5} {template.title}")


@main.command()
@click.argument("form")
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False)
@case_option
@number_option
@click.option("--author", default="", help="Chi compila (ruolo o sigla).")
@click.option("--withdraw", is_flag=True, help="Ritirare il modulo: resta nell’archivio, ma non vale più.")
@click.option("--base", type=click.IntRange(min=0), help="Revisione su cui si è lavorato: se non è più l’ultima, si ferma.")
@as_json_option
@click.pass_obj
def keep(
    session: Session,
    form: str,
    file: Path | None,
    case: str,
    number: int | None,
    author: str,
    base: int | None,
    withdraw: bool,
    as_json_: bool,
) -> int:
    """Conservare le risposte a un modulo, complete o no, da un file JSON («-» per lo standard input)."""
    from pitstop_docs import jsontext, keeping  # noqa: PLC0415

    if withdraw == (file is not None):
        raise click.UsageError("Indicare il file delle risposte, oppure --withdraw.")
    workspace, now = session.workspace, session.now
    if file is None:
        kept = keeping.withdraw(workspace, form, case=case, number=number, author=author, based_on=base, now=now)
    else:
        piped = str(file) == "-"
        kept = keeping.keep(
            workspace,
            form,
            sys.stdin.buffer.read(jsontext.LIMIT + 1) if piped else keeping.read(file),
            source="standard input" if piped else file.name,
            case=case,
            number=number,
            author=author,
            based_on=base,
            now=now,
        )
    click.echo(kept.sentence(), err=True)
    return _report(session.workspace, kept.findings, as_json_)


@main.command()
@click.argument("form")
@case_option
@number_option
@click.option("--revision", type=click.IntRange(min=1), help="Una revisione precedente.")
@click.pass_obj
def show(session: Session, form: str, case: str, number: int | None, revision: int | None) -> None:
    """Le risposte conservate, in JSON."""
    from pitstop_docs import jsontext, keeping  # noqa: PLC0415

    record, answers = keeping.find(session.workspace, form, case=case, number=number, revision=revision)
    click.echo(f"{record.form} n. {record.number}, revisione {record.revision}, {record.saved_at:%d/%m/%Y}.", err=True)
    click.echo(jsontext.pretty(answers))


@main.command()
@click.argument("case", required=False)
@as_json_option
@click.pass_obj
def status(session: Session, case: str | None, as_json_: bool) -> int:
    """Che cosa manca, perché, chi deve agire, che cosa si sblocca: di un caso, o in breve di tutti."""
    from pitstop_docs import status as standing  # noqa: PLC0415
    from pitstop_docs.desk import Desk  # noqa: PLC0415

    desk = Desk.of(session.workspace)
    found = [standing.standing(desk, case)] if case else list(standing.standings(desk))
    if as_json_:
        _json([standing.to_json(one) for one in found])
    else:
        titles, roles = _titles(session.workspace), desk.workspace.pack.roles
        click.echo(standing.as_text(found[0], titles, roles) if case else standing.as_table(found, roles))
    return ExitCode.FINDINGS if any(finding.blocks for one in found for finding in one.findings) else ExitCode.DONE


@main.command()
@click.argument("kind")
@case_option
@number_option
@as_json_option
@click.pass_obj
def check(session: Session, kind: str, case: str, number: int | None, as_json_: bool) -> int:
    """Che cosa manca a un documento, senza produrlo."""
    from pitstop_docs import documents  # noqa: PLC0415
    from pitstop_docs.desk import Desk  # noqa: PLC0415

    desk = Desk.of(session.workspace)
    verdict = documents.check(desk, desk.target(kind, case, number))
    return _report(session.workspace, verdict.findings, as_json_)


@main.command()
@click.argument("kind")
@case_option
@number_option
@click.option("--draft", is_flag=True, help="Produrre comunque, con BOZZA su ogni pagina.")
@click.option("--pdf", "with_pdf", is_flag=True, help="Produrre anche il PDF/A (con LibreOffice).")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Copiare il documento anche in questa cartella.")
@as_json_option
@click.pass_obj
def make(
    session: Session,
    kind: str,
    case: str,
    number: int | None,
    draft: bool,
    with_pdf: bool,
    out: Path | None,
    as_json_: bool,
) -> int:
    """Produrre un documento. Se qualcosa lo blocca non si produce, salvo --draft."""
    from pitstop_docs import documents  # noqa: PLC0415
    from pitstop_docs.desk import Desk  # noqa: PLC0415

    desk = Desk.of(session.workspace)
    target = desk.target(kind, case, number)
    verdict, document = documents.produce(desk, target, draft=draft, with_pdf=with_pdf, now=session.now)
    copies = documents.copy(document, out) if document and out else ()
    if as_json_:
        told = document.to_json() if document else None
        _json({"document": told, "findings": [finding.to_json() for finding in verdict.findings]})
    else:
        _tell(session.workspace, verdict.findings, err=True)
        for path in dict.fromkeys((document.path, document.pdf, *copies)) if document else ():
            if path:
                click.echo(path)
    if document and document.pdf == document.path:
        click.echo("Il documento è già un PDF: --pdf non ne fa un altro.", err=True)
    if document is None:
        click.echo(
            "Documento non prodotto: ci sono segnalazioni bloccanti. Risolverle, oppure usare --draft per una bozza.", err=True
        )
        return ExitCode.FINDINGS
    if not document.fresh:
        click.echo("Il documento c’era già, identico: non è stato riscritto.", err=True)
    return ExitCode.DONE


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@as_json_option
@click.pass_obj
def verify(session: Session, paths: Sequence[Path], as_json_: bool) -> int:
    """Confrontare un documento con il suo certificato: è intatto? da quali dati viene, e sono cambiati?"""
    from pitstop_docs import proof  # noqa: PLC0415
    from pitstop_docs.desk import Desk  # noqa: PLC0415

    desk = Desk.of(session.workspace)
    found = [proof.verify(desk, path) for path in paths]
    if as_json_:
        _json([one.to_json() for one in found])
    else:
        for one in found:
            click.echo("\n".join(one.lines()))
    return ExitCode.FINDINGS if any(one.altered or one.outdated for one in found) else ExitCode.DONE


@main.command()
@click.argument("form")
@case_option
@number_option
@click.option("--recipient", default="", help="Per chi è il modulo: interno o partner. Chi lo compila, se non si dice.")
@click.option("--sheet", is_flag=True, help="Un foglio per più compilazioni nuove, una riga ciascuna.")
@click.option("--more", default="", metavar="ELENCO", help="Un foglio di continuazione: altre righe di un elenco del modulo.")
@click.option("--rows", type=click.IntRange(1, MOST_ROWS), help="Quante righe, con --sheet o --more.")
@click.option("--another", is_flag=True, help="Un’altra copia, anche se quella di prima non è ancora tornata.")
@as_json_option
@click.pass_obj
def ask(
    session: Session,
    form: str,
    case: str,
    number: int | None,
    recipient: str,
    sheet: bool,
    more: str,
    rows: int | None,
    another: bool,
    as_json_: bool,
) -> None:
    """Preparare un modulo PDF da compilare, con ciò che è già noto stampato dentro."""
    from pitstop_docs import asking  # noqa: PLC0415
    from pitstop_docs.desk import Desk  # noqa: PLC0415
    from pitstop_docs.extents import Extent  # noqa: PLC0415

    if sheet and (more or number):
        raise click.UsageError("Un foglio è per compilazioni nuove: --sheet non va con --number né con --more.")
    if rows and not (sheet or more):
        raise click.UsageError("--rows dice quante righe ha un foglio: va con --sheet o con --more.")
    desk = Desk.of(session.workspace)
    extent = Extent(sheet=sheet, more=more, rows=rows)
    issue = asking.ask(desk, form, case=case, number=number, recipient=recipient, extent=extent, another=another, now=session.now)
    if as_json_:
        _json(issue.to_json())
        return
    click.echo(issue.path)
    if not issue.fresh:
        click.echo("Il modulo era già stato preparato, identico: non è stato riscritto.", err=True)


@main.command()
@click.argument("paths", metavar="FILE…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Solo mostrare che cosa cambierebbe.")
@click.option("--resolve", default="", metavar="ours|theirs|FILE", help="Nei conflitti vale l’archivio, il modulo, o un file.")
@click.option("--anyway", is_flag=True, help="Accettare un file che andava guardato, dopo averlo guardato.")
@click.option("--author", default="", help="Chi ha compilato il modulo (ruolo o sigla).")
@as_json_option
@click.pass_obj
def read(session: Session, paths: Sequence[Path], dry_run: bool, resolve: str, anyway: bool, author: str, as_json_: bool) -> int:
    """Leggere i moduli PDF tornati compilati: che cosa c’è di nuovo, che cosa è in conflitto."""
    from pitstop_docs import returns  # noqa: PLC0415
    from pitstop_docs.apart import together  # noqa: PLC0415
    from pitstop_docs.merging import Decisions, Side  # noqa: PLC0415

    if resolve in ("", *Side):
        decisions = Decisions({}, Side(resolve) if resolve else None)
    else:
        told = returns.decisions_in(Path(resolve))
        decisions = Decisions({place: Side(side) for place, side in told.items()})
    wishes = returns.Wishes(decisions, dry_run, anyway, author)
    with together("pypdf", "pitstop_docs.fillers.returned"):
        found = [
            reading
            for path in paths
            for one, content in returns.brought(path)
            for reading in returns.take(session.workspace, one, content, wishes, now=session.now)
        ]
    if as_json_:
        _json([one.to_json() for one in found])
    else:
        for one in found:
            click.echo("\n".join(one.lines(session.workspace)))
            if one.findings:
                _tell(session.workspace, one.findings)
    blocked = any(one.refused or any(finding.blocks for finding in one.findings) for one in found)
    return ExitCode.FINDINGS if blocked else ExitCode.DONE


@main.command()
@click.argument("kind", default="")
@click.option("--annotate", is_flag=True, help="Scrivere una copia del modello con una nota in ogni punto da rivedere.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="La cartella delle copie annotate.")
@click.option(
    "--samples", type=click.IntRange(min=0), default=0, help="Provare il modello con tante risposte inventate quante indicate."
)
@click.option("--seed", type=click.IntRange(min=0), default=0, help="Con --samples: un altro seme, altre risposte.")
@as_json_option
@click.pass_obj
def lint(session: Session, kind: str, annotate: bool, out: Path | None, samples: int, seed: int, as_json_: bool) -> int:
    """Confrontare i modelli con i moduli: nomi sbagliati, segnaposto rotti, dati che il destinatario non può vedere."""
    from pitstop_docs import flaws  # noqa: PLC0415
    from pitstop_docs.lint import report  # noqa: PLC0415

    found = report.inspect(session.workspace, kind, samples=samples, seed=seed)
    if as_json_:
        click.echo(flaws.as_json(found.flaws))
    else:
        click.echo(flaws.as_text(found.flaws, found.titles) if found.flaws else "Nulla da segnalare.")
        for covered in found.covered:
            click.echo(covered.sentence())
    for template in found.readable if annotate else ():
        copy = report.annotate(template, found.flaws, out or session.workspace.root / "outputs" / report.NOTES)
        click.echo(copy, err=as_json_)
    return ExitCode.KIT if found.unreadable else ExitCode.FINDINGS if found.blocked else ExitCode.DONE


@main.command()
@click.argument("form")
@click.argument("old")
@click.argument("new")
@click.option("--dry-run", is_flag=True, help="Dire che cosa cambierebbe, senza scrivere nulla.")
@as_json_option
@click.pass_obj
def rename(session: Session, form: str, old: str, new: str, dry_run: bool, as_json_: bool) -> None:
    """Rinominare un campo di un modulo in schemi, modelli, regole e prove insieme. OLD è /obiettivi/*/scadenza, o il nome."""
    from pitstop_docs import renaming  # noqa: PLC0415

    told = renaming.rename(session.root, form, old, new, workspace=lambda: session.workspace, dry_run=dry_run)
    if as_json_:
        _json(told.to_json())
    else:
        click.echo("\n".join(told.lines()))
    click.echo(told.sentence(), err=True)


def _report(workspace: Workspace, findings: Iterable[Finding], as_json_: bool) -> int:
    found = list(findings)
    if as_json_:
        click.echo(as_json(found))
    else:
        _tell(workspace, found)
    return ExitCode.FINDINGS if any(finding.blocks for finding in found) else ExitCode.DONE


def _tell(workspace: Workspace, findings: Iterable[Finding], *, err: bool = False) -> None:
    found = list(findings)
    text = as_text(found, _titles(workspace), workspace.pack.roles) if found else "Nulla da segnalare."
    click.echo(text, err=err)


def _titles(workspace: Workspace) -> dict[str, str]:
    return {form.name: f"{form.code} {form.title}".strip() for form in workspace.forms.values()}


def _json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))
