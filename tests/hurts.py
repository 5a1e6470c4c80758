"""Ways in which a file is hurt: cut short, bytes changed, lost, doubled, tables and packed streams damaged, objects swapped."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random

OBJECT = re.compile(rb"\b\d+ \d+ obj\b.*?\bendobj\b", re.DOTALL)
STREAM = re.compile(rb"stream\r?\n.*?endstream", re.DOTALL)
TABLE = re.compile(rb"\bxref\b.*?trailer|/Type ?/XRef.*?endstream", re.DOTALL)
TOLD = re.compile(
    rb"/(?:D?V|AS|T|FT|Ff|Parent|Kids|Fields|Annots|AP|N)\b\s*(\((?:\\.|[^\\)])*\)|<[0-9A-Fa-f\s]*>|/?[^\s/<>\[\]()]*)", re.DOTALL
)
"""What a field says of itself, where it is not packed."""
Hurt = Callable[[bytes, Random], bytes]


def cut(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))]


def docked(content: bytes, chance: Random) -> bytes:
    return content[: len(content) - chance.randrange(1, min(3000, len(content)))]


def beheaded(content: bytes, chance: Random) -> bytes:
    return content[chance.randrange(1, min(2000, len(content))) :]


def _flipped(content: bytes, places: list[int], chance: Random) -> bytes:
    copy = bytearray(content)
    for place in places:
        copy[place] = chance.choice((copy[place] ^ 1 << chance.randrange(8), chance.randrange(256)))
    return bytes(copy)


def flipped(content: bytes, chance: Random) -> bytes:
    return _flipped(content, [chance.randrange(len(content))], chance)


def riddled(content: bytes, chance: Random) -> bytes:
    return _flipped(content, [chance.randrange(len(content)) for _ in range(chance.choice((4, 16, 64)))], chance)


def _found(content: bytes, what: re.Pattern[bytes], chance: Random) -> tuple[int, int]:
    """Where one of the things that are looked for stands; anywhere if there is none."""
    found = [one.span(one.lastindex or 0) for one in what.finditer(content)]
    spans = [span for span in found if span[1] > span[0]]
    return chance.choice(spans) if spans else (0, len(content))


def in_a_field(content: bytes, chance: Random) -> bytes:
    return _flipped(content, [chance.randrange(*_found(content, TOLD, chance))], chance)


def in_a_table(content: bytes, chance: Random) -> bytes:
    span = _found(content, TABLE, chance)
    return _flipped(content, [chance.randrange(*span) for _ in range(chance.choice((1, 3)))], chance)


def in_a_stream(content: bytes, chance: Random) -> bytes:
    span = _found(content, STREAM, chance)
    return _flipped(content, [chance.randrange(*span) for _ in range(chance.choice((1, 4)))], chance)


def blotted(content: bytes, chance: Random) -> bytes:
    at, size = chance.randrange(len(content)), chance.choice((2, 8, 64, 512, 4096))
    ink = chance.choice((b"\0", b" ", b"\xff", b""))
    size = min(size, len(content) - at)
    return content[:at] + (ink * size or chance.randbytes(size)) + content[at + size :]


def robbed(content: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + content[at + chance.choice((1, 2, 16, 256, 4096)) :]


def stuffed(content: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(content))
    return content[:at] + chance.randbytes(chance.choice((1, 2, 16, 256))) + content[at:]


def doubled(content: bytes, chance: Random) -> bytes:
    at = chance.randrange(len(content))
    return content[: at + chance.choice((16, 256, 4096))] + content[at:]


def translated(content: bytes, chance: Random) -> bytes:
    """Line ends changed, as by a transfer that takes it for a text."""
    return content.replace(b"\r\n", b"\n") if chance.random() < 0.5 else content.replace(b"\n", b"\r\n")


def _objects(content: bytes, chance: Random) -> list[re.Match[bytes]]:
    found = list(OBJECT.finditer(content))
    return sorted(chance.sample(found, 2), key=re.Match.start) if len(found) > 1 else []


def swapped(content: bytes, chance: Random) -> bytes:
    """Two objects, each in the place of the other."""
    if not (pair := _objects(content, chance)):
        return flipped(content, chance)
    one, other = pair
    return content[: one.start()] + other[0] + content[one.end() : other.start()] + one[0] + content[other.end() :]


def exchanged(content: bytes, chance: Random) -> bytes:
    """Two objects, each under the number of the other."""
    if not (pair := _objects(content, chance)):
        return flipped(content, chance)
    one, other = pair
    heads = [found[0][: found[0].index(b"obj") + 3] for found in pair]
    first, second = heads[0] + other[0][len(heads[1]) :], heads[1] + one[0][len(heads[0]) :]
    return content[: one.start()] + first + content[one.end() : other.start()] + second + content[other.end() :]


def missing(content: bytes, chance: Random) -> bytes:
    """An object less; in its place blanks or nothing."""
    if not (pair := _objects(content, chance)):
        return flipped(content, chance)
    one = pair[0]
    return content[: one.start()] + b" " * len(one[0]) * chance.randrange(2) + content[one.end() :]


HURTS: Mapping[str, Hurt] = {
    one.__name__: one
    for one in (
        cut,
        docked,
        beheaded,
        flipped,
        riddled,
        in_a_field,
        in_a_table,
        in_a_stream,
        blotted,
        robbed,
        stuffed,
        doubled,
        translated,
        swapped,
        exchanged,
        missing,
    )
}
