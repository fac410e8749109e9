"""project/env.py: what operators write, and what they are told when it can't be used."""

import stat
from pathlib import Path

import pytest

from project import env
from project.env import Environment, SettingError, s3_storage


def read(tmp_path: Path, **variables: str) -> Environment:
    return env.read({"VAR_DIR": str(tmp_path), **variables})


def test_an_empty_environment_gives_one_worker_with_the_engine(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.realtime_url == "ws://127.0.0.1:8765/v1/realtime"
    assert found.database()["NAME"] == str(tmp_path / "colloquy.sqlite3")
    assert (found.workers, found.redis_url, found.debug) == (1, "", False)
    assert (found.signup_open, found.max_calls_per_user) == (True, 3)


def test_a_key_means_openai(tmp_path: Path) -> None:
    assert read(tmp_path, OPENAI_API_KEY="sk-1").realtime_url == env.OPENAI_REALTIME_URL


def test_an_address_of_ones_own_wins_over_the_key(tmp_path: Path) -> None:
    found = read(tmp_path, OPENAI_API_KEY="sk-1", REALTIME_URL="wss://example.com/v1/realtime")
    assert found.realtime_url == "wss://example.com/v1/realtime"


def test_the_secret_key_is_made_once_and_is_for_the_owner_alone(tmp_path: Path) -> None:
    first, second = read(tmp_path), read(tmp_path)
    assert first.secret_key == second.secret_key
    assert len(first.secret_key) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-from-file\n")
    assert read(tmp_path, OPENAI_API_KEY_FILE=str(file)).openai_api_key == "sk-from-file"


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"DEBUG": "maybe"}, "DEBUG must be true or false, not 'maybe'."),
        ({"SIGNUP_OPEN": "2"}, "SIGNUP_OPEN must be true or false, not '2'."),
        ({"MAX_CALLS_PER_USER": "0"}, "MAX_CALLS_PER_USER must be a whole number from 1 up"),
        ({"WORKERS": "many"}, "WORKERS must be a whole number from 1 up"),
        ({"DATABASE_URL": "mysql://u:pw@h/d"}, "DATABASE_URL must be an address that starts with"),
        ({"DATABASE_URL": "postgres://u:pw@h:x/d"}, "DATABASE_URL must be an address"),
        ({"REDIS_URL": "127.0.0.1:6379"}, "REDIS_URL must be an address"),
        ({"REALTIME_URL": "https://api.openai.com"}, "REALTIME_URL must be an address"),
        ({"EMAIL_URL": "mail.example.com"}, "EMAIL_URL must be an address"),
        ({"CSRF_TRUSTED_ORIGINS": "example.com"}, "CSRF_TRUSTED_ORIGINS needs https://"),
        ({"SECRET_KEY": "a", "SECRET_KEY_FILE": "b"}, "SECRET_KEY and SECRET_KEY_FILE are both"),
        ({"SECRET_KEY_FILE": "/nowhere"}, "SECRET_KEY_FILE can't be read"),
    ],
)
def test_an_unusable_value_is_refused_by_name(
    tmp_path: Path, variables: dict[str, str], message: str
) -> None:
    with pytest.raises(SettingError) as raised:
        read(tmp_path, **variables)
    assert str(raised.value).startswith(message)
    assert "pw" not in str(raised.value)


def test_recordings_go_to_a_bucket_whose_objects_nobody_else_sees() -> None:
    found = s3_storage("s3://sounds/colloquy/calls/")
    assert found["BACKEND"] == "storages.backends.s3.S3Storage"
    assert found["OPTIONS"]["bucket_name"] == "sounds"
    assert found["OPTIONS"]["location"] == "colloquy/calls"
    assert found["OPTIONS"]["default_acl"] is None
    with pytest.raises(SettingError, match="RECORDINGS_URL must name a bucket"):
        s3_storage("s3:///prefix")


def test_an_empty_value_counts_as_absent(tmp_path: Path) -> None:
    assert read(tmp_path, DEBUG="", REDIS_URL=" ", WORKERS="").workers == 1


def test_hosts_and_origins_are_comma_separated(tmp_path: Path) -> None:
    found = read(
        tmp_path,
        ALLOWED_HOSTS="talk.example.com, example.com",
        CSRF_TRUSTED_ORIGINS="https://talk.example.com,https://example.com",
    )
    assert found.allowed_hosts == ["talk.example.com", "example.com"]
    assert found.csrf_trusted_origins == ["https://talk.example.com", "https://example.com"]


def test_an_email_address_of_smtp_becomes_djangos_settings(tmp_path: Path) -> None:
    found = read(tmp_path, EMAIL_URL="smtp+tls://me:pw@mail.example.com:587").email()
    assert found["EMAIL_HOST"] == "mail.example.com"
    assert found["EMAIL_USE_TLS"] is True


def test_without_a_place_for_the_secret_key_one_must_be_given(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="SECRET_KEY is not set, and no file can keep one"):
        read(tmp_path / "file" / "var")
