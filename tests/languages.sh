#!/usr/bin/env bash
# Builds the examples in other languages than Rust, and puts to them the scenarios of those in Rust.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/jackfield
export PATH="$cache/languages/bin:$PATH"
tool=${CARGO_TARGET_DIR:-$cache/target}/debug/jackfield-plugin
for manifest in examples/{c,js,python}/*/plugin.toml; do
    from=$SECONDS
    "$tool" test "$(dirname "$manifest")"
    echo "-- $(dirname "$manifest"): $((SECONDS - from)) s"
done
