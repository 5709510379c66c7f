"""What plugins in Python are made with.

A plugin is a module with a class for each thing that the host asks of it, named as the contract has it::

    from jackfield_sdk import settings
    from jackfield_sdk.routing import Router, run
    from jackfield_sdk.script import Call, Scripts

    class Decide(Router):
        def route(self, request):
            return run("menu")

    class Handler(Scripts):
        def menu(self, call: Call):
            call.answer().play("welcome")

``jackfield_sdk.web`` has the class for pages. Capabilities beyond these are called by their interfaces, which
componentize-py makes of the plugin's own world: ``from wit_world.imports import kv``.
"""

import json

from wit_world.imports import clock as _clock
from wit_world.imports import log as _log
from wit_world.imports import settings as _settings

__all__ = ["local_time", "log", "now", "settings"]


def settings() -> dict:
    """The plugin's settings, defaults filled in."""
    return json.loads(_settings.read())


def now() -> int:
    """Milliseconds since 1970 as the host has it, which is virtual in tests. The engine has no clock of its own."""
    return _clock.now()


def local_time(zone: str, at: int | None = None) -> _clock.LocalTime:
    """What clocks in a time zone such as ``Europe/Paris`` show."""
    return _clock.local(zone, now() if at is None else at)


def log(message: str, level: str = "info") -> None:
    """Write to the plugin's log, which administrators see: ``debug``, ``info``, ``warn`` or ``error``."""
    _log.write(_log.Level[level.upper()], message)
