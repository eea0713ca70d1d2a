"""Finding conversations again by what was said in them.

A conversation is found when for each word asked for somebody in it, or the assistant's name, has a word that
begins so; case and accents do not count. Words come in when the call ends and whenever one is stored after
that, so a running call is not found by its words. They go out with the conversation's words.
"""

from __future__ import annotations

import re
import unicodedata
import uuid
from collections.abc import Iterable
from itertools import chain, filterfalse, islice

from django.db.models import QuerySet

from voice.models import Conversation, SearchText, Turn
from voice.models.search import WHOLE

LONGEST_WORD = 40
MOST_WORDS = 10_000
"""Of one conversation: PostgreSQL takes no more than a megabyte."""
MOST_ASKED = 16
MOST_FOUND = 500

# Han and kana are written without spaces, so each sign is a word.
_WORD = re.compile(
    r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
)


def words_of(text: str) -> list[str]:
    """The words of a text as they are compared: small, without accents, in order."""
    plain = text.casefold()
    if not plain.isascii():
        flat = unicodedata.normalize("NFKD", plain)
        plain = unicodedata.normalize("NFKC", "".join(filterfalse(unicodedata.combining, flat)))
    return [word[:LONGEST_WORD] for word in _WORD.findall(plain)]


def conversations_saying(query: str, *, person: int | None = None) -> QuerySet[SearchText, uuid.UUID]:
    """Ids of the conversations with all words of `query`, of everybody or of one person; none for no words.

    The newest `MOST_FOUND` of them, so that a word that everybody says costs no more than a rare one. Made to
    stand inside another query (`pk__in=`).
    """
    words = words_of(query)[:MOST_ASKED]
    rows = SearchText.objects.order_by("-id").values_list("conversation_id", flat=True)
    if not words:
        return rows.none()
    asked = " ".join(words if person is None else [_person_word(person), *words])
    return rows.filter(words__begin=asked)[:MOST_FOUND]


def _person_word(user_id: int) -> str:
    return f"{WHOLE}{user_id}{WHOLE}"


def index_conversation(conversation_id: uuid.UUID) -> None:
    """Have it found by what is stored of it now."""
    index_conversations([conversation_id])


def index_conversations(conversation_ids: Iterable[uuid.UUID]) -> None:
    """The same for many. Erased ones are found no more."""
    ids = list(conversation_ids)
    SearchText.objects.filter(conversation__in=ids).delete()
    rows = Conversation.objects.filter(pk__in=ids, erased_at__isnull=True)
    found, people = {}, {}
    for pk, name, user_id in rows.values_list("pk", "assistant_name", "user_id"):
        found[pk], people[pk] = [name], user_id
    turns = Turn.objects.filter(conversation__in=found)
    for pk, text in turns.order_by("conversation", "started_at", "id").values_list("conversation", "text"):
        found[pk].append(text)
    SearchText.objects.bulk_create(
        SearchText(conversation_id=pk, words=document(people[pk], texts)) for pk, texts in found.items()
    )


def document(user_id: int, texts: Iterable[str]) -> str:
    """What a conversation is found by: whose it is, and each of its words once."""
    words = dict.fromkeys(chain.from_iterable(map(words_of, texts)))
    return " ".join([_person_word(user_id), *islice(words, MOST_WORDS)])
