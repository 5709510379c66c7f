//! Computes for ever.

use jackfield_sdk::prelude::*;

#[router]
fn route(_request: &Request) -> Decision {
    spin();
    Decision::reject(500)
}

#[script]
fn main(call: Call) -> Result<()> {
    call.answer()?;
    spin();
    call.hang_up()
}

fn spin() {
    let mut turns = 0u64;
    while std::hint::black_box(turns) < u64::MAX {
        turns += 1;
    }
}
