"""Makes packages that nobody should install: python3 packages.py KIND FROM TO."""

import hashlib
import sys
import zipfile

kind, source, target = sys.argv[1:]
with zipfile.ZipFile(source) as archive:
    files = {name: archive.read(name) for name in archive.namelist()}


def leb(number):
    out = bytearray()
    while True:
        byte, number = number & 0x7F, number >> 7
        out.append(byte | (0x80 if number else 0))
        if not number:
            return bytes(out)


def section(kind, content):
    return bytes([kind]) + leb(len(content)) + content


def slow_component(functions=4000, adds=3000):
    """A component that is small as an archive and takes minutes to compile."""
    body = b"\x00" + b"\x20\x00" + b"\x20\x00\x41\x07\x6c\x41\x03\x6a\x73" * adds + b"\x0b"
    module = b"\0asm\x01\0\0\0"
    module += section(1, leb(1) + b"\x60\x01\x7f\x01\x7f")
    module += section(3, leb(functions) + b"\x00" * functions)
    module += section(10, leb(functions) + (leb(len(body)) + body) * functions)
    return b"\0asm\x0d\0\x01\0" + section(1, module)


if kind == "forged":  # somebody else's files under a good signature
    files["README.md"] = b"Trust me.\n"
elif kind == "unsigned":
    files.pop("signature", None)
elif kind == "slow":
    files.pop("signature", None)
    files["component.wasm"] = slow_component(functions=1000)
elif kind == "hungry":
    files.pop("signature", None)
    files["component.wasm"] = slow_component(functions=1, adds=700_000)
elif kind == "huge":  # 50 MB of WebAssembly
    files.pop("signature", None)
    files["component.wasm"] = b"\0asm\x0d\0\x01\0" + bytes(50_000_000)
elif kind == "bomb":
    files["README.md"] = bytes(200 << 20)
elif kind == "climbing":
    files["ui/../../../../etc/cron.d/x"] = b"* * * * * root true\n"
else:
    sys.exit(f"what is {kind}?")

seals = {name: files.pop(name) for name in ("digests", "signature") if name in files}
lines = [f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items())]
files["digests"] = "".join(lines).encode()
if "signature" in seals:
    files["signature"] = seals["signature"]
with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
    for name, data in files.items():
        archive.writestr(name, data)
