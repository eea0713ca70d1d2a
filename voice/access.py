"""Who may read what other people said.

One permission, whichever page asks; without it nobody gets a word of theirs, by looking or by searching.
"""

from __future__ import annotations

from typing import Any

VIEW_TRANSCRIPTS = "voice.view_others_transcripts"


def may_read_others(user: Any) -> bool:
    """Whether others' words are open to this person; their own are under `/voice/conversations/`."""
    return bool(user.has_perm(VIEW_TRANSCRIPTS))
