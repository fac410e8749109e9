"""What the database itself does for the record: an index of words, an audit that only grows; and
the facts of rows that were there before."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FACTS = [
    """UPDATE chatbot_conversation SET turn_count = (
           SELECT count(*) FROM chatbot_turn
           WHERE chatbot_turn.conversation_id = chatbot_conversation.id)""",
    """UPDATE chatbot_conversation SET has_failures = EXISTS (
           SELECT 1 FROM chatbot_turn
           WHERE chatbot_turn.conversation_id = chatbot_conversation.id
             AND chatbot_turn.status = 'failed')""",
    """UPDATE chatbot_usage SET persona_id = (
           SELECT chatbot_conversation.persona_id FROM chatbot_call
           JOIN chatbot_conversation ON chatbot_conversation.id = chatbot_call.conversation_id
           WHERE chatbot_call.id = chatbot_usage.call_id)""",
]

POSTGRESQL = [
    """CREATE INDEX passage_words ON chatbot_passage USING gin (to_tsvector('simple', words))""",
    """CREATE FUNCTION chatbot_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
           IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM chatbot_auditpruning) THEN
               RETURN OLD;
           END IF;
           RAISE EXCEPTION 'audit entries are neither changed nor deleted';
       END $$""",
    """CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE ON chatbot_auditentry
       FOR EACH ROW EXECUTE FUNCTION chatbot_keep_audit()""",
]
POSTGRESQL_BACK = [
    "DROP TRIGGER keep_audit ON chatbot_auditentry",
    "DROP FUNCTION chatbot_keep_audit()",
    "DROP INDEX passage_words",
]

SQLITE = [
    """CREATE VIRTUAL TABLE chatbot_passage_words USING fts5(
           words, content='chatbot_passage', content_rowid='id',
           tokenize='unicode61 remove_diacritics 0')""",
    """CREATE TRIGGER chatbot_passage_added AFTER INSERT ON chatbot_passage BEGIN
           INSERT INTO chatbot_passage_words(rowid, words) VALUES (new.id, new.words);
       END""",
    """CREATE TRIGGER chatbot_passage_removed AFTER DELETE ON chatbot_passage BEGIN
           INSERT INTO chatbot_passage_words(chatbot_passage_words, rowid, words)
           VALUES ('delete', old.id, old.words);
       END""",
    """CREATE TRIGGER chatbot_passage_changed AFTER UPDATE ON chatbot_passage BEGIN
           INSERT INTO chatbot_passage_words(chatbot_passage_words, rowid, words)
           VALUES ('delete', old.id, old.words);
           INSERT INTO chatbot_passage_words(rowid, words) VALUES (new.id, new.words);
       END""",
    """CREATE TRIGGER keep_audit BEFORE UPDATE ON chatbot_auditentry BEGIN
           SELECT RAISE(ABORT, 'audit entries are neither changed nor deleted');
       END""",
    """CREATE TRIGGER keep_audit_whole BEFORE DELETE ON chatbot_auditentry
       WHEN NOT EXISTS (SELECT 1 FROM chatbot_auditpruning) BEGIN
           SELECT RAISE(ABORT, 'audit entries are neither changed nor deleted');
       END""",
]
SQLITE_BACK = [
    "DROP TRIGGER keep_audit",
    "DROP TRIGGER keep_audit_whole",
    "DROP TRIGGER chatbot_passage_added",
    "DROP TRIGGER chatbot_passage_removed",
    "DROP TRIGGER chatbot_passage_changed",
    "DROP TABLE chatbot_passage_words",
]


def forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in FACTS + (SQLITE if is_sqlite else POSTGRESQL):
        schema_editor.execute(statement)


def backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    is_sqlite = schema_editor.connection.vendor == "sqlite"
    for statement in SQLITE_BACK if is_sqlite else POSTGRESQL_BACK:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("chatbot", "0006_record")]
    operations = [migrations.RunPython(forwards, backwards)]
