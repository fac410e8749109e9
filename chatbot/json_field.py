"""A form field of JSON that says where it cannot be read, and takes nothing that no database
keeps."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from django import forms
from django.core.exceptions import ValidationError
from django.forms.fields import InvalidJSONInput
from django.utils.translation import gettext_lazy as _

_DEEP = "nested too deeply"
_NUMBER = "no number"

#: What Python's decoder says, as people read it.
_PROBLEMS = {
    "Expecting value": _("a value is missing."),
    "Expecting property name enclosed in double quotes": _("a name in double quotes is missing."),
    "Expecting ':' delimiter": _("a colon is missing."),
    "Expecting ',' delimiter": _("a comma or a closing bracket is missing."),
    "Unterminated string starting at": _("the text that begins here does not end."),
    "Extra data": _("nothing may come after the end."),
    "Illegal trailing comma before end of object": _("there is a comma too many."),
    "Illegal trailing comma before end of array": _("there is a comma too many."),
    _DEEP: _("it is nested too deeply."),
    _NUMBER: _("NaN and Infinity are no numbers of JSON."),
}


class StrictDecoder(json.JSONDecoder):
    """Takes what is nested too deeply, and numbers that are none, for what they are: no JSON."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "parse_constant": _no_number})

    def decode(self, s: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().decode(s, *args, **kwargs)
        except RecursionError:
            raise json.JSONDecodeError(_DEEP, "", 0) from None


def _no_number(name: str) -> NoReturn:
    raise json.JSONDecodeError(_NUMBER, "", 0)


class PlacedJSONField(forms.JSONField):
    """Says the line and the column of what is wrong, and shows what is right in lines."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decoder=StrictDecoder, **kwargs)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value not in self.empty_values:
            try:
                text = json.dumps(json.loads(value, cls=StrictDecoder), ensure_ascii=False)
            except json.JSONDecodeError as error:
                raise ValidationError(_told(error), code="invalid") from None
            if "\\u0000" in text or any("\ud800" <= each <= "\udfff" for each in text):
                raise ValidationError(
                    _("It has a character that cannot be kept: NUL, or half of a pair."),
                    code="invalid",
                )
        return super().to_python(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, InvalidJSONInput):
            return value
        return json.dumps(value, ensure_ascii=False, indent=2)


def _told(error: json.JSONDecodeError) -> str:
    problem = _PROBLEMS.get(error.msg, _("it is not proper JSON."))
    place = {"line": error.lineno, "column": error.colno, "problem": problem}
    if not error.doc:
        return _("This cannot be read as JSON: %(problem)s") % place
    return _("This cannot be read as JSON. Line %(line)d, column %(column)d: %(problem)s") % place
