"""What lies in the spool: whose it is, and what becomes of what a dead worker has left."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from chatbot import store
from chatbot.models import Recording, Turn, User
from chatbot.realtime.audio import bytes_of
from chatbot.recording import forget_spools, rescue, spool
from chatbot.recording.flac import encode
from chatbot.recording.spool import Spool
from tests.people import alices_talk
from tests.scripted import tone


@pytest.fixture(autouse=True)
def recordings(settings: Settings, tmp_path: Path) -> None:
    settings.RECORDINGS = True
    settings.VAR_DIR = tmp_path


@pytest.fixture
def answer(alice: User) -> Turn:
    """Of Alice, who agrees."""
    store.agree_to_recording(alice, True)
    return Turn.objects.get(conversation=alices_talk(alice), role="assistant")


def left_by_the_dead(turn: Turn, pcm: bytes = b"", item_id: str = "") -> UUID:
    """The spool of the turn's call, and nobody there any more."""
    assert turn.call_id is not None
    dead = Spool.begin(turn.call_id)
    dead.append(1, pcm or tone(700))
    dead.name(1, item_id or turn.item_id, f"{turn.conversation_id}/{uuid4().hex}.flac")
    dead.append(2, tone(100))  # nobody's turn
    dead.close()
    return turn.call_id


def test_a_folder_is_its_workers_as_long_as_that_lives() -> None:
    mine = Spool.begin(uuid4())
    assert Spool.left(mine.folder) is None
    mine.append(1, b"\0\0")
    mine.close()
    found = Spool.left(mine.folder)
    assert found is not None
    assert found.numbers() == [1]
    assert Spool.left(mine.folder) is None  # it has been found
    found.remove()
    assert spool.folders() == []
    assert Spool.left(mine.folder) is None


def test_what_is_cut_dropped_or_never_named_is_told_apart(tmp_path: Path) -> None:
    mine = Spool.begin(uuid4())
    for number in (1, 2, 3):
        mine.append(number, bytes(1000))
    mine.cut(1, 10)
    mine.name(1, "item/../../1\n", "folder/name.flac")
    mine.drop(2)
    sound = mine.sound(1)
    assert sound is not None
    assert (sound.item_id, sound.file) == ("item/../../1\n", "folder/name.flac")
    assert sound.pcm.stat().st_size == 10
    assert mine.sound(3) is None
    assert mine.numbers() == [1, 3]
    mine.close()


def test_who_notices_makes_the_recording_once(answer: Turn) -> None:
    left_by_the_dead(answer)
    assert (rescue(), rescue()) == (1, 0)
    made = Recording.objects.get()
    assert (made.turn, made.duration_ms) == (answer, 700)
    assert made.file.size == made.size
    left_by_the_dead(answer)
    assert rescue() == 1
    assert Recording.objects.get() == made


def test_a_file_that_was_half_stored_is_stored_again(answer: Turn) -> None:
    call_id = left_by_the_dead(answer)
    dead = Spool.left(spool.root() / str(call_id))
    assert dead is not None
    sound = dead.sound(1)
    dead.close()
    assert sound is not None
    half = Path(Recording._meta.get_field("file").storage.path(sound.file))
    half.parent.mkdir(parents=True, exist_ok=True)
    half.write_bytes(b"fLaC")
    rescue()
    made = Recording.objects.get()
    assert (made.file.name, made.file.size) == (sound.file, made.size)
    assert [path.name for path in half.parent.iterdir()] == [half.name]


@pytest.mark.parametrize("why", ["withdrawn", "switched off", "no such turn", "no such call"])
def test_what_may_not_be_kept_is_deleted(
    answer: Turn, alice: User, settings: Settings, why: str
) -> None:
    left_by_the_dead(answer, item_id="other" if why == "no such turn" else "")
    if why == "withdrawn":
        store.agree_to_recording(alice, False)
    elif why == "switched off":
        settings.RECORDINGS = False
    elif why == "no such call":
        spool.folders()[0].rename(spool.root() / str(uuid4()))
    rescue()
    assert not Recording.objects.exists()
    assert spool.folders() == []


def test_what_is_erased_is_not_left_in_the_spool(answer: Turn) -> None:
    call_id = left_by_the_dead(answer)
    forget_spools([call_id, uuid4()])
    assert spool.folders() == []


@pytest.mark.parametrize("size", [0, 1, 2, 4096 * 2, 4096 * 2 + 1, 4096 * 2 + 2, 100_001])
def test_any_length_is_encoded_to_its_last_whole_sample(tmp_path: Path, size: int) -> None:
    source, target = tmp_path / "1.pcm", tmp_path / "1.flac"
    source.write_bytes(bytes(size))
    assert encode(source, target) == size // 2 * 1000 // 24_000
    assert bytes_of(1) == 48
