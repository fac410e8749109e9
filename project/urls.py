"""Addresses of all pages."""

from django.contrib import admin
from django.urls import include, path

from chatbot import health

urlpatterns = [
    path("", include("chatbot.urls")),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
