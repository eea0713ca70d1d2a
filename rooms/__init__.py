"""Rooms: any Redis channel, watched live. Imports nothing of voice."""
