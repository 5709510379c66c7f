//! Call completion: who has found a number busy or silent is called back when it is free (the service of RFC 6910, within
//! the house and by the host alone).

use crate::{
    call::{Caller, Next, refuse},
    exchange::Exchange,
    lines::Lines,
    party::PartyEvent,
};
use jackfield_media::{Item, Tone};
use jackfield_model::{EndCause, EventKind, PhoneState};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{
    sync::broadcast::error::RecvError,
    time::{sleep, timeout},
};
use tracing::info;

/// For how long somebody may wait to be called back.
const LIFETIME: Duration = Duration::from_secs(45 * 60);
/// Who has just hung up may want to dial: they are left alone for so long.
const PAUSE: Duration = Duration::from_secs(3);
/// Wishes at once, and of one caller; a further one is refused.
const MOST: (usize, usize) = (1_000, 5);
/// Callers whose last missed number is remembered; beyond it all are forgotten, which costs somebody one more call.
const REMEMBERED: usize = 100_000;
/// Says that the wish is taken note of.
const CONFIRMED: Duration = Duration::from_millis(400);

/// Who waits for whom.
#[derive(Default)]
pub(crate) struct Completions(Mutex<State>);

#[derive(Default)]
struct State {
    /// The number that a caller found busy or silent last.
    missed: HashMap<String, String>,
    wishes: Vec<Wish>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Wish {
    caller: String,
    callee: String,
    until: Instant,
}

/// Why nobody will be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NoCallBack {
    /// There is no number.
    #[error("the caller has found no number busy or silent")]
    NothingMissed,
    /// The number is not one of the house, or the caller's own.
    #[error("only another extension can be waited for")]
    NotOfTheHouse,
    /// Enough.
    #[error("too many wait to be called back")]
    TooMany,
}

impl Completions {
    /// A caller has not reached a number of the house.
    pub(crate) fn missed(&self, caller: &str, callee: &str) {
        let mut state = self.state();
        if state.missed.len() >= REMEMBERED && !state.missed.contains_key(caller) {
            state.missed.clear();
        }
        state.missed.insert(caller.to_owned(), callee.to_owned());
    }

    /// Call a caller back when a number is free: this one, or the one missed last. Says which.
    fn want(
        &self,
        now: Instant,
        caller: &str,
        callee: Option<&str>,
        of_the_house: impl Fn(&str) -> bool,
    ) -> Result<String, NoCallBack> {
        let mut state = self.state();
        let missed = || state.missed.get(caller).cloned();
        let callee = callee.map(str::to_owned).or_else(missed).ok_or(NoCallBack::NothingMissed)?;
        if callee == caller || !of_the_house(&callee) {
            return Err(NoCallBack::NotOfTheHouse);
        }
        state.wishes.retain(|wish| wish.until > now && (wish.caller != caller || wish.callee != callee));
        let own = state.wishes.iter().filter(|wish| wish.caller == caller).count();
        if state.wishes.len() >= MOST.0 || own >= MOST.1 {
            return Err(NoCallBack::TooMany);
        }
        state.wishes.push(Wish { caller: caller.to_owned(), callee: callee.clone(), until: now + LIFETIME });
        Ok(callee)
    }

    /// Whether somebody waits for this number, or waits at it.
    fn concerns(&self, number: &str) -> bool {
        self.state().wishes.iter().any(|wish| wish.caller == number || wish.callee == number)
    }

    /// The next two that are both free, who are then no longer waited for; each number once, the longest wait first.
    fn take_free(&self, now: Instant, lines: &Lines) -> Option<(String, String)> {
        let mut state = self.state();
        state.wishes.retain(|wish| wish.until > now);
        let free = |number: &str| lines.phone(number) == PhoneState::Idle;
        let place = state.wishes.iter().position(|wish| free(&wish.caller) && free(&wish.callee))?;
        let Wish { caller, callee, .. } = state.wishes.remove(place);
        Some((caller, callee))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Call back whoever waits, as numbers become free. One task.
pub(crate) async fn serve(exchange: Arc<Exchange>) {
    let mut events = exchange.bus.subscribe();
    loop {
        let look = match events.recv().await {
            Ok(event) => match &event.kind {
                EventKind::Phone { extension, state: PhoneState::Idle } => {
                    exchange.completions.concerns(extension.as_str())
                }
                _ => false,
            },
            // What was missed may have been it.
            Err(RecvError::Lagged(_)) => true,
            Err(RecvError::Closed) => return,
        };
        if !look {
            continue;
        }
        sleep(PAUSE).await;
        while let Some((caller, callee)) = exchange.completions.take_free(Instant::now(), &exchange.lines) {
            info!(caller, callee, "calling back");
            if let Err(error) = exchange.originate(&caller, &callee, false) {
                info!(caller, callee, %error, "nobody can be called back");
            }
            // Their phones ring now and are no longer free, once the INVITEs are out.
            sleep(Duration::from_millis(200)).await;
        }
    }
}

/// Take note that the caller wants to be called back, tell them by a tone, and let them go.
pub(crate) async fn call_back(mut caller: Box<Caller>, number: &str) -> Option<(Box<Caller>, Next)> {
    let exchange = Arc::clone(&caller.exchange);
    let Some(own) = caller.party.who().extension.clone() else {
        return refuse(caller, 403, String::from("only an extension can be called back")).await;
    };
    let number = number.strip_prefix("ext:").unwrap_or(number);
    let of_the_house = |number: &str| exchange.directory().extension(number).is_some();
    let wanted = Some(number).filter(|number| !number.is_empty());
    let callee = match exchange.completions.want(Instant::now(), own.as_str(), wanted, of_the_house) {
        Ok(callee) => callee,
        Err(error) => return refuse(caller, 404, error.to_string()).await,
    };
    if let Err(refused) = caller.party.accept().await {
        caller.facts.ends(EndCause::Failed, refused.why);
        caller.refuse(refused.status).await;
        return None;
    }
    if let Some(stream) = caller.party.stream() {
        stream.play(vec![Item::Tone(Tone::Beep, CONFIRMED)], false);
    }
    let heard =
        async { while !matches!(caller.party.next().await, PartyEvent::Played(_) | PartyEvent::Gone { .. }) {} };
    // Whoever hears nothing is let go all the same.
    let _ = timeout(CONFIRMED + PAUSE, heard).await;
    caller.facts.ends(EndCause::Answered, format!("is called back when {callee} is free"));
    if !caller.party.leg.is_over() {
        caller.party.hang_up(None).await;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        events::EventBus,
        lines::{LineState, Role},
    };
    use jackfield_model::Party;

    #[test]
    fn two_are_connected_when_both_are_free() {
        let lines = Lines::new(EventBus::new());
        for number in ["100", "101"] {
            lines.reach(number, true);
        }
        let completions = Completions::default();
        let now = Instant::now();
        let of_the_house = |number: &str| number.starts_with('1');
        let want = |callee| completions.want(now, "100", callee, of_the_house);
        assert_eq!(want(None), Err(NoCallBack::NothingMissed));
        completions.missed("100", "101");
        assert_eq!(want(None).as_deref(), Ok("101"));
        assert_eq!(want(Some("101")).as_deref(), Ok("101"), "asked twice, called once");
        assert_eq!(
            (want(Some("100")), want(Some("200"))),
            (Err(NoCallBack::NotOfTheHouse), Err(NoCallBack::NotOfTheHouse))
        );
        let busy = lines.take(
            &"101".parse().unwrap(),
            jackfield_sip::LegId(1),
            Role::Recipient,
            LineState::Confirmed,
            Party::default(),
        );
        assert!(completions.concerns("101") && completions.take_free(now, &lines).is_none());
        drop(busy);
        assert_eq!(completions.take_free(now, &lines), Some(("100".into(), "101".into())));
        assert_eq!(completions.take_free(now, &lines), None);
        assert!(want(Some("101")).is_ok());
        assert_eq!(completions.take_free(now + LIFETIME, &lines), None, "nobody waits for ever");
    }

    #[test]
    fn wishes_are_bounded() {
        let completions = Completions::default();
        for callee in 0..MOST.1 {
            assert!(completions.want(Instant::now(), "9", Some(&callee.to_string()), |_| true).is_ok());
        }
        assert_eq!(completions.want(Instant::now(), "9", Some("77"), |_| true), Err(NoCallBack::TooMany));
    }
}
