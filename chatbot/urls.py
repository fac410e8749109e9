"""Addresses of our own pages."""

from django.contrib import admin
from django.urls import path

from chatbot import live_admin, overview_page
from chatbot.views import (
    conversations,
    data,
    exports,
    languages,
    memory,
    pages,
    preferences,
    recordings,
)

urlpatterns = [
    path("", pages.chat, name="chat"),
    path("memory/", memory.memory, name="memory"),
    path("memory/<int:fact_id>/delete/", memory.delete_fact, name="delete_fact"),
    path("account/data/", data.data, name="data"),
    path("account/data/download", exports.everything, name="download_everything"),
    path("history/", pages.history, name="history"),
    path("history/deleted/", pages.deleted, name="deleted"),
    path("history/<uuid:conversation_id>/", pages.conversation, name="conversation"),
    path(
        "history/<uuid:conversation_id>/export/<slug:format>",
        exports.conversation,
        name="export_conversation",
    ),
    path(
        "history/<uuid:conversation_id>/recordings/<int:turn_id>",
        recordings.recording,
        name="recording",
    ),
    path("history/<uuid:conversation_id>/rename", conversations.rename, name="rename"),
    path("history/<uuid:conversation_id>/delete", conversations.delete, name="delete"),
    path("history/<uuid:conversation_id>/restore", conversations.restore, name="restore"),
    path("i18n/setlang/", languages.set_language, name="set_language"),
    path("jsi18n/", languages.Catalogue.as_view(), name="catalogue"),
    path("preferences/", preferences.save, name="preferences"),
    path(
        "admin/chatbot/conversation/<uuid:conversation_id>/end-call/",
        admin.site.admin_view(live_admin.end_call),
        name="end_call",
    ),
    path("admin/overview/", admin.site.admin_view(overview_page.overview), name="overview"),
]
