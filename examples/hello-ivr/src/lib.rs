//! A voice menu without a voice: one beep asks, two beeps say “not that key”.

use jackfield_sdk::prelude::*;

#[router]
fn route(_request: &Request) -> Decision {
    Decision::run("menu").because("700 is the hello IVR")
}

#[script]
fn menu(call: Call) -> Result<()> {
    let beep = tone(Tone::Beep, millis(200));
    call.answer()?.play(silence(millis(400)))?;
    for _ in 0..3 {
        match call.ask(beep.clone(), digits(1).within(secs(5)))?.as_str() {
            // Leave for good: the caller is routed on as if it had dialled this.
            "1" => return call.transfer("ext:100"),
            // Stay: ring somebody, and be there when nobody answers.
            "2" => match call.dial(Dialling::to(["ext:101", "ext:102"]).for_at_most(secs(20))) {
                Ok(answered) => return answered.bridge(),
                Err(error) if error.is_unreached() => call.play(tone(Tone::Busy, secs(2)))?,
                Err(error) => return Err(error),
            },
            _ => call.play([beep.clone(), silence(millis(100)), beep.clone()])?,
        };
    }
    call.hang_up()
}
