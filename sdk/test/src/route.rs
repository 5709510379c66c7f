//! What a routing plugin has decided, in words.

use jackfield_calls::router::{Decision, Part, RingStyle, RingTarget, Routed};
use std::fmt;

/// What was decided. Compares with its words:
///
/// | decision | words |
/// |---|---|
/// | pass | `pass` |
/// | ring, legs in parallel, then another group | `ring ext:100 for 30 s + ext:101 for 30 s, then ext:102 for 20 s` |
/// | run its own script, with arguments | `run menu (language=de)` |
/// | run another plugin's script | `run org.example.voicemail/record` |
/// | redirect | `redirect to 100` |
/// | reject | `reject 404` |
#[derive(Clone, Debug)]
pub struct Route {
    pub(crate) routed: Routed,
    pub(crate) plugin: String,
}

impl Route {
    /// The plugin's reason.
    pub fn reason(&self) -> Option<&str> {
        self.routed.explain.as_deref()
    }

    /// A variable that the decision sets.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.routed.set_vars.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The decision itself.
    pub fn decision(&self) -> &Decision {
        &self.routed.decision
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = |leg: &RingTarget| match leg.style {
            RingStyle::Usual => "",
            RingStyle::Internal => " as of the house",
            RingStyle::External => " as from outside",
            RingStyle::Priority => " as urgent",
            RingStyle::AutoAnswer => " answering by itself",
        };
        let leg = |leg: &RingTarget| match &leg.caller_id {
            Some(shown) => {
                format!("{} for {} s{} showing {}", leg.to, leg.ring.as_secs_f64(), style(leg), shown.number)
            }
            None => format!("{} for {} s{}", leg.to, leg.ring.as_secs_f64(), style(leg)),
        };
        match &self.routed.decision {
            Decision::Pass => f.write_str("pass"),
            Decision::Ring(groups) => {
                let group = |legs: &Vec<RingTarget>| legs.iter().map(leg).collect::<Vec<_>>().join(" + ");
                write!(f, "ring {}", groups.iter().map(group).collect::<Vec<_>>().join(", then "))
            }
            Decision::Run(script) => {
                let own = if script.plugin == self.plugin { String::new() } else { format!("{}/", script.plugin) };
                write!(f, "run {own}{}", script.entry)?;
                if script.args.is_empty() {
                    return Ok(());
                }
                let args: Vec<_> = script.args.iter().map(|(name, value)| format!("{name}={value}")).collect();
                write!(f, " ({})", args.join(", "))
            }
            Decision::Redirect(to) => write!(f, "redirect to {to}"),
            Decision::PickUp(number) => write!(f, "pick up {number}"),
            Decision::Park(number) => write!(f, "park at {number}"),
            Decision::CallBack(number) if number.is_empty() => f.write_str("call back from the number missed last"),
            Decision::CallBack(number) => write!(f, "call back from {number}"),
            Decision::Join(number, part) => {
                let how = match part {
                    Part::Listen => "listen to",
                    Part::Whisper => "whisper to",
                    Part::Barge => "join",
                };
                write!(f, "{how} {number}")
            }
            Decision::Reject(status) => write!(f, "reject {status}"),
        }
    }
}

impl PartialEq<&str> for Route {
    fn eq(&self, words: &&str) -> bool {
        let said = self.to_string();
        said == *words
    }
}
