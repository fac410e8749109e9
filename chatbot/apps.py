"""The one Django app of Colloquy."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class ChatbotConfig(AppConfig):
    name = "chatbot"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        # Only now, when the settings are complete.
        from chatbot import sessions  # noqa: F401 - it hears who signs out
        from chatbot.checks import CHECKS

        for check, tag in CHECKS.items():
            register(check, tag)
