//! Answers 3000 and plays a melody of more than a minute: what a load test needs of an announcement.

use jackfield_sdk::prelude::*;

#[router]
fn route(_request: &Request) -> Decision {
    Decision::run("melody")
}

#[script]
fn melody(call: Call) -> Result<()> {
    call.answer()?.play("melody")?.hang_up()
}
