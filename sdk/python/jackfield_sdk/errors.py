"""What a verb of the host raises."""

import re
import traceback
from collections.abc import Callable
from typing import TypeVar

from componentize_py_types import Err

T = TypeVar("T")


class VerbError(Exception):
    """A verb did not do what it says."""

    def __init__(self, kind: str, message: str = "") -> None:
        super().__init__(message or kind)
        #: ``gone``, ``invalid``, ``denied``, ``failed``, ``other``; of dialling ``busy``, ``no-answer``, ``rejected``,
        #: ``unavailable``
        self.kind = kind

    @property
    def is_gone(self) -> bool:
        """The caller has hung up: let it pass, and the script ends."""
        return self.kind == "gone"

    @property
    def is_unreached(self) -> bool:
        """Dialling failed in a way that another target may mend."""
        return self.kind in ("busy", "no-answer", "rejected", "unavailable")


def verb(work: Callable[..., T], *arguments: object) -> T:
    """Do something with the host; what it raises is a VerbError."""
    try:
        return work(*arguments)
    except Err as error:
        raise _understood(error.value) from None


def _understood(reason: object) -> VerbError:
    # Cases are classes: DialFailure_NoAnswer, Error_Failed with a value.
    name = type(reason).__name__.rpartition("_")[2]
    kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()
    value = getattr(reason, "value", "")
    return VerbError(kind, ": ".join(value) if isinstance(value, tuple) else str(value))


def words(error: BaseException) -> str:
    """What was raised, in words for the plugin's log: where in the plugin, when it was a mistake there."""
    if isinstance(error, VerbError):
        return str(error)
    return "".join(traceback.format_exception(error)).strip()
