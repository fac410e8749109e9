"""Addresses of our own pages."""

from django.urls import path

from chatbot.views import memory, pages

urlpatterns = [
    path("", pages.chat, name="chat"),
    path("memory/", memory.memory, name="memory"),
    path("memory/<int:fact_id>/delete/", memory.delete_fact, name="delete_fact"),
    path("history/", pages.history, name="history"),
    path("history/<uuid:conversation_id>/", pages.conversation, name="conversation"),
]
