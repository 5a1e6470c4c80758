"""A file that came back is looked at before anything is taken from it: what it is, whose form, and what a person should do.

Only the bytes are judged here: what was issued and what the store has now is compared later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from pitstop_docs import identity
from pitstop_docs.apart import apart
from pitstop_docs.errors import FileError
from pitstop_docs.fillers import returned
from pitstop_docs.fillers.acroform import Field, Form
from pitstop_docs.fillers.carriers import Carrier
from pitstop_docs.fillers.envelope import Seal
from pitstop_docs.fillers.pdfvalues import Oddity
from pitstop_docs.fillers.returned import PAGES, SIZE, Obstacle, Returned
from pitstop_docs.identity import Identity

MEGABYTES = 1024
"""Memory of the child process that reads a file."""
SHOWN = 5
"""Fields that a sentence names; of the others it says how many."""


class Outcome(StrEnum):
    """What kind of file came back. From the first six answers can be taken, from the others none."""

    READY = "pronto"
    UNFILLED = "non compilato"
    PARTIAL = "incompleto"
    OLD = "altra versione"
    SIGNED_CHANGED = "firmato e poi cambiato"
    DOUBTFUL = "dubbio"
    MERGED = "moduli uniti"
    DISCORDANT = "discorde"
    FLATTENED = "stampato"
    SCANNED = "scansione"
    FOREIGN = "non nostro"
    UNKNOWN = "modulo sconosciuto"
    XFA = "XFA"
    EMPTY = "vuoto"
    LARGE = "troppo grande"
    NO_PDF = "non è un PDF"
    BROKEN = "danneggiato"
    LOCKED = "protetto"
    SEALED = "busta chiusa"


READABLE = frozenset((Outcome.READY, Outcome.UNFILLED, Outcome.PARTIAL, Outcome.OLD, Outcome.SIGNED_CHANGED, Outcome.DOUBTFUL))


@dataclass(frozen=True)
class Triage:
    """What a file is, in a sentence for the staff: what, where, what to do.

    `identity` is the form, the case and the issue, None if the file does not say them or says several. `missing` are the
    paths that the form asked for and the file has not. `doubts` are the reasons why no value may be taken without someone
    looking, `notes` what is good to know; both are whole sentences without a value.
    """

    outcome: Outcome
    message: str
    identity: Identity | None = None
    returned: Returned | None = None
    missing: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def readable(self) -> bool:
        """True if there are answers to take."""
        return self.outcome in READABLE

    @property
    def sure(self) -> bool:
        """True if the answers may be compared with the store without anybody looking at the file first."""
        return self.readable and not self.doubts and self.outcome is not Outcome.PARTIAL


def triage(content: bytes, *, versions: Mapping[str, str]) -> Triage:
    """What a file is. `versions` are the forms of the kit, each with the version of its schema. Never raises for the file."""
    if len(content) > 2 * SIZE:  # in base64 a file is longer by a third
        return _stopped(Returned(Obstacle.LARGE))
    try:
        found = apart(returned.read, content, megabytes=MEGABYTES)
    except FileError as error:
        return Triage(Outcome.BROKEN, str(error))
    return judged(found, versions=versions)


def judged(found: Returned, *, versions: Mapping[str, str]) -> Triage:
    """The same of what was already read."""
    if found.seal or found.obstacle or found.form is None:
        return _stopped(found)
    whose = found.identities
    if found.form.xfa:
        return Triage(Outcome.XFA, XFA, _one(whose), found)
    if not whose:
        return _nobodys(found, found.form)
    if len({one.identity for one in found.sightings if one.page is not None}) > 1 or _twice(found, found.form):
        return Triage(Outcome.MERGED, _merged(found), None, found)
    if len(whose) > 1:
        return Triage(Outcome.DISCORDANT, _discordant(found), None, found)
    (who,) = whose
    if not _ours(found, found.form):
        return _stopped(replace(found, obstacle=Obstacle.BROKEN)) if found.mended else _seen_only(found, who)
    if who.form not in versions:
        message = f"Il modulo «{who.form}» non è fra quelli di questa cartella. Leggerlo dalla cartella da cui è stato inviato."
        return Triage(Outcome.UNKNOWN, message, who, found)
    return _read(found, found.form, who, versions[who.form])


def beside(found: Triage, names: Iterable[str], *, versions: Mapping[str, str]) -> Triage:
    """The same of a form of which the names of the fields are known as it was issued, whatever the file says of them."""
    if found.returned is None:
        return found
    return judged(replace(found.returned, fields=tuple((name, name) for name in names)), versions=versions)


# ── nothing can be taken from it ─────────────────────────────────────────────────────────────────────────────────────

AGAIN = "Chiedere di rispedire il modulo compilato e salvato («Salva», non «Stampa» né foto)."
XFA = (
    "Il file è un modulo XFA, che solo alcuni programmi mostrano e che non è fra quelli inviati. "
    "Inviare il modulo di PitStop e chiedere di compilare quello."
)
STOPPED: Mapping[Obstacle, tuple[Outcome, str]] = {
    Obstacle.EMPTY: (Outcome.EMPTY, "Il file è vuoto: probabilmente l’invio si è interrotto. Chiedere di rispedirlo."),
    Obstacle.LARGE: (
        Outcome.LARGE,
        f"Il file supera {SIZE // 2**20} MiB: un modulo compilato ne occupa al più qualcuno. {AGAIN}",
    ),
    Obstacle.NO_PDF: (Outcome.NO_PDF, f"Il file non è un PDF. {AGAIN}"),
    Obstacle.PHOTO: (Outcome.NO_PDF, f"Il file è una foto, non il modulo compilato. {AGAIN}"),
    Obstacle.OFFICE: (
        Outcome.NO_PDF,
        f"Il file non è un PDF: è un documento di Word o simile, o un archivio zip che ha perso il suo nome. {AGAIN}",
    ),
    Obstacle.WEB: (
        Outcome.NO_PDF,
        f"Il file non è un PDF: è una pagina web, forse salvata al posto del modulo che si voleva scaricare. {AGAIN}",
    ),
    Obstacle.BROKEN: (
        Outcome.BROKEN,
        "Il file è danneggiato o incompleto: probabilmente l’invio si è interrotto. Chiedere di rispedirlo.",
    ),
    Obstacle.LOCKED: (
        Outcome.LOCKED,
        "Il file si apre solo con una password. Chiedere una copia senza protezione e non scrivere la password in una mail.",
    ),
    Obstacle.CIPHER: (
        Outcome.LOCKED,
        "Il file è cifrato e qui manca il componente per leggerlo («pip install pitstop-docs[aes]»). "
        "Installarlo o chiedere una copia senza protezione.",
    ),
    Obstacle.PAGES: (
        Outcome.LARGE,
        f"Il file ha più di {PAGES} pagine. Separare i moduli, o leggere ciascuno dal file in cui è stato salvato.",
    ),
    Obstacle.FIELDS: (Outcome.FOREIGN, "Il file ha troppi campi per essere un modulo di PitStop. Inviare il modulo di PitStop."),
    Obstacle.NESTED: (
        Outcome.SEALED,
        "Il file è in più di due buste firmate (.p7m) l’una nell’altra. Estrarre il PDF con il programma di firma.",
    ),
}
SEALED: Mapping[Seal, str] = {
    Seal.DETACHED: "Il file firmato (.p7m) contiene solo la firma. Chiedere anche il PDF a cui si riferisce.",
    Seal.ENCIPHERED: "Il file (.p7m) è cifrato per un altro destinatario. Chiedere una copia firmata e non cifrata.",
    Seal.DAMAGED: "Il file firmato (.p7m) è danneggiato o incompleto. Chiedere di rispedirlo.",
    Seal.NO_LIBRARY: (
        "Per leggere i file firmati (.p7m) manca un componente («pip install pitstop-docs[p7m]»). "
        "Installarlo, o estrarre il PDF con il programma di firma e leggere quello."
    ),
}


def _stopped(found: Returned) -> Triage:
    if found.seal:
        return Triage(Outcome.SEALED, SEALED[found.seal], None, found)
    outcome, message = STOPPED[found.obstacle or Obstacle.BROKEN]
    who = _one(found.identities)
    return Triage(outcome, f"{message} {_about(who)}".rstrip(), who, found)


def _one(whose: tuple[Identity, ...]) -> Identity | None:
    return whose[0] if len(whose) == 1 else None


def _about(who: Identity | None) -> str:
    """Which form a file says to be, in a sentence; empty if it does not."""
    return f"È {_named(who)}." if who else ""


def _named(who: Identity) -> str:
    """A form in words: «il modulo «pai» del caso PST-001, copia n. 3»."""
    of = f" del caso {who.case}" if who.case else ""
    return f"il modulo «{who.form}»{of}, copia n. {who.issue}"


def _nobodys(found: Returned, form: Form) -> Triage:
    """A PDF that does not say whose it is."""
    if any(field.kind not in ("firma", "pulsante") for field in form.fields):
        message = "Il file è un modulo, ma non uno di quelli inviati da PitStop. Chiedere di compilare il modulo inviato."
        return Triage(Outcome.FOREIGN, message, None, found)
    if any(leaf.words for leaf in found.leaves):
        message = f"Il file è un PDF senza campi e non dice di quale modulo si tratta. {AGAIN}"
        return Triage(Outcome.FOREIGN, message, None, found)
    seen = any(leaf.pictures for leaf in found.leaves)
    what = "Il file è una scansione o una foto" if seen else "Il file non ha testo né campi"
    lacking = "e per leggerne il codice QR manca un componente («pip install pitstop-docs[scan]»)"
    why = "e non vi si legge nessun codice QR" if found.looked else lacking
    message = (
        f"{what}, {why}: non si sa di quale caso. Guardarlo e ricopiare le risposte, o chiedere il file compilato e salvato."
    )
    return Triage(Outcome.SCANNED, message, None, found)


def _seen_only(found: Returned, who: Identity) -> Triage:
    """A form of which only the look came back."""
    from_picture = all(one.carrier is Carrier.QR for one in found.sightings) or not any(leaf.words for leaf in found.leaves)
    where = _where(found)
    scanned, printed = "Il file è una scansione o una foto", "Il file è stato stampato in PDF, o rifatto da un altro programma"
    message = (
        f"{scanned if from_picture else printed}: i campi non ci sono più. È {_named(who)}{where}. "
        "Chiedere il file compilato e salvato («Salva», non «Stampa»), o ricopiare le risposte a mano."
    )
    return Triage(Outcome.SCANNED if from_picture else Outcome.FLATTENED, message, who, found)


def _where(found: Returned) -> str:
    """Which pages of the form are seen, as they say themselves, else which of the file; empty if none says whose it is."""
    seen = sorted({one.page for one in found.sightings if one.page is not None})
    told = sorted({leaf.numbered for leaf in (found.leaves[page] for page in seen) if leaf.numbered})
    if told and len({of for _, of in told}) == 1:
        return f" ({_pages([number for number, _ in told])} di {told[0][1]})"
    return f" ({_pages([page + 1 for page in seen])} del file)" if seen else ""


def _merged(found: Returned) -> str:
    whose = found.identities
    names = "; ".join(_named(who) for who in whose[:SHOWN])
    what = f"più moduli uniti in un file solo ({names})" if len(whose) > 1 else f"due copie dello stesso modulo unite ({names})"
    return f"Il file contiene {what}: non si può sapere di chi è ogni risposta. Chiedere ogni modulo nel suo file."


def _twice(found: Returned, form: Form) -> bool:
    """True if fields of two files have come together under one name, or a page of the form is there twice."""
    told = [leaf.numbered for leaf in found.leaves if leaf.numbered]
    return len(told) > len(set(told)) or any(Oddity.REPEATED in field.oddities for field in form.fields)


def _discordant(found: Returned) -> str:
    places: dict[Identity, dict[str, None]] = {}
    for one in found.sightings:
        places.setdefault(one.identity, {})[one.carrier.value] = None
    told = "; ".join(f"{', '.join(where)}: {_named(who)}" for who, where in [*places.items()][:SHOWN])
    return (
        f"Il file dice di essere moduli diversi – {told} – e non si può sapere di chi sono le risposte: qualcuno o un programma "
        "lo ha cambiato. Chiedere di compilare di nuovo il modulo inviato."
    )


# ── answers can be taken ─────────────────────────────────────────────────────────────────────────────────────────────


def _ours(found: Returned, form: Form) -> tuple[Field, ...]:
    """The fields that hold answers: those that the description names or, where it was lost, all but the identity."""
    answers = [one for one in form.fields if one.kind not in ("firma", "pulsante") and one.name != identity.FIELD]
    named = {name for name, _ in found.fields}
    return tuple(one for one in answers if not named or one.name in named or one.name.rpartition("=")[0] in named)


def _read(found: Returned, form: Form, who: Identity, version: str) -> Triage:
    answers = _ours(found, form)
    here = {one.name for one in form.fields} | {one.name.rpartition("=")[0] for one in form.fields}
    missing = tuple(path for name, path in found.fields if name not in here)
    gone = _gone(found)
    doubts, notes = tuple(_doubts(found, form, answers)), tuple(_notes(found))
    which = _named(who)[0].upper() + _named(who)[1:]
    altered = _altered(found)
    if missing or gone:
        lacking = f"{len(missing)} campi" if len(missing) != 1 else "1 campo"
        what = f"{'la' if len(gone) == 1 else 'le'} {_pages(gone)}" if gone else lacking
        verb = "manca" if len(gone or missing) == 1 else "mancano"
        message = f"{which}: {verb} {what}. Si possono leggere solo le risposte rimaste; chiedere il file intero."
        outcome = Outcome.PARTIAL
    elif altered:
        message = f"{which}: è stato firmato e poi cambiato. {altered}"
        outcome = Outcome.SIGNED_CHANGED
    elif doubts:
        message = f"{which}: si legge, ma prima di accettarlo va guardato. {doubts[0]}"
        outcome = Outcome.DOUBTFUL
    elif who.version != version:
        message = f"{which}: {_older(who, version)}"
        outcome = Outcome.OLD
    elif all(one.value == one.default for one in answers):
        message = f"{which}: non risulta compilato nulla oltre a ciò che era stampato. Chiedere se è stato salvato."
        outcome = Outcome.UNFILLED
    else:
        message = f"{which}: si legge per intero."
        outcome = Outcome.READY
    if who.version != version and outcome is not Outcome.OLD:
        notes = (*notes, f"Il modulo {_older(who, version)}")
    return Triage(outcome, message, who, found, missing, doubts, notes)


def _older(who: Identity, version: str) -> str:
    """That a form is of another version, and what to do."""
    return (
        f"è della versione {who.version}, e ora è alla {version}. "
        "Le risposte si leggono con i nomi di oggi; controllare quelle che mancano."
    )


def _altered(found: Returned) -> str:
    """What was changed after a signature, and what to do; empty if nothing was."""
    if found.unlike:
        return "Il contenuto della busta (.p7m) non è quello che è stato firmato. Chiedere di rispedirla a chi ha firmato."
    if any(not one.kept for one in found.signatures):
        return (
            "Dopo la firma il file è stato riscritto: non è più quello che è stato firmato. Chiedere conferma a chi ha firmato."
        )
    changed = sorted({name for one in found.signatures for name in one.changed or ()})
    if changed:
        return f"Dopo la firma sono cambiati dei campi ({_listed(changed)}). Chiedere conferma a chi ha firmato."
    if any(one.changed is None for one in found.signatures):
        return "Non si può vedere che cosa è cambiato dopo la firma. Chiedere conferma a chi ha firmato."
    return ""


def _gone(found: Returned) -> list[int]:
    """The pages that the others say there are, and that are not there."""
    told = [leaf.numbered for leaf in found.leaves if leaf.numbered]
    count = max((of for _, of in told), default=0)
    return sorted(set(range(1, min(count, PAGES) + 1)) - {number for number, _ in told}) if count <= PAGES else []


def _doubts(found: Returned, form: Form, answers: tuple[Field, ...]) -> Iterator[str]:
    """Why somebody should look at the file before an answer is taken from it."""
    if found.mended:
        yield "Il file era danneggiato e si è letto quanto si poteva: confrontare ogni risposta con ciò che si vede aprendolo."
    if altered := _altered(found):
        yield altered
    by_oddity: dict[Oddity, list[str]] = {}
    for field in answers:
        for oddity in field.oddities:
            by_oddity.setdefault(oddity, []).append(field.name)
    for oddity, names in by_oddity.items():
        yield f"Da guardare, perché {oddity.value}: {_listed(names)}."
    named = {name for name, _ in found.fields}
    if not named:
        yield "Il file ha perso l’elenco dei suoi campi: non si può sapere se ci sono tutti. Confrontarlo con il modulo inviato."
    strange = [one for one in form.fields if named and one not in answers and one.name != identity.FIELD and one.kind != "firma"]
    if strange:
        many = f"{len(strange)} campi" if len(strange) > 1 else "un campo"
        yield f"Il file ha {many} che il modulo inviato non aveva: guardare se una risposta è finita lì."
    locked = [field.name for field in answers if field.read_only and field.value != field.default]
    if locked:
        yield f"Campi che non si potevano cambiare risultano cambiati: {_listed(locked)}. Usare i dati dell’archivio."


def _notes(found: Returned) -> Iterator[str]:
    """What is good to know about the file."""
    if found.envelopes:
        yield "Il file era in una busta firmata (.p7m): la firma non è stata verificata."
    for one in found.signatures:
        after = "è stato salvato ancora" if one.added else "non è cambiato" if one.kept else "è stato riscritto"
        yield f"Il file è firmato, e dopo la firma {after}. La firma non è stata verificata."
    if found.restricted:
        yield "Il file ha delle limitazioni (password del proprietario), che non impediscono di leggerlo."
    if found.starts:
        yield "Il file contiene istruzioni che partono da sole (JavaScript o programmi): qui non vengono eseguite."
    if found.foreign:
        yield "Il file ha altri allegati, che non vengono aperti."


def _listed(names: list[str]) -> str:
    """A few names, and how many more there are."""
    more = len(names) - SHOWN
    rest = f" e altri {more}" if more > 1 else " e un altro" if more == 1 else ""
    return ", ".join(names[:SHOWN]) + rest


def _pages(numbers: list[int]) -> str:
    """Pages in words: «pagina 2», «pagine 1–3, 5»."""
    runs: list[list[int]] = []
    for one in numbers:
        if runs and runs[-1][-1] == one - 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    told = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
    return f"pagina {told}" if len(numbers) == 1 else f"pagine {told}"
