//! An agent logs in, takes a break or logs out by telephone.

use crate::{
    now,
    settings::Settings,
    words::{Ask, CENTRE, Granted, Wish},
};
use jackfield_sdk::{prelude::*, reducer};

/// What the agent may press, as long as the call lasts.
const TRIES: usize = 3;

/// Offer what is possible: who is not logged in is logged in at once.
pub fn open(call: &Call) -> Result<()> {
    let settings: Settings = settings();
    let Some(extension) = call.caller().extension else {
        return call.hang_up_because(HangUpCause::Rejected);
    };
    if settings.agent(&extension).is_none() {
        return call.hang_up_because(HangUpCause::Rejected);
    }
    call.answer()?;
    let wish = |wish: Wish| -> Result<Granted> { reducer::ask(CENTRE, &Ask::Agent { agent: extension.clone(), wish }) };
    let centre = now()?;
    if !centre.agents.contains_key(&extension) {
        if centre.agents.values().any(|other| other.phone == extension) {
            call.play("agent-impossible")?;
            return call.hang_up();
        }
        return then(call, "agent-logged-in", || wish(Wish::LogIn { phone: extension.clone() }));
    }
    for _ in 0..TRIES {
        let done = match call.ask("agent-menu", digits(1).within(secs(6)))?.as_str() {
            "1" => return then(call, "agent-ready", || wish(Wish::Ready)),
            "2" => match centre.breaks(&settings).first() {
                Some(first) => wish(Wish::Break { name: first.name.clone() })?.map(|()| "agent-break"),
                None => Err(String::new()),
            },
            "3" => wish(Wish::LogOut)?.map(|()| "agent-logged-out"),
            _ => continue,
        };
        call.play(done.unwrap_or("agent-impossible"))?;
        return call.hang_up();
    }
    call.hang_up()
}

/// Say so, hang up, and only then do it: the telephone rings for the first caller once it is free.
fn then(call: &Call, prompt: &str, wish: impl FnOnce() -> Result<Granted>) -> Result<()> {
    call.play(prompt)?;
    call.hang_up()?;
    if let Err(why) = wish()? {
        log::warn!("an agent was told “{prompt}”, and that was not possible: {why}");
    }
    Ok(())
}
