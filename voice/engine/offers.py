"""Reads an SDP offer just far enough to refuse what the WebRTC stack would swallow or choke on.

aiortc answers offers without media or fingerprint, and a huge one blocks its event loop; hence this
gate. Source: RFC 8866 (SDP), RFC 8829 section 5.3 (what an offer must carry), RFC 8445 section 5.3
(ufrag and pwd).
"""

from __future__ import annotations

import re

from voice.engine.errors import Refusal

MAX_OFFER_BYTES = 64 * 1024
_MAX_LINES = 2000
_MAX_CANDIDATES = 100
_MEDIA = re.compile(r"^m=(\w+) \d{1,5}(?:/\d+)? \S+ .+$")
_OPUS = re.compile(r"^a=rtpmap:\d{1,3} opus/48000/2\s*$", re.IGNORECASE)
_FINGERPRINT = re.compile(r"^a=fingerprint:sha-(?:256|384|512) [0-9A-F]{2}(?::[0-9A-F]{2}){31,63}\s*$", re.I)
_UFRAG = re.compile(r"^a=ice-ufrag:[\w+/=-]{4,256}\s*$")
_PWD = re.compile(r"^a=ice-pwd:[\w+/=-]{22,256}\s*$")


def read_offer(body: bytes) -> str:
    """Return the offer as text fit for the WebRTC stack. Raises Refusal (400) when it is not one."""
    if len(body) > MAX_OFFER_BYTES:
        raise _refusal(f"it is larger than {MAX_OFFER_BYTES} bytes")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise _refusal("it is not text") from exc
    lines = text.replace("\r\n", "\n").rstrip("\n").split("\n")
    if lines[0] != "v=0" or len(lines) > _MAX_LINES or "\0" in text:
        raise _refusal("it does not start with v=0, or has too many lines")
    _check_media(lines)
    _check_transport(lines)
    return "\r\n".join(_without_unusable_candidates(lines)) + "\r\n"


def _check_media(lines: list[str]) -> None:
    kinds = []
    for line in lines:
        if line.startswith("m="):
            media = _MEDIA.match(line)
            kinds.append(media.group(1) if media else "?")
    if kinds.count("audio") != 1:
        raise _refusal("it needs exactly one audio section")
    if kinds.count("application") > 1 or len(kinds) != 1 + kinds.count("application"):
        raise _refusal("besides audio only one data channel section is allowed")
    if not any(_OPUS.match(line) for line in lines):
        raise _refusal("its audio section does not offer opus/48000/2")


def _check_transport(lines: list[str]) -> None:
    wanted = {"a fingerprint": _FINGERPRINT, "an ice-ufrag": _UFRAG, "an ice-pwd": _PWD}
    for name, pattern in wanted.items():
        if not any(pattern.match(line) for line in lines):
            raise _refusal(f"it carries no valid {name.split(' ', 1)[1]}")


def _without_unusable_candidates(lines: list[str]) -> list[str]:
    """Drop `.local` names, whose look-up delays the answer by over a second, and candidates beyond a bound.

    The browser's own checks reveal its address all the same (peer-reflexive candidates).
    """
    kept: list[str] = []
    candidates = 0
    for line in lines:
        if line.startswith("a=candidate:"):
            candidates += 1
            if ".local " in line or candidates > _MAX_CANDIDATES:
                continue
        kept.append(line)
    return kept


def _refusal(why: str) -> Refusal:
    return Refusal("invalid_offer", f"The SDP offer was refused: {why}.", param="sdp")
