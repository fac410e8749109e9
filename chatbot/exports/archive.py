"""Writes a ZIP file as it is sent: nothing of it is kept, in memory or on a disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

#: What `ZipInfo` can hold.
EARLIEST, LATEST = datetime(1980, 1, 1, tzinfo=UTC), datetime(2107, 12, 31, tzinfo=UTC)
#: Better than half of what the best level saves, at a third of its time.
LEVEL = 4


@dataclass(frozen=True, slots=True)
class Member:
    """A file to be: `chunks` are read when all before it is written. Sound is packed already."""

    name: str
    at: datetime
    chunks: AsyncIterator[bytes]
    is_packed: bool = False


class _Pipe:
    """What `ZipFile` takes for a file that cannot go back; holds what it wrote until taken."""

    def __init__(self) -> None:
        self.waiting = bytearray()

    def write(self, data: bytes) -> int:
        self.waiting += data
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        taken = bytes(self.waiting)
        self.waiting.clear()
        return taken


async def zipped(members: AsyncIterator[Member]) -> AsyncIterator[bytes]:
    """A ZIP of the members in their order."""
    pipe = _Pipe()
    with ZipFile(cast("IO[bytes]", pipe), "w", compresslevel=LEVEL) as archive:
        async for member in members:
            with archive.open(_info(member), "w") as file:
                async for chunk in member.chunks:
                    file.write(chunk)
                    if pipe.waiting:
                        yield pipe.take()
            yield pipe.take()
    yield pipe.take()


def _info(member: Member) -> ZipInfo:
    at = min(max(member.at.astimezone(UTC), EARLIEST), LATEST)
    info = ZipInfo(member.name, at.timetuple()[:6])
    info.compress_type = ZIP_STORED if member.is_packed else ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    return info


async def whole(text: str) -> AsyncIterator[bytes]:
    """The chunks of a file that is short."""
    yield text.encode()
