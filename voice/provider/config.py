"""Where the provider is and what it can do, read from settings once a process."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.conf import settings

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class ProviderConfig:
    """One provider. `base_url` ends before `/realtime`, without a slash.

    `two_step`: `/calls` takes only ephemeral secrets (Azure), so a secret is minted first.
    `sideband`: a WebSocket with `?call_id=` can join a call.
    `paced`: transcript deltas come with their sound (the local engine).
    """

    kind: str
    name: str
    base_url: str
    key: str = field(repr=False)
    key_name: str
    sideband: bool = True
    two_step: bool = False
    paced: bool = False
    timeout_s: float = TIMEOUT_S

    @property
    def auth(self) -> dict[str, str]:
        if self.kind == "azure":
            return {"api-key": self.key}
        return {"Authorization": f"Bearer {self.key}"}

    @property
    def websocket_url(self) -> str:
        return "ws" + self.base_url.removeprefix("http")

    @property
    def is_local(self) -> bool:
        return self.kind == "local"


def provider_config() -> ProviderConfig:
    """The configured provider. Settings have already refused an unknown kind or a missing URL."""
    kind: str = settings.REALTIME_PROVIDER
    url: str = settings.REALTIME_BASE_URL.rstrip("/")
    sideband: bool = settings.REALTIME_SIDEBAND
    if kind == "local":
        key = settings.ENGINE_API_KEY or "local-engine"
        return ProviderConfig(
            kind, "The engine in the box", url, key, "ENGINE_API_KEY", sideband=sideband, paced=True
        )
    if kind == "azure":
        key = settings.AZURE_OPENAI_API_KEY
        return ProviderConfig(
            kind, "Azure OpenAI", url, key, "AZURE_OPENAI_API_KEY", sideband=sideband, two_step=True
        )
    if kind == "compatible":
        return ProviderConfig(
            kind, "The provider", url, settings.REALTIME_API_KEY, "REALTIME_API_KEY", sideband=sideband
        )
    return ProviderConfig(kind, "OpenAI", url, settings.OPENAI_API_KEY, "OPENAI_API_KEY", sideband=sideband)
