"""Only offers the WebRTC stack can answer reach it."""

import pytest

from voice.engine.errors import Refusal
from voice.engine.offers import read_offer

FINGERPRINT = ":".join(["AB"] * 32)
OFFER = f"""v=0
o=- 1 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111
c=IN IP4 0.0.0.0
a=rtpmap:111 opus/48000/2
a=ice-ufrag:abcd
a=ice-pwd:0123456789012345678901
a=fingerprint:sha-256 {FINGERPRINT}
a=candidate:1 1 udp 2113937151 12345678-1234.local 51234 typ host
a=candidate:2 1 udp 2113937151 192.0.2.1 51234 typ host
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
"""


def refused(offer):
    with pytest.raises(Refusal) as caught:
        read_offer(offer)
    return caught.value.code == "invalid_offer" and caught.value.status == 400


def test_a_good_offer_passes_without_unresolvable_candidates():
    read = read_offer(OFFER.encode())
    assert ".local" not in read
    assert "192.0.2.1" in read
    assert read.endswith("\r\n")


@pytest.mark.parametrize(
    "line",
    ["m=audio 9", "a=rtpmap", "a=ice-ufrag", "a=ice-pwd", "a=fingerprint", "v=0"],
)
def test_an_offer_lacking_a_needed_line_is_refused(line):
    without = "\n".join(one for one in OFFER.split("\n") if not one.startswith(line))
    assert refused(without.encode())


@pytest.mark.parametrize(
    "offer",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        OFFER.encode() + b"m=application 9 UDP/DTLS/SCTP webrtc-datachannel\n",
        OFFER.encode() + b"m=video 9 UDP/TLS/RTP/SAVPF 96\n",
        OFFER.encode() + b"m=audio 9 UDP/TLS/RTP/SAVPF 111\n",
        OFFER.encode() + b"a=x\n" * 3000,
        OFFER.encode() + b"a=x" * 40_000,
    ],
)
def test_what_is_no_call_of_ours_is_refused(offer):
    assert refused(offer)
