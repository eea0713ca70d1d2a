"""Makes the scratch database of a drill: tables, one person who may see all rooms, one session.

Run in a child, `rooms.drill.login FILE`, where DATABASE_URL names that file. It refuses any other database
and one that has a table, so that by hand or by mistake it can never touch the site's. Prints the session's
key.
"""

from __future__ import annotations

import sys
from importlib import import_module

import django
from django.conf import settings
from django.core.management import call_command
from django.db import connection


def main(file: str) -> None:
    """Make it."""
    django.setup()
    if settings.DATABASES["default"]["NAME"] != file or connection.introspection.table_names():
        sys.exit("This is for a drill's own new database only.")
    call_command("migrate", verbosity=0)
    print(make_session())


def make_session() -> str:
    """Log a new superuser in, who has no password; the session's key."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY, get_user_model

    user = get_user_model()(username="drill", is_superuser=True)
    user.set_unusable_password()
    user.save()
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


if __name__ == "__main__":
    main(sys.argv[1])
