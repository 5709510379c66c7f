"""Sends callers to whom they will understand, by the country they call from."""

from jackfield_sdk import settings
from jackfield_sdk.routing import Decision, Request, Router, ring


class Decide(Router):
    def route(self, request: Request) -> Decision | None:
        rules = [rule for rule in settings()["rules"] if request.caller.number.startswith(rule["prefix"])]
        if not rules:
            return None
        rule = max(rules, key=lambda rule: len(rule["prefix"]))
        decision = ring(f"ext:{rule['to']}").for_at_most(20)
        decision.because(f"callers from {rule['prefix']} go to {rule['to']}")
        # Scripts that come later in this call speak the caller's language.
        return decision.set("language", rule["language"]) if rule.get("language") else decision
