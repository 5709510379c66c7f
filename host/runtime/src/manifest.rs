//! `plugin.toml`: what a plugin says about itself.

use crate::{
    events::{TOPICS, is_topic},
    filter::{Match, Pattern},
    grants, network,
    origins::Origin,
    router::MOST_DECISIONS,
    ui::is_ui_path,
};
use jackfield_model::{PagePlace, Role};
use semver::{Version, VersionReq};
use serde::Deserialize;
use std::collections::BTreeMap;

/// What a plugin says about itself.
#[derive(Clone, Debug, Deserialize)]
pub struct Manifest {
    /// Reverse-DNS id: lower-case letters, digits and `-` in at least two parts, at most 100 characters.
    pub id: String,
    /// The name on its card, in English; at most 60 characters.
    pub name: String,
    /// Its version.
    pub version: Version,
    /// Who made it.
    pub publisher: String,
    /// One sentence, in English; at most 300 characters.
    pub description: String,
    /// Licence expression (SPDX).
    pub license: String,
    /// The versions of the contract it works with, e.g. `^0.1`.
    pub api: VersionReq,
    /// The language whose prompts are complete.
    #[serde(default = "english")]
    pub language: String,
    /// What it is asked about.
    #[serde(default)]
    pub hooks: Hooks,
    /// What it can talk about.
    pub script: Option<ScriptEntries>,
    /// Its pages.
    #[serde(default)]
    pub pages: Vec<Page>,
    /// Set when people can print to it.
    pub printer: Option<Printer>,
    /// Set when it shows a page to whoever has a link.
    pub links: Option<Links>,
    /// Each capability that it needs, and what for.
    #[serde(default)]
    pub capabilities: BTreeMap<String, CapabilityUse>,
}

/// The `[hooks]` table.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Hooks {
    /// Set when it decides where calls go.
    pub router: Option<RouterHook>,
    /// Set when it learns of what happens.
    pub events: Option<EventsHook>,
}

/// The `[hooks.events]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct EventsHook {
    /// The topics that it wants to learn of, 1 to 32: `calls/missed`, `org.jackfield.voicemail/left`.
    pub topics: Vec<String>,
}

/// The `[hooks.router]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct RouterHook {
    /// Its place among the routing plugins when first installed: smaller is asked earlier. The admin can change it.
    #[serde(default = "middle")]
    pub priority: u32,
    /// The calls it is asked about; absent means all.
    #[serde(rename = "match", default)]
    pub filter: Match,
    /// Whether it is also asked about calls to an extension that nobody took, whatever `match` says.
    #[serde(default)]
    pub unreached: bool,
    /// How many decisions one instance makes, one after the other: 1 to 10,000; absent means a fresh instance for each. More
    /// than one is for plugins whose decisions do not depend on what they have kept in memory.
    #[serde(default = "one")]
    pub decisions: u32,
}

/// The `[script]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct ScriptEntries {
    /// The entries that decisions may name.
    pub entries: Vec<String>,
}

/// One `[[pages]]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct Page {
    /// Its name in addresses: lower-case letters, digits and hyphens, unique in the plugin.
    pub id: String,
    /// Its title in English, at most 40 characters; `locales/` translates it.
    pub title: String,
    /// Its HTML file, below `ui/`.
    pub file: String,
    /// Its icon, one of [`ICONS`].
    #[serde(default = "plain_icon")]
    pub icon: String,
    /// Where it is found.
    #[serde(default)]
    pub place: PagePlace,
    /// Who sees it; admins see what users see.
    #[serde(default = "everybody")]
    pub roles: Vec<Role>,
}

/// The `[printer]` table: what people print becomes a document of the plugin, of which it is told by a request of the method
/// `PRINT`.
#[derive(Clone, Debug, Deserialize)]
pub struct Printer {
    /// Its name in English, at most 40 characters.
    pub name: String,
}

/// The `[links]` table: a page that needs no signing in. Whoever opens `/link/PLUGIN/WORD/` gets `index.html` of the folder; what it
/// fetches as `data` is asked of the plugin by a request of the method `LINK`, whose parameter `word` says which link it is.
#[derive(Clone, Debug, Deserialize)]
pub struct Links {
    /// A folder below `ui/`.
    pub folder: String,
}

/// The icons that a page can have.
pub const ICONS: [&str; 20] = [
    "bell",
    "book",
    "calendar",
    "chart",
    "clock",
    "file",
    "flag",
    "globe",
    "hand",
    "headphones",
    "list",
    "mail",
    "message",
    "mic",
    "phone",
    "puzzle",
    "settings",
    "star",
    "users",
    "voicemail",
];

/// Most pages of one plugin.
const MOST_PAGES: usize = 16;

/// One line of the `[capabilities]` table.
#[derive(Clone, Debug, Deserialize)]
pub struct CapabilityUse {
    /// What the plugin needs it for, shown to the admin.
    pub reason: String,
    /// For `call.recording` and `documents`: how much these may take, 1 to 65,536 MiB; 64 and 256 when nothing is said.
    pub quota_mib: Option<u32>,
    /// For `tcp`: the hosts that it may reach, `"ldap.example.org"` or `"ldap.example.org:636"`; for `http`: the web services,
    /// `"https://api.example.org"`; or `{ setting = "server" }` for a setting that holds them.
    #[serde(default)]
    pub hosts: Vec<Pattern>,
    /// For `mail`: how many letters it may write within an hour, 1 to 1,000; 60 when nothing is said.
    pub per_hour: Option<u32>,
    /// For `mail`: how many within 24 hours, 1 to 10,000; 300 when nothing is said.
    pub per_day: Option<u32>,
    /// For `mail`: the setting that lists the addresses which it may write to besides people of the house.
    pub addresses: Option<NamedSetting>,
}

/// `{ setting = "addresses" }`: a setting at the top level.
#[derive(Clone, Debug, Deserialize)]
pub struct NamedSetting {
    /// Its name.
    pub setting: String,
}

/// `plugin.toml` is not as it should be: what and where, with the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("plugin.toml: {0}")]
pub struct ManifestError(String);

impl Manifest {
    /// Read `plugin.toml`. Unknown keys are refused, with the nearest known name.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| ManifestError(e.to_string()))?;
        check_keys("", &table)?;
        let manifest: Self = table.try_into().map_err(|e: toml::de::Error| ManifestError(e.message().to_owned()))?;
        manifest.check()?;
        Ok(manifest)
    }

    fn check(&self) -> Result<(), ManifestError> {
        let refuse = |text: String| Err(ManifestError(text));
        if !is_id(&self.id) {
            return refuse(format!("id “{}” is not a reverse-DNS name such as org.example.menu", self.id));
        }
        for (key, text, max) in [
            ("name", &self.name, 60),
            ("publisher", &self.publisher, 100),
            ("description", &self.description, 300),
            ("license", &self.license, 100),
        ] {
            if text.trim().is_empty() || text.chars().count() > max {
                return refuse(format!("{key} must have 1 to {max} characters"));
            }
        }
        if !is_language(&self.language) {
            return refuse(format!("language “{}” is not a code such as en or de-CH", self.language));
        }
        for (capability, used) in &self.capabilities {
            let sound = used.quota_mib.is_none_or(|quota| (1..=65_536).contains(&quota));
            if !sound
                || (used.quota_mib.is_some()
                    && ![grants::CALL_RECORDING, grants::DOCUMENTS].contains(&capability.as_str()))
            {
                let text = format!(
                    "capabilities.\"{capability}\".quota_mib is for call.recording and documents, from 1 to 65536"
                );
                return refuse(text);
            }
            used.check_hosts(capability).map_err(ManifestError)?;
            used.check_mail(capability).map_err(ManifestError)?;
        }
        if let Some(router) = &self.hooks.router
            && !(1..=MOST_DECISIONS).contains(&router.decisions)
        {
            return refuse(format!("hooks.router.decisions is from 1 to {MOST_DECISIONS}"));
        }
        if let Some(events) = &self.hooks.events {
            if events.topics.is_empty() || events.topics.len() > 32 {
                return refuse("hooks.events.topics must list 1 to 32 topics".into());
            }
            if let Some(odd) = events.topics.iter().find(|topic| !is_topic(topic)) {
                return refuse(format!(
                    "hooks.events.topics has “{odd}”: there are {} and those of plugins, such as org.example.menu/chosen",
                    TOPICS.join(", ")
                ));
            }
        }
        if let Some(script) = &self.script
            && (script.entries.is_empty() || script.entries.len() > 64 || !script.entries.iter().all(|e| is_name(e)))
        {
            return refuse("script.entries must list 1 to 64 names of lower-case letters, digits and -".into());
        }
        if let Some(Printer { name }) = &self.printer {
            if name.trim().is_empty() || name.chars().count() > 40 {
                return refuse("printer.name must have 1 to 40 characters".into());
            }
            if !self.capabilities.contains_key(grants::DOCUMENTS) {
                return refuse("a printer needs the capability “documents”, since what is printed becomes one".into());
            }
        }
        if let Some(Links { folder }) = &self.links
            && !is_name(folder)
        {
            return refuse("links.folder must name a folder below ui/ by lower-case letters, digits and -".into());
        }
        self.check_pages()
    }

    fn check_pages(&self) -> Result<(), ManifestError> {
        let refuse = |text: String| Err(ManifestError(text));
        if self.pages.len() > MOST_PAGES {
            return refuse(format!("there are {} pages, at most {MOST_PAGES} are taken", self.pages.len()));
        }
        for (at, page) in self.pages.iter().enumerate() {
            let id = &page.id;
            if !is_name(id) {
                return refuse(format!("pages.id “{id}” must have lower-case letters, digits and - only"));
            }
            if self.pages[..at].iter().any(|other| other.id == *id) {
                return refuse(format!("two pages have the id “{id}”"));
            }
            if page.title.trim().is_empty() || page.title.chars().count() > 40 {
                return refuse(format!("the title of the page “{id}” must have 1 to 40 characters"));
            }
            if !page.file.ends_with(".html") || !is_ui_path(&page.file) {
                return refuse(format!(
                    "the file of the page “{id}” must be an HTML file below ui/, such as {id}.html"
                ));
            }
            if !ICONS.contains(&page.icon.as_str()) {
                let known = ICONS.join(", ");
                return refuse(format!("the page “{id}” has the icon “{}”: there are {known}", page.icon));
            }
            if page.roles.is_empty() {
                return refuse(format!("nobody sees the page “{id}”: leave roles out, or name user or admin"));
            }
        }
        Ok(())
    }
}

impl CapabilityUse {
    fn check_hosts(&self, capability: &str) -> Result<(), String> {
        if [grants::TCP, grants::HTTP].contains(&capability) == self.hosts.is_empty() {
            let text = "capabilities.tcp.hosts and capabilities.http.hosts list what it may reach";
            return Err(format!("{text}, as in hosts = [{{ setting = \"server\" }}]; no other capability has hosts"));
        }
        for host in &self.hosts {
            let Pattern::Given(host) = host else { continue };
            let (known, example) = match capability {
                grants::HTTP => (Origin::parse(host).is_some(), "web service such as https://api.example.org"),
                _ => (network::parse(host).is_some(), "host such as ldap.example.org:636"),
            };
            if !known {
                return Err(format!("capabilities.{capability}.hosts: “{host}” is no {example}"));
            }
        }
        Ok(())
    }

    fn check_mail(&self, capability: &str) -> Result<(), String> {
        let sound = self.per_hour.is_none_or(|letters| (1..=1_000).contains(&letters))
            && self.per_day.is_none_or(|letters| (1..=10_000).contains(&letters));
        let said = self.per_hour.is_some() || self.per_day.is_some() || self.addresses.is_some();
        if !sound || (said && capability != grants::MAIL) {
            return Err(format!(
                "capabilities.\"{capability}\": per_hour (1 to 1000), per_day (1 to 10000) and addresses are for mail"
            ));
        }
        Ok(())
    }
}

/// Whether this may be a plugin's id, which is also the name of its folder.
pub(crate) fn is_id(id: &str) -> bool {
    id.len() <= 100 && id.split('.').count() >= 2 && id.split('.').all(is_name)
}

/// Lower-case letters, digits and inner hyphens.
pub(crate) fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    !name.is_empty() && name.len() <= 64 && name.chars().all(inner) && !name.starts_with('-') && !name.ends_with('-')
}

/// A language tag as far as folder names need it (RFC 5646): letters, digits and hyphens.
pub(crate) fn is_language(tag: &str) -> bool {
    (2..=16).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_alphanumeric() || c == '-') && !tag.starts_with('-')
}

/// The keys of each table; a table whose keys are the author's own is not listed.
const KEYS: [(&str, &[&str]); 10] = [
    (
        "",
        &[
            "id",
            "name",
            "version",
            "publisher",
            "description",
            "license",
            "api",
            "language",
            "hooks",
            "script",
            "pages",
            "printer",
            "links",
            "capabilities",
        ],
    ),
    ("hooks", &["router", "events"]),
    ("hooks.events", &["topics"]),
    ("hooks.router", &["priority", "match", "unreached", "decisions"]),
    ("hooks.router.match", &["callee", "caller", "direction"]),
    ("script", &["entries"]),
    ("pages", &["id", "title", "file", "icon", "place", "roles"]),
    ("printer", &["name"]),
    ("links", &["folder"]),
    ("capabilities.*", &["reason", "quota_mib", "hosts", "per_hour", "per_day", "addresses"]),
];

fn check_keys(path: &str, table: &toml::Table) -> Result<(), ManifestError> {
    let rule = match path.strip_prefix("capabilities.") {
        Some(_) => "capabilities.*",
        None => path,
    };
    let known = KEYS.iter().find(|(at, _)| *at == rule).map(|(_, keys)| *keys);
    for (key, value) in table {
        let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if let Some(known) = known
            && !known.contains(&key.as_str())
        {
            return Err(ManifestError(unknown(&full, key, known)));
        }
        // Below a capability's name there are no further tables, so dots in the name do no harm.
        if let toml::Value::Table(inner) = value
            && (known.is_some() || path == "capabilities")
        {
            check_keys(&full, inner)?;
        }
        if let toml::Value::Array(items) = value
            && KEYS.iter().any(|(at, _)| *at == full)
        {
            items.iter().filter_map(toml::Value::as_table).try_for_each(|inner| check_keys(&full, inner))?;
        }
    }
    Ok(())
}

fn unknown(full: &str, key: &str, known: &[&str]) -> String {
    let nearest = known.iter().max_by(|a, b| strsim::jaro_winkler(a, key).total_cmp(&strsim::jaro_winkler(b, key)));
    match nearest {
        Some(nearest) if strsim::jaro_winkler(nearest, key) > 0.6 => {
            format!("unknown key “{full}”: did you mean “{nearest}”?")
        }
        _ => format!("unknown key “{full}”: there are {}", known.join(", ")),
    }
}

fn english() -> String {
    "en".to_owned()
}

fn plain_icon() -> String {
    "puzzle".to_owned()
}

fn everybody() -> Vec<Role> {
    vec![Role::User]
}

fn middle() -> u32 {
    500
}

fn one() -> u32 {
    1
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = r#"
        id = "org.example.menu"
        name = "Menu"
        version = "1.4.2"
        publisher = "Example"
        description = "Asks callers what they want."
        license = "MIT"
        api = "^0.1"
        [hooks.router]
        priority = 100
        match = { callee = { setting = "numbers" }, direction = ["inbound"] }
        [script]
        entries = ["menu"]
        [capabilities]
        "call.control" = { reason = "To play the menu." }
    "#;

    #[test]
    fn a_whole_manifest_is_read() {
        let manifest = Manifest::parse(WHOLE).unwrap();
        assert_eq!(manifest.hooks.router.map(|r| r.priority), Some(100));
        assert_eq!(manifest.capabilities["call.control"].reason, "To play the menu.");
        assert_eq!(manifest.language, "en");
    }

    #[test]
    fn a_misspelt_key_is_answered_with_the_nearest_one() {
        for (from, to, said) in [
            ("publisher", "publischer", "unknown key “publischer”: did you mean “publisher”?"),
            ("priority", "prio", "unknown key “hooks.router.prio”: did you mean “priority”?"),
            ("reason =", "reson =", "unknown key “capabilities.call.control.reson”: did you mean “reason”?"),
            ("callee", "zzz", "unknown key “hooks.router.match.zzz”: there are callee, caller, direction"),
        ] {
            let error = Manifest::parse(&WHOLE.replacen(from, to, 1)).unwrap_err();
            assert_eq!(error.0, said);
        }
    }

    #[test]
    fn pages_are_checked_one_by_one() {
        let with = |page: &str| Manifest::parse(&format!("{WHOLE}\n[[pages]]\n{page}"));
        let page = "id = 'notes'\ntitle = 'Notes'\nfile = 'notes.html'\n";
        let pages = with(page).unwrap().pages;
        assert_eq!((pages[0].place, pages[0].roles.as_slice()), (PagePlace::Main, &[Role::User][..]));
        for (from, to, said) in [
            ("'notes'", "'../x'", "pages.id “../x” must have lower-case letters, digits and - only"),
            ("'Notes'", "' '", "the title of the page “notes” must have 1 to 40 characters"),
            (".html", ".js", "the file of the page “notes” must be an HTML file below ui/, such as notes.html"),
            ("'notes.html'", "'../x.html'", "must be an HTML file below ui/"),
            ("title", "titel", "unknown key “pages.titel”: did you mean “title”?"),
            ("id =", "icon = 'skull'\nid =", "the page “notes” has the icon “skull”: there are bell"),
            ("id =", "roles = []\nid =", "nobody sees the page “notes”"),
        ] {
            let error = with(&page.replacen(from, to, 1)).unwrap_err();
            assert!(error.0.contains(said), "{error}");
        }
        assert_eq!(with(&format!("{page}\n[[pages]]\n{page}")).unwrap_err().0, "two pages have the id “notes”");
    }

    #[test]
    fn the_shell_draws_every_icon() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../web/src/lib/plugin-pages/icons.ts");
        let shell = std::fs::read_to_string(path).unwrap();
        for icon in ICONS {
            assert!(shell.contains(&format!("\t{icon}: ")), "{icon}");
        }
    }

    #[test]
    fn ids_that_would_escape_their_folder_are_refused() {
        for id in ["menu", "../x.y", "org..menu", "Org.Example", "org.-x", "org.a/b", ""] {
            assert!(!is_id(id), "{id} was taken");
            assert!(Manifest::parse(&WHOLE.replace("org.example.menu", id)).is_err());
        }
    }
}
