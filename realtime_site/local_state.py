"""What this machine keeps for itself in `.local/`: the secret key and the embedded Redis' address.

Nothing here is read when the environment says otherwise, and nothing here is committed.
"""

import os
import secrets
from pathlib import Path


class LocalState:
    """The git-ignored folder beside manage.py."""

    def __init__(self, base_dir: Path) -> None:
        self.folder = base_dir / ".local"
        self.redis_url_file = self.folder / "redis-url"
        self.demo_login_file = self.folder / "demo-login"
        self._key_file = self.folder / "secret-key"

    def secret_key(self) -> str:
        """The site's own key, made once; two processes that start together agree on one."""
        self.make_folder()
        draft = self.folder / f"secret-key.{os.getpid()}.{secrets.token_hex(4)}"
        if not self._key_file.exists():
            write_private(draft, secrets.token_urlsafe(50))
            try:
                os.link(draft, self._key_file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return self._key_file.read_text(encoding="utf-8").strip()

    def redis_url(self) -> str:
        """Where the embedded Redis was last started; empty when it never was."""
        try:
            return self.redis_url_file.read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def make_folder(self) -> None:
        """Make the folder, readable by its owner only."""
        self.folder.mkdir(mode=0o700, exist_ok=True)


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
