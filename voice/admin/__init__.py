"""The voice app in Django admin."""

from voice.admin.assistants import AssistantAdmin, ToolAdmin
from voice.admin.conversations import ConversationAdmin, ToolRunAdmin, TurnAdmin

__all__ = ["AssistantAdmin", "ConversationAdmin", "ToolAdmin", "ToolRunAdmin", "TurnAdmin"]
