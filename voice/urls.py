"""The voice app's addresses, mounted at `/voice/`. The contract is in docs/protocol.md and the README."""

from django.urls import path

from voice.views import approvals, calls, conversations, exports, live, pages, tools

app_name = "voice"
urlpatterns = [
    path("", pages.talk, name="talk"),
    path("calls/", calls.calls, name="calls"),
    path("calls/<uuid:conversation_id>", calls.call, name="call"),
    path("calls/<uuid:conversation_id>/ready", calls.ready, name="ready"),
    path("calls/<uuid:conversation_id>/attach", calls.attach, name="attach"),
    path("calls/<uuid:conversation_id>/end", calls.end, name="end"),
    path("calls/<uuid:conversation_id>/tools/", calls.tools, name="call_tools"),
    path("calls/<uuid:conversation_id>/turns/", calls.turns, name="call_turns"),
    path("calls/<uuid:conversation_id>/approvals/<str:call_id>", approvals.decide, name="call_approval"),
    path("calls/<uuid:conversation_id>/usage/", calls.usage, name="call_usage"),
    path("live/", live.live, name="live"),
    path("live/calls/", live.calls, name="live_calls"),
    path("live/calls/<uuid:conversation_id>/", live.call, name="live_call"),
    path("live/calls/<uuid:conversation_id>/end", live.end, name="live_end"),
    path("live/calls/<uuid:conversation_id>/whisper", live.whisper, name="live_whisper"),
    path("session", calls.session, name="session"),
    path("tools/weather/<path:location>", tools.weather, name="weather"),
    path("conversations/", conversations.conversations, name="conversations"),
    path("conversations/erase", conversations.erase_many, name="erase_conversations"),
    path("conversations/exports/", exports.order, name="order_export"),
    path("conversations/exports/<str:token>/", exports.page, name="export"),
    path("conversations/exports/<str:token>/progress", exports.progress, name="export_progress"),
    path("conversations/exports/<str:token>/file", exports.file, name="export_file"),
    path("conversations/<uuid:conversation_id>/", conversations.conversation, name="conversation"),
    path("conversations/<uuid:conversation_id>/erase", conversations.erase_one, name="erase_conversation"),
]
