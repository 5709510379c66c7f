"""A plugin that is a page: files in ui/, and one method that answers what they ask."""

import math
import struct

from jackfield_sdk.web import Page, Request, denied, done, file, json, refuse

HELLO = {"fr": "Bonjour", "de": "Guten Tag"}


class Web(Page):
    def answer(self, request: Request):
        match request.method, request.path:
            case "GET", "/greeting":
                text = f"{HELLO.get(request.language, 'Hello')}, {request.user.name}!"
                return json({"text": text, "admin": request.is_admin})
            case "POST", "/sum":
                asked = request.json()
                terms = asked.get("terms") if isinstance(asked, dict) else None
                if not isinstance(terms, list) or not all(type(term) in (int, float) for term in terms):
                    refuse("terms are numbers")
                return json(sum(terms))
            case "GET", "/table.csv":
                rows = "".join(f"{n},{n * n}\r\n" for n in range(1, 13))
                return file("text/csv; charset=utf-8", f"n,square\r\n{rows}")
            case "GET", "/tone.wav":
                return file("audio/wav", tone_wav())
            case "DELETE", "/everything":
                return done() if request.is_admin else denied("Only an admin may do this.")


def tone_wav() -> bytes:
    """Half a second of 440 Hz as a WAV file: 8,000 samples a second, mono, 16 bits."""
    samples = [int(math.sin(n * 440 * math.tau / 8_000) * 8_000) for n in range(4_000)]
    data = struct.pack(f"<{len(samples)}h", *samples)
    header = struct.pack("<4sI8sIHHIIHH4sI", b"RIFF", 36 + len(data), b"WAVEfmt ", 16, 1, 1, 8_000, 16_000, 2, 16, b"data", len(data))
    return header + data
