//! Takes memory until there is none.

use jackfield_sdk::prelude::*;

#[router]
fn route(_request: &Request) -> Decision {
    eat();
    Decision::reject(500)
}

#[script]
fn main(call: Call) -> Result<()> {
    eat();
    call.answer()?.hang_up()
}

fn eat() {
    let mut eaten = Vec::new();
    loop {
        eaten.push(std::hint::black_box(vec![1u8; 1 << 20]));
        std::hint::black_box(&eaten);
    }
}
