//! Keeps more than it may, where it may not, and fails whenever it is woken.

use jackfield_sdk::prelude::*;

/// A little less than a value may have.
const LARGE: usize = 250 << 10;
/// More timers than a plugin may set.
const MANY: usize = 10_001;

#[router]
fn route(request: &Request) -> Decision {
    if request.callee.number != "599" {
        return Decision::pass();
    }
    match kv::put("from-a-decision", &1) {
        Ok(()) => log::error!("a decision has kept something"),
        Err(why) => log::info!("in a decision: {why}"),
    }
    match timers::set("from-a-decision", 0, &[]) {
        Ok(()) => log::error!("a decision has set a timer"),
        Err(why) => log::info!("in a decision: {why}"),
    }
    Decision::run("main")
}

#[script]
fn main(call: Call) -> Result<()> {
    call.answer()?;
    let large = "x".repeat(LARGE);
    let mut kept = 0;
    let full = loop {
        match kv::put(&format!("large/{kept}"), &large) {
            Ok(()) => kept += 1,
            Err(why) => break why,
        }
    };
    log::info!("kept {kept} values, then: {full}");
    for (key, value) in [("too-large", "x".repeat(LARGE * 2)), (&*"k".repeat(300), String::new())] {
        match kv::put(key, &value) {
            Ok(()) => log::error!("a value or a key has no bound"),
            Err(why) => log::info!("refused: {why}"),
        }
    }
    // Room can always be made.
    kv::delete("large/0")?;
    kv::put("large/0", &large)?;
    timers::set("fails", 0, &[])?;
    let far = clock::now() + 24 * 60 * 60 * 1_000;
    let set = (0..MANY).map(|n| timers::set(&format!("many/{n}"), far, &[])).find_map(Result::err);
    match set {
        Some(why) => log::info!("timers: {why}"),
        None => log::error!("there is no end of timers"),
    }
    log::info!("done");
    call.hang_up()
}

#[on_timer]
fn woken(due: &timers::Due) -> Result<()> {
    panic!("{} is not what it wanted", due.name)
}
