"""Costs, each worked out by hand from the table: no token twice, nothing unknown as 0."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chatbot import cost, prices
from chatbot.cost import cost_usd, price_of
from chatbot.prices import PRICES, Price, Tokens
from chatbot.realtime.usage import Used, recogniser_of, used_by
from script.install import ROOT

DAY = date(2026, 11, 22)

#: As the service tells it: 48 of the 108 text tokens and 192 of the 340 audio tokens are cached.
USAGE: dict[str, Any] = {
    "total_tokens": 526,
    "input_tokens": 448,
    "output_tokens": 78,
    "input_token_details": {
        "text_tokens": 108,
        "audio_tokens": 340,
        "image_tokens": 0,
        "cached_tokens": 240,
        "cached_tokens_details": {"text_tokens": 48, "audio_tokens": 192, "image_tokens": 0},
    },
    "output_token_details": {"text_tokens": 34, "audio_tokens": 44, "reasoning_tokens": 15},
}


def cost_of(model: str, usage: dict[str, Any], kind: str = "response") -> Decimal | None:
    return cost_usd(model, used_by(kind, usage), DAY)


@pytest.mark.parametrize(
    ("model", "dollars"),
    [
        # (60*4 + 48*0.40 + 148*32 + 192*0.40 + 34*24 + 44*64) / 1e6
        ("gpt-realtime-2.1", "0.00870400"),
        ("gpt-realtime-2", "0.00870400"),
        # (60*0.60 + 48*0.06 + 148*10 + 192*0.30 + 34*2.40 + 44*20) / 1e6
        ("gpt-realtime-2.1-mini", "0.00253808"),
        # (60*4 + 48*0.40 + 148*32 + 192*0.40 + 34*16 + 44*64) / 1e6
        ("gpt-realtime-1.5", "0.00843200"),
        # (60*5 + 48*2.50 + 148*40 + 192*2.50 + 34*20 + 44*80) / 1e6
        ("gpt-4o-realtime-preview", "0.01102000"),
        # (60*5 + 48*2.50 + 148*100 + 192*20 + 34*20 + 44*200) / 1e6
        ("gpt-4o-realtime-preview-2024-10-01", "0.02854000"),
        ("engine", "0"),
    ],
)
def test_a_response_costs_its_tokens_by_kind(model: str, dollars: str) -> None:
    assert cost_of(model, USAGE) == Decimal(dollars)


def test_cached_tokens_are_part_of_the_input_and_not_billed_twice() -> None:
    used = Used(audio_input_tokens=1_000_000, cached_audio_tokens=1_000_000)
    assert cost_usd("gpt-realtime-2.1", used, DAY) == Decimal("0.40")


def test_more_cached_tokens_than_tokens_give_no_refund() -> None:
    details = {"text_tokens": 10, "cached_tokens_details": {"text_tokens": 500, "audio_tokens": 9}}
    used = used_by("response", {"input_token_details": details})
    assert (used.cached_text_tokens, used.cached_audio_tokens) == (10, 0)


def test_cached_tokens_of_no_stated_kind_get_the_smallest_discount() -> None:
    details = {"text_tokens": 100, "audio_tokens": 50, "cached_tokens": 120}
    used = used_by("response", {"input_tokens": 150, "input_token_details": details})
    assert (used.cached_text_tokens, used.cached_audio_tokens) == (100, 20)


def test_images_have_their_own_price() -> None:
    details = {"image_tokens": 1000, "cached_tokens_details": {"image_tokens": 400}}
    usage = {"input_tokens": 1000, "input_token_details": details}
    assert cost_of("gpt-realtime-2.1", usage) == Decimal("0.0032")  # 600*5 + 400*0.50
    assert cost_of("gpt-4o-realtime-preview", usage) is None  # it takes no images


@pytest.mark.parametrize(
    ("model", "usage", "dollars"),
    [
        ("gpt-live-transcribe", {"type": "duration", "seconds": 3}, "0.00085"),
        ("gpt-realtime-whisper", {"type": "duration", "seconds": 60.0}, "0.017"),
        ("gpt-transcribe", {"type": "duration", "seconds": 1.4}, "0.000105"),
        ("whisper-1", {"type": "duration", "seconds": 10}, "0.001"),
        ("gpt-4o-mini-transcribe", {"type": "duration", "seconds": 3}, "0.00015"),
        (
            "gpt-4o-mini-transcribe",
            {
                "type": "tokens",
                "total_tokens": 44,
                "input_tokens": 31,
                "output_tokens": 13,
                "input_token_details": {"text_tokens": 10, "audio_tokens": 21},
            },
            "0.00010375",  # (31*1.25 + 13*5) / 1e6
        ),
        (
            "gpt-4o-transcribe",
            {"type": "tokens", "total_tokens": 30, "input_tokens": 20, "output_tokens": 10},
            "0.00015",
        ),
        # A model that is billed otherwise than the service reports.
        ("gpt-realtime-2.1", {"type": "duration", "seconds": 3}, None),
        ("gpt-live-transcribe", {"type": "tokens", "input_tokens": 5, "output_tokens": 1}, None),
        ("", {"type": "duration", "seconds": 3}, None),
        ("engine", {"type": "duration", "seconds": 3}, "0"),
    ],
)
def test_a_transcription_costs_tokens_or_minutes(
    model: str, usage: dict[str, Any], dollars: str | None
) -> None:
    expected = None if dollars is None else Decimal(dollars)
    assert cost_of(model, usage, "transcription") == expected


def test_the_smallest_price_of_one_token_is_kept() -> None:
    used = Used(text_input_tokens=1, cached_text_tokens=1)
    assert cost_usd("gpt-realtime-2.1-mini", used, DAY) == Decimal("0.00000006")


@pytest.mark.parametrize(
    "model", ["gpt-realtime-9", "my-own-model", "", "gpt-realtime-2.1-latest", "xgpt-realtime-2.1"]
)
def test_an_unknown_model_costs_nobody_knows_what(model: str) -> None:
    assert cost_of(model, USAGE) is None
    assert cost_of(model, {}) is None


def test_tokens_of_no_stated_kind_have_no_known_price() -> None:
    usage = {"total_tokens": 78, "input_tokens": 44, "output_tokens": 34}
    used = used_by("response", usage)
    assert (used.text_input_tokens, used.text_output_tokens) == (44, 34)
    assert cost_of("gpt-realtime-2.1", usage) is None
    assert cost_of("engine", usage) == 0


def test_a_response_that_used_nothing_costs_nothing() -> None:
    assert cost_of("gpt-realtime-2.1", {"input_tokens": 0, "output_tokens": 0}) == 0


@pytest.mark.parametrize(
    ("model", "family"),
    [
        ("gpt-realtime-2.1-2026-07-01", "gpt-realtime-2.1"),
        ("gpt-realtime-2.1-mini-2026-07-01", "gpt-realtime-2.1-mini"),
        ("gpt-realtime-2025-08-28", "gpt-realtime"),
        ("gpt-4o-mini-transcribe-2025-12-15", "gpt-4o-mini-transcribe"),
        ("gpt-4o-realtime-preview-2024-12-17", "gpt-4o-realtime-preview"),
        ("gpt-4o-realtime-preview-2024-10-01", "gpt-4o-realtime-preview-2024-10-01"),
    ],
)
def test_a_dated_snapshot_costs_what_its_model_costs(model: str, family: str) -> None:
    price = price_of(model, DAY)
    assert price is not None
    assert price.model == family


def test_a_price_counts_from_its_first_day(monkeypatch: pytest.MonkeyPatch) -> None:
    def row(first_day: date, dollars: str) -> Price:
        text = Tokens(Decimal(dollars))
        return Price("m", "a page", DAY, text=text, valid_from=first_day)

    rows = (row(date(2026, 1, 1), "4"), row(date(2027, 1, 1), "2"))
    monkeypatch.setattr(cost, "PRICES", rows)
    used = Used(text_input_tokens=1_000_000)
    assert cost_usd("m", used, date(2025, 12, 31)) is None
    assert cost_usd("m", used, date(2026, 12, 31)) == 4
    assert cost_usd("m", used, date(2027, 1, 1)) == 2


def test_every_row_says_where_and_when_it_was_read() -> None:
    assert all(row.source.startswith("https://") for row in PRICES)
    assert all(row.valid_from >= prices.FIRST_DAY for row in PRICES)
    days = [(row.model, row.valid_from) for row in PRICES]
    assert len(set(days)) == len(days)


@pytest.mark.parametrize(
    ("session", "model"),
    [
        ({"audio": {"input": {"transcription": {"model": "whisper-1"}}}}, "whisper-1"),
        ({"audio": {"input": {"transcription": None}}}, ""),
        ({"audio": None}, ""),
        ({}, ""),
    ],
)
def test_a_session_names_its_recogniser(session: dict[str, Any], model: str) -> None:
    assert recogniser_of({"type": "session.updated", "session": session}) == model


@pytest.mark.parametrize(
    "usage",
    [
        {"input_tokens": "many", "input_token_details": ["text"], "output_token_details": 7},
        {"input_tokens": -5, "seconds": -1, "output_tokens": None},
        {"seconds": float("nan"), "input_token_details": {"cached_tokens_details": "all"}},
        {"seconds": float("inf")},
        {"seconds": "long"},
    ],
)
def test_odd_counts_are_none(usage: dict[str, Any]) -> None:
    assert used_by("response", usage) == Used()
    assert used_by("transcription", usage) == Used()


def test_the_documentation_has_the_table() -> None:
    text = (ROOT / "docs" / "cost.md").read_text()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()]
    documented = {cells[0]: cells[1:] for cells in rows if cells and cells[0].count("-") > 0}
    documented = {model: cells for model, cells in documented.items() if price_of(model, DAY)}
    assert documented == {row.model: shown(row) for row in PRICES}


def shown(row: Price) -> list[str]:
    tokens = [tokens_shown(tokens) for tokens in (row.text, row.audio, row.image)]
    return [*tokens, "-" if row.minute is None else str(row.minute)]


def tokens_shown(tokens: Tokens) -> str:
    prices = [tokens.input, tokens.cached, tokens.output]
    while prices and prices[-1] is None:
        prices.pop()
    return " / ".join("-" if price is None else str(price) for price in prices) or "-"


@pytest.mark.parametrize("usage", ["much", ["tokens"], 7])
def test_what_is_no_usage_costs_nobody_knows_what(usage: object) -> None:
    for kind in ("response", "transcription"):
        used = used_by(kind, usage)
        assert cost_usd("gpt-realtime-2.1", used, DAY) is None
