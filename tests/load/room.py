"""Sixteen callers in a conference over G.711, of whom two talk: what a room costs the host.

All callers share one thread here; each has a socket of its own, as telephones have. The load's own processor time does not
count: the host's is read beside it.
"""

import math
import select
import socket
import threading
import time

ADDRESS = "127.0.0.1"
SIP_PORT = 5080
RTP_PORT = 41000
MEMBERS = 16
TALKERS = 2
FRAME = 160
SILENCE = bytes([0xD5]) * FRAME


def a_law(sample):
    """ITU-T G.711, of a sample of 16 bit."""
    sign, magnitude = (0x80 if sample >= 0 else 0), min(abs(sample) >> 3, 0xFFF)
    if magnitude < 32:
        octet = magnitude >> 1
    else:
        exponent = magnitude.bit_length() - 5
        octet = exponent << 4 | magnitude >> exponent & 0xF
    return (octet | sign) ^ 0x55


TONE = bytes(a_law(int(4000 * math.sin(2 * math.pi * 400 * n / 8000))) for n in range(FRAME))


def field(text, name):
    return next((line.split(":", 1)[1].strip() for line in text.split("\r\n") if line.startswith(name + ":")), None)


class Room:
    """Callers of one number, sending and hearing until they are let go."""

    def __init__(self, rooms=1, first=4000, host=(ADDRESS, 5060)):
        self.host, self.count = host, rooms * MEMBERS
        self.numbers = [str(first + at // MEMBERS) for at in range(self.count)]
        self.sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sip.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.sip.bind((ADDRESS, SIP_PORT))
        self.rtp = []
        for at in range(self.count):
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind((ADDRESS, RTP_PORT + 2 * at))
            one.setblocking(False)
            self.rtp.append(one)
        self.to, self.dialogs, self.heard = [None] * self.count, [None] * self.count, 0
        self.run = f"{time.time_ns():x}"

    def __enter__(self):
        for at in range(self.count):
            self.call(at)
        if None in self.to:
            raise RuntimeError("not every caller was let into the room")
        self.goes_on = True
        self.work = [threading.Thread(target=self.send), threading.Thread(target=self.listen)]
        for each in self.work:
            each.start()
        return self

    def __exit__(self, *_):
        self.goes_on = False
        for each in self.work:
            each.join()
        for at in range(self.count):
            self.request(at, "BYE", 2)
        time.sleep(0.5)
        for each in [self.sip, *self.rtp]:
            each.close()

    def request(self, at, method, count):
        number, to = self.numbers[at], self.dialogs[at]
        self.sip.sendto(
            f"{method} sip:{number}@{ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP {ADDRESS}:{SIP_PORT};branch=z9hG4bK{method}{at}{self.run}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:1000@{ADDRESS}>;tag={at}\r\nTo: {to}\r\nCall-ID: {at}-{self.run}\r\n"
            f"CSeq: {count} {method}\r\nContent-Length: 0\r\n\r\n".encode(), self.host)

    def call(self, at):
        number = self.numbers[at]
        sdp = (f"v=0\r\no=- {at} 1 IN IP4 {ADDRESS}\r\ns=-\r\nc=IN IP4 {ADDRESS}\r\nt=0 0\r\n"
               f"m=audio {RTP_PORT + 2 * at} RTP/AVP 8\r\n")
        self.sip.sendto(
            f"INVITE sip:{number}@{ADDRESS} SIP/2.0\r\nVia: SIP/2.0/UDP {ADDRESS}:{SIP_PORT};branch=z9hG4bK{at}{self.run}\r\n"
            f"Max-Forwards: 70\r\nFrom: <sip:1000@{ADDRESS}>;tag={at}\r\nTo: <sip:{number}@{ADDRESS}>\r\nCall-ID: {at}-{self.run}\r\n"
            f"CSeq: 1 INVITE\r\nContact: <sip:1000@{ADDRESS}:{SIP_PORT}>\r\nContent-Type: application/sdp\r\n"
            f"Content-Length: {len(sdp)}\r\n\r\n{sdp}".encode(), self.host)
        end = time.monotonic() + 10
        while self.to[at] is None and time.monotonic() < end:
            if not select.select([self.sip], [], [], 0.2)[0]:
                continue
            text = self.sip.recv(65536).decode(errors="replace")
            if text.startswith("SIP/2.0 200") and field(text, "Call-ID") == f"{at}-{self.run}" and "INVITE" in field(text, "CSeq"):
                self.dialogs[at] = field(text, "To")
                port = next(line.split()[1] for line in text.split("\r\n") if line.startswith("m=audio"))
                self.to[at] = (ADDRESS, int(port))
                self.request(at, "ACK", 1)

    def send(self):
        sequence, due = 0, time.monotonic()
        while self.goes_on:
            for at in range(self.count):
                head = b"\x80\x08" + sequence.to_bytes(2) + (sequence * FRAME).to_bytes(4) + (0x4A000000 + at).to_bytes(4)
                self.rtp[at].sendto(head + (TONE if at % MEMBERS < TALKERS else SILENCE), self.to[at])
            sequence = (sequence + 1) % 65536
            due += 0.02
            time.sleep(max(0.0, due - time.monotonic()))

    def listen(self):
        watched = select.epoll()
        for each in self.rtp:
            watched.register(each, select.EPOLLIN)
        by_number = {each.fileno(): each for each in self.rtp}
        while self.goes_on:
            for number, _ in watched.poll(0.1):
                try:
                    while True:
                        by_number[number].recv(2048)
                        self.heard += 1
                except BlockingIOError:
                    pass
