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

/// What a new plugin is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust, with the most complete SDK.
    Rust,
    /// JavaScript, in QuickJS.
    JavaScript,
    /// Python, in CPython.
    Python,
    /// C, by clang.
    C,
}

/// A file of a new plugin: its path and what is in it.
type File = (&'static str, &'static str);

/// Make a plugin named `name` in the new folder `folder`. `sdk` is how it finds the SDK: the folder of a checkout, or `None` for the
/// published one, which there is for Rust alone.
///
/// # Errors
/// When the name is no name, the folder is there already, or a language needs the folder of the SDK.
pub fn new(folder: &Path, name: &str, language: Language, kind: Kind, sdk: Option<&Path>) -> Result<()> {
    let sound = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(sound) || name.ends_with('-') {
        bail!("“{name}” is no name for a plugin: use lower-case letters, digits and -");
    }
    if folder.exists() {
        bail!("{} is there already", folder.display());
    }
    let place = match (language, sdk) {
        (Language::Rust, _) => String::new(),
        (_, Some(sdk)) => sdk.to_str().context("the path of the SDK is no UTF-8")?.to_owned(),
        (_, None) => bail!("say where the SDK is: --sdk FOLDER, the folder “sdk” of a checkout"),
    };
    let dependency = |path: &str| match sdk {
        Some(sdk) => format!("{{ path = {:?} }}", sdk.join(path)),
        None => "\"0.1\"".to_owned(),
    };
    let fill = |template: &str| {
        let template = template.replace("{{name}}", name).replace("{{crate}}", &name.replace('-', "_"));
        match language {
            Language::Rust => {
                template.replace("{{sdk}}", &dependency("rust")).replace("{{sdk-test}}", &dependency("test"))
            }
            _ => template.replace("{{sdk}}", &place),
        }
    };
    for (file, template) in kind.files().iter().chain(language.files()).chain(language.files_for(kind)) {
        write(folder, file, &fill(template))?;
    }
    let manifest = fill(&format!("{}{}", kind.manifest(), language.build_step()));
    write(folder, "plugin.toml", &manifest)
}

fn write(folder: &Path, file: &str, text: &str) -> Result<()> {
    let path = folder.join(file);
    let parent = path.parent().context("a file has a folder")?;
    fs::create_dir_all(parent).with_context(|| format!("{} cannot be made", parent.display()))?;
    fs::write(&path, text).with_context(|| format!("{} cannot be written", path.display()))
}

impl Kind {
    fn manifest(self) -> &'static str {
        match self {
            Self::Router => include_str!("templates/router.toml"),
            Self::Script => include_str!("templates/script.toml"),
            Self::Page => include_str!("templates/page.toml"),
        }
    }

    /// What such a plugin has in any language.
    fn files(self) -> &'static [File] {
        const SCHEMA: File = ("settings.schema.json", include_str!("templates/settings.schema.json"));
        match self {
            Self::Router => &[SCHEMA, ("scenarios/calls.toml", include_str!("templates/router_scenarios.toml"))],
            Self::Script => &[SCHEMA, ("scenarios/calls.toml", include_str!("templates/script_scenarios.toml"))],
            Self::Page => &[
                ("scenarios/page.toml", include_str!("templates/page_scenarios.toml")),
                ("ui/greeting.html", include_str!("templates/page.html")),
                ("ui/greeting.js", include_str!("templates/page.js.txt")),
            ],
        }
    }
}

impl Language {
    /// The `[build]` table; cargo needs none.
    fn build_step(self) -> String {
        match self {
            Self::Rust => String::new(),
            Self::JavaScript => format!("\n{}", include_str!("templates/javascript/build.toml.txt")),
            Self::Python => format!("\n{}", include_str!("templates/python/build.toml.txt")),
            Self::C => format!("\n{}", include_str!("templates/c/build.toml.txt")),
        }
    }

    /// What any plugin in this language has.
    fn files(self) -> &'static [File] {
        match self {
            Self::Rust => &[
                ("Cargo.toml", include_str!("templates/Cargo.toml.txt")),
                ("README.md", include_str!("templates/README.md.txt")),
                (".gitignore", "/target\n/dist\n"),
            ],
            Self::JavaScript => &[
                ("package.json", include_str!("templates/javascript/package.json.txt")),
                ("jsconfig.json", include_str!("templates/javascript/jsconfig.json.txt")),
                ("README.md", include_str!("templates/javascript/README.md.txt")),
                // Copied rather than linked: what the component is made of lies under one folder.
                (".npmrc", "install-links=true\n"),
                (".gitignore", "/node_modules\n/dist\n"),
            ],
            Self::Python => &[
                ("requirements.txt", include_str!("templates/python/requirements.txt")),
                ("README.md", include_str!("templates/python/README.md.txt")),
                (".gitignore", "/.venv\n/dist\n__pycache__/\n"),
            ],
            Self::C => &[
                ("Makefile", include_str!("templates/c/Makefile.txt")),
                ("README.md", include_str!("templates/c/README.md.txt")),
                (".gitignore", "/dist\n"),
            ],
        }
    }

    /// The code.
    fn files_for(self, kind: Kind) -> &'static [File] {
        match (self, kind) {
            (Self::Rust, Kind::Router) => &[
                ("src/lib.rs", include_str!("templates/router.rs.txt")),
                ("tests/calls.rs", include_str!("templates/router_test.rs.txt")),
            ],
            (Self::Rust, Kind::Script) => &[
                ("src/lib.rs", include_str!("templates/script.rs.txt")),
                ("tests/calls.rs", include_str!("templates/script_test.rs.txt")),
            ],
            (Self::Rust, Kind::Page) => &[
                ("src/lib.rs", include_str!("templates/page.rs.txt")),
                ("tests/page.rs", include_str!("templates/page_test.rs.txt")),
            ],
            (Self::JavaScript, Kind::Router) => {
                &[("src/plugin.js", include_str!("templates/javascript/router.js.txt"))]
            }
            (Self::JavaScript, Kind::Script) => {
                &[("src/plugin.js", include_str!("templates/javascript/script.js.txt"))]
            }
            (Self::JavaScript, Kind::Page) => &[("src/plugin.js", include_str!("templates/javascript/page.js.txt"))],
            (Self::Python, Kind::Router) => &[("src/plugin.py", include_str!("templates/python/router.py.txt"))],
            (Self::Python, Kind::Script) => &[("src/plugin.py", include_str!("templates/python/script.py.txt"))],
            (Self::Python, Kind::Page) => &[("src/plugin.py", include_str!("templates/python/page.py.txt"))],
            (Self::C, Kind::Router) => &[("src/plugin.c", include_str!("templates/c/router.c.txt"))],
            (Self::C, Kind::Script) => &[("src/plugin.c", include_str!("templates/c/script.c.txt"))],
            (Self::C, Kind::Page) => &[("src/plugin.c", include_str!("templates/c/page.c.txt"))],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_runtime::manifest::Manifest;
    use jackfield_sdk_test::scenarios::ScenarioFile;

    #[test]
    fn every_language_and_kind_makes_a_folder_that_is_sound() {
        let home = tempfile::tempdir().unwrap();
        for language in [Language::Rust, Language::JavaScript, Language::Python, Language::C] {
            for kind in [Kind::Router, Kind::Script, Kind::Page] {
                let folder = home.path().join(format!("{language:?}-{kind:?}"));
                new(&folder, "night-desk", language, kind, Some(Path::new("/somewhere/sdk"))).unwrap();
                let manifest = Manifest::parse(&fs::read_to_string(folder.join("plugin.toml")).unwrap()).unwrap();
                assert_eq!(manifest.build.is_some(), language != Language::Rust);
                assert!(!ScenarioFile::all_in(&folder.join("scenarios")).unwrap().is_empty());
                for entry in fs::read_dir(&folder).unwrap().flatten().filter(|entry| entry.path().is_file()) {
                    let text = fs::read_to_string(entry.path()).unwrap();
                    assert!(!text.contains("{{"), "{}: {text}", entry.path().display());
                }
            }
        }
        let lost = new(&home.path().join("x"), "x", Language::Python, Kind::Router, None).unwrap_err();
        assert!(lost.to_string().contains("--sdk"), "{lost}");
    }
}
