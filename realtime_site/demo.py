"""The demo account: made only where the site has no superuser at all."""

import secrets
from dataclasses import dataclass, field

from django.conf import settings
from django.contrib.auth import get_user_model

from realtime_site.local_state import write_private

DEMO_USERNAME = "demo"
# Nothing that reads like something else in a terminal; 16 of 55 signs are 92 bits.
_PASSWORD_SIGNS = "abcdefghijkmnopqrstuvwxyzACDEFGHJKLMNPQRSTUVWXYZ2345679"
_PASSWORD_LENGTH = 16


@dataclass(frozen=True)
class DemoLogin:
    """The account as it was just made."""

    username: str
    password: str = field(repr=False)


def ensure_superuser() -> DemoLogin | None:
    """Make the demo superuser if the site has no superuser at all; None when it has one."""
    users = get_user_model().objects
    if users.filter(is_superuser=True).exists():
        return None
    login = DemoLogin(_free_username(), _new_password())
    users.create_superuser(login.username, password=login.password)
    settings.LOCAL.make_folder()
    text = f"username: {login.username}\npassword: {login.password}\n"
    write_private(settings.LOCAL.demo_login_file, text)
    return login


def _free_username() -> str:
    users = get_user_model().objects
    taken = users.filter(username=DEMO_USERNAME).exists()
    return f"{DEMO_USERNAME}-{secrets.token_hex(2)}" if taken else DEMO_USERNAME


def _new_password() -> str:
    return "".join(secrets.choice(_PASSWORD_SIGNS) for _ in range(_PASSWORD_LENGTH))
