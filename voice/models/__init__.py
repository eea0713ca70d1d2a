"""What is stored of assistants, tools and calls. Rows only: deciding is done elsewhere."""

from voice.models.assistants import Assistant, Keep, Tool
from voice.models.audit import AuditAction, AuditEvent
from voice.models.conversations import Conversation, EndReason, ToolRun, Turn, Usage
from voice.models.redaction import RedactionRule
from voice.models.search import SearchText

__all__ = [
    "Assistant",
    "AuditAction",
    "AuditEvent",
    "Conversation",
    "EndReason",
    "Keep",
    "RedactionRule",
    "SearchText",
    "Tool",
    "ToolRun",
    "Turn",
    "Usage",
]
