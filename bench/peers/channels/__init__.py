"""Channels as its documentation shows it: what Roomtone's own road is measured against."""
