//! From a plugin's folder to the archive that is installed.

use crate::build::{Speed, build_at};
use anyhow::{Context, Result, bail};
use jackfield_runtime::{manifest::Manifest, package, signature::SigningKey};
use std::{collections::BTreeMap, fs, path::Path};

/// An archive with what it is.
pub struct Packed {
    /// What `plugin.toml` says.
    pub manifest: Manifest,
    /// The archive.
    pub archive: Vec<u8>,
    /// Size of the component in it, in bytes.
    pub component: usize,
}

impl Packed {
    /// `<last part of the id>-<version>.jackfield`.
    pub fn file_name(&self) -> String {
        let name = self.manifest.id.rsplit('.').next().unwrap_or(&self.manifest.id);
        format!("{name}-{}.jackfield", self.manifest.version)
    }
}

/// Build the plugin in `folder`, pack it, and sign it when there is a key.
///
/// # Errors
/// When it cannot be built, or a file of it has no place in a package; the text says what to do.
pub fn pack(folder: &Path, key: Option<&SigningKey>) -> Result<Packed> {
    pack_at(folder, key, Speed::Small)
}

/// The same with a component that is built at a speed.
///
/// # Errors
/// As [`pack()`].
pub fn pack_at(folder: &Path, key: Option<&SigningKey>, speed: Speed) -> Result<Packed> {
    let manifest = read_manifest(folder)?;
    let component = build_at(folder, speed)?;
    let size = component.len();
    let mut files = BTreeMap::from([("component.wasm".to_owned(), component)]);
    for name in
        ["plugin.toml", "settings.schema.json", "README.md", "CHANGELOG.md", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT"]
    {
        let path = folder.join(name);
        if path.exists() {
            files.insert(
                name.to_owned(),
                fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?,
            );
        }
    }
    collect(folder, "locales", "json", &mut files)?;
    let prompts = folder.join("prompts");
    if prompts.is_dir() {
        for language in fs::read_dir(&prompts)? {
            let language = language?;
            if language.file_type()?.is_dir() {
                let name =
                    language.file_name().into_string().ok().context("a folder of prompts is not named in UTF-8")?;
                collect(folder, &format!("prompts/{name}"), "wav", &mut files)?;
            }
        }
    }
    collect_ui(folder, "ui", &mut files)?;
    let archive = package::pack(&files, key)?;
    Ok(Packed { manifest, archive, component: size })
}

/// Read `plugin.toml`, and see that `Cargo.toml` or `package.json` agrees on the version.
pub(crate) fn read_manifest(folder: &Path) -> Result<Manifest> {
    let path = folder.join("plugin.toml");
    let text = fs::read_to_string(&path)
        .with_context(|| format!("{} is no plugin: it has no plugin.toml", folder.display()))?;
    let manifest = Manifest::parse(&text)?;
    for (name, version) in [("Cargo.toml", cargo_version(folder)?), ("package.json", npm_version(folder)?)] {
        if let Some(version) = version
            && version != manifest.version.to_string()
        {
            bail!("plugin.toml says version {}, {name} says {version}: make them agree", manifest.version);
        }
    }
    if manifest.build.is_none() && !folder.join("Cargo.toml").is_file() {
        bail!("{} has neither Cargo.toml nor a [build] step in plugin.toml: how is it built?", folder.display());
    }
    Ok(manifest)
}

fn cargo_version(folder: &Path) -> Result<Option<String>> {
    let Ok(text) = fs::read_to_string(folder.join("Cargo.toml")) else { return Ok(None) };
    let cargo: toml::Table = text.parse().context("Cargo.toml")?;
    let version = cargo.get("package").and_then(|package| package.get("version")).and_then(toml::Value::as_str);
    Ok(version.map(str::to_owned))
}

fn npm_version(folder: &Path) -> Result<Option<String>> {
    let Ok(text) = fs::read_to_string(folder.join("package.json")) else { return Ok(None) };
    let package: serde_json::Value = serde_json::from_str(&text).context("package.json")?;
    Ok(package["version"].as_str().map(str::to_owned))
}

/// Every file of `ui/` that a page may have; others, such as a page's sources, stay out.
fn collect_ui(root: &Path, folder: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().into_string().ok().context("a file in ui/ is not named in UTF-8")?;
        let (path, kind) = (format!("{folder}/{name}"), entry.file_type()?);
        if kind.is_dir() && name != "node_modules" {
            collect_ui(root, &path, files)?;
        } else if kind.is_file() && package::has_place(&path) {
            let bytes = fs::read(entry.path()).with_context(|| format!("{path} cannot be read"))?;
            files.insert(path, bytes);
        }
    }
    Ok(())
}

/// Every file of a folder with this extension; others, such as the sources of prompts, stay out.
fn collect(root: &Path, folder: &str, extension: &str, files: &mut BTreeMap<String, Vec<u8>>) -> Result<()> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e == extension) {
            let name = path.file_name().and_then(|n| n.to_str()).context("a file is not named in UTF-8")?;
            files.insert(
                format!("{folder}/{name}"),
                fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?,
            );
        }
    }
    Ok(())
}
