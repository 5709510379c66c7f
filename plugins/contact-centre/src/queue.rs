//! A caller waits: greeting, music, place and comfort, until an agent takes the call, the caller wants to be called back, or
//! waiting is over.

use crate::{
    ABOUT, known,
    settings::{Queue, Settings},
    words::{Ask, Entry, Missed, Standing, Word, ask, join},
};
use jackfield_sdk::{prelude::*, reducer::Heard};

/// The key by which callers ask to be called back.
const CALL_BACK: &str = "1";
/// What callers say who they are in.
const NAME: std::time::Duration = secs(8);
/// Waits beyond this are not spoken of: nobody likes to hear such a number.
const LONGEST_SPOKEN: u64 = 30;

/// Wait in the queue that the call is for.
pub fn wait(call: &Call) -> Result<()> {
    let settings: Settings = settings();
    let Some(queue) = call.arg(ABOUT).and_then(|number| settings.queue(number)) else {
        return call.hang_up_because(HangUpCause::NotFound);
    };
    call.answer()?.play(&queue.greeting)?;
    let caller = call.caller();
    let preferred = known::agent_of(&caller.number, queue.preferred_days);
    let enter = Ask::Enter { queue: queue.number.clone(), number: caller.number, name: caller.name, preferred };
    let mut told = match join(call, &enter)? {
        Entry::GoesTo(to) => return go(call, &to),
        Entry::Waits(standing) => {
            tell(call, queue, standing)?;
            standing.position
        }
    };
    loop {
        let wait = call.wait_for_word().with_music().within(secs(queue.comfort_seconds.max(5)));
        match wait.or_keys(if queue.callback { CALL_BACK } else { "" }).hear()? {
            Heard::Word(Word::Offer { agent, phone, seconds }) => {
                if offer(call, queue, &agent, &phone, seconds)? {
                    return call.hang_up();
                }
            }
            Heard::Word(Word::GoTo(to)) => return go(call, &to),
            Heard::Pressed(_) => {
                if call_back(call)? {
                    return call.hang_up();
                }
            }
            Heard::TimedOut => {
                let standing: Standing = ask(call, &Ask::Where { contact: call.id() })?;
                call.play(&queue.comfort)?;
                // A place that has risen, because somebody important came, is not spoken of.
                if standing.position > 0 && standing.position < told {
                    tell(call, queue, standing)?;
                    told = standing.position;
                }
                if queue.callback {
                    call.play("press-1-callback")?;
                }
            }
        }
    }
}

/// Say the place, and for how long at most.
fn tell(call: &Call, queue: &Queue, standing: Standing) -> Result<()> {
    if queue.say_position && standing.position > 0 {
        call.say(say("you-are-number").number(standing.position as i64))?;
    }
    if let Some(minutes) = standing.minutes.filter(|minutes| queue.say_wait && *minutes <= LONGEST_SPOKEN) {
        call.say(say("wait-less-than").duration(secs(minutes * 60)))?;
    }
    Ok(())
}

/// Ring an agent; whether caller and agent have spoken.
fn offer(call: &Call, queue: &Queue, agent: &str, phone: &str, seconds: u64) -> Result<bool> {
    let caller = call.caller();
    let name = if caller.name.is_empty() { queue.name.clone() } else { format!("{} · {}", queue.name, caller.name) };
    let shown = Party { number: caller.number.clone(), name, extension: None };
    let ringing = Dialling::to([format!("ext:{phone}")]).for_at_most(secs(seconds)).showing(shown).with_music();
    let contact = call.id();
    let why = match call.dial(ringing) {
        Ok(leg) => {
            let theirs: bool = ask(call, &Ask::Answered { contact: contact.clone() })?;
            if !theirs {
                leg.hang_up()?;
                return Ok(false);
            }
            let talked = leg.bridge();
            known::remember(&caller.number, agent);
            talked?;
            let () = ask(call, &Ask::Ended { contact })?;
            return Ok(true);
        }
        Err(Error::Busy) => Missed::Busy,
        Err(Error::NoAnswer) => Missed::NoAnswer,
        Err(Error::Rejected) => Missed::Rejected,
        Err(Error::Gone) => return Err(Error::Gone),
        Err(error) => {
            log::warn!("the telephone {phone} cannot be rung: {error}");
            Missed::Unavailable
        }
    };
    let () = ask(call, &Ask::NotAnswered { contact, why })?;
    Ok(false)
}

/// The caller wants to be called back: at which number, and who it is. Whether that is noted.
fn call_back(call: &Call) -> Result<bool> {
    let mut number = call.caller().number;
    let confirm = |number: &str| call.say_until_key(say("callback-number").digits(number).prompts("callback-confirm"));
    let mut key = if number.chars().all(|c| c.is_ascii_digit() || c == '+') && number.len() >= 3 {
        match confirm(&number)? {
            Some(key) => Some(key),
            None => call.wait(secs(5))?,
        }
    } else {
        Some('2')
    };
    while key == Some('2') {
        number = call.ask("callback-enter", digits(20).ending_with("#").within(secs(8)))?;
        key = match number.len() {
            0..3 => None,
            _ => match confirm(&number)? {
                Some(key) => Some(key),
                None => call.wait(secs(5))?,
            },
        };
    }
    if key != Some('1') {
        return Ok(false);
    }
    call.play("callback-name")?;
    let recording = call.record(Recording::up_to(NAME).until_silent_for(secs(2)))?;
    let wish = Ask::CallBack { contact: call.id(), number, recording: Some(recording.id.clone()) };
    let taken: bool = ask(call, &wish)?;
    if !taken {
        recording.erase()?;
        call.play("callback-impossible")?;
        return Ok(false);
    }
    call.play("callback-noted")?;
    Ok(true)
}

/// Send the caller elsewhere, or say that nobody can help now.
fn go(call: &Call, to: &str) -> Result<()> {
    if !to.is_empty() {
        match call.transfer(to) {
            Err(error) if error != Error::Gone => log::warn!("a caller cannot go to {to}: {error}"),
            outcome => return outcome,
        }
    }
    call.play("nobody-free")?;
    call.hang_up()
}
