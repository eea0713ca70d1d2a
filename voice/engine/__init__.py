"""A Realtime API provider that runs on this machine: it hears, thinks and speaks.

For first use, CI, demonstrations and load tests; strict where the hosted API is strict, so that a
client's mistakes show here first. Runs as its own process; imports nothing of ours but `voice.protocol`,
never Django. Source of its behaviour: OpenAI platform documentation, "Realtime API" (GA shape).
"""
