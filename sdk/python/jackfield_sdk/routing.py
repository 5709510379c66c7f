"""Deciding where a call goes."""

from componentize_py_types import Err
from wit_world.exports import decide as contract
from wit_world.exports.decide import Request
from wit_world.imports.types import Party

from .errors import words

__all__ = [
    "Decision", "Party", "Request", "Router", "call_back", "join", "park", "pass_on", "pick_up", "redirect", "reject",
    "ring", "run",
]

_RING_MS = 30_000


class Decision:
    """Where a call goes, with what goes along. Made by ``pass_on``, ``ring``, ``run`` and the others."""

    def __init__(self, decision: contract.Decision) -> None:
        self._decision = decision
        self._vars: list[tuple[str, str]] = []
        self._why: str | None = None

    def then_ring(self, *targets: str) -> "Decision":
        """When nobody of those before has answered, ring these."""
        if isinstance(self._decision, contract.Decision_Ring):
            self._decision.value.append([_leg(to) for to in targets])
        return self

    def for_at_most(self, seconds: float) -> "Decision":
        """How long those ring who were named last; 30 s when nothing is said."""
        for leg in self._last_named():
            leg.ring = round(seconds * 1_000)
        return self

    def showing(self, party: Party) -> "Decision":
        """What those who were named last see as caller."""
        for leg in self._last_named():
            leg.caller_id = party
        return self

    def ringing(self, style: str) -> "Decision":
        """How the telephones of those ring who were named last: ``internal``, ``external``, ``priority``, ``auto-answer``."""
        for leg in self._last_named():
            leg.style = contract.RingStyle[style.upper().replace("-", "_")]
        return self

    def having(self, name: str, value: str) -> "Decision":
        """Something that the script is to know."""
        if isinstance(self._decision, contract.Decision_Run):
            self._decision.value.args.append((name, value))
        return self

    def set(self, name: str, value: str) -> "Decision":
        """Set a variable of the call."""
        self._vars.append((name, value))
        return self

    def because(self, why: str) -> "Decision":
        """Why, in one sentence for the administrator."""
        self._why = why
        return self

    def _last_named(self) -> list[contract.Leg]:
        if isinstance(self._decision, contract.Decision_Ring) and self._decision.value:
            return self._decision.value[-1]
        return []

    def answer(self) -> contract.Answer:
        """As the contract has it."""
        return contract.Answer(self._decision, self._vars, self._why)


def _leg(to: str) -> contract.Leg:
    return contract.Leg(to, _RING_MS, None, contract.RingStyle.USUAL)


def pass_on() -> Decision:
    """No opinion: the next plugin, then the built-in rule."""
    return Decision(contract.Decision_Pass())


def ring(*targets: str) -> Decision:
    """Ring these in parallel: ``ext:100``, a number, a SIP URI."""
    return Decision(contract.Decision_Ring([[_leg(to) for to in targets]]))


def run(entry: str, plugin: str = "") -> Decision:
    """Give the caller to a script of this plugin, or of another."""
    return Decision(contract.Decision_Run(contract.Script(plugin, entry, [])))


def redirect(to: str) -> Decision:
    """Route again with this callee."""
    return Decision(contract.Decision_Redirect(to))


def pick_up(number: str) -> Decision:
    """Give the caller the call that rings at this number."""
    return Decision(contract.Decision_PickUp(number))


def park(number: str) -> Decision:
    """Park the call at this number."""
    return Decision(contract.Decision_Park(number))


def call_back(number: str) -> Decision:
    """Call back when this number is free."""
    return Decision(contract.Decision_CallBack(number))


def join(number: str, part: str) -> Decision:
    """Take part in the conversation of this number: ``listen``, ``whisper`` or ``barge``."""
    return Decision(contract.Decision_Join(contract.Conversation(number, contract.Part[part.upper()])))


def reject(status: int) -> Decision:
    """Refuse with this SIP status."""
    return Decision(contract.Decision_Reject(status))


class Router:
    """Decides where calls go: ``class Decide(Router)`` with a method ``route``."""

    def route(self, request: Request) -> Decision | None:
        """Where this call goes; ``None`` passes it on."""
        raise NotImplementedError

    def decide(self, request: Request) -> contract.Answer:
        """What the host calls."""
        try:
            return (self.route(request) or pass_on()).answer()
        except Exception as error:
            raise Err(words(error)) from None
