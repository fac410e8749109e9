"""Reads the list of conversations as it is shown."""

from __future__ import annotations

import re

from django.test import Client

LIST = "/admin/chatbot/conversation/"


def page_of(conversation: object) -> str:
    """The address of one conversation."""
    return f"{LIST}{getattr(conversation, 'pk', conversation)}/change/"


def listed(client: Client, query: str = "") -> list[str]:
    """The names of the conversations that are shown."""
    page = client.get(f"{LIST}{query}").content.decode()
    return re.findall(r'class="field-name"><a [^>]+>([^<]+)<', page)
