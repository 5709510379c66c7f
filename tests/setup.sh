#!/usr/bin/env bash
# Installs what a target needs and is not there: tests/setup.sh run|test|fuzz|languages. Can be run again and again.
set -euo pipefail

say() { echo "== $*"; }
fail() { echo "jackfield: $*" >&2; exit 1; }

command -v cargo >/dev/null || fail "cargo is missing: install Rust with rustup (https://rustup.rs), then try again"
command -v npm >/dev/null || fail "npm is missing: install Node 20 or later, then try again"
node_major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$node_major" -ge 20 ] || fail "Node $(node --version) is too old: version 20 or later is needed"

build_cache=${CARGO_TARGET_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/jackfield/target}
free_mb=$(df -Pm "${build_cache%/*/*}" 2>/dev/null | awk 'NR==2 {print $4}' || echo 100000)
[ "${free_mb:-100000}" -ge 4000 ] || fail "only ${free_mb} MB are free for the build cache ($build_cache): 4,000 MB are needed"

missing=()
need() { # need COMMAND PACKAGE
    command -v "$1" >/dev/null || [ -e "$1" ] || missing+=("$2")
}
need cc build-essential
need make make
need cmake cmake
if [ "${1:-run}" = test ]; then
    need sipp sip-tester
    need baresip baresip
    need openssl openssl
    need /usr/bin/chromium chromium
    need /usr/bin/firefox-esr firefox-esr
    need python3 python3
    need /usr/sbin/kamailio kamailio
    need /usr/bin/rtpengine rtpengine-daemon
    need turnserver coturn
    /usr/bin/python3 -c 'import aiosmtpd' 2>/dev/null || missing+=(python3-aiosmtpd)
    need /usr/sbin/slapd slapd
    need pebble pebble
    need gs ghostscript
    need ipptool cups-ipp-utils
    compgen -G '/usr/lib/*/libspandsp.so.2' >/dev/null || missing+=(libspandsp2)
    compgen -G '/usr/lib/*/kamailio/modules/tls.so' >/dev/null || missing+=(kamailio-tls-modules)
fi
if [ "${1:-run}" = languages ]; then
    python3 -c 'import ensurepip' 2>/dev/null || missing+=(python3-venv)
    need clang clang
    need wasm-ld lld
    need /usr/lib/wasm32-wasi/libc.a wasi-libc
    compgen -G '/usr/lib/llvm-*/lib/clang/*/lib/wasi/libclang_rt.builtins-wasm32.a' >/dev/null || missing+=(libclang-rt-dev-wasm32)
fi
if [ "${#missing[@]}" -gt 0 ]; then
    command -v apt-get >/dev/null || fail "missing: ${missing[*]}; install them with your system's package manager"
    [ "$(id -u)" = 0 ] || fail "missing: ${missing[*]}; run as root: apt-get install ${missing[*]}"
    say "installing ${missing[*]}"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # Debian starts a service as it installs it, and at every boot. The tests start their own: see policy-rc.d(8).
    policy=/usr/sbin/policy-rc.d
    if [ ! -e "$policy" ]; then
        trap 'rm -f "$policy"' EXIT
        printf '#!/bin/sh\nexit 101\n' > "$policy"
        chmod +x "$policy"
    fi
    # By itself, since what it recommends is an NFS client with its services; once it is there the next line leaves it alone.
    if [[ " ${missing[*]} " == *" rtpengine-daemon "* ]]; then
        apt-get install -y -qq --no-install-recommends rtpengine-daemon >/dev/null
    fi
    apt-get install -y -qq "${missing[@]}" >/dev/null
    # What was there before is somebody's, and stays as it is. Both of these work without a running systemd.
    for service in kamailio rtpengine-daemon coturn; do
        if [[ " ${missing[*]} " == *" $service "* ]]; then
            if command -v systemctl >/dev/null; then systemctl disable --quiet "$service.service" 2>/dev/null || true; fi
            update-rc.d "$service" disable >/dev/null
        fi
    done
fi
if [ "${1:-run}" = fuzz ]; then
    command -v cargo-fuzz >/dev/null || { say "installing cargo-fuzz"; cargo install --quiet --locked cargo-fuzz; }
fi
if [ "${1:-run}" = languages ]; then
    venv=${XDG_CACHE_HOME:-$HOME/.cache}/jackfield/languages
    wanted=$(sed -n 's/.*"componentize-py==\([0-9.]*\)".*/\1/p' "$(dirname "$0")/../sdk/python/pyproject.toml")
    if [ "$("$venv/bin/componentize-py" --version 2>/dev/null)" != "componentize-py $wanted" ]; then
        say "installing componentize-py $wanted"
        python3 -m venv "$venv"
        "$venv/bin/pip" install --quiet --disable-pip-version-check "componentize-py==$wanted"
    fi
    (cd "$(dirname "$0")/../examples/js" && rm -rf node_modules/jackfield-sdk && npm install --no-save --silent --no-audit --no-fund)
fi
