"""On PostgreSQL too, the index of words has a table of its own: its rows are so small that those of
a common word are read at once, which the passages' rows are not."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FORWARDS = [
    """CREATE TABLE chatbot_passage_words (
           conversation_id uuid PRIMARY KEY, words tsvector NOT NULL
       )""",
    """INSERT INTO chatbot_passage_words
       SELECT conversation_id, strip(to_tsvector('simple', words)) FROM chatbot_passage
       WHERE turn_id IS NULL""",
    "CREATE INDEX passage_words_searched ON chatbot_passage_words USING gin (words)",
    "ANALYZE chatbot_passage_words",
    """CREATE FUNCTION chatbot_index_passage() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           INSERT INTO chatbot_passage_words
           VALUES (NEW.conversation_id, strip(to_tsvector('simple', NEW.words)))
           ON CONFLICT (conversation_id) DO UPDATE SET words = EXCLUDED.words;
           RETURN NULL;
       END $$""",
    """CREATE FUNCTION chatbot_forget_passage() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           DELETE FROM chatbot_passage_words WHERE conversation_id = OLD.conversation_id;
           RETURN NULL;
       END $$""",
    """CREATE FUNCTION chatbot_forget_passages() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           TRUNCATE chatbot_passage_words;
           RETURN NULL;
       END $$""",
    """CREATE TRIGGER chatbot_passage_kept AFTER INSERT OR UPDATE OF words ON chatbot_passage
       FOR EACH ROW WHEN (NEW.turn_id IS NULL) EXECUTE FUNCTION chatbot_index_passage()""",
    """CREATE TRIGGER chatbot_passage_removed AFTER DELETE ON chatbot_passage
       FOR EACH ROW WHEN (OLD.turn_id IS NULL) EXECUTE FUNCTION chatbot_forget_passage()""",
    """CREATE TRIGGER chatbot_passages_removed AFTER TRUNCATE ON chatbot_passage
       FOR EACH STATEMENT EXECUTE FUNCTION chatbot_forget_passages()""",
    "DROP INDEX passage_words",
]
BACKWARDS = [
    """CREATE INDEX passage_words ON chatbot_passage USING gin (to_tsvector('simple', words))
       WHERE turn_id IS NULL""",
    "DROP TRIGGER chatbot_passages_removed ON chatbot_passage",
    "DROP TRIGGER chatbot_passage_removed ON chatbot_passage",
    "DROP TRIGGER chatbot_passage_kept ON chatbot_passage",
    "DROP FUNCTION chatbot_forget_passages()",
    "DROP FUNCTION chatbot_forget_passage()",
    "DROP FUNCTION chatbot_index_passage()",
    "DROP TABLE chatbot_passage_words",
]


def run(statements: list[str], schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for statement in statements:
            schema_editor.execute(statement)


def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    run(FORWARDS, schema_editor)


def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    run(BACKWARDS, schema_editor)


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0009_search_index")]
    operations = [migrations.RunPython(forwards, backwards)]
