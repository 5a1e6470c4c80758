"""A template is tried with invented answers until all that it can print was printed; what it cannot print is told, and why."""

import re
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from pitstop_docs import context, formats
from pitstop_docs.context import gather
from pitstop_docs.fillers.parts import Part
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot
from pitstop_docs.lint import samples
from pitstop_docs.lint.follow import disagreement, follow, rendered
from pitstop_docs.lint.invented import Sampler, Taste
from pitstop_docs.lint.samples import MOODS, Coverage, cover
from pitstop_docs.lint.ways import COMPUTED
from pitstop_docs.lint.wishes import Hopes, Mode, Wish, modes_of
from pitstop_docs.records import Case
from pitstop_docs.tags import Line, Tree, grow
from pitstop_docs.templates import Template, load_templates
from pitstop_docs.workspace import Workspace
from tests.kits import CASE, EVERYTHING, ROOT, TODAY, Kit, attach, choice, fill, group, leaf, patch, record, rows, sight

SHIPPED = Workspace.at(ROOT, today=TODAY)
WORD = sorted(kind for kind, template in SHIPPED.templates.items() if template.path.suffix == ".docx")
ENOUGH = 30
"""How many samples are surely enough for each shipped template: in practice a dozen are used."""
NOTE = (
    '<w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:footnote w:id="1"><w:p><w:r>'
    "<w:t>{{ s.nota }}</w:t></w:r></w:p></w:footnote></w:footnotes>"
)
BOX = (
    '<w:r><mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><mc:Choice Requires="wps">'
    "<w:txbxContent><w:p><w:r><w:t>{{ s.nota }}</w:t></w:r></w:p></w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p>"
    "<w:r><w:t>{{ s.nota }}</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
)


@pytest.fixture
def kit(tmp_path: Path) -> Kit:
    return Kit.at(tmp_path)


def tried(kit: Kit, *blocks: Any, times: int = 40, seed: int = 0, **description: Any) -> Coverage:
    """What becomes of a template with these blocks, of the form `s`."""
    return cover(kit.template("s", *blocks, **description), kit.workspace(), samples=times, seed=seed)


def dice(seed: int) -> Random:
    """Chance that can be repeated."""
    return Random(seed)  # noqa: S311  # nothing is kept secret


def told(coverage: Coverage) -> list[str]:
    """What lint says of it."""
    return [one.message for one in coverage.flaws]


# Shipped templates


@pytest.mark.parametrize("kind", WORD)
def test_every_part_of_a_shipped_template_is_printed_or_can_never_be(kind: str) -> None:
    found = cover(SHIPPED.template(kind), SHIPPED, samples=ENOUGH)
    impossible = [message for message in told(found) if message.startswith("Non si può mai stampare")]
    assert told(found) == impossible
    assert found.reached == found.total - len(impossible) > 100
    assert 0 < found.valid < found.samples < ENOUGH
    assert {one.severity for one in found.flaws} <= {Severity.INFO}


@pytest.mark.parametrize("form", SHIPPED.forms.values(), ids=list(SHIPPED.forms))
def test_invented_answers_are_right_for_their_form(form: Any) -> None:
    for seed, (_, taste) in enumerate([*MOODS, *MOODS]):
        [data] = Sampler(dice(seed), Hopes(), taste, sorted(SHIPPED.countries)).records(form.schema, form.name, needed=True)
        assert data is not None
        assert form.findings(data) == []


@pytest.mark.parametrize("name", formats.FORMATS)
def test_an_invented_code_is_a_usual_one(name: str) -> None:
    schema = leaf("Codice", format=name)
    for seed in range(20):
        code = Sampler(dice(seed), Hopes(), Taste(), sorted(SHIPPED.countries)).leaf(schema, None)
        assert formats.FORMATS[name].check(code) is None


def test_every_word_of_the_computed_values_can_be_led_back_to_its_sources() -> None:
    assert {*COMPUTED} == {*context.COMPUTED}


# What is tried


def test_a_text_is_printed_very_short_very_long_and_missing(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota", maxLength=300)}, required=["nota"])
    found = tried(kit, "{{ s.nota }}")
    assert (found.reached, found.total, found.flaws) == (3, 3, ())
    assert found.valid == found.samples - 1  # the one without its answer is not


def test_a_long_text_reaches_its_limit_and_a_short_one_is_a_letter_or_two(kit: Kit) -> None:
    schema = leaf("Nota", maxLength=300)
    for seed in range(30):
        sampler = Sampler(dice(seed), Hopes(), Taste(), ())
        long = sampler.leaf(schema, Wish(schema, modes_of(schema), long=True))
        assert len(long) == 300 == len(long.strip())
        assert 1 <= len(sampler.leaf(schema, Wish(schema, modes_of(schema), long=False)).strip()) <= 3


def test_a_value_that_is_printed_only_where_it_is_there_need_not_be_missing(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota")})
    found = tried(kit, "{% if s.nota %}{{ s.nota }}{% endif %}")
    assert (found.reached, found.total, found.flaws) == (4, 4, ())  # there and not there, short and long


def test_loops_in_loops_are_seen_with_no_row_one_and_many(kit: Kit) -> None:
    kit.form("s", {"voci": rows("Voci", {"ore": rows("Ore", {"n": leaf("N", "integer")}, maxItems=5)}, minItems=1)})
    found = tried(kit, "{% for v in s.voci %}{% for o in v.ore %}{{ o.n }}{% endfor %}{% endfor %}")
    assert (found.reached, found.total, found.flaws) == (4 + 4 + 2, 10, ())


def test_a_list_that_takes_one_row_is_not_asked_for_more(kit: Kit) -> None:
    kit.form("s", {"voci": rows("Voci", {"n": leaf("N", "integer")}, maxItems=1)})
    found = tried(kit, "{% for v in s.voci %}{{ v.n }}{% endfor %}")
    assert (found.reached, found.total, found.flaws) == (3 + 2, 5, ())


def test_a_list_of_plain_values_is_printed_with_none_one_and_many(kit: Kit) -> None:
    values = {"title": "Lingue", "type": "array", "x-privacy": "comune", "uniqueItems": True}
    kit.form("s", {"lingue": {**values, "items": {"type": "string", "enum": ["it", "ar", "bn"]}}})
    found = tried(kit, "{{ s.lingue }}")
    assert (found.reached, found.total, found.flaws) == (4, 4, ())


def test_every_way_of_a_chain_of_conditions_is_taken(kit: Kit) -> None:
    kit.form("s", {"tipo": choice("Tipo", {"a": "A", "b": "B", "c": "C", "d": "D"})}, required=["tipo"])
    chain = '{% if s.tipo == "a" %}1{% elif s.tipo == "b" %}2{% elif s.tipo != "c" %}3{% else %}4{% endif %}'
    found = tried(kit, chain)
    assert (found.reached, found.total, found.flaws) == (4, 4, ())


def test_conditions_of_several_words_are_taken_apart(kit: Kit) -> None:
    fields = {"a": leaf("A", "boolean"), "b": leaf("B", "boolean"), "n": leaf("N", "integer", minimum=0, maximum=9)}
    kit.form("s", fields)
    found = tried(kit, "{% if (s.a and not s.b) or s.n == 7 %}x{% if s.n != 7 and s.a != true %}mai{% endif %}{% endif %}")
    assert (found.reached, found.total) == (3, 4)
    assert told(found) == [
        "Non si può mai stampare la parte che segue «{% if s.n != 7 and s.a != true %}»: le condizioni intorno la escludono."
    ]


def test_a_choice_inside_a_tag_prints_each_of_its_values(kit: Kit) -> None:
    kit.form("s", {"a": leaf("A", format="date"), "b": leaf("B", format="euro"), "c": leaf("C", "boolean")})
    found = tried(kit, "{{ s.a | lettere if s.c else s.b | lettere }}", "{{ s.a or s.b }}")
    assert found.flaws == ()
    assert (found.reached, found.total) == (2 + 2 + 1 + 2, 7)  # `a or b` prints a only where it is there


def test_the_first_and_the_last_row_are_told_from_the_others(kit: Kit) -> None:
    kit.form("s", {"voci": rows("Voci", {"n": leaf("N", "integer")}, required=["n"], maxItems=3)})
    loop = "{% for v in s.voci %}{% if loop.index == 2 %}e{% endif %}{{ v.n }}{% if not loop.last %},{% endif %}{% endfor %}"
    found = tried(kit, loop)
    assert (found.reached, found.total, found.flaws) == (4 + 2 + 2 + 2, 10, ())


def test_a_loop_over_some_rows_is_seen_without_any_and_with_its_else(kit: Kit) -> None:
    tipo = choice("Tipo", {"a": "A", "b": "B"})
    kit.form("s", {"nota": leaf("Nota"), "voci": rows("Voci", {"tipo": tipo, "nota": leaf("Nota")}, required=["tipo"])})
    loop = '{% for v in s.voci if v.tipo == "b" %}{{ v.nota }}{% else %}{{ s.nota }}{% endfor %}'
    found = tried(kit, loop)
    assert found.flaws == ()
    assert found.reached == found.total


def test_rows_of_one_list_can_be_of_two_kinds_at_once(kit: Kit) -> None:
    kit.form("s", {"voci": rows("Voci", {"tipo": choice("Tipo", {"a": "A", "b": "B"})}, required=["tipo"])})
    inner = '{% for w in s.voci %}{% if w.tipo == "b" %}B{% endif %}{% endfor %}'
    found = tried(kit, f'{{% for v in s.voci %}}{{% if v.tipo == "a" %}}{inner}{{% endif %}}{{% endfor %}}')
    assert found.flaws == ()


def test_a_record_that_may_not_be_there_is_left_out(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota")})
    kit.form("altro", {"nome": leaf("Nome")}, required=["nome"])
    found = tried(kit, "{% if altro %}{{ altro.nome }}{% else %}{{ s.nota }}{% endif %}", optional=["altro"])
    assert found.flaws == ()
    assert found.reached == found.total


def test_a_computed_value_is_reached_through_its_sources(kit: Kit) -> None:
    total = leaf("Totale", format="euro", readOnly=True, x_computed={"fn": "sum", "of": "/voci/*/importo"})
    years = leaf("Età", "integer", readOnly=True, x_computed={"fn": "age", "of": "/nato"})
    voci = rows("Voci", {"importo": leaf("Importo", format="euro")})
    fields = {"data": leaf("Data", format="date"), "nato": leaf("Nato", format="data_parziale"), "eta": years, "totale": total}
    kit.form("s", {**fields, "voci": voci}, date="/data")
    loop = "{% for v in s.voci %}{% if v.importo %}{{ v.importo }}{% else %}–{% endif %}{% endfor %}"
    found = tried(kit, "{% if s.totale %}" + loop + "{% endif %}", "{% if s.eta == 50 %}mezzo secolo{% endif %}", "{{ s.eta }}")
    assert found.flaws == ()
    assert found.reached == found.total


def test_a_sum_of_hours_and_its_cost_are_reached_through_the_rows_and_the_rate(kit: Kit) -> None:
    parts = ["/giorni/*/a", "/giorni/*/b"]
    hours = leaf("Ore", "number", readOnly=True, x_computed={"fn": "hours", "parts": parts})
    cost = leaf("Costo", format="euro", readOnly=True, x_computed={"fn": "cost", "of": "/tariffa", "parts": parts})
    row = {"a": leaf("A", "number", minimum=0), "b": leaf("B", "number", minimum=0)}
    kit.form("s", {"tariffa": leaf("Tariffa", format="euro"), "giorni": rows("Giorni", row), "ore": hours, "costo": cost})
    spent = "{% if s.ore %}ore{% else %}nessuna{% endif %}"
    found = tried(kit, spent, "{% if s.costo %}{{ s.costo }}{% else %}senza tariffa{% endif %}")
    assert found.flaws == ()
    assert found.reached == found.total


def test_a_copy_is_made_of_a_record_that_the_template_does_not_read(kit: Kit) -> None:
    kit.form("altro", {"nome": leaf("Nome", maxLength=50)})
    copied = leaf("Nome", maxLength=50, readOnly=True, x_computed={"fn": "copy", "from": "altro", "of": "/nome"})
    kit.form("s", {"nome": copied, "nota": leaf("Nota")})
    found = tried(kit, "{{ s.nome }}")
    assert (found.reached, found.total, found.flaws) == (3, 3, ())


def test_a_protected_address_is_seen_only_where_nothing_protects_it(kit: Kit) -> None:
    casa = group("Casa", {"via": leaf("Via"), "scala": leaf("Scala")}, required=["via"], x_protected_by="/segreto")
    kit.form("s", {"segreto": leaf("Segreto", "boolean"), "casa": casa})
    found = tried(kit, "{% if s.casa %}{{ s.casa.via }}{% else %}{{ s.segreto }}{% endif %}")
    assert found.flaws == ()
    assert found.reached == found.total


def test_a_sample_obeys_the_conditions_of_its_form_where_the_template_allows(kit: Kit) -> None:
    rule = {"if": {"properties": {"tipo": {"const": "altro"}}, "required": ["tipo"]}, "then": {"required": ["quale"]}}
    fields = {"tipo": choice("Tipo", {"casa": "Casa", "altro": "Altro"}), "quale": leaf("Quale")}
    kit.form("s", fields, required=["tipo"], schema={"allOf": [{**rule, "else": {"properties": {"quale": False}}}]})
    found = tried(kit, '{% if s.tipo == "altro" %}{{ s.quale }}{% endif %}')
    assert found.flaws == ()
    assert found.valid == found.samples - 1  # «altro» without saying which is a draft


def test_answers_that_make_a_condition_false_are_looked_for(kit: Kit) -> None:
    rule = {"if": {"properties": {"tipo": {"const": "a"}}, "required": ["tipo"]}, "then": {"required": ["nota"]}}
    form = kit.form(
        "s", {"tipo": choice("Tipo", {"a": "A", "b": "B"}), "nota": leaf("Nota")}, required=["tipo"], schema={"allOf": [rule]}
    )
    nota = form.schema["properties"]["nota"]
    hopes = Hopes.of({("s", "nota"): Wish(nota, frozenset({Mode.MISSING}))})
    drawn = [one for seed in range(10) for one in Sampler(dice(seed), hopes, Taste(), ()).records(form.schema, "s", needed=True)]
    assert drawn == [{"tipo": "b"}] * 10


# What is told


def test_a_part_that_is_never_printed_is_told_at_its_tag_and_what_is_in_it_is_not(kit: Kit) -> None:
    kit.form("s", {"tipo": choice("Tipo", {"a": "A", "b": "B"}), "nota": leaf("Nota")})
    found = tried(kit, "Prima", '{% if s.tipo == "a" %}{% if s.tipo == "b" %}{{ s.nota }}{% endif %}{% endif %}')
    [flaw] = found.flaws
    assert (flaw.rule, flaw.severity, flaw.subject) == ("LNT-071", Severity.INFO, '{% if s.tipo == "b" %}')
    assert (flaw.spot.file, flaw.spot.where) == ("s.docx", "paragrafo 2")
    assert found.reached == found.total - 1


def test_what_the_recipient_may_not_see_is_never_printed_and_told_once(kit: Kit) -> None:
    kit.form("s", {"salute": leaf("Salute", privacy="particolare"), "nota": leaf("Nota")})
    found = tried(kit, "{{ s.salute }}", "{% if s.salute %}{{ s.nota }}{% endif %}", recipient="partner")
    reason = "il destinatario «partner» non vede «s.salute»"
    assert told(found) == [
        f"Non si può mai stampare «{{{{ s.salute }}}}» con un testo brevissimo: {reason}.",
        f"Non si può mai stampare la parte che segue «{{% if s.salute %}}»: {reason}.",
    ]


def test_a_document_of_the_project_has_no_case(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota")}, scope="progetto", opens_case=False)
    footer = "{% if documento.caso %}caso {{ documento.caso }}{% endif %}"
    found = tried(kit, "{{ s.nota }}", footer=footer)
    assert told(found) == [
        "Non si può mai stampare la parte che segue «{% if documento.caso %}»: un documento del progetto non ha un caso."
    ]
    assert found.flaws[0].spot.part == "piè di pagina"


def test_a_value_that_the_form_does_not_admit_is_the_reason_why(kit: Kit) -> None:
    kit.form("s", {"n": leaf("N", "integer", minimum=1)})
    assert told(tried(kit, "{% if s.n == 0 %}mai{% endif %}")) == [
        "Non si può mai stampare la parte che segue «{% if s.n == 0 %}»: il modulo non ammette questo valore di «s.n»."
    ]


def test_one_sample_cannot_show_everything_and_says_so(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota"), "si": leaf("Sì", "boolean")}, required=["si"])
    found = tried(kit, "{{ s.nota }}", "{% if s.si %}sì{% endif %}", times=1)
    assert found.samples == 1
    assert found.reached == 2
    assert all(message.startswith("Non si è mai visto, in un tentativo, ") for message in told(found))
    assert len(found.flaws) == found.total - found.reached == 3


def test_a_comparison_of_two_answers_is_left_to_chance(kit: Kit) -> None:
    kit.form("s", {"a": leaf("A", format="date"), "b": leaf("B")}, required=["a", "b"])
    found = tried(kit, "{% if s.a == s.b %}uguali{% endif %}")
    [message] = told(found)
    assert re.fullmatch(r"Non si è mai visto, in \d\d tentativi, la parte che segue «{% if s.a == s.b %}»\.", message)


def test_the_figures_are_told_in_a_sentence(kit: Kit) -> None:
    figures = Coverage("pai", 60, 40, 150, 148, 12345, ())
    assert figures.sentence() == (
        "pai: 60 prove (40 con risposte tutte valide), 148 vie su 150 percorse, 12.345 valori stampati e riletti."
    )


def test_the_same_seed_tries_the_same_and_another_seed_something_else(kit: Kit) -> None:
    kit.form("s", {"voci": rows("Voci", {"nota": leaf("Nota")}), "si": leaf("Sì", "boolean")})
    blocks = ("{% for v in s.voci %}{{ v.nota }}{% endfor %}", "{% if s.si %}sì{% endif %}")
    first = tried(kit, *blocks)
    assert tried(kit, *blocks) == first
    assert {tried(kit, *blocks, seed=seed).values for seed in (1, 2)} != {first.values}


def test_a_template_without_tags_is_printed_once(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota")})
    found = tried(kit, "niente da riempire")
    assert (found.samples, found.total, found.values, found.flaws) == (1, 0, 0, ())
    assert found.sentence().startswith("s: 1 prova (")


def test_only_word_files_are_tried(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota")})
    template = replace(kit.template("s"), path=kit.root / "templates" / "s.pdf")
    found = cover(template, kit.workspace(), samples=3)
    assert (found.samples, found.total, found.flaws) == (0, 0, ())
    assert found.sentence() == "s: nessuna prova, si fanno solo sui modelli Word."


# Two readings of a template


def parted(kit: Kit, template: Template, *trees: Tree, **data: Any) -> Flaw | None:
    """Where the document parts from these trees; from the template's own, if none is given."""
    assert template.story is not None
    own = [(n, part.tree) for n, part in rendered(template.story)]
    answers = {"s": data}
    case = Case(CASE, (record("s", data),))
    document = {"codice": template.code, "titolo": template.title, "caso": CASE, "versione": "01"}
    roots = gather(template, case, sight(kit.forms), number=1, visible=EVERYTHING, document=document)
    taken = list(follow([*enumerate(trees)] or own, roots))
    twice = any(flaw.rule == "LNT-037" for flaw in template.story.flaws)
    return disagreement(taken, fill(template, kit.forms, answers).trace, template.path.name, twice=twice)


def doctored(*lines: str) -> Tree:
    """A tree that the template does not have."""
    return grow(Line(text, Spot("s.docx", where=f"paragrafo {n}")) for n, text in enumerate(lines, start=1))


def test_both_readings_agree_on_headers_footers_and_notes(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota"), "voci": rows("Voci", {"nota": leaf("Nota")})})
    loop = "{% for v in s.voci %}{{ v.nota }}{% endfor %}"
    template = kit.template("s", "{{ s.nota }}", loop, header="{{ documento.codice }} {{ s.nota }}", footer=loop)
    attach(template.path, "footnotes.xml", "footnotes", NOTE)
    template = kit_template(kit)
    assert parted(kit, template, nota="una", voci=[{"nota": "due"}, {}]) is None
    found = cover(template, kit.workspace(), samples=40)
    assert (found.flaws, found.reached) == ((), found.total)


def kit_template(kit: Kit) -> Template:
    """The template as it lies now."""
    return load_templates(kit.root / "templates")["s"]


def test_a_text_box_that_word_keeps_twice_is_no_disagreement(kit: Kit) -> None:
    kit.form("s", {"nota": leaf("Nota"), "altra": leaf("Altra")})
    patch(kit.template("s", "{{ s.altra }}", "qui").path, "word/document.xml", "<w:r><w:t>qui</w:t></w:r>", BOX)
    template = kit_template(kit)
    assert parted(kit, template, nota="una", altra="due") is None
    flaw = parted(kit, template, doctored("{{ s.altra }}", "{{ s.altra }}"), nota="una", altra="due")
    assert flaw is not None


@pytest.mark.parametrize(
    ("lines", "where", "said"),
    [
        (("{{ s.b }}", "{{ s.a }}"), "paragrafo 1", "Al posto di «{{ s.b }}» il documento stampa un altro valore, o nessuno."),
        (("{{ s.a }}", "{{ s.b }}", "{{ s.a }}"), "paragrafo 3", "Al posto di «{{ s.a }}»"),
        (("{{ s.a }}", "{% if s.b == 'x' %}", "{{ s.b }}", "{% endif %}"), "paragrafo 1", "Nel documento si stampano più valori"),
        ((), "", "Nel documento si stampano più valori di quanti segnaposto si leggono nel modello."),
        (("{{ s.a }}", "{% for v in s.voci %}{{ v.n }}{% endfor %}"), "paragrafo 2", "Al posto di «{{ v.n }}»"),
    ],
)
def test_a_tree_that_is_not_the_templates_is_found_out_at_its_tag(
    kit: Kit, lines: tuple[str, ...], where: str, said: str
) -> None:
    kit.form("s", {"a": leaf("A"), "b": leaf("B"), "voci": rows("Voci", {"n": leaf("N")})})
    template = kit.template("s", "{{ s.a }}", "{{ s.b }}")
    flaw = parted(kit, template, doctored(*lines), a="uno", b="due", voci=[{"n": "tre"}])
    assert flaw is not None
    assert (flaw.rule, flaw.blocks, flaw.spot.where) == ("LNT-070", True, where)
    assert flaw.message.startswith(said)


def test_a_template_read_otherwise_than_it_is_printed_is_told_and_tried_no_further(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit.form("s", {"a": leaf("A"), "b": leaf("B")}, required=["a", "b"])
    template = kit.template("s", "{{ s.a }}", "{{ s.b }}")
    assert template.story is not None
    tree = doctored("{{ s.b }}", "{{ s.a }}")
    monkeypatch.setattr(samples, "rendered", lambda story: [(0, replace_tree(story.parts[0], tree))])
    found = cover(template, kit.workspace(), samples=40)
    assert {(one.rule, one.subject) for one in found.flaws} == {("LNT-070", "{{ s.b }}")}
    assert found.samples < 5


def replace_tree(part: Part, tree: Tree) -> Part:
    """A part read in another way."""
    other = replace(part)
    vars(other)["tree"] = tree
    return other


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{{ s.obbiettivo }}", "Il modello nomina «s.obbiettivo», che il modulo non ha."),
        ("{{ altro.nome }}", "Il modello nomina «altro», che non è tra i moduli letti."),
        ("{% for v in s.a %}{{ v }}{% endfor %}", "Il modello ripete «s.a», che non è un elenco."),
        ('{% for v in s.b %}{{ v }}{% endfor %}{{ s["b"] }}', "«{% for v in s.b %}» scorre un valore che non è un elenco."),
        ("{{ s.b.c }}", "Il modello cerca «c» dentro un valore che non ha campi."),
        ("{{ s.voci }}", "Il modello stampa «s.voci», che è un gruppo di campi: nominare uno dei suoi campi."),
        ("{% if s.b %}{{ s.b }}", "corpo, paragrafo 1:"),
    ],
)
def test_a_template_that_cannot_be_printed_is_told_never_raised(kit: Kit, block: str, said: str) -> None:
    kit.form("s", {"a": leaf("A"), "b": leaf("B", "boolean"), "voci": rows("Voci", {"n": leaf("N")})}, required=["b", "voci"])
    found = tried(kit, block)
    assert "LNT-070" in {one.rule for one in found.flaws}
    assert any(said in message for message in told(found)), told(found)
