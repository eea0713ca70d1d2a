"""The words of a conversation, once each, for finding it again.

`words` is written by `voice.search` only. It is indexed by what the database has for it: an FTS5 table that
triggers keep (SQLite), a generated column with a GIN index (PostgreSQL); the migration that makes the table
makes these. A word is found by its beginning, and only by its beginning.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.lookups import Lookup
from django.db.models.sql.compiler import SQLCompiler

from voice.models.conversations import Conversation

WHOLE = "\ue000"
"""A sign for private use: in no word that somebody says."""


class WordsField(models.TextField):  # type: ignore[type-arg]  # only the stubs know parameters
    """Words parted by single spaces, each made of letters and digits only."""


@WordsField.register_lookup
class Begin(Lookup):
    """`words__begin="delf wea"`: for each of these a word begins so, or is so when it ends in `WHOLE`."""

    lookup_name = "begin"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        alias = compiler.quote_name_unless_alias(self.lhs.alias)
        wanted = " AND ".join(
            f'"{word}"' if word.endswith(WHOLE) else f'"{word}"*' for word in self.rhs.split()
        )
        return f"{alias}.id IN (SELECT rowid FROM voice_words WHERE voice_words MATCH %s)", [wanted]

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        alias = compiler.quote_name_unless_alias(self.lhs.alias)
        wanted = " & ".join(
            f"'{word}'" if word.endswith(WHOLE) else f"'{word}':*" for word in self.rhs.split()
        )
        return f"{alias}.vector @@ %s::tsquery", [wanted]


class SearchText(models.Model):
    """One conversation's words. Its key is a number of its own because FTS5 knows rows by number."""

    id = models.BigAutoField(primary_key=True)
    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="search_text")
    words = WordsField()

    def __str__(self) -> str:
        return f"Words of {self.conversation_id}"
