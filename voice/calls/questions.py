"""Questions before a tool runs, between processes: the call's owner learns that one was put or answered.

Best effort, like all mail between owners: the answer itself is a row (`voice.approvals`), which who waits
looks at anyway.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voice.calls.owner import CallOwner


async def tell_asked(owner: CallOwner, conversation_id: uuid.UUID) -> None:
    """A person was asked: their idle time begins anew."""
    await owner.tell(conversation_id, {"what": "asked"})


async def tell_answered(owner: CallOwner, conversation_id: uuid.UUID, call_id: str) -> None:
    """A question was answered here; whoever waits for it, in this process or the owner's, looks at once."""
    owner.asking.answered(conversation_id, call_id)
    await owner.tell(conversation_id, {"what": "answered", "run": call_id})
