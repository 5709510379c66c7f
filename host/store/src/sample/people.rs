//! Who works and who calls.

use super::{Chance, MINUTE, SECOND};
use jackfield_model::{Media, ServiceGoal};

/// The first agent's extension, and how many there are.
pub(super) const FIRST_AGENT: u64 = 100;
pub(super) const AGENTS: u64 = 20;
/// Who looks after the agents.
pub(super) const SUPERVISORS: [&str; 2] = ["118", "119"];
/// Numbers from which people call.
const CALLERS: u64 = 260;
const TRUNKS: [&str; 2] = ["carrier-a", "carrier-b"];

/// A queue, and who works it.
pub(super) struct Queue {
    pub(super) name: &'static str,
    pub(super) media: Media,
    /// The number that leads to it.
    pub(super) number: &'static str,
    /// The key in the menu.
    pub(super) key: &'static str,
    /// How many of a hundred contacts want it.
    pub(super) share: u64,
    /// The first agent of it, counted from the first of all, and how many.
    pub(super) agents: (u64, u64),
    /// How long a conversation takes, and wrap-up, on average.
    pub(super) talk: u64,
    pub(super) acw: u64,
    pub(super) goal: ServiceGoal,
    pub(super) codes: &'static [&'static str],
}

const fn goal(percent: u8, target: u64, short: u64) -> ServiceGoal {
    ServiceGoal { percent, target: target as u32, short: short as u32 }
}

pub(super) const QUEUES: [Queue; 7] = [
    Queue {
        name: "sales",
        media: Media::Voice,
        number: "+33155500101",
        key: "1",
        share: 26,
        agents: (0, 6),
        talk: 190 * SECOND,
        acw: 35 * SECOND,
        goal: goal(80, 20 * SECOND, 5 * SECOND),
        codes: &["order", "quote", "price question", "complaint"],
    },
    Queue {
        name: "support",
        media: Media::Voice,
        number: "+33155500102",
        key: "2",
        share: 30,
        agents: (4, 8),
        talk: 280 * SECOND,
        acw: 50 * SECOND,
        goal: goal(75, 30 * SECOND, 5 * SECOND),
        codes: &["fault", "how to", "spare part", "complaint", "call-out"],
    },
    Queue {
        name: "accounts",
        media: Media::Voice,
        number: "+33155500103",
        key: "3",
        share: 14,
        agents: (10, 5),
        talk: 220 * SECOND,
        acw: 40 * SECOND,
        goal: goal(80, 20 * SECOND, 5 * SECOND),
        codes: &["invoice", "payment", "reminder"],
    },
    Queue {
        name: "orders",
        media: Media::Voice,
        number: "+33155500104",
        key: "4",
        share: 16,
        agents: (13, 7),
        talk: 150 * SECOND,
        acw: 25 * SECOND,
        goal: goal(85, 15 * SECOND, 5 * SECOND),
        codes: &["order", "delivery date", "return"],
    },
    Queue {
        name: "mail",
        media: Media::Mail,
        number: "office@example.com",
        key: "",
        share: 8,
        agents: (0, 20),
        talk: 6 * MINUTE,
        acw: 20 * SECOND,
        goal: goal(90, 240 * MINUTE, 0),
        codes: &["quote", "invoice", "complaint"],
    },
    Queue {
        name: "fax",
        media: Media::Fax,
        number: "+33155500108",
        key: "",
        share: 2,
        agents: (13, 7),
        talk: 4 * MINUTE,
        acw: 10 * SECOND,
        goal: goal(90, 240 * MINUTE, 0),
        codes: &["order"],
    },
    Queue {
        name: "chat",
        media: Media::Chat,
        number: "chat",
        key: "",
        share: 4,
        agents: (4, 8),
        talk: 7 * MINUTE,
        acw: 15 * SECOND,
        goal: goal(80, 60 * SECOND, 10 * SECOND),
        codes: &["how to", "fault"],
    },
];

/// Somebody outside.
pub(super) struct Contact {
    pub(super) number: String,
    pub(super) name: String,
    pub(super) address: String,
    pub(super) vip: bool,
    pub(super) language: &'static str,
}

/// Somebody, some more often than others.
pub(super) fn contact(chance: &mut Chance) -> Contact {
    const FIRST: [&str; 10] = ["Anna", "Ben", "Chloé", "Dora", "Emil", "Farid", "Greta", "Hanna", "Ivo", "Julie"];
    const LAST: [&str; 9] = ["Martin", "Schulz", "Bernard", "Weber", "Petit", "Novak", "Keller", "Moreau", "Lang"];
    const PLACES: [(&str, &str); 4] = [("+331", "fr"), ("+334", "fr"), ("+4930", "de"), ("+4420", "en")];
    let (a, b) = (chance.below(CALLERS), chance.below(CALLERS));
    let who = a.min(b);
    let (prefix, language) = PLACES[(who % 4) as usize];
    let (first, last) = (FIRST[(who % 10) as usize], LAST[(who / 7 % 9) as usize]);
    Contact {
        // Some show no number.
        number: if who % 29 == 3 { "anonymous".to_owned() } else { format!("{prefix}555{:05}", who * 37 + 11) },
        name: if who % 29 == 3 { String::new() } else { format!("{first} {last}") },
        address: format!("{}.{who}@example.net", last.to_lowercase()),
        vip: who % 13 == 0,
        language,
    }
}

pub(super) fn agent(number: u64) -> String {
    (FIRST_AGENT + number).to_string()
}

pub(super) fn trunk(chance: &mut Chance) -> String {
    TRUNKS[usize::from(chance.percent(30))].to_owned()
}
