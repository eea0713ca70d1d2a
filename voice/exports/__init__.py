"""Conversations as files: JSON (everything), CSV (a row a turn), WebVTT (captions), plain text; one or many.

Files are made piece by piece from batches of rows, so that memory does not grow with their length.
"""

from voice.exports.formats import FORMATS, ExportFormat, export
from voice.exports.streams import bulk_format, file_pieces

__all__ = ["FORMATS", "ExportFormat", "bulk_format", "export", "file_pieces"]
