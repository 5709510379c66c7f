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
/// Sending and receiving faxes: importing `jackfield:call/fax`.
pub const CALL_FAX: &str = "call.fax";
/// Keeping documents: importing `jackfield:services/documents`.
pub const DOCUMENTS: &str = "documents";
/// Keeping files: importing `jackfield:services/blobs`.
pub const BLOBS: &str = "blobs";
/// Holding conference rooms: importing `jackfield:conference/rooms`.
pub const CONFERENCE: &str = "conference";
/// Keeping values: importing `jackfield:services/kv`.
pub const KV: &str = "kv";
/// Being woken: importing `jackfield:services/timers`.
pub const TIMERS: &str = "timers";
/// Seeing who has which number: importing `jackfield:services/directory`.
pub const DIRECTORY: &str = "directory";
/// Seeing where people are: importing `jackfield:services/presence`.
pub const PRESENCE: &str = "presence";
/// Lighting lamps for messages: importing `jackfield:services/message-waiting`.
pub const MESSAGE_WAITING: &str = "message-waiting";
/// Setting lamps of keys: importing `jackfield:services/keys`.
pub const KEYS: &str = "keys";
/// Connecting to other computers: importing `jackfield:services/tcp`.
pub const TCP: &str = "tcp";
/// Asking web services: importing `jackfield:services/http`. Each that its author has named is approved besides, see [`of_service`].
pub const HTTP: &str = "http";
/// Writing letters: importing `jackfield:services/mail`.
pub const MAIL: &str = "mail";
/// Telling other plugins what happens: importing `jackfield:services/events`.
pub const EVENTS_PUBLISH: &str = "events.publish";
/// Learning what happens: exporting `jackfield:hooks/events`. Each topic is approved besides, see [`of_topic`].
pub const EVENTS: &str = "events";
/// Telling what happened to contacts and agents: importing `jackfield:services/facts`.
pub const FACTS: &str = "facts";
/// Counting what happened: importing `jackfield:services/analytics`.
pub const ANALYTICS: &str = "analytics";
/// Holding state: importing `jackfield:reducer/state`.
pub const REDUCER: &str = "reducer";
/// Making calls: what a reducer's outcome asks for.
pub const CALL_ORIGINATE: &str = "call.originate";
/// Making calls to any number in the name of an extension: what a reducer’s outcome asks for, besides [`CALL_ORIGINATE`].
pub const CALL_OUTSIDE: &str = "call.outside";
/// Knowing people outside the house: importing `jackfield:services/contacts`.
pub const CONTACTS: &str = "contacts";

/// Knowing when the house is open: importing `jackfield:services/schedules`.
pub const SCHEDULES: &str = "schedules";

/// Having pages: exporting `jackfield:hooks/web`, or declaring `[[pages]]`.
pub const WEB_PAGES: &str = "web.pages";

/// Showing pages to whoever has a link: declaring `[links]`.
pub const WEB_LINKS: &str = "web.links";

/// The version of the contract that this host speaks.
pub const CONTRACT: &str = "0.1.0";

struct Capability {
    id: &'static str,
    /// Package and interface whose import or export needs it.
    interface: &'static str,
    /// What a plugin may be doing that uses it.
    open_to: &'static [Running],
    /// The sentence in English, French and German.
    sentences: [&'static str; 3],
}

/// What takes no effect may be used everywhere.
const ALL: &[Running] =
    &[Running::Decision, Running::Settings, Running::Script, Running::Web, Running::Background, Running::Reducer];
/// What has effects is closed to decisions and to the check of settings, which may be repeated or thrown away.
const WORK: &[Running] = &[Running::Script, Running::Web, Running::Background];
/// Facts are known by their keys, so a reducer may tell them again with a batch that is given again.
const TELLING: &[Running] = &[Running::Script, Running::Web, Running::Background, Running::Reducer];

/// What may wait for other computers: nothing that a caller waits for.
const NO_CALLER_WAITS: &[Running] = &[Running::Web, Running::Background];

const CAPABILITIES: [Capability; 27] = [
    Capability {
        id: ROUTING_DECIDE,
        interface: "jackfield:routing/decide",
        open_to: &[Running::Decision],
        sentences: [
            "Sees who calls whom and decides where calls go.",
            "Voit qui appelle qui et décide où vont les appels.",
            "Sieht, wer wen anruft, und entscheidet, wohin Anrufe gehen.",
        ],
    },
    Capability {
        id: CALL_CONTROL,
        interface: "jackfield:call/control",
        open_to: &[Running::Script],
        sentences: [
            "Talks to callers who are sent to it: plays prompts, reads digits, dials, transfers and hangs up.",
            "Parle aux appelants qui lui sont confiés : diffuse des messages, lit les touches, appelle, transfère et raccroche.",
            "Spricht mit Anrufern, die zu ihm geleitet werden: spielt Ansagen, liest Tasten, wählt, verbindet und legt auf.",
        ],
    },
    Capability {
        id: CALL_RECORDING,
        interface: "jackfield:call/recording",
        open_to: WORK,
        sentences: [
            "Records what callers say to it.",
            "Enregistre ce que les appelants lui disent.",
            "Nimmt auf, was Anrufer ihm sagen.",
        ],
    },
    Capability {
        id: CALL_FAX,
        interface: "jackfield:call/fax",
        open_to: &[Running::Script],
        sentences: [
            "Receives faxes on calls that are sent to it, and sends faxes on calls that it makes.",
            "Reçoit des fax sur les appels qui lui sont confiés, et en envoie sur les appels qu’il passe.",
            "Empfängt Faxe auf Anrufen, die zu ihm geleitet werden, und sendet Faxe auf Anrufen, die es macht.",
        ],
    },
    Capability {
        id: DOCUMENTS,
        interface: "jackfield:services/documents",
        open_to: WORK,
        sentences: [
            "Keeps documents that come by fax or are handed in to be sent.",
            "Conserve les documents reçus par fax ou remis pour envoi.",
            "Bewahrt Dokumente auf, die als Fax kommen oder zum Senden abgegeben werden.",
        ],
    },
    Capability {
        id: BLOBS,
        interface: "jackfield:services/blobs",
        open_to: WORK,
        sentences: [
            "Keeps files of its own, and hands them out on its pages; no other plugin sees them.",
            "Conserve ses propres fichiers et les remet sur ses pages ; aucun autre plugin ne les voit.",
            "Bewahrt eigene Dateien auf und gibt sie auf seinen Seiten heraus; kein anderes Plugin sieht sie.",
        ],
    },
    Capability {
        id: CONFERENCE,
        interface: "jackfield:conference/rooms",
        open_to: &[Running::Script],
        sentences: [
            "Brings its callers into conference rooms, sees who is there, mutes and removes them, and rings others to join.",
            "Réunit ses appelants dans des salles de conférence, voit qui s’y trouve, coupe leur micro, les exclut et en appelle d’autres.",
            "Bringt seine Anrufer in Konferenzräume, sieht, wer dort ist, schaltet sie stumm, entfernt sie und ruft weitere dazu.",
        ],
    },
    Capability {
        id: WEB_PAGES,
        interface: "jackfield:hooks/web",
        open_to: &[],
        sentences: [
            "Has pages of its own on this website, and sees who opens them.",
            "Dispose de ses propres pages sur ce site et voit qui les ouvre.",
            "Hat eigene Seiten auf dieser Website und sieht, wer sie öffnet.",
        ],
    },
    Capability {
        id: WEB_LINKS,
        // A table of plugin.toml, and no interface.
        interface: "",
        open_to: &[],
        sentences: [
            "Shows a page to whoever has a link that it has given out, without signing in.",
            "Montre une page à qui possède un lien qu’il a donné, sans connexion.",
            "Zeigt eine Seite jedem, der einen von ihm vergebenen Link hat, ohne Anmeldung.",
        ],
    },
    Capability {
        id: KV,
        interface: "jackfield:services/kv",
        open_to: ALL,
        sentences: [
            "Keeps data of its own, up to 16 MiB; no other plugin sees it.",
            "Conserve ses propres données, jusqu’à 16 Mio ; aucun autre plugin ne les voit.",
            "Bewahrt eigene Daten auf, bis zu 16 MiB; kein anderes Plugin sieht sie.",
        ],
    },
    Capability {
        id: TIMERS,
        interface: "jackfield:services/timers",
        open_to: WORK,
        sentences: [
            "Works at times that it sets itself, also when nobody calls.",
            "Travaille à des heures qu’il fixe lui-même, même sans appel.",
            "Arbeitet zu Zeiten, die es selbst setzt, auch wenn niemand anruft.",
        ],
    },
    Capability {
        id: DIRECTORY,
        interface: "jackfield:services/directory",
        open_to: ALL,
        sentences: [
            "Sees the extensions of the house with their names and languages.",
            "Voit les postes de la maison avec leurs noms et leurs langues.",
            "Sieht die Nebenstellen des Hauses mit ihren Namen und Sprachen.",
        ],
    },
    Capability {
        id: PRESENCE,
        interface: "jackfield:services/presence",
        open_to: ALL,
        sentences: [
            "Sees where people are (office, meeting, vacation …) and what they say to it.",
            "Voit où sont les gens (bureau, réunion, vacances…) et ce qu’ils en disent.",
            "Sieht, wo die Leute sind (Büro, Besprechung, Urlaub …) und was sie dazu sagen.",
        ],
    },
    Capability {
        id: SCHEDULES,
        interface: "jackfield:services/schedules",
        open_to: ALL,
        sentences: [
            "Knows when the house is open, and can set a schedule to day, night or holiday by hand.",
            "Sait quand la maison est ouverte et peut forcer un planning en jour, nuit ou férié.",
            "Weiß, wann das Haus geöffnet ist, und kann einen Zeitplan von Hand auf Tag, Nacht oder Feiertag stellen.",
        ],
    },
    Capability {
        id: MESSAGE_WAITING,
        interface: "jackfield:services/message-waiting",
        open_to: WORK,
        sentences: [
            "Lights the message lamps of telephones.",
            "Allume les voyants de messages des téléphones.",
            "Schaltet die Nachrichtenlampen der Telefone.",
        ],
    },
    Capability {
        id: KEYS,
        interface: "jackfield:services/keys",
        open_to: TELLING,
        sentences: [
            "Sets the lamps of telephone keys that dial its codes.",
            "Commande les voyants des touches de téléphone qui composent ses codes.",
            "Schaltet die Lampen von Telefontasten, die seine Codes wählen.",
        ],
    },
    Capability {
        id: CONTACTS,
        interface: "jackfield:services/contacts",
        open_to: WORK,
        sentences: [
            "Brings contacts into the telephone list: callers are shown by the names that it gives. It is asked who unknown callers are and what people search for.",
            "Apporte des contacts dans l’annuaire : les appelants s’affichent sous les noms qu’il donne. On lui demande qui sont les appelants inconnus et ce que les gens cherchent.",
            "Bringt Kontakte ins Telefonbuch: Anrufer werden mit den Namen angezeigt, die es nennt. Es wird gefragt, wer unbekannte Anrufer sind und wonach Leute suchen.",
        ],
    },
    Capability {
        id: TCP,
        interface: "jackfield:services/tcp",
        open_to: NO_CALLER_WAITS,
        sentences: [
            "Connects to the computers that are named here or in its settings, and to no other.",
            "Se connecte aux ordinateurs nommés ici ou dans ses paramètres, et à aucun autre.",
            "Verbindet sich mit den Rechnern, die hier oder in seinen Einstellungen genannt sind, und mit keinem anderen.",
        ],
    },
    Capability {
        id: HTTP,
        interface: "jackfield:services/http",
        open_to: NO_CALLER_WAITS,
        sentences: [
            "Asks the web services that are named here or in its settings, and no other; whatever it knows can go there.",
            "Interroge les services web nommés ici ou dans ses paramètres, et aucun autre ; tout ce qu’il sait peut y aller.",
            "Fragt die Webdienste, die hier oder in seinen Einstellungen genannt sind, und keinen anderen; was es weiß, kann dorthin gehen.",
        ],
    },
    Capability {
        id: MAIL,
        interface: "jackfield:services/mail",
        open_to: WORK,
        sentences: [
            "Writes mail to people of the house, whose addresses it sees, and to addresses listed in its settings.",
            "Écrit aux gens de la maison, dont il voit les adresses, et aux adresses inscrites dans ses réglages.",
            "Schreibt E-Mails an Leute im Haus, deren Adressen es sieht, und an Adressen aus seinen Einstellungen.",
        ],
    },
    Capability {
        id: EVENTS_PUBLISH,
        interface: "jackfield:services/events",
        open_to: WORK,
        sentences: [
            "Tells other plugins what happens in it, and lets them send recordings of its own with that.",
            "Annonce à d’autres plugins ce qui s’y passe et leur laisse envoyer de ses enregistrements avec cela.",
            "Sagt anderen Plugins, was in ihm geschieht, und lässt sie eigene Aufnahmen damit verschicken.",
        ],
    },
    Capability {
        id: EVENTS,
        interface: "jackfield:hooks/events",
        open_to: &[],
        sentences: [
            "Learns what happens in the house and in other plugins, as listed here.",
            "Apprend ce qui se passe dans la maison et dans d’autres plugins, selon cette liste.",
            "Erfährt, was im Haus und in anderen Plugins geschieht, wie hier aufgeführt.",
        ],
    },
    Capability {
        id: FACTS,
        interface: "jackfield:services/facts",
        open_to: TELLING,
        sentences: [
            "Tells the house, for its reports, who waited in which queue, and what agents did and when.",
            "Indique à la maison, pour ses rapports, qui a attendu dans quelle file et ce que les agents ont fait, et quand.",
            "Meldet dem Haus für dessen Berichte, wer in welcher Warteschlange gewartet hat und was Agenten wann getan haben.",
        ],
    },
    Capability {
        id: ANALYTICS,
        interface: "jackfield:services/analytics",
        open_to: WORK,
        sentences: [
            "Sees everybody’s calls, with numbers and names, and what was told about queues and agents, and counts them.",
            "Voit les appels de tous, avec numéros et noms, ainsi que ce qui concerne les files et les agents, et les compte.",
            "Sieht die Anrufe aller, mit Nummern und Namen, und was über Warteschlangen und Agenten gemeldet wurde, und zählt sie.",
        ],
    },
    Capability {
        id: REDUCER,
        interface: "jackfield:reducer/state",
        open_to: ALL,
        sentences: [
            "Holds a live picture of its own, such as a queue, that outlives calls and restarts, and tells its callers what to do.",
            "Tient un état vivant qui lui est propre, par exemple une file d’attente, qui survit aux appels et aux redémarrages, et guide ses appelants.",
            "Führt einen eigenen lebenden Stand, etwa eine Warteschlange, der Anrufe und Neustarts überdauert, und sagt seinen Anrufern, was zu tun ist.",
        ],
    },
    Capability {
        id: CALL_ORIGINATE,
        // Part of what a reducer gives back, and no interface.
        interface: "",
        open_to: &[Running::Reducer],
        sentences: [
            "Calls extensions of the house by itself.",
            "Appelle de lui-même des postes de la maison.",
            "Ruft von sich aus Nebenstellen des Hauses an.",
        ],
    },
    Capability {
        id: CALL_OUTSIDE,
        interface: "",
        open_to: &[Running::Reducer],
        sentences: [
            "Calls any number in the name of an extension, which pays for it within the limits of the house.",
            "Appelle n’importe quel numéro au nom d’un poste, qui en répond dans les limites de la maison.",
            "Ruft jede Nummer im Namen einer Nebenstelle an, die dafür in den Grenzen des Hauses einsteht.",
        ],
    },
];

/// Interfaces that every plugin may import.
const BASE: [&str; 7] = [
    "jackfield:types/types",
    "jackfield:services/settings",
    "jackfield:services/log",
    "jackfield:services/clock",
    "jackfield:services/pins",
    "jackfield:services/secrets",
    "jackfield:services/metrics",
];

/// Every capability that this host knows.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    CAPABILITIES.iter().map(|capability| capability.id)
}

/// The interfaces that every plugin may import, without the version.
pub fn base() -> impl Iterator<Item = &'static str> {
    BASE.into_iter()
}

/// The interface that a capability is about, without the version; `None` when there is none, or no such capability.
pub fn interface(capability: &str) -> Option<&'static str> {
    let known = CAPABILITIES.iter().find(|known| known.id == capability)?;
    (!known.interface.is_empty()).then_some(known.interface)
}

/// What is approved for a plugin to learn of a topic, beside [`EVENTS`].
pub fn of_topic(topic: &str) -> String {
    format!("{EVENTS}:{topic}")
}

/// What is approved for a plugin to ask a web service that its author has named, beside [`HTTP`]: so that a version which asks others
/// is approved anew.
pub fn of_service(origin: &str) -> String {
    format!("{HTTP}:{origin}")
}

/// What a capability, a topic or a web service allows, as a sentence for the admin; its id when this host does not know it.
pub fn sentence(capability: &str, language: Language) -> String {
    if let Some(known) = sentences(capability, language) {
        return known.to_owned();
    }
    if let Some(origin) = capability.strip_prefix(HTTP).and_then(|rest| rest.strip_prefix(':')) {
        return match language {
            Language::En => format!("Asks the web service {origin}."),
            Language::Fr => format!("Interroge le service web {origin}."),
            Language::De => format!("Fragt den Webdienst {origin}."),
        };
    }
    let Some(topic) = capability.strip_prefix(EVENTS).and_then(|rest| rest.strip_prefix(':')) else {
        return capability.to_owned();
    };
    let known = TOPICS.iter().find(|(known, _)| *known == topic);
    let place = match language {
        Language::En => 0,
        Language::Fr => 1,
        Language::De => 2,
    };
    if let Some((_, sentences)) = known {
        return sentences[place].to_owned();
    }
    let (plugin, name) = topic.split_once('/').unwrap_or((topic, ""));
    match language {
        Language::En => format!("Learns of “{name}” from the plugin {plugin}, with recordings that it sends along."),
        Language::Fr => format!("Apprend « {name} » du plugin {plugin}, avec les enregistrements qu’il y joint."),
        Language::De => format!("Erfährt „{name}“ vom Plugin {plugin}, mit Aufnahmen, die es mitschickt."),
    }
}

/// The topics of the house, with sentences in English, French and German.
const TOPICS: [(&str, [&str; 3]); 4] = [
    (
        "calls/ended",
        [
            "Learns of every call when it is over: who called whom, when and how long.",
            "Apprend chaque appel une fois terminé : qui a appelé qui, quand et combien de temps.",
            "Erfährt von jedem Anruf, wenn er vorbei ist: wer wen wann und wie lange angerufen hat.",
        ],
    ),
    (
        "calls/missed",
        [
            "Learns of every call to an extension that nobody took, and who called.",
            "Apprend chaque appel à un poste que personne n’a pris, et qui appelait.",
            "Erfährt von jedem Anruf bei einer Nebenstelle, den niemand angenommen hat, und von wem er kam.",
        ],
    ),
    (
        "people/presence",
        [
            "Learns whenever somebody’s presence changes.",
            "Apprend chaque changement de présence de quelqu’un.",
            "Erfährt, wenn jemandes Anwesenheit sich ändert.",
        ],
    ),
    (
        "schedules/changed",
        [
            "Learns whenever a schedule is changed or decided by hand.",
            "Apprend chaque modification d’un planning, et chaque décision prise à la main.",
            "Erfährt, wenn ein Zeitplan geändert oder von Hand entschieden wird.",
        ],
    ),
];

/// What a capability allows, as a sentence for the admin; `None` when this host does not know it.
pub fn sentences(capability: &str, language: Language) -> Option<&'static str> {
    let known = CAPABILITIES.iter().find(|known| known.id == capability)?;
    Some(match language {
        Language::En => known.sentences[0],
        Language::Fr => known.sentences[1],
        Language::De => known.sentences[2],
    })
}

/// The sentence about one plugin: for [`TCP`] and [`HTTP`] with the hosts that it may reach as its settings are now. The capability's id when
/// this host does not know it.
pub fn sentence_for(capability: &str, hosts: &[String], language: Language) -> String {
    let sentence = sentence(capability, language);
    if ![TCP, HTTP].contains(&capability) {
        return sentence;
    }
    let listed = hosts.join(", ");
    let named: String = match (language, hosts.is_empty()) {
        (Language::En, true) => "None is named yet.".into(),
        (Language::Fr, true) => "Aucun n’est nommé pour l’instant.".into(),
        (Language::De, true) => "Noch ist keiner genannt.".into(),
        (Language::En, false) => format!("Now: {listed}."),
        (Language::Fr, false) => format!("Actuellement : {listed}."),
        (Language::De, false) => format!("Zurzeit: {listed}."),
    };
    format!("{sentence} {named}")
}

/// Whether a capability is open to a plugin that is doing this.
pub(crate) fn open_to(capability: &str, running: Running) -> bool {
    CAPABILITIES.iter().any(|known| known.id == capability && known.open_to.contains(&running))
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
        None if interface == "jackfield:reducer/waiting" => Need::Capability(REDUCER),
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
        for topic in crate::events::TOPICS {
            assert_ne!(sentence(&of_topic(topic), Language::De), of_topic(topic));
            assert!(TOPICS.iter().any(|(known, _)| *known == topic), "{topic}");
        }
        let plugins = sentence("events:org.a/left", Language::En);
        assert!(plugins.contains("“left”") && plugins.contains("org.a"), "{plugins}");
        let hosts = ["ldap.example.org:636".to_owned()];
        assert!(
            sentence_for(TCP, &hosts, Language::De).ends_with("mit keinem anderen. Zurzeit: ldap.example.org:636.")
        );
        assert!(sentence_for(HTTP, &hosts, Language::En).ends_with("there. Now: ldap.example.org:636."));
        let service = sentence(&of_service("https://api.example.org"), Language::Fr);
        assert_eq!(service, "Interroge le service web https://api.example.org.");
        assert!(sentence_for(TCP, &[], Language::Fr).ends_with("Aucun n’est nommé pour l’instant."));
    }

    #[test]
    fn versions_do_not_matter_to_what_is_needed() {
        assert_eq!(need("jackfield:call/control@0.1.0"), Need::Capability(CALL_CONTROL));
        assert_eq!(need("jackfield:services/log@0.1.9"), Need::Base);
        assert_eq!(need("wasi:io/streams@0.2.0"), Need::Unknown);
    }
}
