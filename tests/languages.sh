#!/usr/bin/env bash
# Builds the examples in other languages than Rust, puts to them the scenarios of those in Rust, and compares what happened in
# sixty calls of each, byte by byte.
set -euo pipefail
cd "$(dirname "$0")/.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/jackfield
export PATH="$cache/languages/bin:$PATH"
tool=${CARGO_TARGET_DIR:-$cache/target}/debug/jackfield-plugin

declare -A traces
run() { # run FOLDER: its scenarios; `trace` is the digest of what happened, empty for those without calls
    local calls=() from=$SECONDS said
    if grep -q '^\[\[scenario.call\]\]' "$1"/scenarios/*.toml; then calls=(--calls 60); fi
    said=$("$tool" test --scenarios-only "${calls[@]}" "$1") || { echo "$said"; exit 1; }
    printf '%s\n-- %s: %s s\n' "$said" "$1" "$((SECONDS - from))"
    trace=$(sed -n 's/.*SHA-256 //p' <<< "$said")
}

for folder in examples/{c,js,python}/*/; do
    folder=${folder%/}
    [ -f "$folder/plugin.toml" ] || continue
    name=$(basename "$folder")
    if [ -z "${traces[$name]+known}" ]; then
        run "examples/$name"
        traces[$name]=$trace
    fi
    run "$folder"
    [ "$trace" = "${traces[$name]}" ] || { echo "$folder does not do what examples/$name does: ${traces[$name]} there, $trace here"; exit 1; }
done
