"""Servers that rooms are measured beside, each the shortest program that does the same work."""
