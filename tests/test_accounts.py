"""Accounts: sign-up, sign-in, sign-out, password change and reset, and their limits."""

import re
from pathlib import Path

import pytest
from django.contrib.auth import get_user
from django.core import mail
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from chatbot.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.every_database]

PASSWORD = "correct horse battery"


@pytest.fixture
def alice() -> User:
    return User.objects.create_user("alice", "alice@example.com", PASSWORD)


def sign_in(client: Client, login: str, password: str = PASSWORD) -> int:
    return client.post("/accounts/login/", {"login": login, "password": password}).status_code


def sign_up(client: Client, username: str) -> int:
    form = {"username": username, "password1": PASSWORD, "password2": PASSWORD}
    return client.post("/accounts/signup/", form).status_code


@pytest.mark.parametrize("login", ["alice", "alice@example.com"])
def test_one_signs_in_by_name_or_by_email(client: Client, alice: User, login: str) -> None:
    assert sign_in(client, login) == 302
    assert get_user(client) == alice


def test_a_wrong_password_does_not_sign_in(client: Client, alice: User) -> None:
    assert sign_in(client, "alice", "wrong") == 200
    assert not get_user(client).is_authenticated


def test_signing_out_ends_it(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert client.post("/accounts/logout/").status_code == 302
    assert not get_user(client).is_authenticated


def test_anyone_signs_up_without_mail(client: Client) -> None:
    assert sign_up(client, "charlie") == 302
    assert get_user(client).get_username() == "charlie"


def test_nobody_signs_up_where_that_is_closed(client: Client, settings: Settings) -> None:
    settings.SIGNUP_OPEN = False
    assert sign_up(client, "charlie") == 200
    assert not User.objects.filter(username="charlie").exists()


def test_a_common_password_is_refused(client: Client) -> None:
    form = {"username": "charlie", "password1": "password", "password2": "password"}
    assert client.post("/accounts/signup/", form).status_code == 200
    assert not User.objects.exists()


def test_a_password_is_changed_by_its_owner(client: Client, alice: User) -> None:
    client.force_login(alice)
    form = {"oldpassword": PASSWORD, "password1": PASSWORD + "!", "password2": PASSWORD + "!"}
    assert client.post("/accounts/password/change/", form).status_code == 302
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD + "!")


def test_a_forgotten_password_is_reset_by_mail(client: Client, alice: User) -> None:
    client.post("/accounts/password/reset/", {"email": "alice@example.com"})
    (message,) = mail.outbox
    link = re.search(r"http://testserver(/accounts/password/reset/key/\S+)", str(message.body))
    assert link
    form_address = client.get(link[1]).headers["location"]
    client.post(form_address, {"password1": PASSWORD + "?", "password2": PASSWORD + "?"})
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD + "?")


def test_a_reset_does_not_tell_who_has_an_account(client: Client) -> None:
    answer = client.post("/accounts/password/reset/", {"email": "nobody@example.com"})
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        "/accounts/password/reset/done/",
    )


def test_guessing_passwords_is_slowed_down(client: Client, alice: User) -> None:
    for _ in range(10):
        sign_in(client, "alice", "wrong")
    sign_in(client, "alice")
    assert not get_user(client).is_authenticated


def test_mass_sign_up_is_slowed_down(client: Client) -> None:
    answers = []
    for number in range(25):
        answers.append(sign_up(client, f"user{number}"))
        client.logout()
    assert answers[0] == 302
    assert answers[-1] == 429


class TestEnsureadmin:
    """`manage.py ensureadmin`, which every start runs."""

    def test_the_first_run_makes_admin_and_keeps_the_password(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "admin_password"
        call_command("ensureadmin", password_file=file)
        password = file.read_text().strip()
        assert password in capsys.readouterr().out
        assert file.stat().st_mode & 0o777 == 0o600
        admin = User.objects.get(username="admin")
        assert admin.is_superuser
        assert admin.check_password(password)

    def test_later_runs_change_and_say_nothing(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        User.objects.create_superuser("operator", password=PASSWORD)
        call_command("ensureadmin", password_file=tmp_path / "admin_password")
        assert capsys.readouterr().out == ""
        assert User.objects.count() == 1
        assert not list(tmp_path.iterdir())

    def test_the_password_of_the_environment_overrides(
        self, tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "admin_password"
        call_command("ensureadmin", password_file=file)
        capsys.readouterr()
        settings.ADMIN_PASSWORD = PASSWORD
        call_command("ensureadmin", password_file=file)
        assert User.objects.get(username="admin").check_password(PASSWORD)
        assert not file.exists()
        assert capsys.readouterr().out == ""


@pytest.mark.django_db
def test_staff_sign_in_by_the_form_that_is_rate_limited(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/?next=")
