//! Holds a count under each key, and misbehaves while it takes what it is told: `ok` counts, everything else goes wrong.

use jackfield_sdk::{
    prelude::*,
    reducer::{self, Effects, Event, Input},
};
use serde::{Deserialize, Serialize};

#[derive(Default, Serialize, Deserialize)]
struct Count {
    count: u64,
    /// What was in its way.
    ballast: String,
}

#[reducer]
fn reduce(count: &mut Count, input: &Input<'_>, effects: &mut Effects) {
    let what: String = match &input.event {
        Event::Asked { what, .. } | Event::Told(what) | Event::Timer { what, .. } => what.read().unwrap_or_default(),
        _ => return,
    };
    match what.as_str() {
        "ok" => count.count += 1,
        "trap" => panic!("no more than {} of these", count.count),
        "loop" => loop {
            std::hint::black_box(input);
        },
        "grow" => count.ballast = "x".repeat(2 << 20),
        "flood" => (0..2_000).for_each(|n| effects.set_timer(&n.to_string(), input.at + 1_000_000, &"ok")),
        "fill" => (0..900).for_each(|n| effects.set_timer(&format!("{}/{n}", input.seq), input.at + 1_000_000, &"ok")),
        "erase" => effects.erase(),
        "timer" => effects.set_timer("later", input.at + 500, &"ok"),
        "call" => effects.dial(reducer::Order::new("call", "100", "nothing")),
        "myself" => {
            // A reducer that asked itself would wait for ever.
            if reducer::ask::<u64>(input.key, &"ok").is_ok() {
                count.count += 1_000;
            }
        }
        _ => {}
    }
    effects.reply(&count.count);
}

#[web]
fn answer(request: &web::Request) -> Result<web::Response> {
    match request.route()[..] {
        ["POST", "ask", key, what] => match reducer::ask::<u64>(key, &what) {
            Ok(count) => web::Response::json(&count),
            Err(error) => Ok(web::Response::json(&error.to_string())?.with_status(409)),
        },
        ["POST", "tell", key, what] => {
            reducer::tell(key, &what)?;
            Ok(web::Response::done())
        }
        ["GET", "count", key] => web::Response::json(&reducer::look::<Count>(key)?.map(|count| count.count)),
        _ => Ok(web::Response::not_found()),
    }
}
