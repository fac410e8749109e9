"""Many rows at once: COPY on PostgreSQL, prepared statements on SQLite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import count, repeat
from typing import Any, Protocol, cast

from django.db import connection, models

from chatbot.models import Passage

Rows = list[tuple[Any, ...]]

#: Their values differ between Python and SQLite.
_CONVERTED = (models.UUIDField, models.DateTimeField, models.DecimalField, models.BooleanField)
#: Primary keys that are fetched at once.
_KEYS = 5000


class Bulk(Protocol):
    """How a kind of database takes many rows."""

    def keys(self, model: type[models.Model]) -> Iterator[int]:
        """Primary keys that nobody else will have; to be used in this transaction."""

    def insert(self, model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
        """Write rows, given as values of these columns; those left out have a default."""

    def analyse(self, model: type[models.Model]) -> None:
        """Have the planner know what the table holds now."""


def bulk() -> Bulk:
    """What suits the database of this site."""
    return PostgreSQL() if connection.vendor == "postgresql" else SQLite()


class PostgreSQL:
    def keys(self, model: type[models.Model]) -> Iterator[int]:
        while True:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
                    [model._meta.db_table, _KEYS],
                )
                fetched = cursor.fetchall()
            yield from (key for (key,) in fetched)

    def insert(self, model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
        with connection.cursor() as cursor:
            copying = cast("Any", cursor).copy(f"COPY {_target(model, columns)} FROM STDIN")
            with copying as copy:
                for row in rows:
                    copy.write_row(row)

    def analyse(self, model: type[models.Model]) -> None:
        words = "ANALYZE" if connection.in_atomic_block else "VACUUM (ANALYZE)"
        tables = [model._meta.db_table, *(["chatbot_passage_words"] if model is Passage else [])]
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"{words} {connection.ops.quote_name(table)}")


class SQLite:
    def keys(self, model: type[models.Model]) -> Iterator[int]:
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute("SELECT seq FROM sqlite_sequence WHERE name = %s", [table])
            found = cursor.fetchone()
        return count(found[0] + 1 if found else 1)

    def insert(self, model: type[models.Model], columns: Sequence[str], rows: Rows) -> None:
        converters = [_converter(model, column) for column in columns]
        marks = ", ".join(repeat("%s", len(columns)))
        prepared = [
            [as_is(value) for as_is, value in zip(converters, row, strict=True)] for row in rows
        ]
        with connection.cursor() as cursor:
            statement = f"INSERT INTO {_target(model, columns)} VALUES ({marks})"  # noqa: S608
            cursor.executemany(statement, prepared)

    def analyse(self, model: type[models.Model]) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")


def _target(model: type[models.Model], columns: Sequence[str]) -> str:
    quote = connection.ops.quote_name
    return f"{quote(model._meta.db_table)} ({', '.join(map(quote, columns))})"


def _converter(model: type[models.Model], column: str) -> Callable[[Any], Any]:
    field = next(field for field in model._meta.concrete_fields if field.column == column)
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if not isinstance(field, _CONVERTED):
        return lambda value: value
    return lambda value: field.get_db_prep_save(value, connection)
