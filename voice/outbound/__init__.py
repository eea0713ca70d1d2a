"""What operators' tools may reach and say outside: addresses, the guarded client, secrets, templates.

Nothing here knows the database; the network is in `transport` alone.
"""
