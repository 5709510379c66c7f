"""A fax machine on a SIP line, independent of the house's own code: SIP by UDP, RTP with G.711, UDPTL, all written here;
modems, T.30 and the terminal of T.38 are SpanDSP's, called by ctypes.

    fax_machine.py call|answer MY_ADDRESS[:PORT] HOUSE USER NUMBER send|receive FILE [option=value ...]

Options: t38=never|accept|offer|refuse (what it does about T.38), cut=N (hangs up in page N), lose=N (every Nth datagram
of UDPTL is not sent), deaf=N (every Nth that comes is not taken), fec=1 (parity in place of repetition), plain=1 (no ECM),
limit=N (gives up after so many seconds), pace=N (a fax by packets goes N times as fast as in life), refresh=N (after so many
seconds of a fax by packets it makes the same offer again, and a second later asks for one), se=N (asks for a session timer of
so many seconds, to be kept by the other end, and knows no UPDATE), rtpengine=IP:PORT (speaks sound alone and has an rtpengine
with its control socket there make packets of it).
It prints one line of JSON when the fax is over, and "ready" before, once it listens.
"""
import bisect, ctypes, json, os, random, re, select, socket, struct, sys, time

P, I = ctypes.c_void_p, ctypes.c_int
lib = ctypes.CDLL("libspandsp.so.2")
for name in ("fax_init", "fax_get_t30_state", "t38_terminal_init", "t38_terminal_get_t30_state",
             "t38_terminal_get_t38_core_state"):
    getattr(lib, name).restype = P
lib.t30_get_rx_ident.restype = ctypes.c_char_p
TX = ctypes.CFUNCTYPE(I, P, P, ctypes.POINTER(ctypes.c_uint8), I, I)
PHASE = ctypes.CFUNCTYPE(I, P, P, I)
lib.span_set_message_handler(P(None))

mode, me, house, user, number, direction, path = sys.argv[1:8]
options = dict(argument.split("=") for argument in sys.argv[8:])
t38 = options.get("t38", "never")
cut, lose, deaf = (int(options.get(name, 0)) for name in ("cut", "lose", "deaf"))
pace, refresh = float(options.get("pace", 1)), float(options.get("refresh", 0))
ip, _, port = me.partition(":")
house = (house.split(":")[0], int(house.split(":")[1]))
sip = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sip.bind((ip, int(port or 5060)))
rtp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
rtp.bind((ip, 0))
rtp_port = rtp.getsockname()[1]


def log(*words):
    print(*words, file=sys.stderr, flush=True)


# G.711 A-law (ITU-T G.711 table 1a).
def alaw_to_linear(code):
    code ^= 0x55
    value, exponent = (code & 15) << 4, (code >> 4) & 7
    value = value + 8 if exponent == 0 else (value + 0x108) << (exponent - 1)
    return value if code & 0x80 else -value


DECODE = [alaw_to_linear(code) for code in range(256)]
LEVELS = sorted((level, code) for code, level in enumerate(DECODE))


def nearest(sample):
    at = bisect.bisect_left(LEVELS, (sample, 0))
    return min(LEVELS[max(at - 1, 0):at + 1], key=lambda level: abs(level[0] - sample))[1]


ENCODE = bytes(nearest(sample - 32768) for sample in range(65536))


class Machine:
    """One end of a fax: in sound, or by T.38 from the beginning."""

    def __init__(self, packets):
        calling = 1 if direction == "send" else 0
        self.packets, self.pages, self.ended, self.out = packets, 0, None, []
        self.transmit = TX(self.on_packet)
        self.phase_d, self.phase_e = PHASE(self.on_page), PHASE(self.on_end)
        if packets:
            self.state = P(lib.t38_terminal_init(None, calling, self.transmit, None))
            self.core = P(lib.t38_terminal_get_t38_core_state(self.state))
            self.t30 = P(lib.t38_terminal_get_t30_state(self.state))
        else:
            self.state = P(lib.fax_init(None, calling))
            lib.fax_set_transmit_on_idle(self.state, 1)
            self.t30 = P(lib.fax_get_t30_state(self.state))
        lib.t30_set_ecm_capability(self.t30, 0 if "plain" in options else 1)
        lib.t30_set_supported_modems(self.t30, 1 | 2 | 4)
        lib.t30_set_supported_compressions(self.t30, 2 | 4 | 8)
        lib.t30_set_tx_ident(self.t30, b"+44 20 7")
        lib.t30_set_phase_d_handler(self.t30, self.phase_d, None)
        lib.t30_set_phase_e_handler(self.t30, self.phase_e, None)
        if direction == "send":
            lib.t30_set_tx_file(self.t30, path.encode(), -1, -1)
        else:
            lib.t30_set_rx_file(self.t30, path.encode(), -1)

    def on_packet(self, _core, _user, octets, length, count):
        self.out.append((bytes(octets[:length]), count))
        return 0

    def on_page(self, *_):
        self.pages += 1
        return 0

    def on_end(self, _t30, _user, code):
        self.ended = code
        return 0

    def over(self):
        return lib.t30_call_active(self.t30) == 0


class Udptl:
    """UDPTL (T.38 annex D): datagrams of one packet with those before it, or with parity over them."""

    def __init__(self):
        self.sequence, self.sent, self.next, self.seen, self.count, self.came = 0, [], 0, {}, 0, 0

    @staticmethod
    def field(octets):
        length = len(octets)
        return (bytes([length]) if length < 128 else struct.pack(">H", 0x8000 | length)) + octets

    def build(self, ifp):
        datagram = struct.pack(">H", self.sequence & 0xFFFF) + self.field(ifp)
        before = self.sent[-3:][::-1]
        if "fec" in options:
            span, entries = 3, 1
            over = self.sent[-span:]
            if len(over) == span:
                longest = max(len(one) for one in over)
                parity = bytearray(longest)
                for one in over:
                    for place, octet in enumerate(one):
                        parity[place] ^= octet
                datagram += bytes([0x80, 1, span, entries]) + self.field(bytes(parity))
            else:
                datagram += bytes([0x80, 1, 1, 0])
        else:
            datagram += bytes([0, len(before)]) + b"".join(self.field(one) for one in before)
        self.sent.append(ifp)
        self.sequence += 1
        return datagram

    def read(self, datagram):
        """Packets that were not seen before, in their order."""
        number, at = struct.unpack(">H", datagram[:2])[0], 2

        def take():
            nonlocal at
            length, at = datagram[at], at + 1
            if length & 0x80:
                length, at = (length & 0x7F) << 8 | datagram[at], at + 1
            octets, at = datagram[at:at + length], at + length
            return octets

        found = {number: take()}
        if datagram[at] & 0x80 == 0:
            count, at = datagram[at + 1], at + 2
            for before in range(1, count + 1):
                found[(number - before) & 0xFFFF] = take()
        else:
            span, entries, at = datagram[at + 2], datagram[at + 3], at + 4
            for entry in range(entries):
                parity = take()
                covered = [(number - span * entries + entry + step * entries) & 0xFFFF for step in range(span)]
                lost = [one for one in covered if one not in self.seen]
                if len(lost) == 1:
                    for one in covered:
                        parity = bytes(a ^ b for a, b in zip(parity, self.seen.get(one, b"").ljust(len(parity), b"\0")))
                    found[lost[0]] = parity
        self.seen.update(found)
        for old in list(self.seen)[:-64]:
            del self.seen[old]
        new = []
        for one in sorted(found, key=lambda n: (n - self.next + 0x8000) & 0xFFFF):
            if (one - self.next) & 0xFFFF < 0x8000:
                new.append((one, found[one]))
                self.next = (one + 1) & 0xFFFF
        return new


def sdp(image):
    head = f"v=0\r\no=fax 1 {int(time.time())} IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\n"
    if not image:
        return head + f"m=audio {rtp_port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=sendrecv\r\n"
    ec = "t38UDPFEC" if "fec" in options else "t38UDPRedundancy"
    return head + (f"m=image {rtp_port} udptl t38\r\na=T38FaxVersion:0\r\na=T38MaxBitRate:14400\r\n"
                   f"a=T38FaxRateManagement:transferredTCF\r\na=T38FaxMaxBuffer:262\r\na=T38FaxMaxDatagram:400\r\n"
                   f"a=T38FaxUdpEC:{ec}\r\n")


def bencoded(value):
    if isinstance(value, dict):
        return b"d" + b"".join(bencoded(key) + bencoded(value[key]) for key in sorted(value)) + b"e"
    if isinstance(value, list):
        return b"l" + b"".join(map(bencoded, value)) + b"e"
    octets = value.encode()
    return b"%d:%s" % (len(octets), octets)


def translated(command, description, **more):
    """What rtpengine makes of a description (its control protocol "ng")."""
    ip, port = options["rtpengine"].split(":")
    ask = {"command": command, "call-id": me, "sdp": description, "ICE": "remove", "from-tag": "one", **more}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        control.settimeout(5)
        control.sendto(f"{random.randrange(10**9)} ".encode() + bencoded(ask), (ip, int(port)))
        answer = control.recv(65536)
    found = re.search(rb"3:sdp(\d+):", answer)
    assert found, answer
    return answer[found.end():found.end() + int(found[1])].decode()


class Dialog:
    def __init__(self):
        self.call_id, self.tag, self.cseq = f"{random.random()}@{ip}", f"{random.randrange(10**9)}", 0
        self.local = f"<sip:{user}@{house[0]}>;tag={self.tag}"
        self.remote = f"<sip:{number}@{house[0]}>"
        self.target, self.branch = f"sip:{number}@{house[0]}:{house[1]}", None
        self.far, self.far_sdp, self.up, self.over, self.image = None, "", False, None, False
        self.refused, self.reoffers, self.asked, self.translated = None, 0, False, False

    def request(self, method, body="", cseq=None):
        if method != "ACK":
            self.cseq += 1
        branch = f"z9hG4bK{random.randrange(10**12)}"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        if "se" in options and method == "INVITE":
            kind += f"Supported: timer\r\nSession-Expires: {options['se']};refresher=uas\r\n"
        text = (f"{method} {self.target} SIP/2.0\r\nVia: SIP/2.0/UDP {ip}:{sip.getsockname()[1]};branch={branch};rport\r\n"
                f"Max-Forwards: 70\r\nFrom: {self.local}\r\nTo: {self.remote}\r\nCall-ID: {self.call_id}\r\n"
                f"CSeq: {cseq or self.cseq} {method}\r\nContact: <sip:{user}@{ip}:{sip.getsockname()[1]}>\r\n{kind}"
                f"Content-Length: {len(body)}\r\n\r\n{body}")
        sip.sendto(text.encode(), house)

    def respond(self, request, status, body=""):
        lines = [line for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]]
        kept = [line for line in lines if re.match(r"(?i)(via|from|call-id|cseq|record-route):", line)]
        to = next(line for line in lines if line.lower().startswith("to:"))
        if "tag=" not in to:
            to += f";tag={self.tag}"
        kind = "Content-Type: application/sdp\r\n" if body else ""
        text = (f"SIP/2.0 {status} x\r\n" + "\r\n".join(kept) + f"\r\n{to}\r\n"
                f"Contact: <sip:{user}@{ip}:{sip.getsockname()[1]}>\r\n{kind}Content-Length: {len(body)}\r\n\r\n{body}")
        sip.sendto(text.encode(), self.peer)

    def described(self, body):
        host = re.search(r"c=IN IP4 (\S+)", body)
        media = re.search(r"m=(audio|image) (\d+)", body)
        if host and media:
            self.far, self.image = (host[1], int(media[2])), media[1] == "image"

    def take(self, datagram, peer):
        text = datagram.decode(errors="replace")
        head, _, body = text.partition("\r\n\r\n")
        first = head.split("\r\n")[0]
        log("<", first, "image" if "m=image" in body else "")
        header = lambda name: re.search(rf"(?im)^{name}:\s*(.*?)\r?$", head)[1]
        self.peer = peer
        if not first.startswith("SIP/2.0"):
            method = first.split()[0]
            if method == "INVITE":
                if not self.up:
                    self.call_id, self.remote = header("Call-ID"), header("From")
                    self.local = header("To") + (f";tag={self.tag}" if "tag=" not in header("To") else "")
                    self.target = re.search(r"<(.*?)>", header("Contact"))[1]
                    self.described(body)
                    self.respond(text, 200, sdp(False))
                    self.up = True
                elif "m=image" in body and t38 in ("never", "refuse"):
                    self.respond(text, 488)
                    self.refused = True
                elif "m=image" in body and "rtpengine" in options:
                    self.reoffers += 1
                    self.described(translated("offer", body, **{"T.38": ["decode"]}))
                    self.respond(text, 200, translated("answer", sdp(False), **{"to-tag": "two"}))
                    self.translated = True
                else:
                    self.reoffers += "m=image" in body
                    self.described(body or "")
                    self.respond(text, 200, sdp(self.image))
            elif method == "BYE":
                self.respond(text, 200)
                self.over = "far end hung up"
            elif method in ("UPDATE", "OPTIONS", "INFO"):
                self.respond(text, 200)
            return
        status, cseq = int(first.split()[1]), header("CSeq")
        if "INVITE" in cseq and status >= 200:
            # A repeated answer wants its ACK again.
            self.remote = header("To")
            contact = re.search(r"(?im)^contact:.*?<(.*?)>", head)
            if contact:
                self.target = contact[1]
            # Whoever was asked for an offer is answered here (RFC 3261 section 13.2.2.4).
            answer = sdp("m=image" in body) if self.asked and status < 300 else ""
            self.request("ACK", answer, cseq=int(cseq.split()[0]))
            if status < 300 and "m=image" in body and "rtpengine" in options:
                body = translated("answer", body, **{"to-tag": "two"})
                self.translated = True
            if status < 300:
                self.described(body)
                self.up = True
            elif not self.up:
                self.over = f"refused with {status}"
            else:
                self.refused = True


def main():
    dialog, machine, packets = Dialog(), None, Udptl()
    print("ready", flush=True)
    if mode == "call":
        dialog.request("INVITE", sdp(False))
    began, due, offered = time.monotonic(), None, False
    sequence, stamp, ssrc = random.randrange(30000), random.randrange(2**30), random.randrange(2**31)
    heard, after, why, since, primed = b"", 0, None, None, False
    switched, renewed = 0, 0
    while time.monotonic() - began < float(options.get("limit", 180)):
        now = time.monotonic()
        wait = 0.1 if due is None else max(0, due - now)
        for ready in select.select([sip, rtp], [], [], wait)[0]:
            datagram, peer = ready.recvfrom(4096)
            if ready is sip:
                dialog.take(datagram, peer)
            elif machine and machine.packets:
                if datagram[0] & 0xC0 == 0x80 and len(datagram) > 150:
                    continue  # sound that was still under way
                packets.came += 1
                if deaf and packets.came % deaf == 0:
                    continue
                for one, ifp in packets.read(datagram):
                    lib.t38_core_rx_ifp_packet(machine.core, ifp, len(ifp), ctypes.c_uint16(one))
            elif len(datagram) > 12 and datagram[1] & 0x7F == 8:
                heard += datagram[12:]
        if dialog.over:
            break
        if not dialog.up:
            continue
        if machine is None or (dialog.image and not machine.packets):
            machine = Machine(dialog.image)
            due = switched = time.monotonic()
        if t38 == "offer" and not offered and time.monotonic() - began > 1:
            offered = True
            force = "rtpengine" in options
            dialog.request("INVITE", translated("offer", sdp(False), **{"T.38": ["force"]}) if force else sdp(True))
        if machine.packets and refresh and time.monotonic() - switched > refresh + renewed and renewed < 2:
            # First the same again, then without a description: the other end makes the offer.
            renewed += 1
            dialog.asked = renewed == 2
            dialog.request("INVITE", "" if dialog.asked else sdp(True))
        while due <= time.monotonic():
            due += 0.02 / pace if machine.packets else 0.02
            if machine.packets:
                lib.t38_terminal_send_timeout(machine.state, 160)
                for ifp, count in machine.out:
                    datagram = packets.build(ifp)
                    packets.count += 1
                    if not lose or packets.count % lose:
                        rtp.sendto(datagram, dialog.far)
                machine.out = []
            else:
                # Sound comes when it comes: some of it is kept in hand.
                primed = primed or len(heard) >= 1600
                part, heard = (heard[:160], heard[160:]) if primed else (b"", heard)
                part = part.ljust(160, b"\xd5")
                samples = (ctypes.c_int16 * 160)(*[DECODE[code] for code in part])
                lib.fax_rx(machine.state, samples, 160)
                count = lib.fax_tx(machine.state, samples, 160)
                sound = bytes(ENCODE[samples[at] + 32768] if at < count else 0xD5 for at in range(160))
                rtp.sendto(struct.pack(">BBHII", 0x80, 8, sequence & 0xFFFF, stamp & 0xFFFFFFFF, ssrc) + sound, dialog.far)
                sequence, stamp = sequence + 1, stamp + 160
            if machine.over():
                after += 1
        if cut and machine.pages >= cut - 1:
            since = since or time.monotonic()
            if time.monotonic() - since > (1.5 / pace if machine.packets else 1.5):
                why = "cut"
                break
        if after > 50:
            break
    if machine and not machine.over():
        lib.t30_terminate(machine.t30)
    if dialog.up and not dialog.over:
        dialog.request("BYE")
    ident = lib.t30_get_rx_ident(machine.t30) if machine else None
    print(json.dumps({
        "code": machine.ended if machine else None, "pages": machine.pages if machine else 0, "why": why or dialog.over,
        "t38": bool(machine and machine.packets), "refused": bool(dialog.refused), "reoffers": dialog.reoffers,
        "translated": dialog.translated,
        "station": (ident or b"").decode().strip(), "seconds": round(time.monotonic() - began, 1),
    }), flush=True)


main()
