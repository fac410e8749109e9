"""Personas, for staff: who people can talk to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from chatbot import store
from chatbot.cost import is_priced
from chatbot.forms import PersonaForm
from chatbot.models import Persona, User
from chatbot.persona_versions import versions_page

if TYPE_CHECKING:
    PersonaModelAdmin = admin.ModelAdmin[Persona]
else:
    PersonaModelAdmin = admin.ModelAdmin


@admin.register(Persona)
class PersonaAdmin(PersonaModelAdmin):
    """Who people can talk to."""

    list_display = [
        *("name", "slug", "model", "voice", "transcription_model"),
        *("is_listed", "is_default"),
    ]
    list_filter = ["is_listed"]
    search_fields = ["name", "slug", "instructions"]
    prepopulated_fields = {"slug": ["name"]}
    form = PersonaForm
    fieldsets = [
        (
            None,
            {
                "fields": [
                    *("name", "slug", "description"),
                    *("is_listed", "is_default", "instructions"),
                ]
            },
        ),
        (_("Tools"), {"fields": ["tools", "mcp_servers"]}),
        (
            _("Voice"),
            {
                "fields": [
                    *("model", "voice", "speed", "output_modality"),
                    *("transcription_model", "language"),
                ]
            },
        ),
        (
            _("Turn detection"),
            {
                "fields": [
                    *("turn_detection", "eagerness", "vad_threshold"),
                    *("vad_prefix_padding_ms", "vad_silence_duration_ms"),
                ]
            },
        ),
        (_("Callers"), {"fields": ["user_settings", "api_clients_instruct"]}),
    ]

    def get_urls(self) -> list[URLPattern]:
        versions = self.admin_site.admin_view(self.versions_view)
        name = "chatbot_persona_versions"
        return [path("<path:object_id>/versions/", versions, name=name), *super().get_urls()]

    def versions_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the persona was, and what changed when."""
        persona = self.get_object(request, unquote(object_id))
        if not self.has_view_permission(request, persona):
            raise PermissionDenied
        if persona is None:
            raise Http404
        return versions_page(self, request, persona)

    def get_exclude(self, request: HttpRequest, obj: Persona | None = None) -> list[str]:
        """Who may only look is shown the columns as they are: not those with secrets."""
        return [] if self.has_change_permission(request, obj) else ["mcp_servers"]

    def get_fieldsets(self, request: HttpRequest, obj: Persona | None = None) -> Any:
        hidden = self.get_exclude(request, obj)
        return [
            (name, {"fields": [field for field in options["fields"] if field not in hidden]})
            for name, options in self.fieldsets
        ]

    def has_delete_permission(self, request: HttpRequest, obj: Persona | None = None) -> bool:
        """New conversations need the default persona."""
        is_needed = obj is not None and obj.is_default
        return not is_needed and super().has_delete_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Persona, form: Any, change: bool) -> None:
        store.save_persona(obj, cast("User", request.user))
        if not is_priced(obj.model):
            told = _(
                "No price is known for the model “%(model)s”, so that its cost is shown as "
                "unknown. Make sure that its name is right."
            )
            self.message_user(request, told % {"model": obj.model}, messages.WARNING)
