//! Behaves, and gives its callers to those that do not: each number reaches the script of one hostile plugin.

use jackfield_sdk::prelude::*;

const SCRIPTS: [(&str, &str); 4] = [
    ("661", "org.example.loops"),
    ("662", "org.example.traps"),
    ("663", "org.example.eats-memory"),
    ("664", "org.example.never-answers"),
];

#[router]
fn route(request: &Request) -> Decision {
    match SCRIPTS.iter().find(|(number, _)| *number == request.callee.number) {
        Some((_, plugin)) => Decision::run_of(*plugin, "main"),
        None => Decision::pass(),
    }
}
