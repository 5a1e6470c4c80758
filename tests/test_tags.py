"""Tags are read line by line and matched in pairs: every mistake is told, all at once, each where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pitstop_docs.findings import Severity
from pitstop_docs.flaws import Flaw, Spot
from pitstop_docs.tags import DEEPEST, LONGEST, Fork, Line, Loop, Print, Tree, dotted, grow, walk

Where = tuple[str, int, str]
"""The rule, the line, and the characters of which it is told."""


def lines(*texts: str) -> list[Line]:
    """The paragraphs of a body, one after another."""
    return [Line(text, Spot("m.docx", "corpo", f"paragrafo {n + 1}", anchor=("d", n))) for n, text in enumerate(texts)]


def row(*cells: str, table: int = 0, number: int = 0) -> list[Line]:
    """The cells of a row of a table, one paragraph in each."""
    holders = [(("tbl", table), ("tr", number), ("tc", 100 * number + n)) for n in range(len(cells))]
    spots = [Spot("m.docx", "corpo", anchor=("t", 1000 * table + 10 * number + n)) for n in range(len(cells))]
    return [Line(text, spot, holder) for text, spot, holder in zip(cells, spots, holders, strict=True)]


def table(*texts: str | list[str], number: int = 0) -> list[Line]:
    """A table, row by row; a text is a row of one cell."""
    found = [row(*([one] if isinstance(one, str) else one), table=number, number=n) for n, one in enumerate(texts)]
    return [line for cells in found for line in cells]


def told(tree: Tree, *texts: str) -> list[Where]:
    """The flaws of a tree, each with its line and the characters of it that it speaks of."""
    return [(one.rule, int(one.spot.anchor[1]), _words(one, texts)) for one in tree.flaws]


def _words(one: Flaw, texts: tuple[str, ...]) -> str:
    _, line, start, end = one.spot.anchor
    assert isinstance(line, int)
    assert isinstance(start, int)
    assert isinstance(end, int)
    return texts[line][start:end]


def rules(tree: Tree) -> list[str]:
    return [one.rule for one in tree.flaws]


def shape(tree: Tree) -> str:
    """The steps in order: what is printed, scrolled or asked, by its name."""
    names = []
    for step in walk(tree.steps):
        if isinstance(step, Print):
            names.append(dotted(step.value))
        elif isinstance(step, Loop):
            names.append(f"for {step.name} in {dotted(step.over) if step.over else '?'}")
        else:
            names.append(" | ".join(branch.tag.word for branch in step.branches))
    return ", ".join(names)


# Tags in a line


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("Sig. {{ a.b", "{{ a.b"),
        ("Sig. {{ a.b }", "{{ a.b }"),
        ("Sig. {{ a.b {{ c.d }}", "{{ a.b "),
        ("Sig. {{ a.b %} qui", "{{ a.b %}"),
        ("Sig. {% if a }} qui", "{% if a }}"),
        ("Sig. a.b }} qui", "}}"),
        ("Sig. %} qui", "%}"),
        ("Sig. #} qui", "#}"),
        ("Sig. {# nota", "{# nota"),
        ("Sig. {_{ a.b }_}", "{_{"),
        ("{{ a..b }}", "{{ a..b }}"),
        ("{{ a b }}", "{{ a b }}"),
        ("{{ }}", "{{ }}"),
        ("{{ 'a }}", "{{ 'a }}"),
        ("{{- a.b }}", "{{- a.b }}"),
        ("{{ a.b -}}", "{{ a.b -}}"),
        ("{{r a.b }}", "{{r a.b }}"),
        ("{{p a.b }}", "{{p a.b }}"),
        ("{{tr a.b }}", "{{tr a.b }}"),
        ("{% set a = 1 %}", "{% set a = 1 %}"),
        ("{% include 'x' %}", "{% include 'x' %}"),
        ("{% %}", "{% %}"),
        ("{%\u00a0%}", "{%\u00a0%}"),
    ],
)
def test_braces_that_make_no_tag_are_told_with_their_characters(text: str, at: str) -> None:
    tree = grow(lines("prima", text, "dopo"))
    assert ("LNT-030", 1, at) in told(tree, "prima", text, "dopo")
    assert {*rules(tree)} == {"LNT-030"}
    assert all(one.blocks for one in tree.flaws)


@pytest.mark.parametrize(
    "text",
    [
        "{{ a.b }}",
        "{{a.b}}",
        "{{  a.b  }}",
        "{{ a.b }}}",
        "{{ a['b'] }}",
        "{{ a.b|lettere }}",
        "{{ a.b or a.c }}",
        "{{ a.b if a.c else a.d }}",
        "{% if a %}x{% endif %}",
        "{%if a%}x{%endif%}",
        "{% if not a.b and (a.c == 'x' or a.d != \"y\") %}x{% elif a.c %}y{% else %}z{% endif %}",
        "{% for v in a.b %}{{ v }}{% else %}nessuno{% endfor %}",
        "{% for v in a.b if v.c %}{{ v.c }}{% endfor %}",
        "{% for v in a.b %}{{ loop.index }}{% if not loop.last %}, {% endif %}{% endfor %}",
        "{# una nota: a-b non vale, né a..b #}",
        "{ a } e 100 % { b }",
        "{%r if a %}x{%r endif %}",
        "",
    ],
)
def test_what_is_well_written_has_no_flaw(text: str) -> None:
    assert grow(lines(text)).flaws == ()


def test_all_mistakes_are_told_at_once_each_in_its_place() -> None:
    texts = ("{{ a.b", "{{ 7*7 }} e {{ a-b }}", "{% if a %}", "{{ a|upper }}", "{% endfor %}", "{% fine %}", "c }}")
    assert sorted(told(grow(lines(*texts)), *texts), key=lambda one: one[1]) == [
        ("LNT-030", 0, "{{ a.b"),
        ("LNT-014", 1, "{{ 7*7 }}"),
        ("LNT-020", 1, "{{ a-b }}"),
        ("LNT-031", 2, "{% if a %}"),
        ("LNT-015", 3, "{{ a|upper }}"),
        ("LNT-031", 4, "{% endfor %}"),
        ("LNT-030", 5, "{% fine %}"),
        ("LNT-030", 6, "}}"),
    ]


def test_a_mistake_hides_none_of_the_tags_around_it() -> None:
    tree = grow(lines("{{ a.b }} {{ a..b }} {{ a.c }}", "{% for x in y+1 %}{{ x.d }}{% endfor %}{{ a.e }}"))
    assert shape(tree) == "a.b, a.c, for  in ?, x.d, a.e"


def test_the_place_of_a_tag_is_its_characters_and_the_words_around() -> None:
    text = "Il giorno {{ a.data }} si è riunita l’équipe " + "x" * 200 + " {{ a.fine }} e qui finisce"
    [first, second] = grow(lines("prima", text)).tags
    assert first.spot.anchor == ("d", 1, 10, 22)
    assert text[10:22] == first.source == "{{ a.data }}"
    assert first.spot.words() == "corpo, paragrafo 2"
    assert first.spot.around.startswith("Il giorno {{ a.data }} si è riunita")
    assert "{{ a.fine }}" in second.spot.around
    assert len(second.spot.around) <= 100


def test_quotation_marks_that_word_curls_are_read_straight() -> None:
    tree = grow(lines("{% if a.b == “x” or a.c != ‘y’ %}{{ a.d }}{% endif %}"))
    assert tree.flaws == ()
    [fork, printed] = walk(tree.steps)
    assert isinstance(fork, Fork)
    assert isinstance(printed, Print)
    assert "Const(value='x')" in repr(fork.branches[0].test)


@pytest.mark.parametrize("said", ['"Rossi & Figli"', '"D’Angelo"', "“D’Angelo”", "'dice “sì”'"])
def test_a_text_that_docxtpl_changes_is_never_equal_to_anything(said: str) -> None:
    """It straightens the quotation marks inside a text too, and leaves an ampersand as Word writes it."""
    text = f"{{% if a.b == {said} %}}x{{% endif %}}"
    assert rules(grow(lines(text))) == ["LNT-013"]


@pytest.mark.parametrize(("name", "better"), [("a.codice-fiscale", "a.codice_fiscale"), ("nome-cognome", "nome_cognome")])
def test_a_hyphen_in_a_name_is_a_subtraction(name: str, better: str) -> None:
    for text in (f"{{{{ {name} }}}}", f"{{% if {name} %}}x{{% endif %}}"):
        [one] = grow(lines(text)).flaws
        assert (one.rule, one.subject) == ("LNT-020", name)
        assert one.message == f"«{name}»: il trattino qui è una sottrazione."
        assert one.remedy.startswith(f"Forse «{better}»?")


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("{{ a.b + 1 }}", "LNT-014"),
        ("{{ a.b ~ a.c }}", "LNT-014"),
        ("{{ -a.b }}", "LNT-014"),
        ("{{ a.b - 1 }}", "LNT-014"),
        ("{{ a.b() }}", "LNT-014"),
        ("{{ a[0] }}", "LNT-014"),
        ("{{ 'testo' }}", "LNT-014"),
        ("{{ a.b if a.c }}", "LNT-014"),
        ("{% if a.b > 3 %}x{% endif %}", "LNT-014"),
        ("{% if a is defined %}x{% endif %}", "LNT-014"),
        ("{% for x, y in a %}x{% endfor %}", "LNT-014"),
        ("{% for x in [1, 2] %}x{% endfor %}", "LNT-014"),
        ("{{ a.b|upper }}", "LNT-015"),
        ("{{ a.b|lettere|upper }}", "LNT-015"),
        ("{% if a.b|length %}x{% endif %}", "LNT-015"),
    ],
)
def test_a_template_computes_nothing_and_has_one_filter(text: str, rule: str) -> None:
    tree = grow(lines(text))
    assert {*rules(tree)} == {rule}
    assert told(tree, text)[0] == (rule, 0, text.partition("x{%")[0])


# Pairs


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("{% if a %}x", ["{% if a %}"]),
        ("x{% endif %}", ["{% endif %}"]),
        ("{% for x in a %}x{% endif %}", ["{% for x in a %}", "{% endif %}"]),
        ("{% if a %}{% for x in b %}y{% endif %}{% endfor %}", ["{% for x in b %}", "{% endfor %}"]),
        ("{% if a %}{% if b %}x{% endif %}", ["{% if a %}"]),
        ("{% else %}x", ["{% else %}"]),
        ("{% elif a %}x", ["{% elif a %}"]),
        ("{% if a %}x{% else %}y{% else %}z{% endif %}", ["{% else %}"]),
        ("{% if a %}x{% else %}y{% elif b %}z{% endif %}", ["{% elif b %}"]),
        ("{% for x in a %}x{% elif b %}y{% endfor %}", ["{% elif b %}"]),
        ("{% for x in a %}x{% endfor %}{% endfor %}", ["{% endfor %}"]),
    ],
)
def test_ends_that_do_not_match_are_told_where_they_stand(text: str, at: list[str]) -> None:
    tree = grow(lines(text))
    assert {*rules(tree)} == {"LNT-031"}
    assert sorted(words for _, _, words in told(tree, text)) == sorted(at)


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("endif a.b", "Scrivere {% endif %}."),
        ("endfor %", "Scrivere {% endfor %}."),
        ("else if a.c", "Scrivere {% elif … %}."),
        ("else ~", "Scrivere {% elif … %}."),
    ],
)
def test_nothing_stands_after_a_word_that_stands_alone(said: str, advice: str) -> None:
    opener, end = ("{% for x in a %}", "{% endfor %}") if "for" in said else ("{% if a %}", "{% endif %}")
    text = f"{opener}x{{% {said} %}}" + ("" if said.startswith("end") else end)
    [one] = grow(lines(text)).flaws
    assert one.rule == "LNT-030"
    assert one.remedy == advice


def test_the_pair_that_is_not_closed_is_the_one_that_stands_elsewhere() -> None:
    """An end belongs to what was opened where it stands: a tag forgotten in a cell is told there, not around the table."""
    rows = table("{%tr if a %}", "{% if b %}x", "{%tr endif %}")
    tree = grow(rows)
    assert [(one.rule, one.spot.anchor[:2]) for one in tree.flaws] == [("LNT-031", rows[1].spot.anchor)]
    assert tree.flaws[0].message.startswith("«{% if b %}» non è chiuso da «endif» prima di «{%tr endif %}»")
    turned = table("{%tr if a %}", "{% if b %}x", "{%tr else %}", "y", "{%tr endif %}")
    assert [one.spot.anchor[:2] for one in grow(turned).flaws] == [turned[1].spot.anchor]
    assert shape(grow(turned)) == "if | else, if"


def test_a_pair_that_is_never_closed_says_in_which_part() -> None:
    [one] = grow(lines("{%p if a %}", "x")).flaws
    assert one.message == "«{%p if a %}» non è chiuso da «endif» fino in fondo (corpo)."


def test_a_pair_in_two_paragraphs_is_a_warning_and_with_p_it_is_well() -> None:
    [one] = grow(lines("{% if a %}x", "y{% endif %}")).flaws
    assert (one.rule, one.severity, one.spot.anchor[1]) == ("LNT-032", Severity.WARNING, 1)
    assert one.remedy == "Scriverlo {%p … %}, da solo in un paragrafo."
    assert grow(lines("{%p if a %}", "x", "{%p endif %}")).flaws == ()


@pytest.mark.parametrize(
    "found",
    [
        row("{% if a %}x", "y{% endif %}"),
        table("{% if a %}x", "y{% endif %}"),
        [*table("{%tr if a %}"), *table("{%tr endif %}", number=1)],
        [*lines("{%p if a %}"), *row("x", "{%p endif %}")],
        [*row("{% if a %}x"), *lines("y{% endif %}")],
        table("{%tr if a %}", "x", "{% endif %}"),
        table("{%tr if a %}", "x", "{%p else %}", "{%tr endif %}"),
        table(["{%tc if a %}", "x"], ["y", "{%tc endif %}"]),
    ],
    ids=["cells", "rows", "tables", "body and cell", "cell and body", "tr and none", "tr and p", "cells of two rows"],
)
def test_a_pair_over_rows_cells_or_tables_is_told_at_the_end(found: list[Line]) -> None:
    [one, *more] = grow(found).flaws
    assert more == []
    assert (one.rule, one.severity) == ("LNT-032", Severity.BLOCKING)
    assert "{%" in one.spot.around


@pytest.mark.parametrize(
    "found",
    [
        table("Voce", "{%tr for v in a %}", ["{{ v.b }}", "{{ v.c }}"], "{%tr else %}", "Nessuna", "{%tr endfor %}"),
        table("Voce", ["{%tc if a %}", "x", "{%tc endif %}"]),
        row("{% if a %}x{% endif %}", "{% if b %}y{% endif %}"),
        [*lines("{%p if a %}"), *table("x"), *lines("{%p endif %}")],
        table("{%tr if a %}", ["x", "{% if b %}y{% endif %}"], "{%tr endif %}"),
    ],
    ids=["rows", "cells", "inside cells", "around a table", "inside rows"],
)
def test_a_pair_in_the_same_table_row_or_paragraph_is_well(found: list[Line]) -> None:
    assert grow(found).flaws == ()


# What docxtpl and Python make of it


@pytest.mark.parametrize(
    "text", ['{%tr if a.b == "50%" %}', "{%p if a == '}' %}", "{%tr\u00a0if a %}", "{% tr if a %}", "{%tr\tif a %}"]
)
def test_a_tag_that_docxtpl_would_not_take_for_one_of_a_row_is_told(text: str) -> None:
    assert ("LNT-030", 0, text) in told(grow(lines(text)), text)


@pytest.mark.parametrize(
    ("above", "below"),
    [("resta {", "{{ a.b }}"), ("resta {", "% e poi"), ("100%", "} e poi"), ("{{ a }}", "}")],
)
def test_braces_of_two_paragraphs_that_docxtpl_joins_are_told(above: str, below: str) -> None:
    assert [(one.rule, one.spot.anchor[1]) for one in grow(lines(above, "", below)).flaws] == [("LNT-030", 2)]


def test_a_tag_too_long_is_told_and_a_long_note_is_not() -> None:
    assert rules(grow(lines("{{ a" + ".b" * LONGEST + " }}"))) == ["LNT-030"]
    assert rules(grow(lines("{{ " + "(" * 200 + "a" + ")" * 200 + " }}"))) == ["LNT-030"]
    assert grow(lines("{# " + "nota " * LONGEST + "#}")).flaws == ()


@pytest.mark.parametrize(("opener", "end"), [("{% if a %}", "{% endif %}"), ("{% for x in a %}", "{% endfor %}")])
def test_pairs_too_deep_in_one_another_are_told_however_deep(opener: str, end: str) -> None:
    assert grow(lines(opener * DEEPEST + "x" + end * DEEPEST)).flaws == ()
    for deep in (DEEPEST + 1, 3_000):
        tree = grow(lines(opener * deep + "x" + end * deep))
        assert rules(tree) == ["LNT-031"]
        assert f"sta dentro {DEEPEST} altri" in tree.flaws[0].message
        assert len(list(walk(tree.steps))) == DEEPEST


# Whatever is written


PIECES = st.sampled_from(
    (
        *("{{ ", " }}", "{% ", " %}", "{%tr ", "{%p ", "{# ", " #}", "{", "}", "%", "-", "{_{", "(", ")", "[", "]", "|", "=="),
        *(
            "a.b",
            "if a",
            "else",
            "elif b",
            "endif",
            "for x in a",
            "endfor",
            "x.c",
            "lettere",
            "not ",
            '"',
            "'",
            "“",
            "&",
            " ",
            "è",
        ),
    )
)


@given(st.lists(st.lists(PIECES, max_size=12).map("".join), max_size=6))
def test_whatever_is_written_is_read_and_every_place_is_in_its_line(texts: list[str]) -> None:
    tree = grow(lines(*texts))
    for one in tree.flaws:
        part, line, start, end = one.spot.anchor
        assert part == "d"
        assert isinstance(line, int)
        assert isinstance(start, int)
        assert isinstance(end, int)
        assert 0 <= start < end <= len(texts[line])
    for tag in tree.tags:
        assert texts[int(tag.line.spot.anchor[1])][tag.start : tag.end] == tag.source
        assert tag.source.startswith("{")
        assert tag.source.endswith("}")
    assert len({id(step) for step in walk(tree.steps)}) <= len(tree.tags)
