"""MCP servers of a persona: checked when entered, their secrets never shown again."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from chatbot import mcp

SERVER = {
    "type": "mcp",
    "server_label": "crm",
    "server_url": "https://crm.example.org/mcp",
    "authorization": "top-secret",
    "headers": {"X-Key": "hidden-key"},
    "require_approval": "always",
}
CONNECTOR = {"type": "mcp", "server_label": "mail", "connector_id": "connector_gmail"}


def test_servers_by_address_or_connector_are_taken() -> None:
    assert mcp.checked([SERVER, CONNECTOR]) == [SERVER, CONNECTOR]
    assert mcp.checked([]) == []


def test_tools_are_chosen_and_approved_as_the_service_has_it() -> None:
    chosen = {"tool_names": ["find"], "read_only": True}
    servers = [
        SERVER | {"allowed_tools": ["find"], "require_approval": "never"},
        CONNECTOR | {"allowed_tools": chosen, "require_approval": {"never": chosen}},
    ]
    assert mcp.checked(servers) == servers


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in SERVER.items() if key != name}


@pytest.mark.parametrize(
    ("servers", "why"),
    [
        ({}, "Give a list"),
        (["x"], "Server 1 is not an object"),
        ([without("type")], "type must be"),
        ([without("server_label")], "no server_label"),
        ([without("server_url")], "either server_url or connector_id"),
        ([SERVER | {"connector_id": "x"}], "either server_url or connector_id"),
        ([SERVER | {"server_url": "http://crm.example.org"}], "https address"),
        ([SERVER | {"server_url": "https://"}], "https address"),
        ([SERVER | {"server_url": "https://u:p@crm.example.org"}], "https address"),
        ([SERVER | {"server_url": "https://[x"}], "https address"),
        ([SERVER | {"password": "x"}], "no field 'password'"),
        ([SERVER | {"authorization": 7}], "authorization has a value"),
        ([SERVER | {"headers": {"X-Key": 7}}], "headers must be"),
        ([SERVER | {"allowed_tools": ["find", 7]}], "allowed_tools must be"),
        ([SERVER | {"allowed_tools": {"names": ["find"]}}], "allowed_tools must be"),
        ([SERVER | {"allowed_tools": {"tool_names": "find"}}], "allowed_tools must be"),
        ([SERVER | {"allowed_tools": {"read_only": "yes"}}], "allowed_tools must be"),
        ([SERVER | {"require_approval": "sometimes"}], "require_approval must be"),
        ([SERVER | {"require_approval": {"often": {}}}], "require_approval must be"),
        ([SERVER | {"require_approval": {"never": ["find"]}}], "require_approval must be"),
        ([SERVER, SERVER], "same server_label"),
    ],
)
def test_others_are_refused_with_what_is_wrong(servers: Any, why: str) -> None:
    with pytest.raises(ValidationError, match=why) as refused:
        mcp.checked(servers)
    assert "secret" not in str(refused.value)


def test_saved_secrets_are_said_to_be_set() -> None:
    (shown,) = mcp.hidden([SERVER])
    assert (shown["authorization"], shown["headers"]) == (mcp.SET, {"X-Key": mcp.SET})
    assert shown["server_url"] == SERVER["server_url"]
    assert SERVER["authorization"] == "top-secret"


def test_secrets_that_are_left_alone_are_kept() -> None:
    (shown,) = mcp.hidden([SERVER])
    assert mcp.restored([shown | {"require_approval": "never"}], [SERVER]) == [
        SERVER | {"require_approval": "never"}
    ]
    assert mcp.restored([SERVER | {"authorization": "new"}], [SERVER])[0]["authorization"] == "new"


@pytest.mark.parametrize(
    "change",
    [
        {"server_url": "https://thief.example.org/mcp"},
        {"server_label": "other"},
        {"headers": {"X-Other": mcp.SET}},
    ],
)
def test_a_secret_never_goes_to_another_address(change: dict[str, Any]) -> None:
    (shown,) = mcp.hidden([SERVER])
    with pytest.raises(ValidationError, match="Enter the secrets"):
        mcp.restored([shown | change], [SERVER])
    with pytest.raises(ValidationError, match="Enter the secrets"):
        mcp.restored([CONNECTOR | {"authorization": mcp.SET}], [CONNECTOR])
