#!/usr/bin/env bash
# Load on a host as it is handed out, with jackfield.toml on loopback; ends with a table. `make bench` runs it after the crates' own
# benches, whose figures it takes into the table. RUNS=1 for a quick look.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/load/build.sh
# What sound is measured beside, and speech in Opus.
cargo build --profile dist --quiet -p jackfield-tests --example bare_relay
cargo build --profile dist --quiet -p jackfield-media --example opus_packets
"$CARGO_TARGET_DIR/dist/examples/opus_packets" < host/prompts/sounds/en/not-available.ul > data/load-speech.opus
exec python3 -B tests/load/bench.py "$CARGO_TARGET_DIR/dist/jackfield" "$CARGO_TARGET_DIR/dist/examples/bare_relay"
