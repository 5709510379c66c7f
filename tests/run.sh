#!/usr/bin/env bash
# Everything that `make test` runs, in the order that finds a mistake soonest. Ends with one line.
set -uo pipefail
cd "$(dirname "$0")/.."
started=$SECONDS
done_parts=()

part() { # part NAME COMMAND…
    local name=$1 from=$SECONDS
    shift
    echo "== $name"
    if ! "$@"; then
        echo "FAILED: $name (after $((SECONDS - started)) s; passed before: ${done_parts[*]:-nothing})"
        exit 1
    fi
    done_parts+=("$name")
    echo "-- $name: $((SECONDS - from)) s"
}

rust_tests() {
    if command -v cargo-nextest >/dev/null; then
        cargo nextest run --workspace --no-fail-fast --status-level fail --final-status-level fail --hide-progress-bar
    else
        cargo test --workspace --quiet
    fi
}
doc_tests() { cargo test --workspace --doc --quiet; }
# All of it in one go: built one by one, the same dependencies would be built again for each choice of their features.
everything() { cargo build --quiet --workspace --all-targets; }
packages() { make --no-print-directory packages BUILT=yes; }
test_packages() { make --no-print-directory hostile-packages example-packages BUILT=yes; }
web_build() { make --no-print-directory web; }
web_tests() { (cd host/web && npm run --silent test -- --reporter=dot); }
guests() {
    local tool="$CARGO_TARGET_DIR/debug/jackfield-plugin" guest
    for guest in plugins/*/plugin.toml examples/*/plugin.toml; do
        "$tool" test "$(dirname "$guest")" || return 1
    done
    # The same thousand calls twice: the traces are compared byte by byte.
    "$tool" test --scenarios-only --calls 1000 plugins/auto-attendant || return 1
}
browser_driver() {
    (cd tests/web && { [ node_modules/.package-lock.json -nt package-lock.json ] || npm install --no-save --silent --no-audit --no-fund; })
}
# A browser on the real host, with a demonstration company of its own on loopback ports that nothing else uses.
journeys() {
    local dir host password status
    dir=$(mktemp -d)
    printf '%s\n' 'data_dir = "data"' '[sip]' 'udp = ["127.0.0.1:15960"]' 'tcp = ["127.0.0.1:15960"]' \
        '[http]' 'listen = "127.0.0.1:15980"' '[plugins]' "packages = \"$PWD/data/packages\"" 'catalogues = ["registry"]' 'allow_unsigned = true' > "$dir/jackfield.toml"
    # A publisher whom nobody knows yet, with a registry.
    cp data/example-packages/speaking-clock-*.jackfield "$dir/"
    local tool="$CARGO_TARGET_DIR/debug/jackfield-plugin"
    "$tool" key new --key "$dir/publisher.key" > /dev/null
    "$tool" sign --key "$dir/publisher.key" "$dir"/*.jackfield > /dev/null
    "$tool" publish --to "$dir/registry" "$dir"/*.jackfield > /dev/null
    "$CARGO_TARGET_DIR/debug/jackfield" serve --config "$dir/jackfield.toml" --demo > "$dir/out" 2>&1 &
    host=$!
    for _ in $(seq 100); do
        grep -q 'one-time password' "$dir/out" && break
        sleep 0.3
    done
    password=$(sed -n 's/.*one-time password \([a-z0-9-]*\)$/\1/p' "$dir/out" | head -n 1)
    (cd tests/web && JACKFIELD_URL=http://127.0.0.1:15980 JACKFIELD_PASSWORD="$password" npm test --silent)
    status=$?
    kill "$host"
    wait "$host" 2>/dev/null
    rm -rf "$dir"
    return "$status"
}

part "web page built" web_build
part "web page's own tests" web_tests
part "everything built" everything
part "plugins packed" packages
part "plugins for tests packed" test_packages
part "plugins' tests" guests
part "browser's driver installed" browser_driver
part "Rust tests, interop included" rust_tests
part "documentation examples" doc_tests
part "browser journeys" journeys
echo "PASSED: everything, in $((SECONDS - started)) s"
