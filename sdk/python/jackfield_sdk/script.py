"""Talking to a caller."""

from collections.abc import Iterable

from componentize_py_types import Err
from wit_world.imports import control, types

from .errors import VerbError, verb, words

__all__ = ["Call", "Scripts", "VerbError", "recording", "silence", "spoken_number", "tone"]

#: Something to be heard: the name of a prompt of the package, a ``tone``, a ``silence``, a ``recording``.
Heard = str | control.Prompt


def tone(which: str, seconds: float) -> control.Prompt:
    """A tone: ``beep``, ``busy``, ``congestion``, ``ringback``, ``dial``."""
    return control.Prompt_Tone((control.Tone[which.upper()], _ms(seconds)))


def silence(seconds: float) -> control.Prompt:
    """Nothing for so long."""
    return control.Prompt_Silence(_ms(seconds))


def recording(id: str) -> control.Prompt:
    """What was recorded, by its id."""
    return control.Prompt_Recording(id)


def spoken_number(number: int) -> control.Spoken:
    """A whole number, spoken."""
    return control.Spoken_Number(number)


def _ms(seconds: float) -> int:
    return round(seconds * 1_000)


def _prompt(one: Heard) -> control.Prompt:
    return control.Prompt_File(one) if isinstance(one, str) else one


def _speech(one: Heard | control.Spoken) -> control.Spoken:
    is_prompt = isinstance(one, str) or type(one).__name__.startswith("Prompt_")
    return control.Spoken_Prompt(_prompt(one)) if is_prompt else one


class Call:
    """A live call: the caller of a script, or, from ``dial``, somebody who has answered. Verbs wait until they are done."""

    def __init__(self, raw: control.Call, args: Iterable[tuple[str, str]] = (), caller: "Call | None" = None) -> None:
        #: The call as the contract has it, for interfaces that take one.
        self.raw = raw
        #: What the decision wanted the script to know.
        self.args = dict(args)
        self._caller = caller

    @property
    def id(self) -> str:
        """The call's id."""
        return self.raw.id()

    @property
    def caller(self) -> types.Party:
        """Who called."""
        return self.raw.caller()

    @property
    def callee(self) -> types.Party:
        """What was called."""
        return self.raw.callee()

    def var(self, name: str) -> str | None:
        """A variable of the call."""
        return self.raw.get_var(name)

    def set_var(self, name: str, value: str) -> "Call":
        """Set one."""
        verb(self.raw.set_var, name, value)
        return self

    def speak(self, language: str) -> "Call":
        """Prompts are of this language from now on."""
        return self.set_var("language", language)

    def answer(self) -> "Call":
        """Answer."""
        verb(self.raw.answer)
        return self

    def ring(self) -> "Call":
        """Let the caller hear ringing."""
        verb(self.raw.ring)
        return self

    def play(self, *what: Heard) -> "Call":
        """Play prompts to their end."""
        verb(self.raw.play, [_prompt(one) for one in what])
        return self

    def say(self, *what: Heard | control.Spoken) -> "Call":
        """Speak numbers, dates and prompts to their end."""
        verb(self.raw.say, [_speech(one) for one in what], False)
        return self

    def say_until_key(self, *what: Heard | control.Spoken) -> str | None:
        """The same until a key is pressed, which is given."""
        return verb(self.raw.say, [_speech(one) for one in what], True)

    def ask(self, *what: Heard, most: int = 1, within: float = 5, between: float = 3, ending_with: str = "",
            barge_in: bool = True) -> str:
        """Play and collect digits: at most so many, the first within so many seconds, each further one after ``between``."""
        return self.collect(*what, most=most, within=within, between=between, ending_with=ending_with,
                            barge_in=barge_in).digits

    def collect(self, *what: Heard, most: int = 1, within: float = 5, between: float = 3, ending_with: str = "",
                barge_in: bool = True) -> control.Collected:
        """The same with how it ended."""
        options = control.CollectOptions(most, ending_with, _ms(within), _ms(between), barge_in)
        return verb(self.raw.collect, [_prompt(one) for one in what], options)

    def echo(self, seconds: float) -> "Call":
        """Send the caller's own sound back, at most so long."""
        verb(self.raw.echo, _ms(seconds))
        return self

    def wait(self, seconds: float) -> str | None:
        """Wait for a key, at most so long."""
        return verb(self.raw.wait, _ms(seconds))

    def dial(self, *targets: str, for_at_most: float = 30, showing: types.Party | None = None,
             music: bool = False) -> "Call":
        """Ring targets in parallel; gives the one who answers."""
        leg = verb(self.raw.dial, list(targets), control.DialOptions(_ms(for_at_most), showing, music))
        return Call(leg, caller=self)

    def bridge(self) -> None:
        """Of somebody who was dialled: connect with the caller until one of the two hangs up."""
        if self._caller is None:
            raise VerbError("invalid", "only who was dialled is bridged with the caller")
        verb(self._caller.raw.bridge, self.raw)

    def transfer(self, to: str) -> None:
        """Route the caller as if it had dialled this, and leave the script for good: return when it succeeds."""
        verb(self.raw.transfer, to)

    def hang_up(self, cause: str = "normal") -> None:
        """End the call: ``normal``, ``busy``, ``no-answer``, ``rejected``, ``not-found``, ``error``."""
        verb(self.raw.hang_up, control.HangUpCause[cause.upper().replace("-", "_")])


class Scripts:
    """Talks to callers: ``class Handler(Scripts)`` with a method for each of ``script.entries``, which takes a ``Call``."""

    def handle(self, entry: str, call: control.Call, args: list[tuple[str, str]]) -> None:
        """What the host calls."""
        name = entry.replace("-", "_")
        script = None if name.startswith("_") or name == "handle" else getattr(self, name, None)
        if script is None:
            raise Err(types.Error_Invalid(f"there is no script “{entry}”"))
        try:
            script(Call(call, args))
        except VerbError as error:
            raise Err(_reason(error)) from None
        except Exception as error:
            raise Err(types.Error_Failed(words(error))) from None


def _reason(error: VerbError) -> types.Error:
    if error.is_gone:
        return types.Error_Gone()
    cases = {"invalid": types.Error_Invalid, "denied": types.Error_Denied}
    return cases.get(error.kind, types.Error_Failed)(str(error))
