"""What an operator counts; every metric of ours, in Prometheus terms."""

from prometheus_client import Counter, Gauge

CALLS = Counter("colloquy_calls", "Calls that ended, by close code.", ["code"])
LIVE_CALLS = Gauge("colloquy_live_calls", "Calls on this worker now.")
UNKNOWN_EVENTS = Counter("colloquy_unknown_events", "Events of the upstream that we do not know.")
PROBLEMS = Counter("colloquy_problems", "Problems that users were told of.", ["code"])
TURNS = Counter("colloquy_turns", "Turns saved.", ["role", "status"])
MESSAGES_DROPPED = Counter(
    "colloquy_messages_dropped", "Captions and orders that the channel layer did not take."
)
RECORDINGS = Counter("colloquy_recordings", "Recordings stored.")
RECORDINGS_DELAYED = Counter(
    "colloquy_recordings_delayed", "Recordings that could not be stored yet, by each trial."
)
RECORDINGS_LOST = Counter(
    "colloquy_recordings_lost", "Turns that could not be recorded, by what failed.", ["reason"]
)
WRITES_RETRIED = Counter("colloquy_writes_retried", "Writes repeated because the database failed.")
EVENTS_DROPPED = Counter(
    "colloquy_events_dropped", "Events that were not written to the log of their call."
)
TOOLS = Counter("colloquy_tools", "Tools that were run, by how they ended.", ["name", "status"])
