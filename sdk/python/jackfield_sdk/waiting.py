"""Callers who wait for word from a state: for scripts of plugins with the capability ``reducer``."""

import json
from dataclasses import dataclass
from typing import Any

from wit_world.imports import waiting as _waiting

from .errors import verb
from .script import Call

__all__ = ["Heard", "join", "wait_for_word"]


@dataclass
class Heard:
    """What has ended a wait: a word, a key, or, when both are ``None``, the time."""

    word: Any = None
    pressed: str | None = None


def join(call: Call, key: str, what: object) -> Any:
    """Give an input in the name of this caller and wait for the reply; from then on the state can send words to the call."""
    reply = verb(_waiting.join, call.raw, key, json.dumps(what).encode())
    return json.loads(reply) if reply else None


def wait_for_word(call: Call, music: bool = False, keys: str = "", at_most: float = 3_600) -> Heard:
    """Wait for the next word, at most so many seconds; with ``music`` the caller hears the house's music on hold."""
    word = verb(_waiting.wait, call.raw, music, keys, round(at_most * 1_000))
    match word:
        case _waiting.Word_Message(message):
            return Heard(word=json.loads(message))
        case _waiting.Word_Pressed(key):
            return Heard(pressed=key)
        case _:
            return Heard()
