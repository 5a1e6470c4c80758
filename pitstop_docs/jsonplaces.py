"""Where each name and each text of a JSON file stands, so that one is changed and all else stays as it was typed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pitstop_docs.jsontext import under

Steps = tuple[str | int, ...]
"""The keys and row numbers that lead to a place."""

_TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[\]{}:,]|[^\s\[\]{}:,"]+')


@dataclass(frozen=True)
class Mark:
    """A key, or a value: a text, a group or a list. Its characters are `text[start:end]`, quotes and brackets included.

    `steps` lead to it; those of a key, to the value beside it. `value` is what a key or a text says, empty of the others.
    """

    steps: Steps
    kind: str
    start: int
    end: int
    value: str = ""

    @property
    def pointer(self) -> str:
        """The place as a JSON Pointer."""
        path = ""
        for step in self.steps:
            path = under(path, step)
        return path


@dataclass(frozen=True)
class Edit:
    """Characters of a text (or of a file, in bytes) to put others in the place of."""

    start: int
    end: int
    new: str


def marks(text: str) -> tuple[Mark, ...]:
    """Every key, text, group and list of a JSON text that the gate has let in, each where it begins; keys before values."""
    reader = _Reader(text.replace("\ufeff", " ", 1))
    reader.value((), next(reader.tokens))
    return tuple(sorted(reader.found, key=lambda one: (one.start, one.end)))


class _Reader:
    def __init__(self, text: str) -> None:
        self.tokens: Iterator[re.Match[str]] = _TOKEN.finditer(text)
        self.found: list[Mark] = []

    def value(self, steps: Steps, token: re.Match[str]) -> None:
        if token[0] == "{":
            self.members(steps, token)
        elif token[0] == "[":
            self.rows(steps, token)
        elif token[0].startswith('"'):
            self.found.append(Mark(steps, "text", token.start(), token.end(), json.loads(token[0])))

    def members(self, steps: Steps, opened: re.Match[str]) -> None:
        token = next(self.tokens)
        while token[0] != "}":
            if token[0] == ",":
                token = next(self.tokens)
            inner = (*steps, json.loads(token[0]))
            self.found.append(Mark(inner, "key", token.start(), token.end(), str(inner[-1])))
            next(self.tokens)  # the colon
            self.value(inner, next(self.tokens))
            token = next(self.tokens)
        self.found.append(Mark(steps, "group", opened.start(), token.end()))

    def rows(self, steps: Steps, opened: re.Match[str]) -> None:
        token, row = next(self.tokens), 0
        while token[0] != "]":
            if token[0] == ",":
                token = next(self.tokens)
            self.value((*steps, row), token)
            token, row = next(self.tokens), row + 1
        self.found.append(Mark(steps, "list", opened.start(), token.end()))


def said(mark: Mark, new: str) -> Edit:
    """The edit that makes a key or a text say something else."""
    return Edit(mark.start, mark.end, json.dumps(new, ensure_ascii=False))


def added(text: str, group: Mark, members: Mapping[str, object]) -> Edit:
    """The edit that puts more members at the end of a group, laid out as the group is: on its line, or on lines of their own."""
    inside = text[group.start + 1 : group.end - 1]
    at = group.start + 1 + len(inside.rstrip())
    first = re.match(r"\s*", inside)
    margin = first[0] if first and "\n" in first[0] else " "
    told = [f"{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}" for key, value in members.items()]
    joined = f",{margin}".join(told)
    return Edit(at, at, f",{margin}{joined}" if inside.strip() else joined)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with the edits made; they do not overlap, and the order they come in does not count."""
    for edit in sorted(set(edits), key=lambda one: one.start, reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def line_of(text: str, at: int) -> int:
    """The line of a character, from 1."""
    return text.count("\n", 0, at) + 1
