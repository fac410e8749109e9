"""Every write, a file for each noun. Synchronous; one transaction each."""

from chatbot.store.calls import (
    ACCOUNT_INACTIVE,
    BY_STAFF,
    ENDED_ELSEWHERE,
    TOKEN_REVOKED,
    WORKER,
    LimitReached,
    OpenedCall,
    end_call,
    end_calls_by_staff,
    end_calls_of,
    end_calls_of_dead_workers,
    open_call,
    touch_call,
)
from chatbot.store.conversations import (
    delete_conversation,
    hold_conversations,
    rename_conversation,
    restore_conversation,
)
from chatbot.store.events import save_events
from chatbot.store.facts import (
    MAX_FACT_CHARACTERS,
    MAX_FACTS,
    FactRefused,
    delete_fact,
    forget_fact,
    remember_fact,
)
from chatbot.store.people import (
    NAMELESS,
    begin_removal,
    finish_removal,
    save_language,
    save_preferences,
)
from chatbot.store.personas import save_persona
from chatbot.store.recordings import agree_to_recording, save_recording
from chatbot.store.tokens import (
    TOKEN_HINT_CHARACTERS,
    TOKEN_PREFIX,
    create_token,
    digest_of,
    revoke_tokens,
    use_token,
)
from chatbot.store.turns import (
    TITLE_CHARACTERS,
    forget_unrecognised,
    hear,
    play_on,
    recount,
    save_turn,
    title_from,
)
from chatbot.store.usage import save_usage

__all__ = [
    "ACCOUNT_INACTIVE",
    "BY_STAFF",
    "ENDED_ELSEWHERE",
    "MAX_FACTS",
    "MAX_FACT_CHARACTERS",
    "NAMELESS",
    "TITLE_CHARACTERS",
    "TOKEN_HINT_CHARACTERS",
    "TOKEN_PREFIX",
    "TOKEN_REVOKED",
    "WORKER",
    "FactRefused",
    "LimitReached",
    "OpenedCall",
    "agree_to_recording",
    "begin_removal",
    "create_token",
    "delete_conversation",
    "delete_fact",
    "digest_of",
    "end_call",
    "end_calls_by_staff",
    "end_calls_of",
    "end_calls_of_dead_workers",
    "finish_removal",
    "forget_fact",
    "forget_unrecognised",
    "hear",
    "hold_conversations",
    "open_call",
    "play_on",
    "recount",
    "remember_fact",
    "rename_conversation",
    "restore_conversation",
    "revoke_tokens",
    "save_events",
    "save_language",
    "save_persona",
    "save_preferences",
    "save_recording",
    "save_turn",
    "save_usage",
    "title_from",
    "touch_call",
    "use_token",
]
