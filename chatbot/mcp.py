"""MCP servers of a persona, as staff enter them: checked, and their secrets hidden once saved.

Each is an `mcp` tool of the Realtime API; the service calls the server, we never do.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

Server = dict[str, Any]

#: What stands for a secret that is saved.
SET = "(set)"

FIELDS: dict[str, type | tuple[type, ...]] = {
    "type": str,
    "server_label": str,
    "server_url": str,
    "connector_id": str,
    "server_description": str,
    "authorization": str,
    "headers": dict,
    "allowed_tools": (list, dict),
    "require_approval": (str, dict),
    "defer_loading": bool,
}


def checked(servers: Any) -> list[Server]:
    """The servers, if the service would take them.

    Raises:
        ValidationError: says which server, and what is wrong with it.
    """
    if not isinstance(servers, list):
        raise ValidationError(_("Give a list of MCP servers."))
    labels: list[Any] = []
    for number, server in enumerate(servers, start=1):
        if not isinstance(server, dict):
            raise ValidationError(
                _("Server %(number)d is not an object."), params={"number": number}
            )
        if problem := _problem(server):
            raise ValidationError(
                _("Server %(number)d: %(problem)s"), params={"number": number, "problem": problem}
            )
        labels.append(server["server_label"])
    if len(set(labels)) < len(labels):
        raise ValidationError(_("Two servers have the same server_label."))
    return servers


def hidden(servers: list[Server]) -> list[Server]:
    """The servers as the admin shows them: secrets are only said to be set."""
    shown = []
    for server in servers:
        copy = dict(server)
        if "authorization" in copy:
            copy["authorization"] = SET
        if "headers" in copy:
            copy["headers"] = dict.fromkeys(copy["headers"], SET)
        shown.append(copy)
    return shown


def without_secrets(servers: list[Server]) -> list[Server]:
    """The servers as they may be kept and shown anywhere: as `hidden`, and of an address the host
    alone, since some services have a key in its path."""
    shown = hidden(servers)
    for server in shown:
        if "server_url" in server:
            parts = urlsplit(server["server_url"])
            server["server_url"] = f"{parts.scheme}://{parts.netloc}/"
    return shown


def restored(servers: list[Server], saved: list[Server]) -> list[Server]:
    """The servers with the secrets that staff have left as they were.

    A secret is only kept for the address that it was entered for.

    Raises:
        ValidationError: a secret is to be kept that is not there, or is for another address.
    """
    before = {server["server_label"]: server for server in saved}
    return [_restored(server, before.get(server["server_label"], {})) for server in servers]


def _restored(server: Server, saved: Server) -> Server:
    headers = server.get("headers", {})
    kept = [name for name, value in headers.items() if value == SET]
    keeps_authorization = server.get("authorization") == SET
    if not (kept or keeps_authorization):
        return server
    address = ("server_url", "connector_id")
    is_same = bool(saved) and all(server.get(name) == saved.get(name) for name in address)
    is_there = all(name in saved.get("headers", {}) for name in kept)
    if not is_same or not is_there or (keeps_authorization and "authorization" not in saved):
        message = _("Enter the secrets of %(label)s again: they were saved for another address.")
        raise ValidationError(message, params={"label": server["server_label"]})
    result = dict(server)
    if keeps_authorization:
        result["authorization"] = saved["authorization"]
    if headers:
        result["headers"] = headers | {name: saved["headers"][name] for name in kept}
    return result


def _problem(server: Server) -> str:
    """What is wrong with one server; "" if nothing is."""
    if server.get("type") != "mcp":
        return _("its type must be “mcp”.")
    for name, value in server.items():
        if name not in FIELDS:
            return _("there is no field %(name)s.") % {"name": repr(name)}
        if not isinstance(value, FIELDS[name]):
            return _("%(name)s has a value of the wrong kind.") % {"name": name}
    if not server.get("server_label"):
        return _("it has no server_label.")
    if ("server_url" in server) == ("connector_id" in server):
        return _("give either server_url or connector_id.")
    if "server_url" in server and not _is_https(server["server_url"]):
        return _("server_url must be an https address.")
    if not all(isinstance(value, str) for value in server.get("headers", {}).values()):
        return _("headers must be names with texts.")
    if not _names_tools(server.get("allowed_tools", [])):
        return _("allowed_tools must be a list of names, or an object with tool_names, read_only.")
    if not _is_approval(server.get("require_approval", "always")):
        return _("require_approval must be “always”, “never”, or an object with the tools of each.")
    return ""


def _names_tools(chosen: Any) -> bool:
    """A list of names, or the service's filter."""
    if isinstance(chosen, list):
        return _is_list_of_names(chosen)
    fits = {"tool_names": _is_list_of_names, "read_only": _is_bool}
    return isinstance(chosen, dict) and all(
        name in fits and fits[name](value) for name, value in chosen.items()
    )


def _is_approval(wanted: Any) -> bool:
    if isinstance(wanted, str):
        return wanted in ("always", "never")
    return all(
        name in ("always", "never") and isinstance(tools, dict) and _names_tools(tools)
        for name, tools in wanted.items()
    )


def _is_list_of_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_https(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
