"""JSON schema of a Python annotation, and values that the model gives checked against it."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

_NAMES: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


class BadValue(ValueError):
    """A value that is not of its annotation; the message is for the model."""


def schema_of(annotation: Any) -> dict[str, Any]:
    """The JSON schema of `str`, `int`, `float`, `bool`, `Literal`, `list[...]`, optional ones of
    these, and `Annotated[..., "its description"]`.

    Raises:
        TypeError: any other annotation.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _NAMES:
        return {"type": _NAMES[annotation]}
    if origin is Annotated:
        return schema_of(arguments[0]) | {"description": _description(arguments[1:])}
    if origin is Literal:
        kinds = {_NAMES[type(value)] for value in arguments}
        return {"type": kinds.pop() if len(kinds) == 1 else sorted(kinds), "enum": list(arguments)}
    if origin is list and arguments:
        return {"type": "array", "items": schema_of(arguments[0])}
    if origin in (Union, UnionType) and NoneType in arguments:
        return _optional(schema_of(_without_none(arguments)))
    raise TypeError(f"a tool cannot take {annotation!r}")


def checked(annotation: Any, value: Any, name: str) -> Any:
    """The value as the function gets it; `name` is what an error calls it.

    Raises:
        BadValue: it is not of that annotation.
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return checked(arguments[0], value, name)
    if origin in (Union, UnionType):
        return None if value is None else checked(_without_none(arguments), value, name)
    if origin is Literal:
        if any(value == choice and type(value) is type(choice) for choice in arguments):
            return value
        raise BadValue(f"{name} must be one of {', '.join(map(repr, arguments))}")
    if origin is list:
        if not isinstance(value, list):
            raise BadValue(f"{name} must be a list")
        return [checked(arguments[0], item, f"{name}[{i}]") for i, item in enumerate(value)]
    return _simple(annotation, value, name)


def _simple(kind: Any, value: Any, name: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if kind is int and type(value) is float and value.is_integer():
        return int(value)
    if type(value) is not kind:
        raise BadValue(f"{name} must be of type {_NAMES[kind]}")
    return value


def _description(metadata: tuple[Any, ...]) -> str:
    return next(word for word in metadata if isinstance(word, str))


def _without_none(arguments: tuple[Any, ...]) -> Any:
    kinds = [kind for kind in arguments if kind is not NoneType]
    if len(kinds) != 1:
        raise TypeError("a tool takes one type, or that type and None")
    return kinds[0]


def _optional(schema: dict[str, Any]) -> dict[str, Any]:
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    optional = schema | {"type": [*kinds, "null"]}
    return optional | {"enum": [*schema["enum"], None]} if "enum" in schema else optional
