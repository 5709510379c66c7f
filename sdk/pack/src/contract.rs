//! The contract as a plugin's build sees it: `wit/`, and a world that imports and exports what its `plugin.toml` says.
//!
//! Rust needs none of this, since its linker leaves out what is not used. Elsewhere a component imports its whole world, and an
//! import is a capability: so the world is made of the capabilities.

use anyhow::{Context, Result};
use jackfield_runtime::{
    grants::{self, CONTRACT},
    manifest::Manifest,
};
use std::{fmt::Write as _, fs, path::Path};

/// The name of the world.
pub const WORLD: &str = "plugin";

/// The contract, by its paths below `wit/`.
pub(crate) const FILES: [(&str, &str); 24] = [
    ("call/call.wit", include_str!("../../../wit/call/call.wit")),
    ("conference/conference.wit", include_str!("../../../wit/conference/conference.wit")),
    ("hooks/hooks.wit", include_str!("../../../wit/hooks/hooks.wit")),
    ("reducer/reducer.wit", include_str!("../../../wit/reducer/reducer.wit")),
    ("routing/routing.wit", include_str!("../../../wit/routing/routing.wit")),
    ("script/script.wit", include_str!("../../../wit/script/script.wit")),
    ("services/analytics.wit", include_str!("../../../wit/services/analytics.wit")),
    ("services/blobs.wit", include_str!("../../../wit/services/blobs.wit")),
    ("services/contacts.wit", include_str!("../../../wit/services/contacts.wit")),
    ("services/documents.wit", include_str!("../../../wit/services/documents.wit")),
    ("services/events.wit", include_str!("../../../wit/services/events.wit")),
    ("services/facts.wit", include_str!("../../../wit/services/facts.wit")),
    ("services/http.wit", include_str!("../../../wit/services/http.wit")),
    ("services/keys.wit", include_str!("../../../wit/services/keys.wit")),
    ("services/kv.wit", include_str!("../../../wit/services/kv.wit")),
    ("services/mail.wit", include_str!("../../../wit/services/mail.wit")),
    ("services/metrics.wit", include_str!("../../../wit/services/metrics.wit")),
    ("services/people.wit", include_str!("../../../wit/services/people.wit")),
    ("services/pins.wit", include_str!("../../../wit/services/pins.wit")),
    ("services/schedules.wit", include_str!("../../../wit/services/schedules.wit")),
    ("services/services.wit", include_str!("../../../wit/services/services.wit")),
    ("services/tcp.wit", include_str!("../../../wit/services/tcp.wit")),
    ("services/timers.wit", include_str!("../../../wit/services/timers.wit")),
    ("types/types.wit", include_str!("../../../wit/types/types.wit")),
];

/// What goes with a capability, besides the interface that it is about.
const TOGETHER: [(&str, &[&str]); 3] = [
    (grants::REDUCER, &["jackfield:reducer/reduce"]),
    (grants::CALL_RECORDING, &["jackfield:call/control"]),
    (grants::TIMERS, &["jackfield:hooks/timer"]),
];

/// What plugins export; they import everything else.
const EXPORTED: [&str; 4] = ["jackfield:routing/", "jackfield:script/", "jackfield:hooks/", "jackfield:reducer/reduce"];

/// The world of a plugin, as the text of a WIT package.
pub fn world(manifest: &Manifest) -> String {
    let mut interfaces: Vec<String> = grants::base().map(str::to_owned).collect();
    for capability in manifest.capabilities.keys() {
        interfaces.extend(grants::interface(capability).map(str::to_owned));
        let more = TOGETHER.iter().filter(|(with, _)| with == capability).flat_map(|(_, more)| more.iter());
        interfaces.extend(more.map(|interface| (*interface).to_owned()));
    }
    if manifest.script.is_some() {
        interfaces.push("jackfield:script/handler".into());
        if manifest.capabilities.contains_key(grants::REDUCER) {
            interfaces.push("jackfield:reducer/waiting".into());
        }
    }
    let hooks = manifest.build.iter().flat_map(|build| &build.exports);
    interfaces.extend(hooks.map(|hook| format!("jackfield:hooks/{hook}")));
    interfaces.sort();
    interfaces.dedup();
    let (exports, imports): (Vec<_>, Vec<_>) =
        interfaces.iter().partition(|interface| EXPORTED.iter().any(|package| interface.starts_with(package)));
    let mut text = format!(
        "// Made of plugin.toml by jackfield-plugin: it is written anew with each build.\n\
                            package jackfield:plugin;\n\nworld {WORLD} {{\n"
    );
    for (word, all) in [("import", imports), ("export", exports)] {
        for interface in all {
            let _ = writeln!(text, "    {word} {interface}@{CONTRACT};");
        }
    }
    text.push_str("}\n");
    text
}

/// Write the world and the contract into a folder, as tools for components read it; what is there already and the same is left
/// alone, so that builds which look at times do nothing.
///
/// # Errors
/// When a file cannot be written.
pub fn write(manifest: &Manifest, folder: &Path) -> Result<()> {
    for (path, text) in FILES {
        write_file(&folder.join("deps").join(path), text)?;
    }
    write_file(&folder.join("plugin.wit"), world(manifest))
}

pub(crate) fn write_file(path: &Path, text: impl AsRef<[u8]>) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == text.as_ref()) {
        return Ok(());
    }
    let parent = path.parent().context("a file has a folder")?;
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        id = "org.example.menu"
        name = "Menu"
        version = "1.0.0"
        publisher = "Example"
        description = "Asks callers what they want."
        license = "MIT"
        api = "^0.1"
        [build]
        command = ["make"]
        exports = ["lifecycle"]
        [script]
        entries = ["menu"]
        [capabilities]
        "routing.decide" = { reason = "r" }
        "call.control" = { reason = "r" }
        "web.pages" = { reason = "r" }
    "#;

    #[test]
    fn a_world_has_what_the_manifest_asks_for_and_nothing_else() {
        let world = world(&Manifest::parse(MANIFEST).unwrap());
        let lines: Vec<&str> = world.lines().map(str::trim).filter(|line| line.ends_with(';')).skip(1).collect();
        assert_eq!(
            lines,
            [
                "import jackfield:call/control@0.1.0;",
                "import jackfield:services/clock@0.1.0;",
                "import jackfield:services/log@0.1.0;",
                "import jackfield:services/metrics@0.1.0;",
                "import jackfield:services/pins@0.1.0;",
                "import jackfield:services/secrets@0.1.0;",
                "import jackfield:services/settings@0.1.0;",
                "import jackfield:types/types@0.1.0;",
                "export jackfield:hooks/lifecycle@0.1.0;",
                "export jackfield:hooks/web@0.1.0;",
                "export jackfield:routing/decide@0.1.0;",
                "export jackfield:script/handler@0.1.0;",
            ]
        );
    }

    #[test]
    fn every_file_of_the_contract_is_here() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../wit");
        let mut there = Vec::new();
        for package in fs::read_dir(&root).unwrap().flatten().filter(|entry| entry.path().is_dir()) {
            for file in fs::read_dir(package.path()).unwrap().flatten() {
                there.push(file.path().strip_prefix(&root).unwrap().to_str().unwrap().to_owned());
            }
        }
        there.retain(|path| !path.starts_with("worlds/"));
        there.sort();
        assert_eq!(there, FILES.map(|(path, _)| path.to_owned()));
    }

    #[test]
    fn what_is_there_and_the_same_is_left_alone() {
        let manifest = Manifest::parse(MANIFEST).unwrap();
        let folder = std::env::temp_dir().join(format!("jackfield-contract-{}", std::process::id()));
        write(&manifest, &folder).unwrap();
        let path = folder.join("plugin.wit");
        let old = std::time::SystemTime::UNIX_EPOCH;
        fs::File::options().write(true).open(&path).unwrap().set_modified(old).unwrap();
        write(&manifest, &folder).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), old);
        fs::remove_dir_all(&folder).unwrap();
    }
}
