//! The speaking clock: day, time and how long the year still lasts, in the caller's language, until a key is pressed.

use jackfield_sdk::prelude::*;

/// Where the clock hangs.
const ZONE: &str = "Europe/Paris";

#[router]
fn route(_request: &Request) -> Decision {
    Decision::run("clock").because("720 is the speaking clock")
}

#[script]
fn clock(call: Call) -> Result<()> {
    call.answer()?;
    for _ in 0..3 {
        let Ok(now) = clock::local(ZONE, clock::now()) else { return call.hang_up() };
        let speech = say(tone(Tone::Beep, millis(200)))
            .date(now.year.into(), now.month, now.day)
            .prompts(silence(millis(300)))
            .time(now.hour, now.minute)
            .duration(secs(now.second.into()));
        match call.say_until_key(speech)? {
            Some('1') => call.speak("en")?,
            Some('2') => call.speak("fr")?,
            Some('3') => call.speak("de")?,
            Some(_) => break,
            None => call.play(silence(secs(1)))?,
        };
    }
    call.say("goodbye")?.hang_up()
}
