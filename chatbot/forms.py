"""Forms of the admin: what JSON columns hold, as something a person can fill in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from chatbot import mcp
from chatbot.json_field import PlacedJSONField
from chatbot.models import USER_SETTINGS, Persona, User
from chatbot.prices import PRICES
from chatbot.realtime.choices import LANGUAGES
from chatbot.realtime.fields import MAX_INSTRUCTIONS
from chatbot.tools.registry import TOOLS

if TYPE_CHECKING:
    PersonaModelForm = forms.ModelForm[Persona]
else:
    PersonaModelForm = forms.ModelForm


#: `USER_SETTINGS` in words.
SETTINGS = {
    "voice": _("voice"),
    "turn_detection": _("turn detection and eagerness"),
    "speed": _("speed"),
    "output_modality": _("spoken or written answers"),
    "language": _("language"),
}


class KnownModels(AdminTextInputWidget):
    """A text field that offers the models whose price is known."""

    def render(self, name: str, value: Any, *args: Any, **kwargs: Any) -> SafeString:
        field = super().render(name, value, *args, **kwargs)
        known = ((price.model,) for price in PRICES if price.audio.output)
        options = format_html_join("", '<option value="{}">', known)
        return format_html('{}<datalist id="known-models">{}</datalist>', field, options)


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
        (
            name,
            f"{gettext(made.offer.title)} "
            f"({name}{f', {asks}' if made.offer.needs_approval else ''})",
        )
        for name, made in TOOLS.items()
    ]


#: What counts for one turn detection alone, with what the column is otherwise.
OF_DETECTION = {
    "eagerness": Persona.TurnDetection.SEMANTIC_VAD,
    "vad_threshold": Persona.TurnDetection.SERVER_VAD,
    "vad_prefix_padding_ms": Persona.TurnDetection.SERVER_VAD,
    "vad_silence_duration_ms": Persona.TurnDetection.SERVER_VAD,
}


def contradictions(columns: Mapping[str, Any]) -> dict[str, str]:
    """What is set of a turn detection that calls never have, and why that cannot be, by field."""
    chosen = columns.get("turn_detection")
    if not chosen or "turn_detection" in columns.get("user_settings", ()):
        return {}
    told = gettext(
        "This counts only with turn detection “%(detection)s”, which neither the persona has nor "
        "callers may choose. Leave it at %(usual)s, or change the turn detection."
    )
    found = {}
    for name, detection in OF_DETECTION.items():
        usual = getattr(Persona(), name)
        if chosen != detection and columns.get(name, usual) != usual:
            found[name] = told % {"detection": detection.label, "usual": usual}
    return found


class DeleteAccountForm(forms.Form):
    """Who deletes their account says again who they are: by the password or, where an account has
    none, by its user name."""

    proof = forms.CharField(max_length=200, strip=False)

    def __init__(self, user: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        self.has_password = user.has_usable_password()
        ask = (
            gettext("Type your password.") if self.has_password else gettext("Type your user name.")
        )
        self.fields["proof"].error_messages["required"] = ask

    def clean_proof(self) -> str:
        proof: str = self.cleaned_data["proof"]
        if self.has_password and not self.user.check_password(proof):
            raise forms.ValidationError(_("This is not your password."))
        if not self.has_password and proof.strip() != self.user.get_username():
            raise forms.ValidationError(_("This is not your user name."))
        return proof

    def clean(self) -> dict[str, Any] | None:
        """Somebody must be left to run the site."""
        others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=self.user.pk)
        if not self.errors and self.user.is_superuser and not others.exists():
            raise forms.ValidationError(
                _("You alone run this site. Make somebody else a superuser first.")
            )
        return super().clean()


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
        choices=list(SETTINGS.items()),
        initial=USER_SETTINGS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    model = forms.RegexField(
        label=_("Model"),
        regex=r"^[A-Za-z0-9][A-Za-z0-9._:/-]*$",
        max_length=80,
        initial=Persona._meta.get_field("model").default,
        widget=KnownModels(attrs={"list": "known-models"}),
        help_text=_("A speech-to-speech model of the voice service."),
        error_messages={
            "invalid": _(
                "The name of a model has letters, digits and . _ : / - only, and no spaces."
            )
        },
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=[("", _("Found out")), *(LANGUAGES.items())],
        required=False,
        help_text=_("What people speak."),
    )
    instructions = forms.CharField(
        label=_("Instructions"),
        required=False,
        max_length=MAX_INSTRUCTIONS,
        widget=AdminTextareaWidget,
        help_text=_("What the assistant is, and how it behaves. People do not see it."),
        error_messages={
            "max_length": _(
                "Instructions have at most %(limit_value)d characters; these have %(show_value)d."
            )
        },
    )
    mcp_servers = PlacedJSONField(
        label=_("MCP servers"),
        required=False,
        initial=list,
        widget=AdminTextareaWidget,
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
        if silence := self.fields.get("vad_silence_duration_ms"):
            # What a column of this kind takes at least is not what this one does.
            silence.validators = []
            silence.widget.attrs["min"] = 100

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        if self.cleaned_data.get("is_default") and not self.cleaned_data.get("is_listed"):
            told = _("The default persona is always listed. Make another one the default first.")
            self.add_error("is_listed", told)
        for name, problem in contradictions(self.cleaned_data).items():
            self.add_error(name, problem)
        return cleaned

    def clean_is_default(self) -> bool:
        is_default: bool = self.cleaned_data["is_default"]
        if self.initial.get("is_default") and not is_default:
            raise forms.ValidationError(
                _("One persona must be the default. Make another one the default instead.")
            )
        return is_default

    def _get_validation_exclusions(self) -> set[str]:
        # A new default takes the place of the old one when it is saved.
        return {*super()._get_validation_exclusions(), "is_default"}  # type: ignore[misc]

    def clean_mcp_servers(self) -> list[mcp.Server]:
        servers = mcp.checked(self.cleaned_data["mcp_servers"] or [])
        return mcp.restored(servers, self.instance.mcp_servers)
