//! The contract keeps what it has promised: every published state of `wit/` is in `museum/`, and a component that was made for one
//! of them fits the host of today.
//!
//! Within a version, interfaces that plugins call may grow and new ones may come; what they export may not change at all. Whoever
//! needs more than that gives the package another version, and keeps the old one beside it.

use anyhow::{Context, Result, bail, ensure};
use jackfield_tests::repository;
use std::{
    fs,
    path::{Path, PathBuf},
};
use wit_component::semver_check;
use wit_parser::{Resolve, SourceMap, UnresolvedPackageGroup};

/// What plugins export, and the host calls; all other interfaces are the other way.
const EXPORTED: [&str; 4] = ["jackfield:hooks/", "jackfield:routing/", "jackfield:script/", "jackfield:reducer/reduce"];
/// Takes the place of the version of a published state, since two packages of one name and version cannot be looked at together.
const BEFORE: &str = "0.0.1-published";

/// The files of a state of the contract, by package.
fn files(folder: &Path) -> Result<Vec<Vec<PathBuf>>> {
    let entries = |folder: &Path| -> Result<Vec<PathBuf>> {
        let read = fs::read_dir(folder).with_context(|| format!("no {}", folder.display()))?;
        let mut paths: Vec<_> = read.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        paths.sort();
        Ok(paths)
    };
    let packages = entries(folder)?.into_iter().filter(|path| path.is_dir());
    packages.map(|package| entries(&package)).collect()
}

/// A state of the contract with a world in which everything of it that is listed is; as another version when one is given.
fn parsed(folder: &Path, listed: &[String], version: Option<&str>) -> Result<Vec<UnresolvedPackageGroup>> {
    let versioned = |text: String| match version {
        Some(version) => text.replace("@0.1.0", &format!("@{version}")),
        None => text,
    };
    let parse = |map: SourceMap| map.parse().map_err(|(map, error)| anyhow::anyhow!("{}", error.render(&map)));
    let mut groups = Vec::new();
    for package in files(folder)? {
        let mut map = SourceMap::new();
        for file in package {
            map.push(&file, versioned(fs::read_to_string(&file)?));
        }
        groups.push(parse(map)?);
    }
    let line = |interface: &String| {
        let exported = EXPORTED.iter().any(|package| interface.starts_with(package));
        format!("    {} {interface};\n", if exported { "export" } else { "import" })
    };
    let world: String = listed.iter().map(line).collect();
    let mut map = SourceMap::new();
    map.push(
        Path::new("everything.wit"),
        versioned(format!("package jackfield:everything@0.1.0;\nworld everything {{\n{world}}}\n")),
    );
    groups.push(parse(map)?);
    Ok(groups)
}

/// Every interface of a state of the contract.
fn interfaces(folder: &Path) -> Result<Vec<String>> {
    let mut resolve = Resolve::default();
    push(&mut resolve, parsed(folder, &[], None)?)?;
    let names = resolve.interfaces.iter().filter_map(|(id, _)| resolve.id_of(id));
    Ok(names.collect())
}

fn push(resolve: &mut Resolve, mut groups: Vec<UnresolvedPackageGroup>) -> Result<()> {
    let main = groups.pop().context("no package")?;
    resolve.push_groups(main, groups).map(drop).map_err(|error| anyhow::anyhow!("{error:?}"))
}

/// Whether a component that was made for one state fits another.
fn fits(before: &Path, now: &Path) -> Result<()> {
    let listed = interfaces(before)?;
    ensure!(!listed.is_empty(), "{} holds no interface", before.display());
    let today = interfaces(now)?;
    if let Some(gone) = listed.iter().find(|interface| !today.contains(interface)) {
        bail!("{gone} is gone: plugins that were made for {} cannot be loaded any more", before.display());
    }
    let mut resolve = Resolve::default();
    push(&mut resolve, parsed(before, &listed, Some(BEFORE))?)?;
    push(&mut resolve, parsed(now, &listed, None)?)?;
    let world = |version: &str| {
        let found = resolve.worlds.iter().find(|(_, world)| {
            let package = world.package.map(|package| &resolve.packages[package].name);
            world.name == "everything" && package.is_some_and(|name| name.to_string().ends_with(version))
        });
        found.map(|(id, _)| id).with_context(|| format!("no world of version {version}"))
    };
    let (before_world, now_world) = (world(BEFORE)?, world("0.1.0")?);
    semver_check(resolve, before_world, now_world).with_context(|| {
        format!(
            "a plugin that was made for {} does not fit any more: give what has changed a version of its own",
            before.display()
        )
    })
}

fn published() -> Result<Vec<PathBuf>> {
    let museum = repository().join("tests/museum");
    let read = fs::read_dir(&museum).context("no museum")?;
    let mut states: Vec<_> = read.map(|entry| Ok(entry?.path().join("wit"))).collect::<Result<_>>()?;
    states.retain(|path| path.is_dir());
    ensure!(!states.is_empty(), "the museum is empty");
    Ok(states)
}

#[test]
fn what_was_made_for_a_published_contract_fits_the_one_of_today() -> Result<()> {
    published()?.iter().try_for_each(|state| fits(state, &repository().join("wit")))
}

/// Today's contract with one change; whether what was made for today's fits that.
fn with(change: &str, package: &str, from: &str, to: &str) -> Result<bool> {
    let folder = tempfile::tempdir()?;
    for file in files(&repository().join("wit"))?.into_iter().flatten() {
        let copy = folder.path().join(file.strip_prefix(repository().join("wit"))?);
        fs::create_dir_all(copy.parent().context("a folder")?)?;
        let mut text = fs::read_to_string(&file)?;
        if file.ends_with(package) {
            ensure!(text.contains(from), "{package} has no “{from}” for {change}");
            text = text.replacen(from, to, 1);
        }
        fs::write(copy, text)?;
    }
    Ok(fits(&repository().join("wit"), folder.path()).is_ok())
}

#[test]
fn growing_is_allowed_and_changing_is_not() -> Result<()> {
    let clock = ("services/services.wit", "interface clock {");
    assert!(with("nothing", clock.0, clock.1, clock.1)?, "it fits itself");
    assert!(with("a function more", clock.0, clock.1, "interface clock {\n    moon: func() -> u8;")?);
    assert!(!with("another parameter", "routing/routing.wit", "decide: func(", "decide: func(extra: u8, ")?);
    assert!(!with(
        "a function more to export",
        "script/script.wit",
        "handle: func(",
        "also: func();\n    handle: func("
    )?);
    assert!(!with("an interface less", clock.0, clock.1, "interface sundial {")?);
    Ok(())
}
