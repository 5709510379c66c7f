"""State that the host holds under keys, and the one method that changes it: for plugins with the capability ``reducer``.

States, inputs, replies and words are JSON.
"""

import json
from dataclasses import dataclass
from typing import Any

from componentize_py_types import Err
from wit_world.exports import reduce as contract
from wit_world.imports import state as _state

from .errors import verb, words

__all__ = ["Effects", "Event", "Reducer", "ask", "look", "tell"]


def _written(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _read(data: bytes) -> Any:
    return json.loads(data) if data else None


def look(key: str) -> Any:
    """What is held under a key as of now; ``None`` when nothing is."""
    held = verb(_state.look, key)
    return None if held is None else _read(held.data)


def ask(key: str, what: object) -> Any:
    """Give an input and wait for the reply."""
    return _read(verb(_state.ask, key, _written(what)))


def tell(key: str, what: object) -> None:
    """Give an input that is kept until it is taken, and do not wait."""
    verb(_state.tell, key, _written(what))


@dataclass
class Event:
    """What has happened."""

    #: ``asked``, ``told``, ``timer``, ``call-over``, ``dialled``, ``started``
    kind: str
    #: Inputs are counted from 1.
    seq: int
    #: When, in milliseconds since 1970.
    at: int
    #: The call that asks by ``join``, or that is over.
    call: str | None = None
    #: What was asked or told, or what a timer was set with.
    what: Any = None
    #: Of a timer, or of a call that was dialled.
    name: str | None = None
    #: How a call that was dialled came out.
    outcome: contract.Dialled | None = None


class Effects:
    """What is to be done once the new state is kept."""

    def __init__(self) -> None:
        self.commands: list[contract.Command] = []
        self._reply = b""

    def reply(self, value: object) -> None:
        """Reply to whoever asks."""
        self._reply = _written(value)

    def send(self, call: str, word: object) -> None:
        """Send a word to a call that has joined."""
        self.commands.append(contract.Command_Send((call, _written(word))))

    def set_timer(self, name: str, at: int, payload: object = None) -> None:
        """Have this key told at a time, in milliseconds since 1970."""
        self.commands.append(contract.Command_SetTimer((name, at, _written(payload))))

    def cancel_timer(self, name: str) -> None:
        """Do not."""
        self.commands.append(contract.Command_CancelTimer(name))

    def tell(self, key: str, what: object) -> None:
        """Tell another key of this plugin, or this one."""
        self.commands.append(contract.Command_Tell((key, _written(what))))

    def take_reply(self) -> bytes:
        """The reply to the input in hand."""
        reply, self._reply = self._reply, b""
        return reply


def _event(raw: contract.Input) -> Event:
    event, of = raw.event, (raw.seq, raw.at)
    match event:
        case contract.Event_Asked((call, what)):
            return Event("asked", *of, call=call, what=_read(what))
        case contract.Event_Told(what):
            return Event("told", *of, what=_read(what))
        case contract.Event_Timer((name, payload)):
            return Event("timer", *of, name=name, what=_read(payload))
        case contract.Event_CallOver(call):
            return Event("call-over", *of, call=call)
        case contract.Event_Dialled((name, outcome)):
            return Event("dialled", *of, name=name, outcome=outcome)
        case contract.Event_Started():
            return Event("started", *of)
        case _:
            return Event("other", *of)


class Reducer:
    """Changes what is held: ``class Reduce(Reducer)`` with the methods ``initial`` and ``take``."""

    #: The layout of the state, for later versions of the plugin.
    layout = 0

    def initial(self, key: str) -> Any:
        """The state where nothing is held yet."""
        raise NotImplementedError

    def take(self, state: Any, event: Event, effects: Effects) -> Any:
        """Take what has happened: change the state that is given, or give back another."""
        raise NotImplementedError

    def reduce(self, key: str, data: bytes | None, layout: int, inputs: list[contract.Input]) -> contract.Outcome:
        """What the host calls."""
        try:
            state = self.initial(key) if data is None else _read(data)
            effects, replies = Effects(), []
            for raw in inputs:
                changed = self.take(state, _event(raw), effects)
                state = state if changed is None else changed
                replies.append(effects.take_reply())
            return contract.Outcome(_written(state), self.layout, replies, effects.commands)
        except Exception as error:
            raise Err(words(error)) from None
