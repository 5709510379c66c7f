#!/usr/bin/env bash
# CALLS (200,000) short calls at RATE (500) per second: the host must be as large after them as after the first quarter,
# and nothing of them may be left behind.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/load/build.sh
exec python3 -B tests/load/soak.py "$CARGO_TARGET_DIR/dist/jackfield" "${CALLS:-200000}" "${RATE:-500}"
