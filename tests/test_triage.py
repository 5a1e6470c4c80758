"""Whatever comes back, a person reads in one sentence what it is, of which form and case, and what to do."""

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, ByteStringObject, NameObject, TextStringObject

from pitstop_docs.fillers import qr
from pitstop_docs.triage import Outcome, Triage, triage
from tests.acroforms import ANSWERS, WHO, Pdf, filled, issued, value, written

VERSIONS = {"scheda": "1.0.0"}
SCHEDA = "l modulo «scheda» del caso PST-001, copia n. 3"


def seen(content: bytes, **versions: str) -> Triage:
    """What is said of a file in a kit with one form."""
    return triage(content, versions=versions or VERSIONS)


def back() -> bytes:
    return filled(issued().content())


def test_a_filled_form_is_ready() -> None:
    found = seen(back())
    assert (found.outcome, found.identity, found.sure) == (Outcome.READY, WHO, True)
    assert found.message == f"I{SCHEDA}: si legge per intero."
    assert (found.doubts, found.notes, found.missing) == ((), (), ())


def test_a_form_of_the_whole_project_is_called_without_a_case() -> None:
    found = seen(filled(issued(replace(WHO, case="")).content()))
    assert found.message == "Il modulo «scheda», copia n. 3: si legge per intero."


def test_a_form_in_which_nothing_was_filled_says_so() -> None:
    found = seen(issued().content())
    assert (found.outcome, found.readable) == (Outcome.UNFILLED, True)
    assert "non risulta compilato nulla" in found.message


def test_a_form_of_another_version_is_read_and_says_so() -> None:
    found = seen(back(), scheda="1.2.0")
    assert (found.outcome, found.sure) == (Outcome.OLD, True)
    assert "è della versione 1.0.0, e ora è alla 1.2.0" in found.message


def test_a_form_of_another_version_in_which_something_is_odd_is_not_taken_for_sound() -> None:
    content = filled(issued().content(), added=True)
    found = seen(content[: len(content) - 9], scheda="1.2.0")
    assert (found.outcome, found.sure) == (Outcome.DOUBTFUL, False)
    assert found.notes == (
        "Il modulo è della versione 1.0.0, e ora è alla 1.2.0. "
        "Le risposte si leggono con i nomi di oggi; controllare quelle che mancano.",
    )


def test_a_form_that_this_kit_has_not_is_refused() -> None:
    found = seen(back(), altra="1.0.0")
    assert (found.outcome, found.readable) == (Outcome.UNKNOWN, False)
    assert "«scheda»" in found.message


# ── not a form that can be read ──────────────────────────────────────────────────────────────────────────────────────


def encrypted(user: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(back())))
    writer.encrypt(user, "proprietario", algorithm="RC4-128")
    return written(writer)


def xfa() -> bytes:
    form = Pdf()
    form.field("x")
    form.form["/XFA"] = form.add(b"<xdp/>")
    return form.content()


def foreign() -> bytes:
    form = Pdf()
    form.field("Nome")
    return form.content()


def worded() -> bytes:
    form = Pdf()
    form.write(0, "Una lettera")
    return form.content()


REFUSED: tuple[tuple[Callable[[], bytes], Outcome, str, str], ...] = (
    (lambda: b"", Outcome.EMPTY, "Il file è vuoto", "Chiedere di rispedirlo."),
    (lambda: b"Il modulo", Outcome.NO_PDF, "non è un PDF", "compilato e salvato"),
    (lambda: b"PK\x03\x04", Outcome.NO_PDF, "documento di Word o simile", "compilato e salvato"),
    (lambda: b"\xff\xd8\xff\xe0", Outcome.NO_PDF, "è una foto", "compilato e salvato"),
    (lambda: b"\n<!DOCTYPE html>", Outcome.NO_PDF, "è una pagina web", "compilato e salvato"),
    (lambda: b"%PDF-1.7\nrotto", Outcome.BROKEN, "danneggiato o incompleto", "Chiedere di rispedirlo."),
    (lambda: bytes(60 * 2**20), Outcome.LARGE, "supera 25 MiB", "compilato e salvato"),
    (lambda: encrypted("segreto"), Outcome.LOCKED, "si apre solo con una password", "Chiedere una copia senza protezione"),
    (xfa, Outcome.XFA, "è un modulo XFA", "chiedere di compilare quello"),
    (foreign, Outcome.FOREIGN, "non uno di quelli inviati da PitStop", "Chiedere di compilare il modulo inviato"),
    (worded, Outcome.FOREIGN, "è un PDF senza campi", "compilato e salvato"),
    (lambda: Pdf(51).content(), Outcome.LARGE, "più di 50 pagine", "Separare i moduli"),
)


@pytest.mark.parametrize(("content", "outcome", "what", "advice"), REFUSED)
def test_what_cannot_be_read_says_what_it_is_and_what_to_do(
    content: Callable[[], bytes], outcome: Outcome, what: str, advice: str
) -> None:
    found = seen(content())
    assert (found.outcome, found.readable, found.sure) == (outcome, False, False)
    assert what in found.message
    assert advice in found.message


def test_a_broken_file_says_of_which_form_it_was() -> None:
    content = back()
    found = seen(content[: content.index(b"xref")])
    assert found.outcome is Outcome.BROKEN
    assert f"È i{SCHEDA}." in found.message


def test_an_owners_password_is_only_noted() -> None:
    found = seen(encrypted(""))
    assert (found.outcome, found.sure) == (Outcome.READY, True)
    assert "password del proprietario" in found.notes[0]


# ── only its look came back ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_that_was_printed_to_pdf_says_of_which_case_and_on_which_pages() -> None:
    printed = PdfWriter(clone_from=PdfReader(io.BytesIO(back())))
    printed.remove_annotations("/Widget")
    for key in ("/AcroForm", "/Names", "/Metadata"):
        del printed.root_object[key]
    found = seen(written(printed))
    assert (found.outcome, found.identity) == (Outcome.FLATTENED, WHO)
    assert f"È i{SCHEDA} (pagine 1–2 di 2)" in found.message
    assert "«Salva», non «Stampa»" in found.message


def scanned(text: str) -> bytes:
    """A page on which a QR code is drawn, dot by dot, and no word."""
    segno = pytest.importorskip("segno")
    rows = list(segno.make(text, error="m", micro=False).matrix_iter(border=0))
    side = 72 / 25.4 * 25 / len(rows)
    dots = [
        f"{450 + x * side:.2f} {780 - y * side:.2f} {side:.2f} {side:.2f} re f"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    ]
    form = Pdf()
    form.picture(0)
    form.pages[0][NameObject("/Contents")] = form.add(" ".join(dots).encode())
    return form.content()


def test_a_scan_says_of_which_case_by_its_code() -> None:
    pytest.importorskip("zxingcpp")
    pytest.importorskip("pypdfium2")
    found = seen(scanned(WHO.text()))
    assert (found.outcome, found.identity) == (Outcome.SCANNED, WHO)
    assert f"è una scansione o una foto: i campi non ci sono più. È i{SCHEDA} (pagina 1 del file)." in found.message


def test_a_scan_without_a_code_says_that_nobody_knows_whose_it_is() -> None:
    form = Pdf()
    form.picture(0)
    found = seen(form.content())
    assert (found.outcome, found.identity) == (Outcome.SCANNED, None)
    assert "non si sa di quale caso" in found.message
    assert ("pitstop-docs[scan]" in found.message) is not qr.can_look()


# ── parts and wholes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_form_that_lost_a_page_says_which() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(back())))
    writer.remove_page(1)
    fields = writer.root_object["/AcroForm"]["/Fields"]
    fields[:] = [one for one in fields if str(one.get_object()["/T"]) != "/luogo"]
    found = seen(written(writer))
    assert (found.outcome, found.missing) == (Outcome.PARTIAL, ("/luogo",))
    assert "manca la pagina 2." in found.message


def test_a_form_that_lost_a_field_says_how_many() -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(back())))
    fields = writer.root_object["/AcroForm"]["/Fields"]
    kept = [one for one in fields if str(one.get_object()["/T"]) != "/nome"]
    fields[:] = kept
    writer.pages[0][NameObject("/Annots")] = ArrayObject(kept)
    found = seen(written(writer))
    assert (found.outcome, found.missing) == (Outcome.PARTIAL, ("/nome",))
    assert "manca 1 campo." in found.message


def joined(one: bytes, other: bytes) -> bytes:
    """Two forms in a file, as a program puts them that joins the lists of fields."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(one)))
    writer.append(PdfReader(io.BytesIO(other)))
    fields = [note for page in writer.pages for note in page["/Annots"] if note.get_object()["/Subtype"] == "/Widget"]
    writer.root_object[NameObject("/AcroForm")] = value({"/Fields": fields})
    return written(writer)


def test_two_forms_in_one_file_are_refused_by_name() -> None:
    found = seen(joined(back(), filled(issued(replace(WHO, case="PST-002", issue=1)).content())))
    assert (found.outcome, found.readable, found.identity) == (Outcome.MERGED, False, None)
    assert "del caso PST-001, copia n. 3" in found.message
    assert "del caso PST-002, copia n. 1" in found.message


def test_two_copies_of_one_form_in_one_file_are_refused() -> None:
    found = seen(joined(back(), filled(issued().content(), {**ANSWERS, "/nome": "Sara"})))
    assert (found.outcome, found.readable) == (Outcome.MERGED, False)
    assert "due copie dello stesso modulo" in found.message


# ── doubts and notes ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_file_that_had_to_be_mended_is_not_sure() -> None:
    content = filled(issued().content(), added=True)
    found = seen(content[: len(content) - 9])
    assert (found.outcome, found.readable, found.sure) == (Outcome.DOUBTFUL, True, False)
    assert "Il file era danneggiato" in found.doubts[0]


def test_a_locked_field_that_changed_is_a_doubt() -> None:
    found = seen(filled(issued().content(), {**ANSWERS, "/cognome": "Altra"}))
    assert found.outcome is Outcome.DOUBTFUL
    assert found.doubts == ("Campi che non si potevano cambiare risultano cambiati: /cognome. Usare i dati dell’archivio.",)


def test_lost_characters_are_a_doubt_that_names_the_field_and_not_the_value() -> None:
    found = seen(filled(issued().content(), {**ANSWERS, "/nome": "Segreta \ufffd", "/luogo": "Qui \uf600"}))
    assert (found.outcome, len(found.doubts)) == (Outcome.DOUBTFUL, 2)
    assert "ha perso dei caratteri (�): /nome." in found.doubts[0]
    assert "Segreta" not in str((found.message, found.doubts, found.notes))


def test_a_field_that_the_form_never_had_is_a_doubt() -> None:
    form = issued()
    form.field("/minorii=no", V="x")
    found = seen(filled(form.content()))
    assert found.outcome is Outcome.DOUBTFUL
    assert found.doubts == ("Il file ha un campo che il modulo inviato non aveva: guardare se una risposta è finita lì.",)


def test_a_form_that_lost_its_list_of_fields_is_read_with_a_doubt() -> None:
    found = seen(filled(issued(carriers="pages").content()))
    assert (found.outcome, found.identity) == (Outcome.DOUBTFUL, WHO)
    assert "ha perso l’elenco dei suoi campi" in found.doubts[0]


def test_a_field_that_does_not_say_its_kind_is_a_doubt() -> None:
    found = seen(back().replace(b"/FT /Btn", b"/FT /BtN", 1))
    assert found.outcome is Outcome.DOUBTFUL
    assert "se è un testo, una casella o una scelta: /minori=si." in found.doubts[0]


def test_what_starts_by_itself_and_other_attachments_are_noted() -> None:
    form = issued()
    form.writer.add_attachment("fattura.pdf", b"x")
    found = seen(filled(form.content(OpenAction={"/S": "/JavaScript", "/JS": "app.alert(1)"})))
    assert found.outcome is Outcome.READY
    assert [note.partition(":")[0] for note in found.notes] == [
        "Il file contiene istruzioni che partono da sole (JavaScript o programmi)",
        "Il file ha altri allegati, che non vengono aperti.",
    ]


# ── signatures ───────────────────────────────────────────────────────────────────────────────────────────────────────


def signed(answers: dict[str, str]) -> bytes:
    """A form with a signature over all that is there so far but itself."""
    form = issued()
    told = {"/Type": "/Sig", "/ByteRange": [0, 1_111_111, 2_222_222, 3_333_333], "/Contents": ByteStringObject(b"\xad" * 16)}
    form.field("firma", "/Sig", V=form.add(told))
    content = filled(form.content(), answers)
    mark = b"<%s>" % (b"ad" * 16)  # no text, or pypdf would write it as one
    start, stop = content.index(mark), content.index(mark) + len(mark)
    # The numbers have as many digits as before.
    return content.replace(b"1111111 2222222 3333333", b"%07d %07d %07d" % (start, stop, len(content) - stop))


def test_a_signed_form_is_noted_and_not_judged() -> None:
    found = seen(signed(dict(ANSWERS)))
    assert (found.outcome, found.sure) == (Outcome.READY, True)
    assert found.notes == ("Il file è firmato, e dopo la firma non è cambiato. La firma non è stata verificata.",)


def test_a_form_that_was_signed_and_then_changed_names_the_fields() -> None:
    found = seen(filled(signed(dict(ANSWERS)), {"/luogo": "Altrove", "/nome": "Altra"}, added=True))
    assert (found.outcome, found.readable, found.sure) == (Outcome.SIGNED_CHANGED, True, False)
    assert "Dopo la firma sono cambiati dei campi (/luogo, /nome)" in found.message
    assert "Chiedere conferma a chi ha firmato" in found.message


def test_a_form_that_was_only_saved_again_after_its_signature_is_not_changed() -> None:
    found = seen(filled(filled(signed(dict(ANSWERS)), {"/luogo": "Altrove"}, added=True), {"/luogo": "Bari"}, added=True))
    assert found.outcome is Outcome.READY
    assert "dopo la firma è stato salvato ancora" in found.notes[0]


def test_a_form_that_was_written_anew_after_its_signature_is_not_what_was_signed() -> None:
    found = seen(filled(signed(dict(ANSWERS)), {"/luogo": "Altrove"}))
    assert (found.outcome, found.readable, found.sure) == (Outcome.SIGNED_CHANGED, True, False)
    assert "Dopo la firma il file è stato riscritto: non è più quello che è stato firmato." in found.message
    assert "dopo la firma è stato riscritto" in found.notes[0]


# ── envelopes ────────────────────────────────────────────────────────────────────────────────────────────────────────


def envelope(content: bytes | None, kind: str = "signed_data") -> bytes:
    """A `.p7m` around a file, without a signer; of None, as one whose file is beside it."""
    cms = pytest.importorskip("asn1crypto.cms")
    held: dict[str, Any] = {"content_type": "data"} | ({} if content is None else {"content": content})
    told = {"version": "v1", "digest_algorithms": [], "encap_content_info": held, "signer_infos": []}
    if kind == "signed_data":
        return bytes(cms.ContentInfo({"content_type": kind, "content": told}).dump())
    hidden = {"version": "v0", "recipient_infos": [], "encrypted_content_info": cipher()}
    return bytes(cms.ContentInfo({"content_type": kind, "content": hidden}).dump())


def cipher() -> dict[str, Any]:
    return {
        "content_type": "data",
        "content_encryption_algorithm": {"algorithm": "aes128_cbc", "parameters": bytes(16)},
        "encrypted_content": bytes(16),
    }


def streamed(content: bytes) -> bytes:
    """The same as some programs write it: lengths left open, the file in pieces."""
    pieces = [content[at : at + 1000] for at in range(0, len(content), 1000)]
    octets = b"".join(b"\x04\x82" + len(one).to_bytes(2, "big") + one for one in pieces)
    data = b"\x06\x09" + bytes.fromhex("2a864886f70d0107")
    held = b"\x30\x80" + data + b"\x01" + b"\xa0\x80\x24\x80" + octets + b"\0\0" * 3
    inner = b"\x30\x80\x02\x01\x01\x31\x00" + held + b"\x31\x00" + b"\0\0"
    return b"\x30\x80" + data + b"\x02" + b"\xa0\x80" + inner + b"\0\0" * 2


def pem(content: bytes) -> bytes:
    import base64  # noqa: PLC0415

    return b"-----BEGIN PKCS7-----\n" + base64.encodebytes(content) + b"-----END PKCS7-----\n"


def bare(content: bytes) -> bytes:
    import base64  # noqa: PLC0415

    return base64.encodebytes(content)


@pytest.mark.parametrize(
    "dress",
    [
        envelope,
        streamed,
        lambda one: pem(envelope(one)),
        lambda one: bare(envelope(one)),
        lambda one: bare(envelope(one)).replace(b"\n", b""),
        lambda one: envelope(envelope(one)),
        lambda one: pem(streamed(pem(envelope(one)))),
    ],
)
def test_a_form_in_a_signed_envelope_is_read(dress: Callable[[bytes], bytes]) -> None:
    pytest.importorskip("asn1crypto")
    found = seen(dress(back()))
    assert (found.outcome, found.identity, found.sure) == (Outcome.READY, WHO, True)
    assert "busta firmata (.p7m): la firma non è stata verificata" in found.notes[0]


@pytest.mark.parametrize(
    ("content", "outcome", "said"),
    [
        (lambda: envelope(None), Outcome.SEALED, "contiene solo la firma. Chiedere anche il PDF"),
        (lambda: envelope(back())[:3000], Outcome.SEALED, "è danneggiato o incompleto. Chiedere di rispedirlo"),
        (lambda: envelope(b"", "enveloped_data"), Outcome.SEALED, "è cifrato per un altro destinatario"),
        (lambda: envelope(envelope(envelope(back()))), Outcome.SEALED, "in più di due buste firmate"),
        (lambda: envelope(b"PK\x03\x04 un documento"), Outcome.NO_PDF, "non è un PDF"),
    ],
)
def test_an_envelope_from_which_no_form_comes_says_why(content: Callable[[], bytes], outcome: Outcome, said: str) -> None:
    pytest.importorskip("asn1crypto")
    found = seen(content())
    assert (found.outcome, found.readable) == (outcome, False)
    assert said in found.message


def test_a_name_that_was_written_as_text_is_still_a_value() -> None:
    content = PdfWriter(clone_from=PdfReader(io.BytesIO(issued().content())))
    for one in content.root_object["/AcroForm"]["/Fields"]:
        if str(one.get_object()["/T"]) == "/minori=si":
            one.get_object()[NameObject("/V")] = TextStringObject("Yes")
            one.get_object()[NameObject("/AS")] = NameObject("/Yes")
    found = seen(written(content))
    assert found.outcome is Outcome.READY
