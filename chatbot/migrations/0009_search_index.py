"""The index of words is of whole conversations; the passages of turns are read by conversation."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

POSTGRESQL = [
    "DROP INDEX passage_words",
    """CREATE INDEX passage_words ON chatbot_passage USING gin (to_tsvector('simple', words))
       WHERE turn_id IS NULL""",
]
POSTGRESQL_BACK = [
    "DROP INDEX passage_words",
    """CREATE INDEX passage_words ON chatbot_passage USING gin (to_tsvector('simple', words))""",
]

TRIGGERS = {
    "added": "AFTER INSERT ON chatbot_passage {when_new} BEGIN {add} END",
    "removed": "AFTER DELETE ON chatbot_passage {when_old} BEGIN {remove} END",
    "changed": "AFTER UPDATE ON chatbot_passage {when_new} BEGIN {remove} {add} END",
}
ADD = "INSERT INTO chatbot_passage_words(rowid, words) VALUES (new.id, new.words);"
REMOVE = """INSERT INTO chatbot_passage_words(chatbot_passage_words, rowid, words)
            VALUES ('delete', old.id, old.words);"""


def triggers(*, of_whole_conversations: bool) -> list[str]:
    when = "WHEN {}.turn_id IS NULL" if of_whole_conversations else ""
    words = {"when_new": when.format("new"), "when_old": when.format("old")}
    statements = []
    for name, trigger in TRIGGERS.items():
        made = trigger.format(add=ADD, remove=REMOVE, **words)
        statements.append(f"DROP TRIGGER chatbot_passage_{name}")
        statements.append(f"CREATE TRIGGER chatbot_passage_{name} {made}")
    return statements


def index_anew(of_which: str) -> list[str]:
    return [
        "INSERT INTO chatbot_passage_words(chatbot_passage_words) VALUES ('delete-all')",
        f"""INSERT INTO chatbot_passage_words(rowid, words)
            SELECT id, words FROM chatbot_passage {of_which}""",  # noqa: S608
    ]


def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    sqlite = triggers(of_whole_conversations=True) + index_anew("WHERE turn_id IS NULL")
    for statement in sqlite if is_sqlite else POSTGRESQL:
        schema_editor.execute(statement)


def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    sqlite = triggers(of_whole_conversations=False) + index_anew("")
    for statement in sqlite if is_sqlite else POSTGRESQL_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0008_audit_review")]
    operations = [migrations.RunPython(forwards, backwards)]
