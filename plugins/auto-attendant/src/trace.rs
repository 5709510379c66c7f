//! What would become of a caller: the same plan, the same way through menus, and nobody on the telephone.

use crate::{
    hours::Standing,
    plan::{Lost, Plan, Then},
    walk::{Step, Way},
};
use jackfield_sdk::{Error, Result, clock, directory};
use serde::{Deserialize, Serialize};

/// Most keys that are tried.
const MOST_KEYS: usize = 100;

/// A caller who is made up.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Caller {
    /// When, on the clocks of the plan's time zone: `2026-12-24T18:05`.
    pub at: String,
    /// What they press, one key after the other.
    #[serde(default)]
    pub keys: String,
}

/// One thing that happens, as a word that the page knows and what it is about.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Happening {
    pub what: &'static str,
    pub about: Vec<String>,
}

/// Follow the caller to where they end.
pub fn follow(plan: &Plan, caller: &Caller) -> Result<Vec<Happening>> {
    let standing = Standing::at(plan, moment(&plan.time_zone, &caller.at)?);
    let mut trace = Trace(Vec::new());
    let by = if standing.by_schedule { plan.schedule.clone() } else { String::new() };
    trace.say(
        if standing.forced { "forced" } else { "case" },
        [standing.case.word().into(), standing.occasion.clone(), by],
    );
    let reception = plan.cases.of(standing.case);
    let written = plan.cases.written().any(|(case, _)| case == standing.case);
    if !written {
        trace.say("as-night", [standing.case.word().to_owned()]);
    }
    trace.plays(&reception.play);
    match reception.does {
        Then::Menu => menus(&mut trace, plan, &reception.to, &caller.keys),
        Then::Transfer => trace.say("transfer", [reception.to.clone()]),
        Then::Operator => trace.say("operator", [plan.operator.clone()]),
        Then::Announce => {
            match &standing.opening {
                Some(opening) => trace.say("opens", [opening.day.word().to_owned(), opening.time.into()]),
                None => trace.say("opens-unknown", []),
            }
            trace.say("hangs-up", []);
        }
        Then::HangUp => trace.say("hangs-up", []),
    }
    Ok(trace.0)
}

fn menus(trace: &mut Trace, plan: &Plan, first: &str, keys: &str) {
    let mut way = Way::new(plan, first);
    let mut keys = keys.trim().chars().take(MOST_KEYS).peekable();
    while let Some(menu) = way.menu() {
        trace.say("menu", [menu.name.clone()]);
        trace.plays(&menu.prompts);
        let mut chosen = None;
        for tried in 1..=menu.tries {
            // A space is a pause.
            while keys.next_if(|key| key.is_whitespace()).is_some() {}
            match keys.next() {
                None => {
                    trace.say("silence", [menu.tries.saturating_sub(tried - 1).to_string()]);
                    break;
                }
                Some(pressed) if menu.extensions && keys.peek().is_some_and(char::is_ascii_digit) => {
                    let mut number = String::from(pressed);
                    while let Some(digit) = keys.next_if(char::is_ascii_digit) {
                        number.push(digit);
                    }
                    if directory::extension(&number).is_ok_and(|known| known.is_some()) {
                        return trace.say("transfer", [number]);
                    }
                    trace.say("wrong-key", [number]);
                }
                Some(pressed) => match menu.keys.iter().find(|key| key.key == pressed) {
                    Some(key) => {
                        trace.say("key", [pressed.to_string()]);
                        chosen = Some(key);
                        break;
                    }
                    None => trace.say("wrong-key", [pressed.to_string()]),
                },
            }
        }
        let Some(key) = chosen else {
            match menu.when_lost {
                Lost::Operator => trace.say("operator", [plan.operator.clone()]),
                Lost::HangUp => trace.say("hangs-up", []),
            }
            return;
        };
        match way.step(key) {
            Step::Menu => {}
            Step::Play(prompt) => trace.plays(&[prompt.to_owned()]),
            Step::Hours => trace.say("hours", []),
            Step::Language(tag) => trace.say("language", [tag.to_owned()]),
            Step::Name => return trace.say("name", []),
            Step::HangUp => return trace.say("hangs-up", []),
            Step::Transfer(number) => return trace.say("transfer", [number.to_owned()]),
        }
    }
}

struct Trace(Vec<Happening>);

impl Trace {
    fn say<const N: usize>(&mut self, what: &'static str, about: [String; N]) {
        self.0.push(Happening { what, about: about.into() });
    }

    fn plays(&mut self, prompts: &[String]) {
        if !prompts.is_empty() {
            self.0.push(Happening { what: "plays", about: prompts.to_vec() });
        }
    }
}

/// The moment at which clocks there show this.
fn moment(zone: &str, text: &str) -> Result<u64> {
    let wrong = || Error::Invalid("Give a time such as 2026-12-24T18:05.".into());
    let digits = |from: usize, to: usize| {
        text.get(from..to)
            .filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|part| part.parse::<i64>().ok())
    };
    let parts = [(0, 4), (5, 7), (8, 10), (11, 13), (14, 16)].map(|(from, to)| digits(from, to));
    let [Some(year), Some(month @ 1..=12), Some(day @ 1..=31), Some(hour @ 0..=23), Some(minute @ 0..=59)] = parts
    else {
        return Err(wrong());
    };
    if !(1971..=9000).contains(&year) {
        return Err(wrong());
    }
    let as_utc = (days_since_1970(year, month, day) * 1_440 + hour * 60 + minute) * 60_000;
    // What clocks are ahead of UTC is known at a moment: guess one, and look again from there.
    let mut at = as_utc;
    for _ in 0..2 {
        let there = clock::local(zone, at.unsigned_abs()).map_err(Error::Invalid)?;
        at = as_utc - i64::from(there.utc_offset) * 1_000;
    }
    Ok(at.unsigned_abs())
}

/// Days from civil dates, as Howard Hinnant computes them.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}
