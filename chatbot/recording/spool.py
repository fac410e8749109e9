"""Raw sound on the disk, a folder for each call, from when it is heard until it is stored.

    var/recordings/.spool/<call>/7.pcm    the samples of the call's seventh sound
    var/recordings/.spool/<call>/7.json   whose turn it is, and the name its file will have

The folder is locked as long as its worker lives. What is found unlocked, a dead one has left.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings


def root() -> Path:
    """The folder of all calls."""
    return Path(settings.VAR_DIR) / "recordings" / ".spool"


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound whose turn is known; `file` is the name it will be stored by."""

    number: int
    pcm: Path
    item_id: str
    file: str


class Spool:
    """The folder of one call, which is nobody else's while this object is not closed."""

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self._lock = lock

    @classmethod
    def begin(cls, call_id: UUID) -> Spool:
        """A folder for a call that has none.

        Raises:
            OSError: the disk does not take it.
        """
        folder = root() / str(call_id)
        while True:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with suppress(FileNotFoundError):
                lock = os.open(folder, os.O_RDONLY)
                fcntl.flock(lock, fcntl.LOCK_EX)
                if _is_there(folder, lock):
                    return cls(folder, lock)
                os.close(lock)  # somebody took it for a dead one's, and away

    @classmethod
    def left(cls, folder: Path) -> Spool | None:
        """What a dead worker has left; None of a folder whose worker lives."""
        try:
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError:
            return None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock)
            return None
        return cls(folder, lock)

    @property
    def call_id(self) -> UUID | None:
        """Whose folder it is; None of one that no call of ours has made."""
        try:
            return UUID(self.folder.name)
        except ValueError:
            return None

    def append(self, number: int, pcm: bytes) -> None:
        """More of a sound.

        Raises:
            OSError: the disk does not take it, all or in part.
        """
        with self._pcm(number).open("ab") as file:
            file.write(pcm)

    def name(self, number: int, item_id: str, file: str) -> None:
        """The sound is that of this item, and will be stored as `file`.

        Raises:
            OSError: the disk does not take it.
        """
        draft = self.folder / f".{number}"
        draft.write_text(json.dumps({"item_id": item_id, "file": file}))
        draft.rename(self._name(number))

    def cut(self, number: int, size_bytes: int) -> None:
        """The sound is no longer than this.

        Raises:
            OSError: there is no such sound.
        """
        os.truncate(self._pcm(number), size_bytes)

    def sound(self, number: int) -> Sound | None:
        """A sound whose turn is known."""
        try:
            named = json.loads(self._name(number).read_text())
            return Sound(number, self._pcm(number), named["item_id"], named["file"])
        except (OSError, ValueError, KeyError):
            return None

    def numbers(self) -> list[int]:
        """All sounds, those without a turn as well."""
        return sorted(int(path.stem) for path in self.folder.glob("*.pcm") if path.stem.isdigit())

    def drop(self, number: int) -> None:
        """Forget a sound."""
        for path in (self._pcm(number), self._name(number), self.flac(number)):
            path.unlink(missing_ok=True)

    def flac(self, number: int) -> Path:
        """Where a sound may be encoded."""
        return self.folder / f"{number}.flac"

    def remove(self) -> None:
        """Forget all, and let go."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()

    def close(self) -> None:
        """Let go of what is still to be stored: another will try."""
        os.close(self._lock)

    def _pcm(self, number: int) -> Path:
        return self.folder / f"{number}.pcm"

    def _name(self, number: int) -> Path:
        return self.folder / f"{number}.json"


def folders() -> list[Path]:
    """Those of all calls, alive or dead."""
    try:
        return [path for path in root().iterdir() if path.is_dir()]
    except OSError:
        return []


def _is_there(folder: Path, lock: int) -> bool:
    try:
        return os.path.samestat(folder.stat(), os.fstat(lock))
    except FileNotFoundError:
        return False
