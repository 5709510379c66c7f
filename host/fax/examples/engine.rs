//! The engine of one fax and nothing else: what tests start in place of the host's own program.

fn main() -> std::io::Result<()> {
    jackfield_fax::engine::run()
}
