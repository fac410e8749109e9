"""The README says what is: every setting, folder and file that it or the code names."""

import re
from dataclasses import fields

import pytest

from project.env import Environment
from script.install import ROOT

README = (ROOT / "README.md").read_text()


def test_every_setting_is_in_the_table_and_nothing_else_is() -> None:
    table = README.partition("## Settings")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
    assert documented == [field.name.upper() for field in fields(Environment)]


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"(?:src|srcset)=\"([^\"]+)\"", README)) | {"LICENSE"})
)
def test_what_the_readme_shows_exists(path: str) -> None:
    assert (ROOT / path).is_file()


def test_every_folder_of_the_readme_exists() -> None:
    table = README.partition("## Where to look")[2].partition("\n## ")[0]
    folders = re.findall(r"`([\w/]+/)`", table.replace("`var/`", "").replace("`log/`", ""))
    assert folders
    assert [folder for folder in folders if not (ROOT / folder).is_dir()] == []
