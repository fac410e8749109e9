"""A tool: an async function with type hints, and what the model and the user are told of it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, get_type_hints
from uuid import UUID
from zoneinfo import ZoneInfo

from chatbot.models import User
from chatbot.realtime.sentences import N_
from chatbot.realtime.toolset import FunctionTool
from chatbot.tools.schema import BadValue, checked, schema_of


class ToolError(Exception):
    """The tool cannot do it; the message tells the model why, and the user reads it, too."""


@dataclass(frozen=True)
class ToolContext:
    """For whom a tool works: all that it does is in this user's name."""

    user: User
    conversation_id: UUID
    time_zone: ZoneInfo


ToolFunction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True)
class Tool:
    """A function that the model may call; its first parameter is the `ToolContext`. One that
    `writes` may have done so though it was out of time: a thread cannot be stopped."""

    function: ToolFunction
    offer: FunctionTool
    writes: bool = False

    @property
    def name(self) -> str:
        return self.offer.name

    async def run(self, context: ToolContext, arguments: str) -> str:
        """Call the function with JSON arguments; returns what the model reads.

        Raises:
            ToolError: the arguments do not fit, or the function says so.
        """
        given = read_arguments(self.function, self.offer.parameters, arguments)
        result = await self.function(context, **given)
        if result is None:
            return "Done."
        return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def read_arguments(
    function: ToolFunction, parameters: dict[str, Any], arguments: str
) -> dict[str, Any]:
    """JSON arguments as the function takes them; `parameters` is their schema.

    Raises:
        ToolError: they do not fit.
    """
    try:
        given = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        raise ToolError(N_("The arguments are not valid JSON.")) from None
    if not isinstance(given, dict):
        raise ToolError(N_("The arguments must be a JSON object."))
    hints = _hints(function)
    if unknown := sorted(given.keys() - hints.keys()):
        raise ToolError(f"There is no argument {unknown[0][:40]!r}.")
    for name in parameters["required"]:
        if name not in given:
            raise ToolError(f"The argument {name!r} is missing.")
    try:
        return {name: checked(hints[name], value, name) for name, value in given.items()}
    except BadValue as error:
        raise ToolError(f"The argument {error}.") from None


def refusal_of(function: ToolFunction, parameters: dict[str, Any], arguments: str) -> str:
    """Why the function cannot be called with these arguments; "" when it can."""
    try:
        read_arguments(function, parameters, arguments)
    except ToolError as error:
        return str(error)
    return ""


def tool(
    *,
    title: str,
    time_limit_s: float = 5.0,
    needs_approval: bool = False,
    writes: bool = False,
) -> Callable[[ToolFunction], Tool]:
    """Make a tool of a function: its name and docstring are the model's, `title` is the user's.

    Parameters are described by `Annotated[type, "description"]`; those with a default may be left
    out. With `needs_approval` the user is asked on the page before it runs, once its arguments fit;
    one that `writes` changes what is stored.
    """

    def made(function: ToolFunction) -> Tool:
        parameters = parameters_of(function)
        offer = FunctionTool(
            name=function.__name__,
            title=title,
            description=" ".join((inspect.getdoc(function) or "").split()),
            parameters=parameters,
            time_limit_s=time_limit_s,
            needs_approval=needs_approval,
            refusal=partial(refusal_of, function, parameters),
        )
        return Tool(function, offer, writes)

    return made


def parameters_of(function: ToolFunction) -> dict[str, Any]:
    """The JSON schema of the function's arguments, the context left out."""
    parameters = inspect.signature(function).parameters
    properties = {}
    for name, annotation in _hints(function).items():
        properties[name] = schema_of(annotation)
        if parameters[name].default not in (inspect.Parameter.empty, None):
            properties[name]["default"] = parameters[name].default
    return {
        "type": "object",
        "properties": properties,
        "required": [
            name for name in properties if parameters[name].default is inspect.Parameter.empty
        ],
        "additionalProperties": False,
    }


def _hints(function: ToolFunction) -> dict[str, Any]:
    """The annotations of all parameters behind the context."""
    hints = get_type_hints(function, include_extras=True)
    first, *others = inspect.signature(function).parameters
    if hints.get(first) is not ToolContext or any(name not in hints for name in others):
        raise TypeError(f"{function.__name__} must take a ToolContext first, and annotate the rest")
    return {name: hints[name] for name in others}
