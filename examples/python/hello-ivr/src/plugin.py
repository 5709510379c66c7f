"""A voice menu without a voice: one beep asks, two beeps say “not that key”."""

from jackfield_sdk.routing import Decision, Request, Router, run
from jackfield_sdk.script import Call, Scripts, VerbError, silence, tone

BEEP = tone("beep", 0.2)


class Decide(Router):
    def route(self, request: Request) -> Decision:
        return run("menu").because("700 is the hello IVR")


class Handler(Scripts):
    def menu(self, call: Call) -> None:
        call.answer().play(silence(0.4))
        for _ in range(3):
            match call.ask(BEEP, most=1, within=5):
                # Leave for good: the caller is routed on as if it had dialled this.
                case "1":
                    return call.transfer("ext:100")
                # Stay: ring somebody, and be there when nobody answers.
                case "2":
                    try:
                        return call.dial("ext:101", "ext:102", for_at_most=20).bridge()
                    except VerbError as error:
                        if not error.is_unreached:
                            raise
                        call.play(tone("busy", 2))
                case _:
                    call.play(BEEP, silence(0.1), BEEP)
        call.hang_up()
