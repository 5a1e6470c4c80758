"""Which names the program knows: the texts in a function's code, in the functions it asks, and in what they look up.

A rule knows the forms and fields that stand as texts in its question and in its parameters. A function that goes through the
fields of a group without naming them may come upon any.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

PACKAGES = ("pitstop_docs.checks", "pitstop_docs.context", "pitstop_docs.desk", "pitstop_docs.documents", "pitstop_docs.keeping")
"""Where the program reads answers by their names."""


@dataclass(frozen=True)
class Names:
    """The names that a function knows; `any_field` if it also goes through fields that it does not name."""

    known: frozenset[str]
    any_field: bool = False


@cache
def names_in(source: Callable[..., Any] | ModuleType) -> Names:
    """The names in a function and in those of ours that it calls, or in all that stand in a module."""
    reader = _Reader()
    if isinstance(source, ModuleType):
        reader.body(_tree(source), vars(source))
    else:
        reader.function(source)
    return Names(frozenset(reader.known), reader.any_field)


@cache
def _tree(module: ModuleType) -> ast.Module:
    return ast.parse(inspect.getsource(module))


class _Reader:
    def __init__(self) -> None:
        self.known: set[str] = set()
        self.any_field = False
        self.seen: set[object] = set()

    def function(self, function: object) -> None:
        if not isinstance(function, FunctionType) or function in self.seen or not function.__module__.startswith(PACKAGES):
            return
        self.seen.add(function)
        module = inspect.getmodule(function)
        for node in _tree(module).body if module else ():
            if isinstance(node, ast.FunctionDef) and node.name == function.__name__:
                self.body(node, function.__globals__)

    def body(self, tree: ast.AST, names: Mapping[str, Any]) -> None:
        """What a text, or a name of something that holds texts, tells. A keyword (`data=…`) is no text: it names a fact."""
        docstrings = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings:
                self.known.update(steps_in(node.value))
            elif isinstance(node, ast.Name) and node.id in names:
                value = names[node.id]
                self.known.update(steps_in(value))
                for one in value.values() if isinstance(value, Mapping) else [value]:
                    self.function(one)
            elif isinstance(node, ast.For | ast.comprehension):
                self.any_field |= _goes_through(node.iter)


def _goes_through(walked: ast.expr) -> bool:
    """True of a loop over `node.values`, its items or its values: the fields of a group, whichever they are."""
    if isinstance(walked, ast.Call) and isinstance(walked.func, ast.Attribute):
        walked = walked.func.value
    elif isinstance(walked, ast.IfExp):
        return _goes_through(walked.body) or _goes_through(walked.orelse)
    return isinstance(walked, ast.Attribute) and walked.attr == "values"


def steps_in(params: Any) -> Iterator[str]:
    """Every name in a rule's parameters, those in pointers too: `presa_in_carico#/linea` holds two."""
    for text in texts_in(params):
        yield from text.replace("#", "/").split("/")


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a rule's parameters, the keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from texts_in(inner)
    elif isinstance(value, list | tuple | frozenset | set):
        for inner in value:
            yield from texts_in(inner)
