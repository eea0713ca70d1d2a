"""Rehearsals: an operator types to an assistant, with its prompt and its tools, without a call."""
