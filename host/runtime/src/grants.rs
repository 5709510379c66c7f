//! Capabilities: what a plugin may do beyond the base, and how that is said to an admin.
//!
//! A capability is an interface that the component imports (or, for routing and pages, exports). What a plugin needs is read
//! from the component itself, so it can neither be hidden nor forgotten; an admin approves it at install; what is not
//! approved is not linked, and each host function checks once more that the instance is of a shape that may use it.

use crate::instance::Running;
use jackfield_model::Language;

/// Deciding where calls go: exporting `jackfield:routing/decide`.
pub const ROUTING_DECIDE: &str = "routing.decide";
/// Talking to callers: importing `jackfield:call/control`.
pub const CALL_CONTROL: &str = "call.control";
/// Recording callers: importing `jackfield:call/recording`.
pub const CALL_RECORDING: &str = "call.recording";
/// Holding conference rooms: importing `jackfield:conference/rooms`.
pub const CONFERENCE: &str = "conference";

/// Having pages: exporting `jackfield:hooks/web`, or declaring `[[pages]]`.
pub const WEB_PAGES: &str = "web.pages";

/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "0.1.0";

struct Capability {
    id: &'static str,
    /// Package and interface whose import or export needs it.
    interface: &'static str,
    /// The sentence in English, French and German.
    sentences: [&'static str; 3],
}

const CAPABILITIES: [Capability; 5] = [
    Capability {
        id: ROUTING_DECIDE,
        interface: "jackfield:routing/decide",
        sentences: [
            "Sees who calls whom and decides where calls go.",
            "Voit qui appelle qui et décide où vont les appels.",
            "Sieht, wer wen anruft, und entscheidet, wohin Anrufe gehen.",
        ],
    },
    Capability {
        id: CALL_CONTROL,
        interface: "jackfield:call/control",
        sentences: [
            "Talks to callers who are sent to it: plays prompts, reads digits, dials, transfers and hangs up.",
            "Parle aux appelants qui lui sont confiés : diffuse des messages, lit les touches, appelle, transfère et raccroche.",
            "Spricht mit Anrufern, die zu ihm geleitet werden: spielt Ansagen, liest Tasten, wählt, verbindet und legt auf.",
        ],
    },
    Capability {
        id: CALL_RECORDING,
        interface: "jackfield:call/recording",
        sentences: [
            "Records what callers say to it.",
            "Enregistre ce que les appelants lui disent.",
            "Nimmt auf, was Anrufer ihm sagen.",
        ],
    },
    Capability {
        id: CONFERENCE,
        interface: "jackfield:conference/rooms",
        sentences: [
            "Brings its callers into conference rooms, sees who is there, mutes and removes them, and rings others to join.",
            "Réunit ses appelants dans des salles de conférence, voit qui s’y trouve, coupe leur micro, les exclut et en appelle d’autres.",
            "Bringt seine Anrufer in Konferenzräume, sieht, wer dort ist, schaltet sie stumm, entfernt sie und ruft weitere dazu.",
        ],
    },
    Capability {
        id: WEB_PAGES,
        interface: "jackfield:hooks/web",
        sentences: [
            "Has pages of its own on this website, and sees who opens them.",
            "Dispose de ses propres pages sur ce site et voit qui les ouvre.",
            "Hat eigene Seiten auf dieser Website und sieht, wer sie öffnet.",
        ],
    },
];

/// Interfaces that every plugin may import.
const BASE: [&str; 4] =
    ["jackfield:types/types", "jackfield:services/settings", "jackfield:services/log", "jackfield:services/clock"];

/// Every capability that this host knows.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    CAPABILITIES.iter().map(|capability| capability.id)
}

/// What a capability allows, as a sentence for the admin; `None` when this host does not know it.
pub fn sentences(capability: &str, language: Language) -> Option<&'static str> {
    let known = CAPABILITIES.iter().find(|known| known.id == capability)?;
    Some(match language {
        Language::En => known.sentences[0],
        Language::Fr => known.sentences[1],
        Language::De => known.sentences[2],
    })
}

/// The shapes in which a capability may be used once it is granted.
pub(crate) fn open_in(capability: &str) -> &'static [Running] {
    match capability {
        CALL_CONTROL | CONFERENCE => &[Running::Script],
        // A page may erase what its scripts have recorded; recording itself takes a call, which only scripts have.
        CALL_RECORDING => &[Running::Script, Running::Web],
        _ => &[],
    }
}

/// What an import needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Nothing: every plugin may.
    Base,
    /// This capability.
    Capability(&'static str),
    /// This host has no such interface.
    Unknown,
}

/// What importing or exporting `name` (`package:name/interface@version`) needs.
pub(crate) fn need(name: &str) -> Need {
    let interface = name.split('@').next().unwrap_or(name);
    if BASE.contains(&interface) {
        return Need::Base;
    }
    match CAPABILITIES.iter().find(|known| known.interface == interface) {
        Some(known) => Need::Capability(known.id),
        None => Need::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_capability_has_a_sentence_in_every_language() {
        for id in capabilities() {
            for language in [Language::En, Language::Fr, Language::De] {
                assert!(sentences(id, language).is_some_and(|sentence| sentence.ends_with('.')), "{id} {language:?}");
            }
        }
        assert_eq!(sentences("moon.landing", Language::En), None);
    }

    #[test]
    fn versions_do_not_matter_to_what_is_needed() {
        assert_eq!(need("jackfield:call/control@0.1.0"), Need::Capability(CALL_CONTROL));
        assert_eq!(need("jackfield:services/log@0.1.9"), Need::Base);
        assert_eq!(need("wasi:io/streams@0.2.0"), Need::Unknown);
    }
}
