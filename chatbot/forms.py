"""Forms of the admin: what JSON columns hold, as something a person can fill in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from chatbot import mcp
from chatbot.models import USER_SETTINGS, Persona
from chatbot.tools.registry import TOOLS

if TYPE_CHECKING:
    PersonaModelForm = forms.ModelForm[Persona]
else:
    PersonaModelForm = forms.ModelForm


class TitleForm(forms.Form):
    """The name that a user gives a conversation."""

    title = forms.CharField(
        max_length=120,
        error_messages={
            "required": _("Give the conversation a name."),
            "max_length": _("A name has at most %(limit_value)d characters."),
        },
    )

    @classmethod
    def read(cls, body: Any) -> TitleForm:
        """The form of a request's body; what is no text is no name."""
        title = body.get("title") if isinstance(body, dict) else None
        return cls({"title": title if isinstance(title, str) else ""})

    def clean_title(self) -> str:
        return " ".join(self.cleaned_data["title"].split())


def tool_choices() -> list[tuple[str, str]]:
    """Every tool by name, as staff choose it."""
    asks = _("asks first")
    return [
        (name, f"{made.offer.title} ({name}{f', {asks}' if made.offer.needs_approval else ''})")
        for name, made in TOOLS.items()
    ]


class PersonaForm(PersonaModelForm):
    """A persona: tools and settings to tick, MCP servers whose saved secrets are not shown."""

    tools = forms.MultipleChoiceField(
        label=_("Tools"),
        choices=tool_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What the assistant may use in a call."),
    )
    user_settings = forms.MultipleChoiceField(
        label=_("Callers may change"),
        choices=[(name, name.replace("_", " ")) for name in USER_SETTINGS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    mcp_servers = forms.JSONField(
        label=_("MCP servers"),
        required=False,
        initial=list,
        help_text=_(
            "A list of Realtime “mcp” tools: type, server_label, server_url or connector_id, and "
            "more. Saved secrets show as “(set)”; leave that to keep them."
        ),
    )

    class Meta:
        model = Persona
        fields = "__all__"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["mcp_servers"] = mcp.hidden(self.instance.mcp_servers)

    def clean_mcp_servers(self) -> list[mcp.Server]:
        servers = mcp.checked(self.cleaned_data["mcp_servers"] or [])
        return mcp.restored(servers, self.instance.mcp_servers)
