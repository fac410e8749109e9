"""The environment variables that configure Colloquy, each read once and checked here."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from environ import Env

BASE_DIR = Path(__file__).resolve().parent.parent
OPENAI_REALTIME_URL = "wss://api.openai.com/v1/realtime"
ENGINE_REALTIME_URL = "ws://127.0.0.1:8765/v1/realtime"
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
FLAGS = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")
#: Whose words are searched by their stems; "none" searches by whole words.
SEARCH_LANGUAGES = (
    *("english", "none", "danish", "dutch", "finnish", "french", "german", "hungarian", "italian"),
    *("norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "turkish"),
)
EMAIL_SCHEMES = ("consolemail", "filemail", "smtp", "smtp+tls", "smtp+ssl")


class SettingError(ImproperlyConfigured):
    """A variable can't be used as it is; the message names it and says what fits."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name} {problem}")


@dataclass(frozen=True)
class Environment:
    """What the operator chose; each field is the variable of the same name in capitals."""

    var_dir: Path
    secret_key: str
    debug: bool
    https: bool
    allowed_hosts: list[str]
    csrf_trusted_origins: list[str]
    database_url: str
    redis_url: str
    workers: int
    openai_api_key: str
    realtime_url: str
    realtime_model: str
    admin_password: str
    signup_open: bool
    max_calls_per_user: int
    email_url: str
    default_from_email: str
    search_language: str
    recordings: bool
    recordings_url: str
    events: bool
    transcripts_kept_days: int
    recordings_kept_days: int
    events_kept_days: int
    audit_kept_days: int

    def database(self) -> dict[str, Any]:
        """`database_url` in the shape of an entry of Django's `DATABASES`."""
        found: dict[str, Any] = Env.db_url_config(self.database_url)
        return found

    def email(self) -> dict[str, Any]:
        """`email_url` as Django's settings `EMAIL_BACKEND`, `EMAIL_HOST` and so on."""
        return {k: v for k, v in Env.email_url_config(self.email_url).items() if v is not None}


class Reader:
    """Typed look-ups in a mapping of variables; `NAME_FILE` stands in for an absent `NAME`."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables

    def text(self, name: str, default: str = "") -> str:
        """The stripped value; an empty one counts as absent."""
        value = self.variables.get(name, "").strip()
        file = self.variables.get(f"{name}_FILE", "").strip()
        if value and file:
            raise SettingError(name, f"and {name}_FILE are both set; keep one of them.")
        if file:
            try:
                value = Path(file).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingError(f"{name}_FILE", f"can't be read: {error}.") from None
        return value or default

    def flag(self, name: str, default: bool) -> bool:
        value = self.text(name).lower()
        if value and value not in FLAGS:
            raise SettingError(name, f"must be true or false, not {value!r}.")
        return FLAGS.get(value, default)

    def count(self, name: str, default: int) -> int:
        value = self.text(name, str(default))
        if not value.isdecimal() or int(value) < 1:
            raise SettingError(name, f"must be a whole number from 1 up, not {value!r}.")
        return int(value)

    def days(self, name: str, default: int) -> int:
        """A number of days; 0 is for ever."""
        value = self.text(name, str(default))
        if not value.isdecimal():
            raise SettingError(name, f"must be a whole number of days, or 0, not {value!r}.")
        return int(value)

    def choice(self, name: str, choices: tuple[str, ...]) -> str:
        """One of these words, the first if none is given."""
        value = self.text(name, choices[0]).lower()
        if value not in choices:
            raise SettingError(name, f"must be one of: {', '.join(choices)}; not {value!r}.")
        return value

    def words(self, name: str, default: tuple[str, ...] = ()) -> list[str]:
        """Comma-separated values."""
        words = [word.strip() for word in self.text(name).split(",")]
        return [word for word in words if word] or list(default)

    def url(self, name: str, schemes: tuple[str, ...], default: str = "") -> str:
        """An address with one of the schemes; never quoted in errors, it may hold a password."""
        value = self.text(name, default)
        try:
            parts = urlsplit(value)
            usable = parts.port is None or parts.port > 0
        except ValueError:
            usable = False
        if value and (not usable or parts.scheme not in schemes):
            allowed = ", ".join(f"{scheme}://" for scheme in schemes)
            raise SettingError(name, f"must be an address that starts with one of: {allowed}.")
        return value


def read(variables: Mapping[str, str]) -> Environment:
    """The checked environment. Makes `VAR_DIR`, and in it `secret_key` unless there is one."""
    reader = Reader(variables)
    var_dir = Path(reader.text("VAR_DIR", str(BASE_DIR / "var"))).absolute()
    with suppress(OSError):  # in a container without a writable disk nothing may be kept in it
        var_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = reader.text("OPENAI_API_KEY")
    upstream = OPENAI_REALTIME_URL if key else ENGINE_REALTIME_URL
    return Environment(
        var_dir=var_dir,
        secret_key=reader.text("SECRET_KEY") or kept_secret(var_dir / "secret_key"),
        debug=reader.flag("DEBUG", default=False),
        https=reader.flag("HTTPS", default=False),
        allowed_hosts=reader.words("ALLOWED_HOSTS", LOOPBACK_HOSTS),
        csrf_trusted_origins=origins(reader),
        database_url=reader.url(
            "DATABASE_URL", DATABASE_SCHEMES, f"sqlite:///{var_dir / 'colloquy.sqlite3'}"
        ),
        redis_url=reader.url("REDIS_URL", ("redis", "rediss", "unix")),
        workers=reader.count("WORKERS", default=1),
        openai_api_key=key,
        realtime_url=reader.url("REALTIME_URL", ("ws", "wss"), upstream),
        realtime_model=reader.text("REALTIME_MODEL"),
        admin_password=reader.text("ADMIN_PASSWORD"),
        signup_open=reader.flag("SIGNUP_OPEN", default=True),
        max_calls_per_user=reader.count("MAX_CALLS_PER_USER", default=3),
        email_url=reader.url("EMAIL_URL", EMAIL_SCHEMES, "consolemail://"),
        default_from_email=reader.text("DEFAULT_FROM_EMAIL", "Colloquy <colloquy@localhost>"),
        search_language=reader.choice("SEARCH_LANGUAGE", SEARCH_LANGUAGES),
        recordings=reader.flag("RECORDINGS", default=False),
        recordings_url=reader.url("RECORDINGS_URL", ("s3",)),
        events=reader.flag("EVENTS", default=True),
        transcripts_kept_days=reader.days("TRANSCRIPTS_KEPT_DAYS", 0),
        recordings_kept_days=reader.days("RECORDINGS_KEPT_DAYS", 90),
        events_kept_days=reader.days("EVENTS_KEPT_DAYS", 7),
        audit_kept_days=reader.days("AUDIT_KEPT_DAYS", 730),
    )


def s3_storage(url: str) -> dict[str, Any]:
    """An entry of Django's `STORAGES` for `s3://bucket/prefix`. Objects have no ACL, so nobody but
    the bucket's own sees them; keys and the region are boto3's own business."""
    parts = urlsplit(url)
    if not parts.netloc:
        raise SettingError("RECORDINGS_URL", "must name a bucket: s3://bucket/prefix.")
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": parts.netloc,
            "location": parts.path.strip("/"),
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }


def wants_engine() -> bool:
    """Whether nobody named an upstream, so that the engine is to answer."""
    reader = Reader(os.environ)
    return not (reader.text("OPENAI_API_KEY") or reader.text("REALTIME_URL"))


def origins(reader: Reader) -> list[str]:
    found = reader.words("CSRF_TRUSTED_ORIGINS")
    for origin in found:
        if not origin.startswith(("https://", "http://")):
            raise SettingError(
                "CSRF_TRUSTED_ORIGINS", f"needs https:// or http:// before {origin!r}."
            )
    return found


def kept_secret(path: Path) -> str:
    """The secret in the file, made once; workers that start together end up with the same."""
    try:
        draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        if not path.exists():
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(50))
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_text().strip()
    except OSError as error:
        raise SettingError(
            "SECRET_KEY", f"is not set, and no file can keep one: {error}."
        ) from None


def load() -> Environment:
    """The environment of this process."""
    return read(os.environ)
