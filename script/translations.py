"""`python -m script.translations`: brings the catalogues in `chatbot/locale/` up to date.

Sentences that are new are added without a translation, those that are gone are dropped, and all is
compiled. What is compiled is kept in the repository, so that a worker needs no tool for it.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel import Locale
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from script.install import ROOT

LOCALE = ROOT / "chatbot" / "locale"
#: The pages and the server's sentences, and those of the scripts in a browser.
DOMAINS = ("django", "djangojs")

_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "N_": None,
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
}
_STRING = r"u?(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\")"
_CALL = re.compile(rf" n?gettext\(({_STRING})(?:, ?({_STRING}), ?count)?\) ")

Sentence = str | tuple[str, ...]


def sentences(domain: str) -> Iterator[tuple[Path, Sentence]]:
    """Everything that is marked for translation; a pair has a plural."""
    if domain == "djangojs":
        for path in _files("chatbot/static/chatbot/js", "*.js"):
            yield from ((path, sentence) for sentence in _in_code("javascript", path))
        return
    for path in _files("chatbot", "*.py"):
        yield from ((path, sentence) for sentence in _in_code("python", path))
    for folder in ("templates", "chatbot/templates"):
        for path in _files(folder, "*.html"):
            yield from ((path, sentence) for sentence in _in_template(path))


def _files(folder: str, pattern: str) -> list[Path]:
    return sorted((ROOT / folder).rglob(pattern))


def _in_code(method: str, path: Path) -> Iterator[Sentence]:
    for _line, found, _comments, _context in extract_from_file(method, path, _KEYWORDS):
        yield found


def _in_template(path: Path) -> Iterator[Sentence]:
    """Django turns a template into calls of `gettext` for its own extraction."""
    for one, many in _CALL.findall(templatize(path.read_text())):
        single = ast.literal_eval(one)
        yield (single, ast.literal_eval(many)) if many else single


def template(domain: str) -> Catalog:
    """What is to be translated."""
    catalogue = Catalog(charset="utf-8")
    for path, sentence in sentences(domain):
        catalogue.add(sentence, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    return catalogue


def source(language: str, domain: str) -> Path:
    """Where a language's translations are; compiled they stand beside it."""
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def languages() -> list[str]:
    """Those that there are catalogues for."""
    return sorted(path.name for path in LOCALE.iterdir() if path.is_dir())


def read(language: str, domain: str) -> Catalog:
    """The translations as they are."""
    path = source(language, domain)
    if not path.exists():
        head = f"# Colloquy in {Locale.parse(language).english_name}."
        return Catalog(
            locale=language,
            header_comment=head,
            project="Colloquy",
            version="1",
            msgid_bugs_address="",
            last_translator="",
            language_team="",
            creation_date=datetime.now(UTC),
            revision_date=datetime.now(UTC),
            fuzzy=False,
        )
    with path.open("rb") as file:
        return read_po(file, locale=language)


def compiled(catalogue: Catalog) -> bytes:
    """The form that programs read."""
    file = io.BytesIO()
    write_mo(file, catalogue)
    return file.getvalue()


def update(language: str, domain: str) -> int:
    """Bring one catalogue up to date; how many sentences wait for a translation."""
    catalogue = read(language, domain)
    created = catalogue.creation_date
    catalogue.update(template(domain), no_fuzzy_matching=True)
    catalogue.obsolete.clear()
    catalogue.creation_date = created
    path = source(language, domain)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False)
    path.with_suffix(".mo").write_bytes(compiled(read(language, domain)))
    return sum(not is_translated(message) for message in catalogue if message.id)


def is_translated(message: Message) -> bool:
    """Whether a sentence, in all its plural forms, has words."""
    string = message.string or ""
    return all([string] if isinstance(string, str) else string)


def main() -> None:
    for language in languages():
        for domain in DOMAINS:
            waiting = update(language, domain)
            print(f"{source(language, domain).relative_to(ROOT)}: {waiting} to translate")


if __name__ == "__main__":
    main()
