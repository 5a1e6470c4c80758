"""An issued form says which one it is, in every place of a PDF that could survive its journey; all say the same words."""

import re
from dataclasses import dataclass

FIELD = "pitstop_form"
"""The name of the hidden field that holds the identity."""
ATTACHMENT = "pitstop-form.json"
"""The name of the attached file: {"identity": text, "fields": {field name: path}}."""
INFO = "/PitstopForm"
"""The key of the document's information."""
XMP = ("urn:pitstop-docs:form", "identity")
"""Namespace and name of the property in the document's metadata."""
DIGITS = 16
"""How many digits of a SHA-256, in lower case, tell the prefilled values of one issue from those of another."""

_WORDS = re.compile(
    r"(?<![A-Za-z0-9_])(?P<form>[a-z][a-z0-9_]{0,63})\|(?P<version>\d{1,5}(?:\.\d{1,5}){0,2})"
    rf"\|(?P<case>[A-Z]{{2,5}}-\d{{3,6}}|)\|(?P<issue>[1-9]\d{{0,8}})\|(?P<digest>[0-9a-f]{{{DIGITS}}})(?![A-Za-z0-9_])",
    re.ASCII,
)


@dataclass(frozen=True)
class Identity:
    """Which form was issued: its name, the version of its schema, for which case (empty if for the project).

    `issue` counts the issues of a form in a case from 1; `digest` is the first `DIGITS` of the SHA-256 of the values printed.
    """

    form: str
    version: str
    case: str
    issue: int
    digest: str

    def text(self) -> str:
        """The words that stand in the field, the attachment, the metadata, the footer and the QR code: no personal value."""
        return f"{self.form}|{self.version}|{self.case}|{self.issue}|{self.digest}"


def parse(text: str) -> Identity | None:
    """The identity that the whole text is, None if it is none."""
    found = _WORDS.fullmatch(text)
    return _told(found) if found else None


def within(text: str) -> tuple[Identity, ...]:
    """Every different identity that stands in a longer text (the words of a page), in the order of the text."""
    return tuple(dict.fromkeys(_told(found) for found in _WORDS.finditer(text)))


def _told(found: re.Match[str]) -> Identity:
    return Identity(found["form"], found["version"], found["case"], int(found["issue"]), found["digest"])
