"""What staff make of a conversation."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot.models.conversations import Conversation
from chatbot.models.people import User


class Tag(models.Model):
    """A word that staff put on conversations."""

    name = models.CharField(_("name"), max_length=40, unique=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Review(models.Model):
    """How far the review of a conversation is; one without a row is unreviewed."""

    class State(models.TextChoices):
        UNREVIEWED = "unreviewed", _("Unreviewed")
        IN_REVIEW = "in_review", _("In review")
        REVIEWED = "reviewed", _("Reviewed")
        NEEDS_ACTION = "needs_action", _("Needs action")

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, related_name="review"
    )
    state = models.CharField(
        _("state"), max_length=12, choices=State, default=State.UNREVIEWED, db_index=True
    )
    reviewer = models.ForeignKey(
        User,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="reviews",
        verbose_name=_("reviewer"),
    )
    rating = models.PositiveSmallIntegerField(
        _("rating"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("1 (poor) to 5 (excellent)."),
    )
    is_flagged = models.BooleanField(_("flagged"), default=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="reviews", verbose_name=_("tags"))
    updated_at = models.DateTimeField(_("changed"), default=timezone.now)

    class Meta:
        verbose_name = _("review")
        verbose_name_plural = _("reviews")
        default_permissions = ()
        indexes = [
            models.Index(fields=["reviewer", "state"], name="review_queue"),
            models.Index(
                fields=["conversation"], condition=models.Q(is_flagged=True), name="review_flagged"
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()


class Note(models.Model):
    """A remark of a member of staff on a conversation; its user never sees it."""

    review = models.ForeignKey(Review, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("author")
    )
    text = models.TextField(_("note"), max_length=4000)
    created_at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        ordering = ["created_at"]
        default_permissions = ()

    def __str__(self) -> str:
        """Without its text, which may quote what was said."""
        return gettext("Note %(id)s") % {"id": self.pk}
