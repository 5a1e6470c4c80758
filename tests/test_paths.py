"""Every name in a template is compared with the schemas: what it leads to, what is done with it, who may see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pitstop_docs import paths
from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw
from pitstop_docs.tags import grow
from pitstop_docs.templates import DOCUMENT
from tests.kits import EVERYTHING, Schema, choice, group, leaf, rows
from tests.test_tags import PIECES, lines

FIELDS = {
    "nome": leaf("Nome"),
    "appunto": leaf("Appunto"),
    "vero": leaf("Vero", "boolean"),
    "ore": leaf("Ore", "number"),
    "giorni": leaf("Giorni", "integer"),
    "data": leaf("Data", format="date"),
    "nascita": leaf("Nascita", format="data_parziale"),
    "costo": leaf("Costo", format="euro"),
    "paese": leaf("Paese", format="paese"),
    "scelta": choice("Scelta", {"uno": "Uno", "due": "Due"}),
    "voto": leaf("Voto", "integer", enum=[1, 2], x_labels={"1": "Poco", "2": "Molto"}),
    "diagnosi": leaf("Diagnosi", privacy="particolare"),
    "reddito": leaf("Reddito", privacy="economico"),
    "sigle": {"title": "Sigle", "type": "array", "x-privacy": "comune", "items": leaf("Sigla")},
    "casa": group("Casa", {"via": leaf("Via"), "scala": leaf("Scala")}, required=["via"]),
    "voci": rows(
        "Voci", {"voce": leaf("Voce"), "nota": leaf("Nota"), "parti": rows("Parti", {"parte": leaf("Parte")})}, required=["voce"]
    ),
    "segreti": rows("Segreti", {"cosa": leaf("Cosa", privacy="giudiziario")}),
}
NEEDED = tuple(name for name in FIELDS if name not in ("appunto", "casa"))
FORM = group("S", FIELDS, required=NEEDED)
OTHER = group("Altro", {"nome": leaf("Nome")}, required=["nome"])


def reader(visible: frozenset[str] = EVERYTHING, roots: Mapping[str, Schema] | None = None, **told: Any) -> paths.Reader:
    known = {"s": FORM, "altro": OTHER} if roots is None else roots
    return paths.Reader(
        roots={**known, "documento": DOCUMENT}, optional=frozenset(told.get("optional", {"altro"})), visible=visible,
        recipient="partner", others=frozenset({"tutor"}),
    )  # fmt: skip


def flaws(*texts: str, visible: frozenset[str] = EVERYTHING) -> list[Flaw]:
    """What is told of a body with these paragraphs, whose tags are sound."""
    tree = grow(lines(*texts))
    assert tree.flaws == ()
    return paths.flaws([tree], reader(visible))


def only(text: str, rule: str, *, visible: frozenset[str] = EVERYTHING) -> Flaw:
    """The only thing told of a paragraph, above information."""
    [one] = [one for one in flaws("prima", text, visible=visible) if one.severity is not Severity.INFO]
    assert one.rule == rule
    assert one.spot.anchor[:2] == ("d", 1)
    return one


def blanks(text: str) -> list[str]:
    """The names told as information; nothing else is told."""
    found = flaws(text)
    assert {one.rule for one in found} <= {"LNT-016"}, found
    return [one.subject for one in found]


# Names


@pytest.mark.parametrize(
    ("text", "subject", "advice"),
    [
        ("{{ s.nomme }}", "s.nomme", "Forse «nome»?"),
        ("{{ s.casa.vai }}", "s.casa.vai", "Forse «via»?"),
        ("{% for v in s.voci %}{{ v.vocce }}{% endfor %}", "v.vocce", "Forse «voce»?"),
        ("{% for v in s.vocci %}x{% endfor %}", "s.vocci", "Forse «voci»?"),
        ("{% if s.verro %}x{% endif %}", "s.verro", "Forse «vero»?"),
        ("{% if s.vero and not s.nomme %}x{% endif %}", "s.nomme", "Forse «nome»?"),
        ("{% if s.nome == s.nomme %}x{% endif %}", "s.nomme", "Forse «nome»?"),
        ("{% if s.vero == false %}{% if s.vero %}{% else %}{{ s.nomme }}{% endif %}{% endif %}", "s.nomme", "Forse «nome»?"),
        ("{{ s.nomme|lettere }}", "s.nomme", "Forse «nome»?"),
        ("{{ s.nome if s.verro else s.scelta }}", "s.verro", "Forse «vero»?"),
        ("{{ s.nome or s.nomme }}", "s.nomme", "Forse «nome»?"),
        ("{% for v in s.voci if v.notta %}x{% endfor %}", "v.notta", "Forse «nota»?"),
        ("{% for v in s.voci %}x{% else %}{{ s.nomme }}{% endfor %}", "s.nomme", "Forse «nome»?"),
        ("{{ documento.codce }}", "documento.codce", "Forse «codice»?"),
        ("{% for f in documento.firme %}{{ f.nomme }}{% endfor %}", "f.nomme", "Forse «nome»?"),
        ("{% for v in s.voci %}{{ loop.lasst }}{% endfor %}", "loop.lasst", "Forse «last»?"),
        ("{{ s['nomme'] }}", "s.nomme", "Forse «nome»?"),
    ],
)  # fmt: skip
def test_a_name_that_no_schema_has_is_told_with_the_nearest(text: str, subject: str, advice: str) -> None:
    found = [one for one in flaws(text) if one.rule == "LNT-010"]
    assert [(one.subject, one.remedy) for one in found] == [(subject, advice)]
    whose = {"documento": "il documento", "f": "il documento", "loop": "un ciclo"}.get(subject.partition(".")[0], "il modulo «s»")
    assert found[0].message == f"«{subject}»: {whose} non ha questo campo."


def test_a_name_like_no_other_is_told_with_what_to_do() -> None:
    assert only("{{ s.qzxw }}", "LNT-010").remedy == "Correggere il nome, o aggiungere il campo al modulo."


@pytest.mark.parametrize(
    ("text", "said", "advice"),
    [
        ("{{ altr.nome }}", "«altr» non è un modulo, né la riga di un ciclo aperto qui.", "Forse «altro»?"),
        ("{{ qzxw.nome }}", "«qzxw» non è un modulo", "Si possono usare: altro, documento, s."),
        ("{% for v in s.voci %}{% endfor %}{{ v.voce }}", "«v» non è un modulo", "Si possono usare: altro, documento, s."),
        ("{% for v in s.voci %}{% else %}{{ v.voce }}{% endfor %}", "«v» non è un modulo", "Si possono usare"),
        ("{% for v in v.voci %}x{% endfor %}", "«v» non è un modulo", "Si possono usare"),
        ("{{ loop.index }}", "«loop» non è un modulo", "Si possono usare"),
        ("{{ nome }}", "«nome» non è un modulo", "Si possono usare"),
        ("{{ tutor.nome }}", "«tutor» è un modulo che questo modello non legge.", "Aggiungerlo a «records» o «optional»"),
    ],
)
def test_a_name_that_begins_nowhere_is_told(text: str, said: str, advice: str) -> None:
    one = only(text, "LNT-011")
    assert one.message.startswith(said)
    assert one.remedy.startswith(advice)


def test_one_wrong_name_hides_no_other_and_its_rows_are_not_told_again() -> None:
    found = flaws("{% for v in s.vocci %}{{ v.x }}{{ v.y.z }}{{ s.nomme }}{% endfor %}", "{{ s.verro }}")
    assert [one.subject for one in found] == ["s.vocci", "s.nomme", "s.verro"]


def test_what_the_schemas_have_is_named_freely() -> None:
    text = (
        "{{ s.nome }}{{ s['nome'] }}{{ s.data|lettere }}{{ s.costo|lettere }}{{ s.nascita|lettere }}{{ s.sigle }}{{ s.voto }}"
        "{% for v in s.voci if v.voce != 'x' %}{{ loop.index }}{% if loop.first or loop.last %}{{ v.voce }}{% endif %}"
        "{% for x in v.parti %}{{ loop.index }}{% endfor %}{% endfor %}{% for x in s.sigle %}{{ x }}{% endfor %}"
        "{% for f in documento.firme %}{{ f.ruolo }} {{ f.nome }}{% endfor %}{{ documento.data|lettere }} {{ documento.linea }}"
    )
    assert {one.rule for one in flaws(text)} == {"LNT-016"}
    assert [one.subject for one in flaws(text)] == ["v.parti"]


# Kinds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{% for x in s.nome %}{{ x }}{% endfor %}", "«s.nome» è un valore solo, non un elenco: non si può scorrere."),
        ("{% for x in s.scelta %}{{ x.y }}{% endfor %}", "«s.scelta» è un valore solo"),
        ("{% for x in s.casa %}{{ x }}{% endfor %}", "«s.casa» è un gruppo di campi, non un elenco"),
        ("{% for x in s %}{{ x }}{% endfor %}", "«s» è un gruppo di campi, non un elenco"),
        ("{% for v in s.voci %}{% for x in v.voce %}{{ x }}{% endfor %}{% endfor %}", "«v.voce» è un valore solo"),
        ("{{ s.voci }}", "«s.voci» è un elenco di righe: non si stampa come un valore."),
        ("{% if s.casa %}{{ s.casa }}{% endif %}", "«s.casa» è un gruppo di campi: non si stampa intero."),
        ("{{ s }}", "«s» è un gruppo di campi"),
        ("{% for v in s.voci %}{{ v }}{% endfor %}", "«v» è un gruppo di campi"),
        ("{% for v in s.voci %}{{ loop }}{% endfor %}", "«loop» è un gruppo di campi"),
        ("{{ s.voci.voce }}", "«s.voci» è un elenco: per nominare «voce» di ogni riga serve un «for»."),
        ("{{ s.nome.primo }}", "«s.nome» è un valore solo: non ha il campo «primo»."),
        ("{% if s.voci == 'x' %}y{% endif %}", "«s.voci» è un elenco: non si confronta con un valore."),
        ("{% if s.sigle != 'x' %}y{% endif %}", "«s.sigle» è un elenco"),
        ("{% if s.casa == 'x' %}y{% endif %}", "«s.casa» è un gruppo di campi: non si confronta"),
        ("{{ s.nome == 'x' }}", "«{{ s.nome == 'x' }}» stampa un confronto."),
        ("{{ not s.vero }}", "«{{ not s.vero }}» stampa un confronto."),
    ],
)
def test_a_thing_used_for_what_it_is_not_is_told(text: str, said: str) -> None:
    assert only(text, "LNT-012").message.startswith(said)


@pytest.mark.parametrize("name", ["nome", "vero", "ore", "giorni", "scelta", "paese", "sigle", "voti"])
def test_only_dates_and_amounts_are_written_in_words(name: str) -> None:
    form = {**FIELDS, "voti": rows("Voti", {})}
    tree = grow(lines(f"{{{{ s.{name}|lettere }}}}"))
    found = paths.flaws([tree], reader(roots={"s": group("S", form, required=[*form])}))
    assert [(one.rule, one.subject) for one in found if one.rule == "LNT-015"] == [("LNT-015", f"s.{name}")]


@pytest.mark.parametrize(
    ("test", "said", "advice"),
    [
        ("s.scelta == 'tre'", "«s.scelta» non ha mai il valore «tre».", "I valori sono: uno, due."),
        ("'tre' == s.scelta", "«s.scelta» non ha mai il valore «tre».", "I valori sono: uno, due."),
        ("s.scelta != 'Uno'", "«s.scelta» non ha mai il valore «Uno».", "I valori sono: uno, due."),
        ("s.scelta == 1", "«s.scelta» non ha mai il valore 1.", "I valori sono"),
        ("s.scelta == true", "«s.scelta» non ha mai il valore true.", "I valori sono"),
        ("s.voto == '1'", "«s.voto» non ha mai il valore «1».", "I valori sono: 1, 2."),
        ("s.voto == true", "«s.voto» non ha mai il valore true.", "I valori sono: 1, 2."),
        ("s.voto == 3", "«s.voto» non ha mai il valore 3.", "I valori sono: 1, 2."),
        ("s.vero == 'sì'", "«s.vero» è sì o no: non è mai uguale a «sì».", "Scrivere true o false, senza virgolette."),
        ("s.vero == 1", "«s.vero» è sì o no: non è mai uguale a 1.", "Scrivere true o false"),
        ("s.data == '2026-03-05'", "«s.data» è una data o un’ora: non è mai uguale a «2026-03-05».", "Usare uno dei valori"),
        ("s.nascita != '1990'", "«s.nascita» è una data o un’ora", "Usare uno dei valori"),
        ("s.ore == '3'", "«s.ore» è un numero: non è mai uguale a «3».", "Usare uno dei valori"),
        ("s.giorni == false", "«s.giorni» è un numero: non è mai uguale a false.", "Usare uno dei valori"),
        ("s.costo == '10,00'", "«s.costo» è un numero", "Usare uno dei valori"),
        ("s.ore == 0.1", "«s.ore» è tenuto con i suoi decimali esatti: il confronto con 0.1 non riesce.", "Usare uno"),
        ("s.nome == 3", "«s.nome» è un testo: non è mai uguale a 3.", "Usare uno dei valori"),
        ("s.nome == none", "«s.nome» è un testo: non è mai uguale a None.", "Usare uno dei valori"),
        ("s.nome == ''", "«s.nome» non è mai un testo vuoto: per chiedere se manca si scrive «not».", "Usare uno dei valori"),
        ("s.paese == 'Marocco'", "«s.paese» non è mai uguale a «Marocco». Indicare il Paese con la sigla", "Usare uno"),
        ("documento.linea == 1", "«documento.linea» è un testo", "Usare uno dei valori"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "pattern",
    ["{{% if {} %}}x{{% endif %}}", "{{% if s.nome or not ({}) %}}x{{% endif %}}", "{{{{ s.nome if {} else s.appunto }}}}"],
)
def test_a_comparison_with_what_never_is_is_told(pattern: str, test: str, said: str, advice: str) -> None:
    one = only(pattern.format(test), "LNT-013")
    assert one.message.startswith(said)
    assert one.remedy.startswith(advice)


@pytest.mark.parametrize(
    "test",
    [
        "s.scelta == 'uno'",
        "s.scelta != 'due'",
        "s.voto == 2",
        "s.vero == true",
        "s.vero != false",
        "s.ore == 3",
        "s.ore == 1.5",
        "s.giorni != 0",
        "s.costo == 10",
        "s.nome == 'Bari'",
        "s.nome == s.appunto",
        "s.paese == 'MAR'",
        "documento.linea == 'L1'",
    ],
)
def test_a_comparison_that_can_be_true_is_well(test: str) -> None:
    assert [one for one in flaws(f"{{% if {test} %}}x{{% endif %}}") if one.severity is not Severity.INFO] == []


@pytest.mark.parametrize(
    "test", ["s.data|lettere == 'x'", "s.data|lettere", "(s.nome or s.appunto) == 'x'", "(s.nome if s.vero else s.nome)"]
)
def test_a_condition_that_a_template_should_not_make_is_told(test: str) -> None:
    assert only(f"{{% if {test} %}}x{{% endif %}}", "LNT-014").message.endswith(
        "la condizione è troppo complessa per un modello."
    )


# What may be missing


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("{{ s.appunto }}", ["s.appunto"]),
        ("{{ s.nome }}", []),
        ("{{ s.casa.via }}", ["s.casa.via"]),
        ("{{ s.casa.scala }}", ["s.casa.scala"]),
        ("{{ altro.nome }}", ["altro.nome"]),
        ("{% for v in s.voci %}{{ v.voce }}{{ v.nota }}{% endfor %}", ["v.nota"]),
        ("{% for v in s.voci %}{% for x in v.parti %}{% endfor %}{% endfor %}", ["v.parti"]),
        ("{{ s.appunto|lettere }}", ["s.appunto"]),
        ("{% if s.appunto %}{% else %}{{ s.appunto }}{% endif %}", ["s.appunto"]),
        ("{% if s.vero %}{{ s.appunto }}{% endif %}", ["s.appunto"]),
        ("{% if s.appunto or s.vero %}{{ s.appunto }}{% endif %}", ["s.appunto"]),
        ("{% if not (s.appunto and s.vero) %}{{ s.appunto }}{% endif %}", ["s.appunto"]),
        ("{% if s.appunto != 'x' %}{{ s.appunto }}{% endif %}", ["s.appunto"]),
        ("{% if s.casa %}{{ s.casa.scala }}{% endif %}", ["s.casa.scala"]),
        ("{% if altro %}{% endif %}{{ altro.nome }}", ["altro.nome"]),
        ("{{ s.appunto if s.vero else s.nome }}", ["s.appunto"]),
        ("{{ s.appunto and s.nome }}", ["s.appunto"]),
    ],
)
def test_a_value_that_may_be_missing_is_told_as_information(text: str, names: list[str]) -> None:
    found = [one for one in flaws(text) if one.rule == "LNT-016"]
    assert [one.subject for one in found] == names
    assert all(one.severity is Severity.INFO for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "{% if s.appunto %}{{ s.appunto }}{% endif %}",
        "{% if s.vero %}x{% elif s.appunto %}{{ s.appunto }}{% endif %}",
        "{% if not s.appunto %}x{% else %}{{ s.appunto }}{% endif %}",
        "{% if not s.appunto %}x{% elif s.vero %}{{ s.appunto }}{% endif %}",
        "{% if s.vero and s.appunto %}{{ s.appunto }}{% endif %}",
        "{% if s.appunto and s.appunto == 'x' %}{{ s.appunto }}{% endif %}",
        "{% if s.appunto == 'x' %}{{ s.appunto }}{% endif %}",
        "{% if s.appunto != 'x' %}y{% else %}{{ s.appunto }}{% endif %}",
        "{% if not s.appunto or s.vero %}x{% else %}{{ s.appunto }}{% endif %}",
        "{% if not (not s.appunto or s.vero) %}{{ s.appunto }}{% endif %}",
        "{% if s.appunto %}{% if s.vero %}{% for v in s.voci %}{{ s.appunto }}{% endfor %}{% endif %}{% endif %}",
        "{{ s.appunto if s.appunto else s.nome }}",
        "{{ s.nome if not s.appunto else s.appunto }}",
        "{{ s.appunto if s.appunto else 'non indicato' }}",
        "{{ s.appunto or 'non indicato' }}",
        "{% if s.casa %}{{ s.casa.via }}{% endif %}",
        "{% if s.casa.scala %}{{ s.casa.via }}{{ s.casa.scala }}{% endif %}",
        "{% if altro %}{{ altro.nome }}{% endif %}",
        "{% if altro.nome %}{{ altro.nome }}{% endif %}",
        "{% for v in s.voci %}{% if v.nota %}{{ v.nota }}{% endif %}{% endfor %}",
        "{% for v in s.voci if v.nota %}{{ v.nota }}{% endfor %}",
        "{% for v in s.voci %}{% if v.parti %}{% for x in v.parti if x.parte %}{{ x.parte }}{% endfor %}{% endif %}{% endfor %}",
        "{{ documento.linea }}",
    ],
)
def test_a_value_about_which_the_template_has_asked_is_not_told(text: str) -> None:
    assert blanks(text) == []


def test_what_one_row_has_is_not_what_another_row_has() -> None:
    text = "{% for v in s.voci %}{% if v.nota %}{% for w in s.voci %}{{ w.nota }}{{ v.nota }}{% endfor %}{% endif %}{% endfor %}"
    assert blanks(text) == ["w.nota"]
    assert blanks("{% for v in s.voci if v.nota %}{% endfor %}{% for v in s.voci %}{{ v.nota }}{% endfor %}") == ["v.nota"]


# Branches that are never taken


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("{% if s.vero %}{% if not s.vero %}x{% endif %}{% endif %}", "{% if not s.vero %}"),
        ("{% if s.vero %}{% if s.vero %}x{% else %}y{% endif %}{% endif %}", "{% else %}"),
        ("{% if not s.appunto %}{% if s.appunto %}x{% endif %}{% endif %}", "{% if s.appunto %}"),
        ("{% if s.appunto %}x{% elif s.appunto %}y{% endif %}", "{% elif s.appunto %}"),
        ("{% if s.appunto %}x{% elif not s.appunto %}y{% else %}z{% endif %}", "{% else %}"),
        ("{% if s.scelta == 'uno' %}x{% elif s.scelta == 'uno' %}y{% endif %}", "{% elif s.scelta == 'uno' %}"),
        ("{% if s.scelta == 'uno' %}{% if s.scelta == 'due' %}x{% endif %}{% endif %}", "{% if s.scelta == 'due' %}"),
        ("{% if s.scelta == 'uno' %}{% if s.scelta != 'uno' %}x{% endif %}{% endif %}", "{% if s.scelta != 'uno' %}"),
        ("{% if s.scelta == 'uno' %}{% if not s.scelta %}x{% endif %}{% endif %}", "{% if not s.scelta %}"),
        ("{% if not s.scelta %}{% if s.scelta == 'uno' %}x{% endif %}{% endif %}", "{% if s.scelta == 'uno' %}"),
        ("{% if s.vero and not s.vero %}x{% endif %}", "{% if s.vero and not s.vero %}"),
        ("{% if s.vero or not s.vero %}x{% else %}y{% endif %}", "{% else %}"),
        ("{% if true %}x{% else %}y{% endif %}", "{% else %}"),
        ("{% if false %}x{% endif %}", "{% if false %}"),
        ("{% if 'x' %}x{% elif s.vero %}y{% endif %}", "{% elif s.vero %}"),
        ("{% if s.casa.scala %}{% if not s.casa %}x{% endif %}{% endif %}", "{% if not s.casa %}"),
        ("{% for v in s.voci if v.nota %}{% if not v.nota %}x{% endif %}{% endfor %}", "{% if not v.nota %}"),
    ],
)
def test_a_branch_that_contradicts_those_around_is_told(text: str, at: str) -> None:
    one = only(text, "LNT-017")
    assert one.severity is Severity.WARNING
    assert text[slice(*map(int, one.spot.anchor[2:]))] == at
    assert one.message.startswith(f"La parte che segue «{at}» non si stampa mai")


@pytest.mark.parametrize(
    "text",
    [
        "{% if s.vero %}x{% endif %}{% if not s.vero %}y{% endif %}",
        "{% if s.appunto %}x{% elif s.vero %}y{% else %}{% if s.nome %}z{% endif %}{% endif %}",
        "{% if s.appunto or s.vero %}{% if s.appunto %}x{% else %}y{% endif %}{% endif %}",
        "{% if s.appunto and s.vero %}x{% elif s.appunto %}y{% elif s.vero %}z{% endif %}",
        "{% if s.scelta == 'uno' %}x{% elif s.scelta == 'due' %}y{% else %}z{% endif %}",
        "{% if s.scelta != 'uno' %}{% if s.scelta == 'due' %}x{% else %}y{% endif %}{% endif %}",
        "{% if s.scelta %}{% if s.scelta != 'uno' %}x{% else %}y{% endif %}{% endif %}",
        "{% if s.vero == false %}x{% elif s.vero %}y{% else %}z{% endif %}",
        "{% if not s.giorni %}{% if s.giorni == 0 %}x{% else %}y{% endif %}{% endif %}",
        "{% for v in s.voci %}{% if s.voci %}x{% else %}y{% endif %}{% endfor %}",
        "{% for v in s.sigle %}{% if v %}x{% else %}y{% endif %}{% endfor %}",
        "{% for v in s.voci if v.nota %}x{% endfor %}{% for v in s.voci %}{% if not v.nota %}x{% endif %}{% endfor %}",
    ],
)
def test_a_branch_that_can_be_taken_is_not_told(text: str) -> None:
    """A list that nobody stated is scrolled once, by a row in which everything is missing."""
    assert flaws(text) == []


# Names that hide, and what a recipient may not see


@pytest.mark.parametrize(
    ("text", "name", "what"),
    [
        ("{% for s in s.voci %}{{ s.voce }}{% endfor %}", "s", "un modulo"),
        ("{% for altro in s.voci %}x{% endfor %}", "altro", "un modulo"),
        ("{% for tutor in s.voci %}x{% endfor %}", "tutor", "un modulo"),
        ("{% for documento in s.voci %}x{% endfor %}", "documento", "un modulo"),
        ("{% for loop in s.voci %}x{% endfor %}", "loop", "un modulo"),
        ("{% for v in s.voci %}{% for v in s.sigle %}x{% endfor %}{% endfor %}", "v", "un altro ciclo"),
    ],
)
def test_the_row_of_a_loop_that_hides_a_form_or_another_row_is_told(text: str, name: str, what: str) -> None:
    one = only(text, "LNT-018")
    assert one.subject == name
    assert one.message == f"La riga del ciclo si chiama «{name}», come {what}: dentro il ciclo lo nasconde."


def test_two_loops_one_after_another_may_call_their_rows_alike() -> None:
    assert flaws("{% for v in s.voci %}{{ v.voce }}{% endfor %}{% for v in s.sigle %}{{ v }}{% endfor %}") == []


COMMON = frozenset({"comune"})


@pytest.mark.parametrize(
    ("text", "subject", "why"),
    [
        ("{{ s.diagnosi }}", "s.diagnosi", "stampa «s.diagnosi», che è particolare (art. 9 GDPR)"),
        ("{{ s.reddito }}", "s.reddito", "stampa «s.reddito», che dice del suo denaro"),
        ("{% if s.diagnosi %}x{% endif %}", "s.diagnosi", "guarda, in una condizione, «s.diagnosi», che è particolare"),
        ("{% if not s.diagnosi == 'x' %}x{% endif %}", "s.diagnosi", "guarda, in una condizione, «s.diagnosi»"),
        ("{{ s.nome if s.diagnosi else 'x' }}", "s.diagnosi", "guarda, in una condizione, «s.diagnosi»"),
        ("{{ s.nome or s.diagnosi }}", "s.diagnosi", "stampa «s.diagnosi»"),
        ("{% for x in s.segreti %}{{ x.cosa }}{% endfor %}", "x.cosa", "stampa «x.cosa», che è giudiziario (art. 10 GDPR)"),
        ("{% for x in s.segreti if x.cosa %}y{% endfor %}", "x.cosa", "guarda, in una condizione, «x.cosa»"),
    ],
)  # fmt: skip
def test_what_the_recipient_may_not_see_is_told_with_its_class(text: str, subject: str, why: str) -> None:
    one = only(text, "LNT-021", visible=COMMON)
    assert one.subject == subject
    assert one.message.startswith(f"Il modello {why}")
    assert one.message.endswith("il destinatario «partner» non può vederlo.")
    assert [one for one in flaws(text) if one.rule == "LNT-021"] == []


# What a template can print, by the names alone


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("{{ s.nome }}{{ s['appunto'] }}", {"s/nome", "s/appunto"}),
        ("{% if s.vero and s.casa.via == 'x' %}{{ s.nome }}{% endif %}", {"s/vero", "s/casa/via", "s/nome"}),
        ("{% for v in s.voci if v.nota %}{{ v.voce }}{% endfor %}", {"s/voci", "s/voci/*/voce", "s/voci/*/nota"}),
        ("{% for v in s.voci %}{% for x in v.parti %}{{ x.parte }}{{ loop.index }}{% endfor %}{% else %}{{ v.x }}{% endfor %}",
         {"s/voci", "s/voci/*/parti", "s/voci/*/parti/*/parte", "v/x"}),
        ("{{ s.data|lettere }}{{ s.nome if s.vero else s.appunto }}", {"s/data", "s/nome", "s/vero", "s/appunto"}),
    ],
)  # fmt: skip
def test_the_places_that_a_template_can_print(text: str, places: set[str]) -> None:
    assert paths.places([grow(lines(text))]) == places


# Whatever the schema, whatever the template


@dataclass
class Writer:
    """Writes sound templates: every name is one that can be used, and nothing is asked twice on the way to a place."""

    draw: st.DrawFn
    loops: int = 0
    asked: list[str] = field(default_factory=list)

    def steps(self, scope: Mapping[str, Schema], depth: int) -> str:
        return "".join(self.step(scope, depth) for _ in range(self.draw(st.integers(1, 3))))

    def step(self, scope: Mapping[str, Schema], depth: int) -> str:
        kinds = ["print", "print", *(["if", "for"] if depth else [])]
        kind = self.draw(st.sampled_from(kinds))
        things = [(path, schema) for name, schema in scope.items() for path, schema in reachable(name, schema)]
        lists = [path for path, schema in things if "items" in schema]
        if kind == "for" and lists:
            path = self.draw(st.sampled_from(lists))
            self.loops += 1
            row = f"riga{self.loops}"
            rows_ = dict(things)[path]["items"]
            return f"{{% for {row} in {path} %}}{self.steps({**scope, row: rows_}, depth - 1)}{{% endfor %}}"
        fresh = [one for one in things if not any(one[0].startswith(asked) or asked.startswith(one[0]) for asked in self.asked)]
        if kind == "if" and fresh:
            path, schema = self.draw(st.sampled_from(fresh))
            self.asked.append(path)
            test = self.draw(st.sampled_from([path, f"not {path}", *comparisons(path, schema)]))
            inside, otherwise = self.steps(scope, depth - 1), self.steps(scope, depth - 1)
            self.asked.remove(path)
            return f"{{% if {test} %}}{inside}{{% else %}}{otherwise}{{% endif %}}"
        single = [path for path, schema in things if not {"items", "properties"} & schema.keys()]
        return f"{{{{ {self.draw(st.sampled_from(single))} }}}}" if single else "testo"


def reachable(path: str, schema: Schema) -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from reachable(f"{path}.{name}", inner)


def comparisons(path: str, schema: Schema) -> list[str]:
    if "enum" in schema:
        return [f"{path} == {one!r}" for one in schema["enum"]] + [f"{path} != {schema['enum'][0]!r}"]
    return {"boolean": [f"{path} == true"], "integer": [f"{path} != 3"]}.get(schema.get("type", ""), [])


LEAVES = st.sampled_from([FIELDS[name] for name in ("nome", "vero", "giorni", "data", "costo", "scelta", "voto", "paese")])
NAMES = st.text("abcdefghil_", min_size=2, max_size=6).filter(lambda name: name.strip("_") == name and name not in ("if", "elif"))


def groups(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    properties = st.dictionaries(NAMES, inner, min_size=1, max_size=4)
    return properties.flatmap(
        lambda told: st.sets(st.sampled_from(sorted(told))).map(lambda needed: group("G", told, required=sorted(needed)))
    )


def lists(inner: st.SearchStrategy[Schema]) -> st.SearchStrategy[Schema]:
    return st.one_of(LEAVES, groups(inner)).map(lambda one: {"title": "L", "type": "array", "items": one})


SCHEMAS = groups(st.recursive(LEAVES, lambda inner: st.one_of(groups(inner), lists(inner)), max_leaves=8))


@st.composite
def sound(draw: st.DrawFn) -> tuple[Mapping[str, Schema], str]:
    roots = {"uno": draw(SCHEMAS), "due": draw(SCHEMAS)}
    return roots, Writer(draw).steps({**roots, "documento": DOCUMENT}, 3)


@given(sound())
def test_a_template_that_names_what_there_is_has_no_flaw(case: tuple[Mapping[str, Schema], str]) -> None:
    roots, text = case
    tree = grow(lines(text))
    assert tree.flaws == ()
    found = paths.flaws([tree], reader(roots=roots, optional={"due"}))
    # A condition drawn inside another may ask what that one has settled: its `else` is never taken, and that is told.
    assert {one.rule for one in found if one.severity is not Severity.INFO} <= {"LNT-017"}


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine draws slowly, too
@given(sound(), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 6), PIECES), min_size=1, max_size=6))
def test_whatever_is_done_to_a_template_it_is_read(
    case: tuple[Mapping[str, Schema], str], edits: list[tuple[int, int, str]]
) -> None:
    roots, text = case
    for at, size, piece in edits:
        at %= len(text) + 1  # noqa: PLW2901
        text = text[:at] + piece + text[at + size :]
    tree = grow(lines(*text.split("\n")))
    paths.places([tree])
    for one in paths.flaws([tree], reader(roots=roots)):
        assert one.message
        assert one.remedy
        assert one.spot.anchor[0] == "d"
