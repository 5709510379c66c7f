//! In the conference: `*` and a digit do something, `*` alone tells which.

use crate::{
    ROOM,
    settings::{Conference, Role},
};
use jackfield_sdk::{Seen, prelude::*};

/// How loud the others can have somebody, in per cent: steps of 3 dB.
const STEPS: [u16; 9] = [25, 35, 50, 71, 100, 141, 200, 283, 400];
/// How much longer it lasts when a moderator wants that.
const LONGER: std::time::Duration = secs(15 * 60);
/// A stay, after which the next one begins.
const STAY: std::time::Duration = secs(3_600);
/// Numbers that have a prompt of their own: as many as a room has members.
const COUNTED: std::ops::RangeInclusive<usize> = 2..=32;

/// What follows a key.
enum Next {
    Stay,
    Leave,
}

/// Enter, and stay until the end.
pub fn take_part(call: &Call, conference: &Conference, role: Role) -> Result<()> {
    let room = room(conference);
    let before = room.look();
    // Whoever opens a room in which nobody else could have a say has it.
    let ownerless = conference.moderator_pin.is_empty() && conference.moderators.is_empty();
    let moderator = role == Role::Moderator || (ownerless && before.is_none());
    say_who_is_there(call, before.as_ref())?;
    let muted = conference.muted && !moderator;
    if muted {
        call.play("you-are-muted")?;
    }
    let waits = before.map_or(conference.wait_for_moderator, |room| room.waiting);
    if waits && !moderator {
        call.play("wait-for-moderator")?;
    }
    let seat = if moderator { Seat::moderator() } else { Seat::default().muted(muted) };
    let me = match call.enter(&room, seat.with_music()) {
        Ok(me) => me,
        Err(EntryFailure::Locked) => return call.play("locked")?.hang_up_because(HangUpCause::Rejected),
        Err(EntryFailure::Full) => return call.play("full")?.hang_up_because(HangUpCause::Busy),
        Err(failure) => return Err(failure.into()),
    };
    loop {
        let farewell = match call.stay("*", STAY)? {
            Happening::Pressed(_) => match menu(call, &room, me)? {
                Next::Stay => continue,
                Next::Leave => None,
            },
            Happening::TimedOut => continue,
            Happening::Removed => Some("removed"),
            Happening::Ended => Some("ended"),
            Happening::Other((kind, _)) => {
                log::warn!("the room says {kind}, which this plugin does not know");
                continue;
            }
        };
        call.leave()?;
        if let Some(farewell) = farewell {
            call.play(farewell)?;
        }
        return call.play("goodbye")?.hang_up();
    }
}

fn room(conference: &Conference) -> Room {
    let room = Room::named(&conference.number)
        .titled(&conference.name)
        .for_at_most(conference.max_members)
        .locked_at_first(conference.locked)
        .waiting_for_moderator(conference.wait_for_moderator)
        .ending_with_moderator(conference.ends_with_moderator)
        .bringing_guests_by("guest");
    let room = if conference.minutes > 0 { room.lasting(secs(conference.minutes * 60)) } else { room };
    if conference.tones { room.announcing(tone(Tone::Beep, millis(200)), tone(Tone::Dial, millis(200))) } else { room }
}

/// How many others there are.
fn say_who_is_there(call: &Call, room: Option<&Seen>) -> Result<()> {
    match room.map_or(0, |room| room.members.len()) {
        0 => call.play("first")?,
        1 => call.play("one-other")?,
        others if COUNTED.contains(&others) => {
            call.play(Prompts::from("there-are").then(format!("n-{others}").as_str()).then("others"))?
        }
        _ => call,
    };
    Ok(())
}

/// `*` was pressed: what else?
fn menu(call: &Call, room: &Room, me: u32) -> Result<Next> {
    let Some(seen) = room.look() else { return Ok(Next::Stay) };
    let Some(own) = seen.members.iter().find(|member| member.id == me) else { return Ok(Next::Stay) };
    let help = if own.moderator { "keys-moderator" } else { "keys-member" };
    let pressed = call.ask(help, digits(1).within(secs(5)))?;
    let done = match (pressed.as_str(), own.moderator) {
        ("0", _) => return Ok(Next::Leave),
        ("1", _) => mute_self(call, room, own),
        ("4", _) => louder(call, room, own, false),
        ("6", _) => louder(call, room, own, true),
        ("2", true) => {
            room.lock(!seen.locked)?;
            say(call, if seen.locked { "now-open" } else { "now-locked" })
        }
        ("3", true) => {
            let muted = seen.members.iter().any(|member| !member.moderator && !member.muted);
            room.mute(Whom::All, muted)?;
            say(call, if muted { "all-muted" } else { "all-unmuted" })
        }
        ("5", true) => {
            room.extend(LONGER)?;
            say(call, "extended")
        }
        ("7", true) => invite(call, room),
        ("8", true) => remove_last(call, room, &seen, me),
        ("9", true) => end(call, room),
        ("", _) => Ok(()),
        _ => say(call, "invalid"),
    };
    match done {
        // The room or a member has gone meanwhile; the stay says what that means.
        Err(Error::Invalid(_)) => Ok(Next::Stay),
        other => other.map(|()| Next::Stay),
    }
}

fn say(call: &Call, prompt: &str) -> Result<()> {
    call.play(prompt).map(drop)
}

fn mute_self(call: &Call, room: &Room, own: &Member) -> Result<()> {
    room.mute(Whom::Member(own.id), !own.muted)?;
    say(call, if own.muted { "you-are-heard" } else { "you-are-muted" })
}

fn louder(call: &Call, room: &Room, own: &Member, up: bool) -> Result<()> {
    let at = STEPS.iter().position(|step| *step >= own.gain).unwrap_or(STEPS.len() - 1);
    let next = if up { (at + 1).min(STEPS.len() - 1) } else { at.saturating_sub(1) };
    room.set_gain(own.id, STEPS[next])?;
    call.play(tone(Tone::Beep, millis(100))).map(drop)
}

fn remove_last(call: &Call, room: &Room, seen: &Seen, me: u32) -> Result<()> {
    let last = seen.members.iter().filter(|member| !member.moderator && member.id != me).map(|member| member.id).max();
    match last {
        Some(id) => {
            room.remove(id)?;
            say(call, "last-removed")
        }
        None => say(call, "invalid"),
    }
}

fn end(call: &Call, room: &Room) -> Result<()> {
    if call.ask("confirm-end", digits(1).within(secs(5)))? == "9" {
        room.end()?;
    }
    Ok(())
}

fn invite(call: &Call, room: &Room) -> Result<()> {
    let number = call.ask("enter-number", digits(24).within(secs(8)).between(secs(4)).ending_with("#"))?;
    if number.is_empty() {
        return Ok(());
    }
    room.invite(Inviting::to(number, "guest").telling(ROOM, room.name()))?;
    say(call, "is-called")
}
