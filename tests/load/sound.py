"""Calls with sound: both parties of each, real speech in G.711 or Opus, and what has come of it.

Packets leave a millisecond's worth at a time, as telephones that know nothing of each other send them. The load's own
processor time does not count: the host's is read beside it.
"""

import select
import socket
import subprocess
import threading
import time

from host import ROOT, cpu_seconds
from room import field

ADDRESS = "127.0.0.1"
# `trusted_peers` and the contact of 2000 in jackfield.toml, and the bare relay's first port.
CALLER, CALLEE, BARE = 5080, 5070, 50_000
PORTS = 41_000
SPEECH = ROOT / "host" / "prompts" / "sounds" / "en" / "not-available.ul"
# The same speech by the host's own encoder, each packet after its length in one octet (`build.sh`).
OPUS = ROOT / "data" / "load-speech.opus"


class Codec:
    """How a codec is named in SDP, and two seconds or so of it."""

    def __init__(self, name, rtpmap, number, units, packets):
        self.name, self.rtpmap, self.number, self.units, self.packets = name, rtpmap, number, units, packets


def law():
    octets = SPEECH.read_bytes()
    packets = [octets[at:at + 160] for at in range(0, len(octets) - 159, 160)]
    return Codec("PCMU", "PCMU/8000", 0, 160, packets)


def opus():
    octets, packets, at = OPUS.read_bytes(), [], 0
    while at < len(octets):
        packets.append(octets[at + 1:at + 1 + octets[at]])
        at += 1 + octets[at]
    return Codec("opus", "opus/48000/2", 107, 960, packets)


class Leg:
    """One party's sound: a socket, and where it sends to."""

    def __init__(self, port, codec):
        self.codec, self.port, self.to, self.number, self.heard = codec, port, None, codec.number, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((ADDRESS, port))
        self.socket.setblocking(False)

    def sdp(self, number):
        return (f"v=0\r\no=- {self.port} 1 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\n"
                f"m=audio {self.port} RTP/AVP {number}\r\na=rtpmap:{number} {self.codec.rtpmap}\r\n")

    def read(self, sdp):
        """Where the other side wants sound, and the number that it has given to the codec."""
        lines = sdp.split("\r\n")
        self.to = (ADDRESS, int(next(line for line in lines if line.startswith("m=audio")).split()[1]))
        named = (line[9:].split() for line in lines if line.startswith("a=rtpmap:"))
        self.number = next((int(number) for number, what in named if what.lower() == self.codec.rtpmap.lower()), self.codec.number)


class Flow:
    """Legs that send and are listened to until the block is left."""

    def __init__(self, legs):
        self.legs = legs

    def __enter__(self):
        self.sends, self.listens, self.sent = True, True, 0
        self.work = [threading.Thread(target=self.send), threading.Thread(target=self.listen)]
        for each in self.work:
            each.start()
        return self

    def __exit__(self, *_):
        self.sends = False
        self.work[0].join()
        # What is still on its way.
        time.sleep(0.3)
        self.listens = False
        self.work[1].join()

    @property
    def heard(self):
        return sum(leg.heard for leg in self.legs)

    def send(self):
        count, due = 0, time.monotonic()
        slots = [self.legs[slot::20] for slot in range(20)]
        while self.sends:
            for slot in slots:
                for leg in slot:
                    codec = leg.codec
                    head = (bytes([0x80, leg.number]) + (count % 65536).to_bytes(2) + (count * codec.units % (1 << 32)).to_bytes(4)
                            + leg.port.to_bytes(4))
                    try:
                        leg.socket.sendto(head + codec.packets[count % len(codec.packets)], leg.to)
                        self.sent += 1
                    except BlockingIOError:
                        pass
                due += 0.001
                time.sleep(max(0.0, due - time.monotonic()))
            count += 1

    def listen(self):
        watched = select.epoll()
        for leg in self.legs:
            watched.register(leg.socket, select.EPOLLIN)
        by_number = {leg.socket.fileno(): leg for leg in self.legs}
        while self.listens:
            for number, _ in watched.poll(0.1):
                leg = by_number[number]
                try:
                    while True:
                        leg.socket.recv(2048)
                        leg.heard += 1
                except BlockingIOError:
                    pass


class Calls:
    """So many calls of 2000, or of another number that answers itself, each side in its codec."""

    def __init__(self, count, codecs, number="2000", host=(ADDRESS, 5060)):
        self.host, self.number = host, number
        caller, callee = codecs
        self.callers = [Leg(PORTS + 2 * at, caller) for at in range(count)]
        self.callees = [Leg(PORTS + 2 * (count + at), callee) for at in range(count)] if number == "2000" else []
        self.sip = {port: socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for port in (CALLER, CALLEE)}
        for port, one in self.sip.items():
            one.bind((ADDRESS, port))
        self.run, self.dialogs, self.waiting = f"{time.time_ns():x}", {}, list(self.callees)
        self.answered = {}

    def __enter__(self):
        for at, leg in enumerate(self.callers):
            self.call(at, leg)
        if len(self.dialogs) < len(self.callers):
            raise RuntimeError(f"{len(self.dialogs)} of {len(self.callers)} calls were answered")
        return self

    def __exit__(self, *_):
        for at in self.dialogs:
            self.request(at, "BYE", 2)
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            self.serve(0.1)
        for each in [*self.sip.values(), *(leg.socket for leg in self.callers + self.callees)]:
            each.close()

    def call(self, at, leg):
        sdp = leg.sdp(leg.codec.number)
        self.sip[CALLER].sendto(self.head(at, "INVITE", 1, f"<sip:{self.number}@{ADDRESS}>") + (
            f"Contact: <sip:1000@{ADDRESS}:{CALLER}>\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(sdp)}\r\n\r\n{sdp}").encode(), self.host)
        end = time.monotonic() + 10
        while at not in self.dialogs and time.monotonic() < end:
            self.serve(0.2)

    def head(self, at, method, count, to):
        return (f"{method} sip:{self.number}@{ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP {ADDRESS}:{CALLER};branch=z9hG4bK{method}{at}{self.run}\r\n"
                f"Max-Forwards: 70\r\nFrom: <sip:1000@{ADDRESS}>;tag={at}\r\nTo: {to}\r\nCall-ID: {at}-{self.run}\r\n"
                f"CSeq: {count} {method}\r\n").encode()

    def request(self, at, method, count):
        self.sip[CALLER].sendto(self.head(at, method, count, self.dialogs[at]) + b"Content-Length: 0\r\n\r\n", self.host)

    def serve(self, wait):
        """What comes in this time: answers to the callers, and calls of the others, which are answered at once."""
        for one in select.select(list(self.sip.values()), [], [], wait)[0]:
            data, source = one.recvfrom(65536)
            text = data.decode(errors="replace")
            if one is self.sip[CALLER] and text.startswith("SIP/2.0 200") and "INVITE" in (field(text, "CSeq") or ""):
                self.is_answered(text)
            elif text.startswith(("INVITE", "BYE", "OPTIONS")):
                one.sendto(self.answer(text), source)

    def is_answered(self, text):
        at, _, run = field(text, "Call-ID").partition("-")
        if run == self.run and int(at) not in self.dialogs:
            self.dialogs[int(at)] = field(text, "To")
            self.callers[int(at)].read(text)
            self.request(int(at), "ACK", 1)

    def answer(self, text):
        lines = [line for line in text.split("\r\n") if line.startswith(("Via:", "From:", "Call-ID:", "CSeq:"))]
        to, body = field(text, "To"), ""
        if text.startswith("INVITE"):
            # Again when it comes again: the same leg.
            leg = self.answered.get(field(text, "Call-ID")) or self.waiting.pop()
            self.answered[field(text, "Call-ID")] = leg
            leg.read(text)
            to, body = f"{to};tag=callee", leg.sdp(leg.number)
            lines += [f"Contact: <sip:2000@{ADDRESS}:{CALLEE}>", "Content-Type: application/sdp"]
        return "\r\n".join(["SIP/2.0 200 OK", *lines, f"To: {to}", f"Content-Length: {len(body)}", "", body]).encode()


class BareRelay:
    """What merely takes in and sends on the same packets: `tests/examples/bare_relay.rs`."""

    def __init__(self, binary, count):
        self.binary, self.count = binary, count

    def __enter__(self):
        self.process = subprocess.Popen([self.binary, str(BARE), str(self.count)])
        time.sleep(0.3)
        if self.process.poll() is not None:
            raise RuntimeError("the bare relay did not start")
        self.pid = self.process.pid
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def legs(self, codecs):
        """The two parties of each call, who send to it."""
        legs = [Leg(PORTS + at, codecs[at % 2]) for at in range(2 * self.count)]
        for at, leg in enumerate(legs):
            leg.to = (ADDRESS, BARE + at)
        return legs


def cost(pid, legs, seconds, idle=0.0):
    """Share of a core that a process takes while these legs talk, and the share of what was sent to them that was heard."""
    with Flow(legs) as flow:
        time.sleep(1)
        before, heard, began = cpu_seconds(pid), flow.heard, time.monotonic()
        time.sleep(seconds)
        passed = time.monotonic() - began
        used, heard = cpu_seconds(pid) - before, flow.heard - heard
    return max(0.0, used / passed - idle), heard / (len(legs) * 50 * passed)
