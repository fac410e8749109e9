"""The default persona tells the time, finds what was said, and remembers."""

from typing import Any

from django.db import migrations

TOOLS = ["current_time", "search_conversations", "remember", "recall", "forget"]


def give(apps: Any, schema_editor: Any) -> None:
    """Only a persona that has no tools yet; staff may have chosen others."""
    apps.get_model("chatbot", "Persona").objects.filter(is_default=True, tools=[]).update(
        tools=TOOLS
    )


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0003_call_whole")]
    operations = [migrations.RunPython(give, migrations.RunPython.noop)]
