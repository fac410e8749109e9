"""Addresses of our own pages."""

from django.urls import path

from chatbot.views import pages

urlpatterns = [
    path("", pages.chat, name="chat"),
    path("history/", pages.history, name="history"),
    path("history/<uuid:conversation_id>/", pages.conversation, name="conversation"),
]
