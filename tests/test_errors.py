"""Requests that cannot be answered get a page that says what to do."""

from __future__ import annotations

import pytest
from django.core.exceptions import BadRequest
from django.test import Client, RequestFactory

from chatbot.views.errors import bad_request


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "add the name to the setting ALLOWED_HOSTS"),
        ("de", "tragen Sie den Namen in die Einstellung ALLOWED_HOSTS ein"),
        ("es", "añada el nombre al ajuste ALLOWED_HOSTS"),
    ],
)
def test_who_comes_by_a_name_that_is_not_ours_is_told_so(
    client: Client, caplog: pytest.LogCaptureFixture, language: str, sentence: str
) -> None:
    headers = {"Host": "talk.example:8000", "Accept-Language": language}
    answer = client.get("/history/", headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert sentence in page
    assert "talk.example" not in page
    assert '<p class="error-code">400</p>' in page
    assert "New conversation" not in page  # it would not be found there either
    assert "add 'talk.example' to ALLOWED_HOSTS" in caplog.text


def test_other_requests_that_nobody_understands_lead_back() -> None:
    page = bad_request(RequestFactory().get("/"), BadRequest("?")).content.decode()
    assert "Go back, reload the page, and try again." in page
    assert "New conversation" in page
    assert "ALLOWED_HOSTS" not in page
