//! A plugin to begin with.

use anyhow::{Context, Result, bail};
use std::{fs, path::Path};

/// What a new plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Decides where calls go.
    Router,
    /// Talks to callers.
    Script,
    /// Has a page.
    Page,
}

/// Make a plugin named `name` in the new folder `folder`. `sdk` is how its `Cargo.toml` finds the SDK: the folder of a
/// checkout, or `None` for the published one.
///
/// # Errors
/// When the name is no name, or the folder is there already.
pub fn new(folder: &Path, name: &str, kind: Kind, sdk: Option<&Path>) -> Result<()> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(sound) || name.ends_with('-') {
        bail!("“{name}” is no name for a plugin: use lower-case letters, digits and -");
    }
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let dependency = |path: &str| match sdk {
        Some(sdk) => format!("{{ path = {:?} }}", sdk.join(path)),
        None => "\"0.1\"".to_owned(),
    };
    let fill = |template: &str| {
        template
            .replace("{{name}}", name)
            .replace("{{crate}}", &name.replace('-', "_"))
            .replace("{{sdk}}", &dependency("rust"))
            .replace("{{sdk-test}}", &dependency("test"))
    };
    let common = [("Cargo.toml", CARGO), ("README.md", README), (".gitignore", "/target\n/dist\n")];
    let own: &[(&str, &str)] = match kind {
        Kind::Router => &[
            ("plugin.toml", ROUTER_MANIFEST),
            ("settings.schema.json", SCHEMA),
            ("src/lib.rs", ROUTER),
            ("tests/calls.rs", ROUTER_TEST),
        ],
        Kind::Script => &[
            ("plugin.toml", SCRIPT_MANIFEST),
            ("settings.schema.json", SCHEMA),
            ("src/lib.rs", SCRIPT),
            ("tests/calls.rs", SCRIPT_TEST),
        ],
        Kind::Page => &[
            ("plugin.toml", PAGE_MANIFEST),
            ("src/lib.rs", PAGE),
            ("tests/page.rs", PAGE_TEST),
            ("ui/greeting.html", include_str!("templates/page.html")),
            ("ui/greeting.js", include_str!("templates/page.js.txt")),
        ],
    };
    for (file, template) in common.iter().chain(own) {
        let path = folder.join(file);
        let parent = path.parent().context("a file has a folder")?;
        fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
        fs::write(&path, fill(template)).with_context(|| format!("{} cannot be written", path.display()))?;
    }
    Ok(())
}

const CARGO: &str = include_str!("templates/Cargo.toml.txt");
const SCHEMA: &str = include_str!("templates/settings.schema.json");
const README: &str = include_str!("templates/README.md.txt");
const ROUTER: &str = include_str!("templates/router.rs.txt");
const ROUTER_TEST: &str = include_str!("templates/router_test.rs.txt");
const ROUTER_MANIFEST: &str = include_str!("templates/router.toml");
const SCRIPT: &str = include_str!("templates/script.rs.txt");
const SCRIPT_TEST: &str = include_str!("templates/script_test.rs.txt");
const SCRIPT_MANIFEST: &str = include_str!("templates/script.toml");
const PAGE: &str = include_str!("templates/page.rs.txt");
const PAGE_TEST: &str = include_str!("templates/page_test.rs.txt");
const PAGE_MANIFEST: &str = include_str!("templates/page.toml");
