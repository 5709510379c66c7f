# Sourced: a host as it is handed out, and the plugins of jackfield.toml in data/load-packages.
: "${CARGO_TARGET_DIR:=${XDG_CACHE_HOME:-$HOME/.cache}/jackfield/target}"
export CARGO_TARGET_DIR
# A call takes four sockets, and sipp one file for each statistic.
ulimit -n "$(ulimit -Hn)"
echo "== host and plugins under load"
cargo build --profile dist --quiet -p jackfield
# Packing needs no speed: the tool as tests have it.
cargo build --quiet --workspace
rm -rf data/load-packages
mkdir -p data/load-packages
"$CARGO_TARGET_DIR/debug/jackfield-plugin" pack --out data/load-packages plugins/dialplan plugins/conference tests/load/prompt
