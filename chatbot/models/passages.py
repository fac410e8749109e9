"""What can be searched."""

from __future__ import annotations

from django.db import models

from chatbot.models.conversations import Conversation, Turn


class Passage(models.Model):
    """The words of a turn or, without one, of all of the conversation, as `chatbot.search` writes
    them. The database keeps an index of the latter, of its own kind."""

    conversation = models.ForeignKey(
        Conversation, on_delete=models.CASCADE, related_name="passages"
    )
    turn = models.OneToOneField(
        Turn, on_delete=models.CASCADE, null=True, blank=True, related_name="passage"
    )
    words = models.TextField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(turn=None),
                name="one_passage_for_a_title",
            )
        ]

    def __str__(self) -> str:
        return f"passage {self.pk}"
