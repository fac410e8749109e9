"""The persona that every installation begins with."""

from typing import Any

from django.db import migrations


def make_default(apps: Any, schema_editor: Any) -> None:
    """All else that it is, the columns' defaults say."""
    apps.get_model("chatbot", "Persona").objects.create(
        slug="assistant",
        name="Assistant",
        instructions="You are a helpful assistant. Be concise and natural.",
        is_default=True,
    )


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0001_initial")]
    operations = [migrations.RunPython(make_default, migrations.RunPython.noop)]
