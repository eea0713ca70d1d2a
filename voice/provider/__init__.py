"""The Realtime API provider behind three verbs: `create_call`, `attach`, `hang_up` (and `mint`).

OpenAI, Azure, anything compatible and the local engine differ by base URL, auth header and a few
capabilities (`ProviderConfig`), not by code. Every foreign failure leaves here as a `VoiceError`.
"""

from voice.provider.client import CreatedCall, Minted, Provider
from voice.provider.config import ProviderConfig, provider_config
from voice.provider.sideband import Sideband

__all__ = ["CreatedCall", "Minted", "Provider", "ProviderConfig", "Sideband", "provider_config"]
