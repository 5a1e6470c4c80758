"""How a record came to be what it is: its revisions with the keys of their rows, and which of them came back on issued forms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pitstop_docs.forms import Form
from pitstop_docs.merging import Merged
from pitstop_docs.records import Record
from pitstop_docs.rowkeys import Past, keyed, past, traced

Answers = Mapping[str, Any]


@dataclass(frozen=True)
class Lineage:
    """The revisions of a record that have data, the first one first; `answers` are theirs, under today's names, each row with
    its key. `came` is what is remembered of what came back, by issue: see `remembered`."""

    form: Form
    records: tuple[Record, ...]
    answers: tuple[dict[str, Any], ...]
    came: Mapping[int, Mapping[str, Any]]

    @classmethod
    def of(cls, form: Form, history: Sequence[Record], came: Mapping[int, Mapping[str, Any]] | None = None) -> Lineage:
        """The lineage of a record from its history; withdrawals are left out."""
        known = [(one, one.data) for one in history if one.data is not None]
        answers = traced(form.schema, [form.current(data) for _, data in known])
        return cls(form, tuple(one for one, _ in known), tuple(answers), came or {})

    def keyed(self, answers: Answers) -> dict[str, Any]:
        """The answers of the next revision with a key in each row."""
        return keyed(self.form.schema, answers, self.answers)

    def printed(self, issued: Mapping[str, Any]) -> dict[str, Any]:
        """The answers with which a form was issued, each row with its key: `issued` is what the issue remembers."""
        return keyed(self.form.schema, self.form.current(issued["answers"]), self.answers[: self._there(issued)])

    def past(self, issued: Mapping[str, Any], issue: int) -> Past:
        """What the rows were, for merging what comes back of an issue."""
        made = {revision for told in self.came.values() for revision in _made(told)}
        settled = [answers for one, answers in zip(self.records, self.answers, strict=True) if one.revision not in made]
        came = {number: told.get("rows", {}) for number, told in self.came.items()}
        last: Answers = settled[-1] if settled else {}
        return past(self.form.schema, self.answers, printed=self._there(issued), settled=last, came=came, issue=issue)

    def _there(self, issued: Mapping[str, Any]) -> int:
        """How many of the revisions there were when a form was issued."""
        revision = max((one["revision"] for one in issued["sources"]["records"]), default=0)
        return sum(1 for one in self.records if one.revision <= revision)

    def remembered(self, merged: Merged, issue: int, revision: int | None) -> dict[str, Any]:
        """What is to be remembered of what came back of an issue, and of what came before of the same one.

        That is the revisions that it made (`revision` is the one made now, None if none was), and the rows that it brought: by
        list and key, the row of the page that it stood in.
        """
        before = self.came.get(issue, {})
        rows = {place: dict(keys) for place, keys in before.get("rows", {}).items()}
        for place, keys in merged.rows.items():
            known = rows.setdefault(place, {})
            known |= {key: min(row, known.get(key, row)) for key, row in keys.items()}
        return {"revisions": [*_made(before), *([] if revision is None else [revision])], "rows": rows}

    def brings(self, merged: Merged, issue: int) -> bool:
        """True if there is something to remember of what came back even where it makes no revision."""
        return bool(self.remembered(merged, issue, None)["rows"] != self.came.get(issue, {}).get("rows", {}))


def _made(told: Mapping[str, Any]) -> list[int]:
    """The revisions that an issue made; what was remembered before there were keys names the last one alone."""
    return list(told.get("revisions", [told["revision"]] if "revision" in told else []))
