"""Lamps under load: phones that each watch many lines while those lines are used.

100 phones watch 20 lines each, 50 calls a second go to those lines. Every NOTIFY must come in the order of its version, and
when all is quiet each lamp must show what is true: nothing. Exits with an error when one of the two does not hold.
"""

import hashlib
import os
import pathlib
import re
import select
import socket
import statistics
import sys
import tempfile
import threading
import time

import sipp
from host import Host, cpu_seconds

PHONES = int(os.environ.get("PHONES", "100"))
LINES = int(os.environ.get("LINES", "20"))
CALLS_PER_S = int(os.environ.get("RATE", "50"))
SECONDS = int(os.environ.get("SECONDS", "20"))
HOLD = 500
FIRST_PHONE, FIRST_LINE = 100_000, 2100
HOST = ("127.0.0.1", 5060)


class Lamp:
    """One subscription as its phone knows it."""

    def __init__(self):
        self.version, self.dialogs, self.disorder = -1, None, 0


class Phone:
    """A phone with an account that subscribes to lines and answers every NOTIFY."""

    def __init__(self, number):
        self.number = number
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self.socket.bind(("127.0.0.1", 0))
        self.at = "127.0.0.1:%d" % self.socket.getsockname()[1]
        self.lamps, self.accepted, self.told = {}, set(), 0

    def subscribe(self, line, cseq=1, challenge=None):
        uri = f"sip:{line}@{HOST[0]}"
        proof = self.proof(challenge, uri) if challenge else ""
        self.send(
            f"SUBSCRIBE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP {self.at};branch=z9hG4bKl{self.number}x{line}x{cseq};rport\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:{self.number}@{HOST[0]}>;tag=l{line}\r\nTo: <{uri}>\r\n"
            f"Call-ID: {line}-{self.number}@lamps\r\nCSeq: {cseq} SUBSCRIBE\r\nContact: <sip:{self.number}@{self.at}>\r\n"
            f"Event: dialog\r\nExpires: 3600\r\n{proof}Content-Length: 0\r\n\r\n"
        )

    def proof(self, challenge, uri):
        realm, nonce = (re.search(f'{name}="([^"]*)"', challenge)[1] for name in ("realm", "nonce"))
        md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
        one = md5(f"{self.number}:{realm}:pw{self.number}")
        answer = md5(f"{one}:{nonce}:00000001:c:auth:{md5(f'SUBSCRIBE:{uri}')}")
        return (f'Authorization: Digest username="{self.number}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
                f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c", response="{answer}"\r\n')

    def receive(self):
        try:
            text = self.socket.recv(65_535).decode()
        except OSError:
            return
        head, _, body = text.partition("\r\n\r\n")
        line = re.search(r"^Call-ID: (\d+)-", head, re.M)[1]
        if head.startswith("SIP/2.0 401"):
            self.subscribe(line, 2, re.search(r"^WWW-Authenticate: (.*)$", head, re.M)[1])
        elif head.startswith("SIP/2.0 200"):
            self.accepted.add(line)
        elif head.startswith("NOTIFY"):
            kept = [l for l in head.split("\r\n") if l.startswith(("Via:", "From:", "To:", "Call-ID:", "CSeq:"))]
            self.send("SIP/2.0 200 OK\r\n" + "\r\n".join(kept) + "\r\nContent-Length: 0\r\n\r\n")
            self.shown(self.lamps.setdefault(line, Lamp()), head, body)

    def shown(self, lamp, head, body):
        cseq = int(re.search(r"^CSeq: (\d+)", head, re.M)[1])
        version = int(re.search(r'<dialog-info[^>]* version="(\d+)"', body)[1])
        if (cseq, version) == getattr(lamp, "last", None):
            return  # a repetition of the same NOTIFY
        lamp.last = (cseq, version)
        self.told += 1
        lamp.disorder += version <= lamp.version
        if version > lamp.version:
            lamp.version = version
            known = {} if 'state="full"' in body else dict(lamp.dialogs or {})
            for name, state in re.findall(r'<dialog id="([^"]*)".*?<state>(\w+)</state>', body, re.S):
                known[name] = state
            lamp.dialogs = {name: state for name, state in known.items() if state != "terminated"}

    def send(self, text):
        self.socket.sendto(text.encode(), HOST)


def serve(phones, stop):
    """Answer for all phones until told to stop."""
    poll = select.epoll()
    by_file = {phone.socket.fileno(): phone for phone in phones}
    for file in by_file:
        poll.register(file, select.EPOLLIN)
    while not stop.is_set():
        for file, _ in poll.poll(0.1):
            by_file[file].receive()


def callers(folder):
    """The scenario of a caller who rings one line after the other, and the lines."""
    text = (sipp.SCENARIOS / "caller.xml").read_text().replace("[service]", "[field0]")
    pathlib.Path(folder, "lines.xml").write_text(text)
    numbers = "".join(f"{FIRST_LINE + n}\n" for n in range(LINES))
    pathlib.Path(folder, "lines.csv").write_text("SEQUENTIAL\n" + numbers)
    return f"{folder}/lines", f"{folder}/lines.csv"


def wait(what, seconds, done):
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            raise SystemExit(f"FAILED: {what} (after {seconds} s)")
        time.sleep(0.1)


def measure(binary, add):
    """Run it once and give the figures to `add`; the faults that were found."""
    lines = f'\n[[extensions]]\nnumber = "{FIRST_LINE}"\ncount = {LINES}\ncontact = "sip:%u@127.0.0.1:5070"\n'
    stop = threading.Event()
    with tempfile.TemporaryDirectory() as folder, Host(binary, more=lines) as host, sipp.Callee():
        phones = [Phone(FIRST_PHONE + n) for n in range(PHONES)]
        answering = threading.Thread(target=serve, args=(phones, stop))
        answering.start()
        try:
            watched = [str(FIRST_LINE + n) for n in range(LINES)]
            for phone in phones:
                for line in watched:
                    phone.subscribe(line)
                time.sleep(0.01)
            wait("all lamps are lit", 20, lambda: all(len(p.lamps) == LINES for p in phones))
            quiet = host.idle(2)
            before, told = cpu_seconds(host.pid), sum(p.told for p in phones)
            scenario, numbers = callers(folder)
            run = sipp.Run(scenario, CALLS_PER_S, CALLS_PER_S * SECONDS, HOLD, accounts=numbers)
            used = cpu_seconds(host.pid) - before
            told = sum(p.told for p in phones) - told
            wait("all lamps are dark", 10, lambda: not any(l.dialogs for p in phones for l in p.lamps.values()))
        finally:
            stop.set()
            answering.join()
    lamps = [lamp for phone in phones for lamp in phone.lamps.values()]
    disorder = sum(lamp.disorder for lamp in lamps)
    add(f"lamps: {PHONES} phones × {LINES} lines, {CALLS_PER_S} calls/s", 100 * used / run.wall, "% of a core", digits=1,
        note=f"{told / run.wall:,.0f} NOTIFYs/s, {quiet * 100:.1f} % at rest")
    add("   CPU per NOTIFY, calls included", 1e6 * used / max(1, told), "µs", digits=0,
        note=f"median version {statistics.median(lamp.version for lamp in lamps):.0f}")
    faults = []
    if disorder:
        faults.append(f"{disorder} NOTIFYs out of order")
    if run.failed * 1000 > run.count:
        faults.append(f"{run.failed} of {run.count} calls failed")
    return faults


def main():
    def show(name, value, unit, target="", digits=2, note=""):
        print(f"{name}: {value:,.{digits}f} {unit} ({note})", flush=True)

    faults = measure(sys.argv[1], show)
    print("FAILED: " + "; ".join(faults) if faults else "every lamp was told in order, and none is stale")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
