"""What a person filled in is read as it stands, whatever program wrote it; what is odd about it is told with it."""

import io
from typing import Any

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, ByteStringObject, NameObject

from pitstop_docs import identity
from pitstop_docs.fillers import acroform
from pitstop_docs.fillers.acroform import Field
from pitstop_docs.fillers.carriers import Carrier
from pitstop_docs.fillers.pdfvalues import LENGTH, Oddity
from pitstop_docs.fillers.returned import Obstacle, Returned, read
from tests.acroforms import ANSWERS, WHO, Pdf, filled, issued, value, written


def fields(form: Pdf | bytes) -> dict[str, Field]:
    """The fields of a PDF by name; read here, and not in a child, for what was drawn by the tests alone."""
    content = form if isinstance(form, bytes) else form.content()
    return {one.name: one for one in acroform.form(PdfReader(io.BytesIO(content))).fields}


def holds(form: Pdf, name: str = "x") -> tuple[Any, tuple[Oddity, ...]]:
    """The value of a field, and what is odd about it."""
    found = fields(form)[name]
    return found.value, found.oddities


def text(told: object) -> tuple[Any, tuple[Oddity, ...]]:
    form = Pdf()
    form.field("x", V=value(told) if not isinstance(told, ByteStringObject) else told)
    return holds(form)


# ── texts ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "read_as"),
    [
        ("Łucja Ğül", "Łucja Ğül"),
        ("a\rb\r\nc\u2028d", "a\nb\nc\nd"),
        ("uno \u00a0\t \ndue\t", "uno\ndue"),
        ("uno\tdue", "uno due"),
        ("e\u0301", "é"),
        ("বাংলা አማርኛ العربية", "বাংলা አማርኛ العربية"),
        ("", None),
        (" \n ", None),
        (None, None),
        ("/Nome", "Nome"),
        (12, "12"),
        ("(parentesi \\ e barra)", "(parentesi \\ e barra)"),
    ],
)
def test_a_text_is_read_with_one_kind_of_line_end_and_space(told: object, read_as: str | None) -> None:
    assert text(told) == (read_as, ())


@pytest.mark.parametrize(
    ("raw", "read_as", "odd"),
    [
        (b"\xfe\xff\x01A\x00!", "Ł!", ()),
        (b"\xff\xfeA\x01!\x00", "Ł!", ()),
        (b"\xef\xbb\xbf\xc5\x81!", "Ł!", ()),
        (b"\xa0 5 \x92", "€ 5 ™", ()),
        (b"Prova \xad!", "Prova \ufffd!", (Oddity.LOST,)),
        (b"\xfe\xff\xd8\x3d\x00!", "\ufffd!", (Oddity.LOST,)),
    ],
)
def test_the_bytes_of_a_text_are_read_by_their_mark_or_as_the_pdf_writes_them(
    raw: bytes, read_as: str, odd: tuple[Oddity, ...]
) -> None:
    assert text(ByteStringObject(raw)) == (read_as, odd)


def test_a_value_may_stand_in_a_stream() -> None:
    form = Pdf()
    form.field("x", V=form.add(b"riga uno\nriga due"))
    assert holds(form) == ("riga uno\nriga due", ())


def test_characters_that_a_program_lost_are_told() -> None:
    assert text("Festa \ufffd") == ("Festa \ufffd", (Oddity.LOST,))
    assert text("Festa \uf600") == ("Festa \uf600", (Oddity.PRIVATE,))
    assert text("Festa \x07")[1] == (Oddity.LOST,)


def test_what_is_no_text_and_what_is_too_long_is_told() -> None:
    assert text({"/A": 1}) == (None, (Oddity.NO_TEXT,))
    long, odd = text("à" * (LENGTH + 1))
    assert (len(long), odd) == (LENGTH, (Oddity.CUT,))
    assert text("à" * LENGTH)[1] == ()


def test_a_printed_value_that_vanished_is_told_from_one_that_was_deleted() -> None:
    form = Pdf()
    form.field("via", DV="Bari")
    form.field("tolto", DV="Bari", V="")
    form.field("mai")
    found = fields(form)
    assert [(one.value, one.default, one.oddities) for one in found.values()] == [
        (None, "Bari", (Oddity.VANISHED,)),
        (None, "Bari", ()),
        (None, None, ()),
    ]


# ── buttons ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("told", "lit", "read_as", "odd"),
    [
        ("/Yes", "/Yes", "Yes", ()),
        ("/Off", "/Off", None, ()),
        (None, "/Yes", "Yes", ()),
        (None, None, None, ()),
        ("/Yes", None, "Yes", ()),
        ("Yes", "/Yes", "Yes", ()),
        ("", "/Off", None, ()),
        ("/Yes", "/Off", "Yes", (Oddity.DISAGREES,)),
        ("/Off", "/Yes", "Yes", (Oddity.DISAGREES,)),
    ],
)
def test_a_box_is_ticked_if_it_says_so_and_else_if_it_looks_so(
    told: str | None, lit: str | None, read_as: str | None, odd: tuple[Oddity, ...]
) -> None:
    form = Pdf()
    form.tick("x", **({} if told is None else {"V": told}), **({} if lit is None else {"AS": lit}))
    assert holds(form) == (read_as, odd)


@pytest.mark.parametrize(
    ("told", "on", "read_as", "odd"),
    [
        ("/lavoro", ("lavoro",), "lavoro", ()),
        ("lavoro", ("lavoro",), "lavoro", ()),
        ("(lavoro)".strip("()"), (), "lavoro", ()),
        ("/Off", ("lavoro",), "lavoro", (Oddity.DISAGREES,)),
        (None, ("lavoro",), "lavoro", ()),
        ("/lavoro", ("lavoro", "studio"), "lavoro", (Oddity.SEVERAL,)),
        ("/Off", (), None, ()),
    ],
)
def test_of_a_group_of_buttons_what_it_says_holds_and_else_the_one_that_is_lit(
    told: str | None, on: tuple[str, ...], read_as: str | None, odd: tuple[Oddity, ...]
) -> None:
    form = Pdf()
    form.radio("x", ["lavoro", "studio"], on, **({} if told is None else {"V": told}))
    assert holds(form) == (read_as, odd)


def test_buttons_that_are_numbered_are_read_as_what_their_numbers_stand_for() -> None:
    form = Pdf()
    form.radio("x", ["0", "1"], ("1",), V="/1", Opt=["lavoro", "studio"])
    assert holds(form) == ("studio", ())


def test_buttons_without_appearance_are_read() -> None:
    form = Pdf()
    parent = form.add({"/FT": "/Btn", "/Ff": 1 << 15, "/T": "x", "/V": "/due"})
    kids = [form.widget({"/Parent": parent, "/AS": state}) for state in ("/Off", "/due")]
    parent.get_object()[NameObject("/Kids")] = ArrayObject(kids)
    form.roots.append(parent)
    assert holds(form) == ("due", ())


# ── choices ──────────────────────────────────────────────────────────────────────────────────────────────────────────

STATES = [["-", "—"], ["con", "coniugato/a"], ["cel", "celibe/nubile"]]


@pytest.mark.parametrize(
    ("told", "flags", "read_as", "odd"),
    [
        ("con", 0, "con", ()),
        ("coniugato/a", 0, "con", ()),
        ("-", 0, None, ()),
        ("—", 0, None, ()),
        ("", 0, None, ()),
        (["cel"], 0, "cel", ()),
        ("vedovo", 0, "vedovo", (Oddity.STRANGE,)),
        ("vedovo", 1 << 17 | 1 << 18, "vedovo", ()),
        (["con", "cel"], 1 << 21, ("con", "cel"), ()),
        ("con", 1 << 21, ("con",), ()),
        (["con", "cel"], 0, ("con", "cel"), (Oddity.SEVERAL,)),
    ],
)
def test_a_choice_is_read_as_its_code(told: object, flags: int, read_as: object, odd: tuple[Oddity, ...]) -> None:
    form = Pdf()
    form.field("x", "/Ch", V=told, Opt=STATES, Ff=flags)
    assert holds(form) == (read_as, odd)


# ── fields ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_fields_hand_down_what_they_hold_and_are_read_where_only_a_page_names_them() -> None:
    form = Pdf(2)
    parent = form.add({"/T": "padre", "/FT": "/Tx", "/V": "Prova", "/DV": "prima"})
    parent.get_object()[NameObject("/Kids")] = ArrayObject([form.widget({"/Parent": parent, "/T": "nome"})])
    form.roots.append(parent)
    form.field("solo", page=1, listed=False, V="Bari")
    found = fields(form)
    assert [(one.name, one.value, one.default, one.listed) for one in found.values()] == [
        ("padre.nome", "Prova", "prima", True),
        ("solo", "Bari", None, False),
    ]
    assert [seat[0] for seat in found["solo"].seats] == [1]


def test_a_form_whose_pages_were_put_in_another_file_is_read_from_the_pages() -> None:
    writer = PdfWriter()
    for page in PdfReader(io.BytesIO(filled(issued().content()))).pages:
        writer.add_page(page)
    content = written(writer)
    assert "/AcroForm" not in PdfReader(io.BytesIO(content)).root_object
    assert {name: one.value for name, one in fields(content).items() if name in ANSWERS} == {
        **ANSWERS,
        "/minori=si": "Yes",
    }


def test_two_fields_of_one_name_say_so() -> None:
    form = Pdf(2)
    form.field("nome", V="Amina")
    form.field("nome", V="Sara", page=1)
    form.field("luogo")
    found = acroform.form(PdfReader(io.BytesIO(form.content()))).fields
    assert [(one.name, one.oddities) for one in found] == [("nome", (Oddity.REPEATED,))] * 2 + [("luogo", ())]


# ── whose it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("carriers", "seen"),
    [
        ("field", {Carrier.FIELD}),
        ("attachment", {Carrier.ATTACHMENT}),
        ("metadata", {Carrier.METADATA}),
        ("information", {Carrier.INFORMATION}),
        ("pages", {Carrier.PAGE}),
        ("field attachment metadata information pages", {*Carrier} - {Carrier.QR, Carrier.REMAINS}),
    ],
)
def test_each_place_that_says_whose_form_it_is_is_read_by_itself(carriers: str, seen: set[Carrier]) -> None:
    found = read(filled(issued(carriers=carriers).content()))
    assert {one.carrier for one in found.sightings} == seen
    assert found.identities == (WHO,)


def test_pages_say_their_number_and_whose_they_are() -> None:
    found = read(issued().content())
    assert [leaf.numbered for leaf in found.leaves] == [(1, 2), (2, 2)]
    assert [one.page for one in found.sightings if one.carrier is Carrier.PAGE] == [0, 1]


def test_the_description_tells_the_place_of_each_field() -> None:
    found = read(issued().content())
    assert dict(found.fields) == {name: name for name in map(plain_name, ANSWERS)}


def plain_name(name: str) -> str:
    return name.partition("=")[0]


@pytest.mark.parametrize(
    "attached", [b"{", b"[]", b'{"identity": 1, "fields": [1]}', b'{"fields": {"a": 1}}', b"\xff", b" " * 2**20]
)
def test_a_description_that_is_not_ours_is_not_believed(attached: bytes) -> None:
    form = issued(carriers="field")
    form.writer.add_attachment(identity.ATTACHMENT, attached)
    found = read(form.content())
    assert (found.fields, found.identities) == ((), (WHO,))


def test_other_attachments_are_counted_and_not_opened() -> None:
    form = issued()
    form.writer.add_attachment("fattura.pdf", b"%PDF-")
    assert read(form.content()).foreign == 1


def test_what_starts_by_itself_is_told() -> None:
    assert not read(issued().content()).starts
    assert read(issued().content(OpenAction={"/S": "/Launch", "/F": "x.exe"})).starts
    assert read(issued().content(OpenAction={"/S": "/JavaScript", "/JS": "app.alert(1)"})).starts


# ── what happened to it ──────────────────────────────────────────────────────────────────────────────────────────────


def obstacle(content: bytes) -> Obstacle | None:
    return read(content).obstacle


def test_what_cannot_be_read_says_why() -> None:
    assert obstacle(b"") is Obstacle.EMPTY
    assert obstacle(b"\0\0\n") is Obstacle.EMPTY
    assert obstacle(b"un modulo") is Obstacle.NO_PDF
    assert obstacle(issued().content()[:700]) is Obstacle.BROKEN
    assert obstacle(Pdf(51).content()) is Obstacle.PAGES
    assert obstacle(b"%PDF-1.7\n" + bytes(25 * 2**20)) is Obstacle.LARGE


def test_too_many_fields_are_not_read() -> None:
    form = Pdf()
    form.roots += [form.add({"/T": f"f{number}", "/FT": "/Tx"}) for number in range(2_002)]
    assert obstacle(form.content()) is Obstacle.FIELDS


def test_a_broken_file_still_says_whose_it_was() -> None:
    content = issued().content()
    found = read(content[: content.index(b"xref")])
    assert (found.obstacle, found.identities) == (Obstacle.BROKEN, (WHO,))
    assert {one.carrier for one in found.sightings} == {Carrier.REMAINS}


def test_junk_before_the_file_does_not_hinder_and_is_told() -> None:
    found = read(b"Content-Type: application/pdf\r\n\r\n" + filled(issued().content()))
    assert held(found) == expected()
    assert found.mended != ()


def held(found: Returned) -> dict[str, Any]:
    assert found.form
    return {one.name: one.value for one in found.form.fields if one.name != identity.FIELD}


def expected() -> dict[str, Any]:
    return {**ANSWERS, "/minori=si": "Yes", "/minori=no": None}


@pytest.mark.parametrize("added", [False, True])
def test_a_form_comes_back_with_what_was_filled_in(*, added: bool) -> None:
    found = read(filled(issued().content(), added=added))
    assert held(found) == expected()
    assert (found.mended, found.obstacle, found.restricted, found.envelopes) == ((), None, False, 0)


def test_an_addition_that_was_cut_off_is_told_though_the_rest_reads_well() -> None:
    before = issued().content()
    after = filled(before, added=True)
    for end in (len(before) + 20, (len(before) + len(after)) // 2, len(after) - 9):
        found = read(after[:end])
        assert found.mended != () or found.obstacle is Obstacle.BROKEN
    assert read(before).mended == ()


def test_a_field_that_is_closed_too_early_is_told() -> None:
    content = filled(issued().content())
    found = read(content.replace(b"/Yes <<", b"/Yes <8", 1))
    assert held(found)["/minori=si"] is None
    assert found.mended != ()


def encrypted(user: str, owner: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(filled(issued().content()))))
    writer.encrypt(user, owner, algorithm="RC4-128")
    return written(writer)


def test_an_owners_password_does_not_hinder_and_a_users_does() -> None:
    found = read(encrypted("", "proprietario"))
    assert (found.restricted, held(found)) == (True, expected())
    assert obstacle(encrypted("segreto", "proprietario")) is Obstacle.LOCKED


def test_a_packed_stream_that_does_not_agree_with_its_sum_is_told() -> None:
    content = packed()
    found = read(content)
    assert (held(found), found.mended) == ({"x": "Prova"}, ())
    start = content.index(b"stream\n") + 7
    stop = content.index(b"\nendstream", start)
    hurt = content[: stop - 1] + bytes((content[stop - 1] ^ 1,)) + content[stop:]
    found = read(hurt)
    assert held(found) == {"x": "Prova"}
    assert found.mended != ()


def packed() -> bytes:
    """A PDF whose one field stands in a packed stream of objects."""
    import zlib  # noqa: PLC0415

    told = zlib.compress(b"5 0 <</Fields[<</FT/Tx/T(x)/V(Prova)>>]>>", 9)
    objects = [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm 5 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>",
        b"<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>stream\n%s\nendstream" % (len(told), told),
    ]
    content, offsets = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, start=1):
        offsets.append(len(content))
        content += b"%d 0 obj %s endobj\n" % (number, one)
    rows = [b"\1" + offset.to_bytes(4, "big") + b"\0" for offset in offsets]
    table = b"\0\0\0\0\0\0" + b"".join([*rows, b"\2\0\0\0\4\0", b"\1" + len(content).to_bytes(4, "big") + b"\0"])
    keys = b"/Type/XRef/Size 7/W[1 4 1]/Root 1 0 R/Length %d" % len(table)
    return content + b"6 0 obj<<%s>>stream\n%s\nendstream endobj\nstartxref\n%d\n%%%%EOF\n" % (keys, table, len(content))
