"""A signed envelope (`.p7m`, CAdES): the file that somebody signed, taken out of it; who signed, and whether well, is not judged.

To be used in a child process. It comes as DER or BER, as PEM, in base64 alone, or as the part of a mail; asn1crypto hands out
the pieces of a text in several pieces joined only through `bytes`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from enum import StrEnum

_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, RecursionError)
DATA = bytes.fromhex("06092a864886f70d0107")
"""How the kind of every envelope of this family begins."""
HEAD = 64
_BASE64 = re.compile(rb"[A-Za-z0-9+/=\s]{64,}")
_MAIL = re.compile(rb"(?:MIME-Version|Content-[A-Za-z-]+):", re.IGNORECASE)


class Seal(StrEnum):
    """Why nothing can be taken out of an envelope."""

    DETACHED = "contiene solo la firma, non il modulo firmato"
    ENCIPHERED = "è cifrato per un altro destinatario"
    DAMAGED = "è danneggiato"
    NO_LIBRARY = "richiede un componente che qui non è installato"


def is_envelope(content: bytes) -> bool:
    """True if the file is a signed or enciphered envelope, as DER, BER, PEM or base64."""
    return DATA in _binary(content[:4096])[:HEAD]


def inside(content: bytes) -> bytes | Seal:
    """The file inside an envelope, or why there is none."""
    try:
        from asn1crypto import cms  # noqa: PLC0415
    except ImportError:
        return Seal.NO_LIBRARY
    try:
        info = cms.ContentInfo.load(_binary(content))
        kind = info["content_type"].native
        if kind != "signed_data":
            return Seal.ENCIPHERED if "enveloped" in kind or "encrypted" in kind else Seal.DAMAGED
        held = info["content"]["encap_content_info"]["content"]
        found = bytes(held) if held else b""
    except _UNREADABLE:
        return Seal.DAMAGED
    return found or Seal.DETACHED


def promised(content: bytes, signed: bytes) -> bool | None:
    """Whether this is what the first signer signed, by the sum that stands in an envelope; None if it tells none.

    It says nothing of the signature itself, nor of who made it.
    """
    try:
        from asn1crypto import cms  # noqa: PLC0415
    except ImportError:
        return None
    try:
        signer = cms.ContentInfo.load(_binary(content))["content"]["signer_infos"][0]
        name = signer["digest_algorithm"]["algorithm"].native
        sums = [one["values"][0].native for one in signer["signed_attrs"] if one["type"].native == "message_digest"]
        return bool(hashlib.new(name, signed).digest() == sums[0])
    except _UNREADABLE:
        return None


def _binary(content: bytes) -> bytes:
    """The envelope out of its clothing of letters; what is not clothed as it is, nothing if it is not base64."""
    if content[:1] == b"\x30":
        return content
    if _MAIL.match(content):
        content = content.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    start = content.find(b"-----BEGIN ")
    if 0 <= start < HEAD:
        body = content[start:].partition(b"\n")[2].partition(b"-----END")[0]
    else:
        body = content.removeprefix(b"\xef\xbb\xbf")
    if not _BASE64.match(body[:HEAD].strip()) and len(body) >= HEAD:
        return b""
    letters = b"".join(body.split())
    try:
        return base64.b64decode(letters[: len(letters) // 4 * 4], validate=True)
    except binascii.Error:
        return b""
