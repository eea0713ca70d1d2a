"""What is stored of assistants, tools and calls. Rows only: deciding is done elsewhere."""

from voice.models.assistants import Assistant, Tool
from voice.models.conversations import Conversation, EndReason, ToolRun, Turn, Usage

__all__ = ["Assistant", "Conversation", "EndReason", "Tool", "ToolRun", "Turn", "Usage"]
