"""`@openai/agents-realtime` in a browser, as it is: its token comes as a sub-protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import async_playwright

from script.install import ROOT
from tests.clients.conftest import Gateway

pytestmark = pytest.mark.xdist_group("clients")

BUNDLE = ROOT / "node_modules/@openai/agents-realtime/dist/bundle/openai-realtime-agents.umd.js"

CALL = """
async ([url, apiKey]) => {
  const { OpenAIRealtimeWebSocket, RealtimeAgent, RealtimeSession } = window.OpenAIAgentsRealtime;
  const transport = new OpenAIRealtimeWebSocket({ url, useInsecureApiKey: true });
  const agent = new RealtimeAgent({ name: "Tester", instructions: "Be brief." });
  const session = new RealtimeSession(agent, { transport, model: "assistant" });
  const done = new Promise((resolve) => transport.on("response.done", resolve));
  const errors = [];
  session.on("error", (error) => errors.push(String(error.error)));
  await session.connect({ apiKey });
  session.sendMessage("Good evening.");
  await done;
  const said = session.history.map((item) => item.content[0].text ?? item.content[0].transcript);
  session.close();
  return { said, errors };
}
"""


async def test_a_text_turn(scripted: Gateway, chromium_path: Path) -> None:
    url = scripted.url.replace("http", "ws", 1) + "/v1/realtime?model=assistant"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=chromium_path, args=["--no-sandbox", "--disable-gpu"]
        )
        page = await browser.new_page()
        await page.add_script_tag(path=BUNDLE)
        seen: dict[str, Any] = await page.evaluate(CALL, [url, scripted.token])
        await browser.close()
    assert seen == {"said": ["Good evening.", "You said: Good evening."], "errors": []}
