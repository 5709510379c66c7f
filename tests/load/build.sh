# Sourced: a host as it is handed out, the plugins of jackfield.toml in data/load-packages, and some for later in data/load-later.
: "${CARGO_TARGET_DIR:=${XDG_CACHE_HOME:-$HOME/.cache}/jackfield/target}"
export CARGO_TARGET_DIR
# A call takes four sockets, and sipp one file for each statistic.
ulimit -n "$(ulimit -Hn)"
echo "== host and plugins under load"
cargo build --profile dist --quiet -p jackfield
# Packing needs no speed: the tool as tests have it.
cargo build --quiet --workspace
rm -rf data/load-packages data/load-later
mkdir -p data/load-packages data/load-later
pack="$CARGO_TARGET_DIR/debug/jackfield-plugin pack --unsigned"
$pack --out data/load-packages plugins/dialplan plugins/conference tests/load/prompt tests/load/tally
# Installed while the host runs, to see how long that takes.
$pack --out data/load-later plugins/voicemail examples/hello-page
make --no-print-directory hostile-packages BUILT=yes > /dev/null
