"""Callers to 720 wait in a line and hear their place; whoever calls 721 at the counter is called by the first of them.

The line is a state that the host holds: two counters that call 721 at once get two callers, and a caller who hangs up leaves
the line, whatever the script was doing.
"""

from jackfield_sdk import log
from jackfield_sdk.reducer import Effects, Event, Reducer, ask
from jackfield_sdk.routing import Decision, Request, Router, run
from jackfield_sdk.script import Call, Scripts, silence, spoken_number
from jackfield_sdk.waiting import join, wait_for_word

#: The one line that there is.
LINE = "line"


class Decide(Router):
    def route(self, request: Request) -> Decision:
        entry = "next" if request.callee.number == "721" else "wait"
        return run(entry).because("720 is the waiting line, 721 the counter")


class Reduce(Reducer):
    def initial(self, key: str) -> list[str]:
        # Calls, in their order.
        return []

    def take(self, line: list[str], event: Event, effects: Effects) -> None:
        match event:
            case Event(kind="asked", call=str(call), what={"wait": True}):
                line.append(call)
                effects.reply(len(line))
            case Event(kind="asked", what={"next": str(extension)}):
                effects.reply(bool(line))
                if line:
                    effects.send(line.pop(0), {"turn": extension})
                    tell_places(line, 0, effects)
            case Event(kind="asked"):
                log("a question that makes no sense", "warn")
            case Event(kind="call-over", call=call) if call in line:
                place = line.index(call)
                del line[place]
                tell_places(line, place, effects)


def tell_places(line: list[str], first: int, effects: Effects) -> None:
    """Everybody from there on has moved up."""
    for at in range(first, len(line)):
        effects.send(line[at], {"place": at + 1})


class Handler(Scripts):
    def wait(self, call: Call) -> None:
        """Wait in the line."""
        call.answer()
        tell(call, join(call, LINE, {"wait": True}))
        while True:
            match wait_for_word(call, music=True).word:
                case {"place": place}:
                    tell(call, place)
                case {"turn": extension}:
                    return call.dial(f"ext:{extension}", music=True).bridge()

    def next(self, call: Call) -> None:
        """Ask for the next one."""
        extension = call.caller.extension
        if extension is None:
            return call.hang_up("rejected")
        somebody = ask(LINE, {"next": extension})
        call.answer().play("please-wait" if somebody else "goodbye")
        call.hang_up()


def tell(call: Call, place: int) -> None:
    call.say(silence(0.2), spoken_number(place))
