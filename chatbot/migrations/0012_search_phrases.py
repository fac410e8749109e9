"""PostgreSQL finds the turns and titles that hold the words of a phrase; that these are adjacent is
read from what it finds. A passage of a whole conversation has its title before the bar."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FORWARDS = """CREATE INDEX passage_phrases ON chatbot_passage
              USING gin (to_tsvector('simple', split_part(words, '|', 1)))"""
BACKWARDS = "DROP INDEX passage_phrases"


def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(FORWARDS)


def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(BACKWARDS)


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0011_overview_indexes")]
    operations = [migrations.RunPython(forwards, backwards)]
