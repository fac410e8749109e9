"""`manage.py talk` against a whole site with the real engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.wav import read_speech, samples_of, write_speech
from script.install import ROOT
from tests.e2e.conftest import Site, Speak, silence

pytestmark = pytest.mark.xdist_group("e2e")


def talk(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", "talk", *words],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "project.settings"},
    )


@pytest.fixture
def question(tmp_path: Path, speak: Speak) -> Path:
    path = tmp_path / "question.wav"
    write_speech(path, silence(0.3) + speak("What is the capital of France?"))
    return path


def test_a_question_is_heard_answered_and_saved(site: Site, question: Path, tmp_path: Path) -> None:
    reply = tmp_path / "reply.wav"
    words = ("--url", site.url, "--password", site.password)
    done = talk(str(question), *words, "--out", str(reply))
    assert done.returncode == 0, done.stderr
    assert "You: What is the capital of France?" in done.stdout
    assert re.search(r"^Assistant: \w+", done.stdout, re.M)
    assert re.search(r"voice to voice: \d+\.\d\d s", done.stdout)
    assert max(samples_of(read_speech(reply))) > 2000
    conversation = re.search(r"Conversation: (\S+)", done.stdout)
    assert conversation
    again = talk(str(question), *words, "--conversation", conversation[1])
    assert f"Conversation: {conversation[1]}" in again.stdout


def test_a_file_of_two_sentences_is_spoken_to_its_end(
    site: Site, tmp_path: Path, speak: Speak
) -> None:
    path = tmp_path / "two.wav"
    pause = silence(1.5)
    write_speech(path, speak("Hello there.") + pause + speak("What is the capital of France?"))
    done = talk(str(path), "--url", site.url, "--password", site.password)
    assert done.returncode == 0, done.stderr
    assert "capital of France" in done.stdout
    assert len(re.findall(r"^You: ", done.stdout, re.M)) == 2


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"file": "README.md"}, "README.md is no WAV file"),
        ({"file": "nowhere.wav"}, "nowhere.wav is no WAV file"),
        ({"password": "wrong"}, "does not know the user 'admin' with this password"),
        ({"url": "http://127.0.0.1:9"}, "http://127.0.0.1:9 cannot be reached"),
        ({"conversation": "nonsense"}, "There is no such conversation of yours."),
    ],
)
def test_what_is_wrong_is_one_line(
    site: Site, question: Path, wrong: dict[str, str], expected: str
) -> None:
    words = [wrong.get("file", str(question)), "--url", wrong.get("url", site.url)]
    words += ["--password", wrong.get("password", site.password)]
    if "conversation" in wrong:
        words += ["--conversation", wrong["conversation"]]
    done = talk(*words)
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert expected in line


def test_a_file_without_speech_says_so(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    write_speech(path, silence(1))
    done = talk(str(path), "--url", site.url, "--password", site.password)
    assert done.returncode == 1
    assert "No speech was heard." in done.stderr
