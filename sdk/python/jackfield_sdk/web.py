"""Answering the plugin's own pages."""

import json as _json

from componentize_py_types import Err
from wit_world.exports import web as contract

from .errors import VerbError, words

__all__ = ["Page", "Request", "denied", "done", "file", "json", "not_found", "refuse", "text"]


class Request:
    """What a page asks."""

    def __init__(self, raw: contract.Request) -> None:
        self.method = raw.method
        #: The path below the plugin, beginning with ``/``.
        self.path = raw.path
        #: The parameters after ``?``.
        self.query = dict(raw.query)
        self.headers = dict(raw.headers)
        self.body = bytes(raw.body)
        #: Who asks: ``id``, ``name``, ``extension``, ``roles``.
        self.user = raw.user
        #: The person's language: ``en``, ``fr``, ``de``.
        self.language = raw.language

    @property
    def is_admin(self) -> bool:
        """Whether an administrator asks."""
        return "admin" in self.user.roles

    def json(self) -> object:
        """The body, which must be JSON; the page gets a 400 when it is not."""
        try:
            return _json.loads(self.body)
        except ValueError as error:
            raise VerbError("invalid", str(error)) from None


def _response(status: int, media_type: str | None, body: bytes, headers: dict[str, str]) -> contract.Response:
    of_type = {} if media_type is None else {"content-type": media_type}
    return contract.Response(status, list({**of_type, **headers}.items()), contract.Body_Bytes(body))


def json(value: object, status: int = 200) -> contract.Response:
    """Answer with a value as JSON."""
    body = _json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return _response(status, "application/json", body.encode(), {})


def text(words: str, status: int = 200) -> contract.Response:
    """Answer with a text."""
    return _response(status, "text/plain; charset=utf-8", words.encode(), {})


def file(media_type: str, content: str | bytes, headers: dict[str, str] | None = None) -> contract.Response:
    """Answer with a text or bytes of a media type."""
    return _response(200, media_type, content.encode() if isinstance(content, str) else content, headers or {})


def done() -> contract.Response:
    """Answer that it is done."""
    return _response(204, None, b"", {})


def not_found() -> contract.Response:
    """Answer that there is nothing here."""
    return text("There is nothing here.", 404)


def denied(why: str) -> contract.Response:
    """Answer that this is not allowed."""
    return text(why, 403)


def refuse(why: str) -> None:
    """The request makes no sense: the page gets a 400 with this text."""
    raise VerbError("invalid", why)


class Page:
    """Answers pages: ``class Web(Page)`` with a method ``answer``."""

    def answer(self, request: Request) -> contract.Response | None:
        """The answer; ``None`` says that there is nothing here."""
        raise NotImplementedError

    def handle(self, request: contract.Request) -> contract.Response:
        """What the host calls."""
        try:
            return self.answer(Request(request)) or not_found()
        except VerbError as error:
            if error.kind == "invalid":
                return text(str(error), 400)
            if error.kind == "denied":
                return denied(str(error))
            raise Err(words(error)) from None
        except Exception as error:
            raise Err(words(error)) from None
