#!/bin/sh
# Fuzz each target for SECONDS (60 unless told): tests/fuzz/run.sh [SECONDS [TARGET...]]
# A finding stays in tests/fuzz/artifacts/TARGET and ends the run with a non-zero status.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- $(sed -n 's/^name = "\([a-z]*_[a-z]*\)"$/\1/p' Cargo.toml)
# libFuzzer's instrumentation needs switches that stable Rust keeps behind this; a nightly toolchain is as good.
export RUSTC_BOOTSTRAP=1
for target in "$@"; do
    echo "== fuzzing $target for $seconds s"
    mkdir -p "corpus/$target"
    seeds=
    case $target in sip_parse | sip_framing) seeds=../conformance/rfc4475 ;; esac
    # shellcheck disable=SC2086
    cargo fuzz run --fuzz-dir . "$target" "corpus/$target" $seeds -- \
        -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=0 -verbosity=0
done
echo "no findings"
