//! What has happened in a test call.

use jackfield_calls::scripts::{HangUpCause, ScriptEnd};
use std::{collections::BTreeMap, fmt, time::Duration};

/// A test call that is over. Its [`Display`](fmt::Display) is the whole trace, one line for each thing that happened:
///
/// ```text
///    0.000 answers
///    0.000 plays en/welcome
///    2.000 caller presses 1
///    2.000 transfers to ext:100
/// ```
#[derive(Clone, Debug)]
pub struct Conversation {
    pub(crate) lines: Vec<Line>,
    pub(crate) end: ScriptEnd,
    pub(crate) vars: BTreeMap<String, String>,
    pub(crate) lasted: Duration,
    pub(crate) log: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) at: Duration,
    pub(crate) what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Answers,
    Rings,
    Plays(String),
    Echoes,
    Records,
    ReceivesFax(u32),
    SendsFax(u32),
    Dials(String),
    Reached(String),
    NotReached(String, &'static str),
    Bridges(String),
    Transfers(String),
    HangsUp(HangUpCause),
    CallerPresses(char),
    CallerHangsUp,
    OtherHangsUp(String),
    Enters(String, &'static str),
    NotIn(String, String),
    WrongPin,
    Leaves,
    Removed,
    RoomEnds,
    Comes(String),
    Changes(String),
    Waits(bool),
}

impl Conversation {
    /// Whether a prompt was played: `welcome` in any language, `de/welcome` in that one, or a tone such as `tone beep`.
    pub fn heard(&self, prompt: &str) -> bool {
        self.all_heard().iter().any(|heard| is_prompt(heard, prompt))
    }

    /// Every prompt, tone and silence that was begun, in order.
    pub fn all_heard(&self) -> Vec<&str> {
        self.pick(|what| match what {
            What::Plays(prompt) => Some(prompt.as_str()),
            _ => None,
        })
    }

    /// Everybody who was dialled, in order.
    pub fn dialled(&self) -> Vec<&str> {
        self.pick(|what| match what {
            What::Dials(target) => Some(target.as_str()),
            _ => None,
        })
    }

    /// Whom the caller was connected with by `bridge`.
    pub fn bridged(&self) -> Option<&str> {
        self.pick(|what| match what {
            What::Bridges(target) => Some(target.as_str()),
            _ => None,
        })
        .last()
        .copied()
    }

    /// Whom the caller was transferred to with success.
    pub fn transferred(&self) -> Option<&str> {
        self.pick(|what| match what {
            What::Transfers(target) => Some(target.as_str()),
            _ => None,
        })
        .last()
        .copied()
    }

    /// The rooms that the caller has entered, in order: `600`, `600 as a moderator`, `600 muted`.
    pub fn entered(&self) -> Vec<String> {
        self.pick(|what| match what {
            What::Enters(room, how) => Some(format!("{room}{how}")),
            _ => None,
        })
    }

    /// What was done to rooms, in order: `mutes 2`, `unmutes all`, `locks`, `invites 102 by guest`.
    pub fn changes(&self) -> Vec<&str> {
        self.pick(|what| match what {
            What::Changes(change) => Some(change.as_str()),
            _ => None,
        })
    }

    /// Whether the plugin answered.
    pub fn answered(&self) -> bool {
        self.lines.iter().any(|line| line.what == What::Answers)
    }

    /// Whether the plugin hung up, rather than the caller.
    pub fn hung_up_by_plugin(&self) -> bool {
        self.lines.iter().any(|line| matches!(line.what, What::HangsUp(_)))
    }

    /// How the script ended.
    pub fn end(&self) -> &ScriptEnd {
        &self.end
    }

    /// How long the script had the call, in virtual time.
    pub fn lasted(&self) -> Duration {
        self.lasted
    }

    /// A call variable as the script left it.
    pub fn var(&self, name: &str) -> Option<&str> {
        self.vars.get(name).map(String::as_str)
    }

    /// What was written to the plugin's log meanwhile.
    pub fn log(&self) -> &[String] {
        &self.log
    }

    /// The last line of the trace.
    pub(crate) fn end_line(&self) -> String {
        match &self.end {
            ScriptEnd::Returned => "ends".to_owned(),
            ScriptEnd::Failed(why) => format!("fails: {why}"),
            ScriptEnd::Unavailable(why) => format!("never ran: {why}"),
        }
    }

    fn pick<'a, T: 'a>(&'a self, pick: impl Fn(&'a What) -> Option<T>) -> Vec<T> {
        self.lines.iter().filter_map(|line| pick(&line.what)).collect()
    }
}

/// Whether what was heard is this prompt, its language given or not.
pub(crate) fn is_prompt(heard: &str, prompt: &str) -> bool {
    heard == prompt
        || heard.split_once('/').is_some_and(|(_, name)| name == prompt)
        || heard.starts_with(&format!("{prompt} for"))
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{:8.3} {}", line.at.as_secs_f64(), line.what)?;
        }
        write!(f, "{:8.3} {}", self.lasted.as_secs_f64(), self.end_line())
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            What::Answers => f.write_str("answers"),
            What::Rings => f.write_str("lets it ring"),
            What::Plays(prompt) => write!(f, "plays {prompt}"),
            What::Echoes => f.write_str("echoes"),
            What::Records => f.write_str("records"),
            What::ReceivesFax(pages) => write!(f, "receives a fax of {pages} pages"),
            What::SendsFax(pages) => write!(f, "sends a fax of {pages} pages"),
            What::Dials(target) => write!(f, "dials {target}"),
            What::Reached(target) => write!(f, "{target} answers"),
            What::NotReached(target, why) => write!(f, "{target}: {why}"),
            What::Bridges(target) => write!(f, "connects with {target}"),
            What::Transfers(target) => write!(f, "transfers to {target}"),
            What::HangsUp(cause) => write!(f, "hangs up ({cause:?})"),
            What::CallerPresses(key) => write!(f, "caller presses {key}"),
            What::CallerHangsUp => f.write_str("caller hangs up"),
            What::OtherHangsUp(target) => write!(f, "{target} hangs up"),
            What::Enters(room, how) => write!(f, "enters {room}{how}"),
            What::NotIn(room, why) => write!(f, "does not get into {room}: {why}"),
            What::WrongPin => f.write_str("a wrong PIN is noted"),
            What::Leaves => f.write_str("leaves the room"),
            What::Removed => f.write_str("is removed from the room"),
            What::RoomEnds => f.write_str("the room ends"),
            What::Comes(who) => write!(f, "{who} enters as a moderator"),
            What::Changes(change) => f.write_str(change),
            What::Waits(true) => f.write_str("waits with music"),
            What::Waits(false) => f.write_str("waits"),
        }
    }
}
