"""Never two responses at once: which one runs, and whether another is wanted after it."""

from __future__ import annotations


class Answers:
    """The default conversation's responses, as far as asking for them goes."""

    def __init__(self) -> None:
        self.response_id: str | None = None
        self._is_requested = False
        self._is_wanted = False

    @property
    def is_busy(self) -> bool:
        """One runs, or has been asked for."""
        return self.response_id is not None or self._is_requested

    def want(self) -> bool:
        """An answer is wanted; True when it is to be asked for now, else it comes in turn."""
        if self.is_busy:
            self._is_wanted = True
            return False
        self._is_requested = True
        return True

    def created(self, response_id: str) -> None:
        """A response runs, asked for by us or by the upstream itself."""
        self.response_id = response_id
        self._is_requested = False

    def collided(self) -> None:
        """The upstream refused ours, because one of its own ran: ask again after that one."""
        self._is_requested = False
        self._is_wanted = True

    def done(self, response_id: str) -> bool:
        """A response has ended; True when another is to be asked for now."""
        if response_id == self.response_id:
            self.response_id = None
        return self._is_wanted and self._ask_again()

    def _ask_again(self) -> bool:
        self._is_wanted = False
        self._is_requested = True
        return True

    def forget(self) -> None:
        """The session is gone, and with it whatever ran or was asked for."""
        self.response_id = None
        self._is_requested = self._is_wanted = False
