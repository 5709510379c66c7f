//! Which way dependencies point: every arrow of `host/README.md` as a rule over what Cargo says.
//!
//! A rule that gets in the way is a question about the design, not about this file.

use jackfield_tests::repository;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Each crate of the workspace by its folder, and the crates of the workspace that it may use. A new crate needs a line.
const MAY_USE: [(&str, &str, &[&str]); 23] = [
    ("host/model", "jackfield-model", &[]),
    ("host/sip", "jackfield-sip", &[]),
    ("host/media", "jackfield-media", &[]),
    ("host/net", "jackfield-net", &["jackfield-sip", "jackfield-media"]),
    ("host/fax", "jackfield-fax", &[]),
    (
        "host/calls",
        "jackfield-calls",
        &["jackfield-fax", "jackfield-model", "jackfield-net", "jackfield-sip", "jackfield-media"],
    ),
    ("host/store", "jackfield-store", &["jackfield-model", "jackfield-calls"]),
    ("host/acme", "jackfield-acme", &[]),
    ("host/http", "jackfield-http", &[]),
    ("host/mail", "jackfield-mail", &["jackfield-model", "jackfield-store"]),
    ("host/registry", "jackfield-registry", &["jackfield-http", "jackfield-model"]),
    (
        "host/runtime",
        "jackfield-runtime",
        &["jackfield-fax", "jackfield-model", "jackfield-calls", "jackfield-prompts", "jackfield-schedules"],
    ),
    ("host/prompts", "jackfield-prompts", &[]),
    ("host/schedules", "jackfield-schedules", &["jackfield-model"]),
    ("host/sounds", "jackfield-sounds", &[]),
    (
        "host/api",
        "jackfield-api",
        &[
            "jackfield-model",
            "jackfield-calls",
            "jackfield-mail",
            "jackfield-registry",
            "jackfield-schedules",
            "jackfield-sounds",
            "jackfield-store",
            "jackfield-runtime",
        ],
    ),
    (
        "host/app",
        "jackfield",
        &[
            "jackfield-acme",
            "jackfield-api",
            "jackfield-calls",
            "jackfield-fax",
            "jackfield-http",
            "jackfield-mail",
            "jackfield-media",
            "jackfield-model",
            "jackfield-net",
            "jackfield-prompts",
            "jackfield-registry",
            "jackfield-runtime",
            "jackfield-schedules",
            "jackfield-sip",
            "jackfield-sounds",
            "jackfield-store",
        ],
    ),
    ("sdk/macros", "jackfield-sdk-macros", &[]),
    ("sdk/rust", "jackfield-sdk", &["jackfield-sdk-macros"]),
    (
        "sdk/tool",
        "jackfield-plugin",
        &[
            "jackfield-pack",
            "jackfield-registry",
            "jackfield-runtime",
            "jackfield-calls",
            "jackfield-model",
            "jackfield-sdk-test",
        ],
    ),
    ("sdk/pack", "jackfield-pack", &["jackfield-runtime"]),
    (
        "sdk/test",
        "jackfield-sdk-test",
        &[
            "jackfield-pack",
            "jackfield-runtime",
            "jackfield-calls",
            "jackfield-fax",
            "jackfield-model",
            "jackfield-prompts",
            "jackfield-schedules",
            // Reports are counted by SQL, in tests as in the house.
            "jackfield-store",
        ],
    ),
    ("tests", "jackfield-tests", &[]),
];

/// Crates of others that belong to one place, and who may name them.
const AT_HOME: [(&str, &[&str]); 10] = [
    ("axum", &["jackfield-api"]),
    // One serves, the others ask.
    ("hyper", &["jackfield-api", "jackfield-http", "jackfield-registry"]),
    ("tower-http", &["jackfield-api"]),
    ("instant-acme", &["jackfield-acme"]),
    ("lettre", &["jackfield-mail"]),
    ("wasmtime", &["jackfield-runtime"]),
    ("sqlx", &["jackfield-store"]),
    ("socket2", &["jackfield-net"]),
    // The binary asks the system for more open files, a fax's engine holds itself to limits, and the tests see what is on the
    // wire.
    ("nix", &["jackfield-net", "jackfield", "jackfield-fax", "jackfield-tests"]),
    ("clap", &["jackfield", "jackfield-plugin"]),
];

/// What a crate does not know, not even through others.
const NEVER_REACHES: [(&str, &[&str]); 10] = [
    ("jackfield-sip", &["tokio", "sqlx", "wasmtime", "axum", "hyper", "socket2", "nix", "serde_json"]),
    // Not nix: rtc-dtls brings it along for what it does not do here. That no media file says “socket” is looked at below.
    ("jackfield-media", &["tokio", "sqlx", "wasmtime", "axum", "hyper", "socket2", "serde_json"]),
    ("jackfield-model", &["tokio", "sqlx", "wasmtime", "axum", "hyper", "socket2", "nix"]),
    ("jackfield-net", &["sqlx", "wasmtime", "axum", "hyper"]),
    ("jackfield-calls", &["sqlx", "wasmtime", "axum", "hyper"]),
    ("jackfield-runtime", &["sqlx", "axum", "hyper", "lettre"]),
    ("jackfield-store", &["wasmtime", "axum", "hyper"]),
    ("jackfield-registry", &["sqlx", "wasmtime", "axum"]),
    ("jackfield-mail", &["wasmtime", "axum", "hyper"]),
    ("jackfield-sdk", &["tokio", "sqlx", "wasmtime", "axum", "hyper", "socket2"]),
];

/// What opens a socket, and the folders whose sources may say it. The web page's listener is bound by `app` before
/// anything else starts, and served by `api`.
const SOCKETS: [(&str, &[&str]); 5] = [
    ("UdpSocket", &["host/net"]),
    ("TcpSocket", &["host/net"]),
    ("Socket::new", &["host/net"]),
    ("TcpStream::connect", &["host/net"]),
    ("TcpListener", &["host/net", "host/api", "host/app"]),
];

#[test]
fn a_folder_is_called_like_its_package() {
    let expected: BTreeSet<_> = MAY_USE.iter().map(|(folder, name, _)| ((*folder).into(), (*name).into())).collect();
    let there: BTreeSet<(String, String)> =
        house().packages.iter().map(|p| (p.folder.clone(), p.name.clone())).collect();
    assert_eq!(there, expected, "a crate has come, gone or moved: give it its line here and in host/README.md");
    for (folder, name, _) in MAY_USE {
        if let Some(part) = folder.strip_prefix("host/") {
            let called = if part == "app" { "jackfield".to_owned() } else { format!("jackfield-{part}") };
            assert_eq!(name, called, "{folder}");
        }
    }
}

#[test]
fn dependencies_point_downwards() {
    for (folder, name, may_use) in MAY_USE {
        for used in house().package(name).uses_here() {
            assert!(may_use.contains(&used), "{folder}/Cargo.toml: {name} must not use {used}");
        }
    }
}

#[test]
fn sip_and_media_stand_alone() {
    for name in ["jackfield-sip", "jackfield-media", "jackfield-model"] {
        let uses: Vec<_> = house().reach(name).into_iter().filter(|used| house().is_ours(used)).collect();
        assert!(uses.is_empty(), "{name} is to be usable alone; it reaches {uses:?}");
    }
}

#[test]
fn what_a_crate_must_not_know_it_does_not_reach_through_others() {
    for (name, strangers) in NEVER_REACHES {
        let reached = house().reach(name);
        for stranger in strangers {
            assert!(
                !reached.contains(*stranger),
                "{name} reaches {stranger}; see “cargo tree -p {name} -i {stranger}”"
            );
        }
    }
}

#[test]
fn calls_know_neither_plugins_nor_sql() {
    let reached = house().reach("jackfield-calls");
    for stranger in ["jackfield-runtime", "jackfield-store", "jackfield-api"] {
        assert!(!reached.contains(stranger), "jackfield-calls reaches {stranger}");
    }
}

#[test]
fn http_wasm_sql_and_sockets_have_one_home_each() {
    for (library, homes) in AT_HOME {
        let named_by = house().packages.iter().filter(|package| package.names(library));
        let named_by: Vec<_> = named_by.map(|package| package.name.as_str()).collect();
        assert!(!named_by.is_empty(), "nobody names {library} any more: take its line away");
        for name in named_by {
            assert!(homes.contains(&name), "{name} names {library}, which belongs to {homes:?}");
        }
    }
}

#[test]
fn only_net_opens_sip_and_rtp_sockets() {
    let mut seen = BTreeSet::new();
    for (folder, ..) in MAY_USE.iter().filter(|(folder, ..)| folder.starts_with("host/")) {
        for file in sources(&repository().join(folder).join("src")) {
            let text = std::fs::read_to_string(&file).expect("a source file is readable");
            for (word, places) in SOCKETS.iter().filter(|(word, _)| text.contains(word)) {
                assert!(places.contains(folder), "{} says {word}: sockets belong to {places:?}", file.display());
                seen.insert(*word);
            }
        }
    }
    assert!(seen.contains("UdpSocket") && seen.contains("TcpListener"), "the sources were not read: {seen:?}");
}

#[test]
fn nothing_depends_on_the_tests() {
    let guests = guests().into_iter().flat_map(|workspace| workspace.packages);
    for package in house().packages.iter().cloned().chain(guests) {
        assert!(!package.dependencies.iter().any(|d| d.name == "jackfield-tests"), "{} uses the tests", package.name);
    }
}

#[test]
fn the_sdk_reaches_no_host_crate() {
    for name in ["jackfield-sdk", "jackfield-sdk-macros"] {
        let hosts: Vec<_> = house().reach(name).into_iter().filter(|used| is_host(used)).collect();
        assert!(hosts.is_empty(), "{name} is what plugins are made with; it reaches {hosts:?}");
    }
}

#[test]
fn no_plugin_depends_on_a_host_crate() {
    for package in guests().into_iter().flat_map(|workspace| workspace.packages) {
        for dependency in &package.dependencies {
            let (name, dev) = (dependency.name.as_str(), dependency.dev);
            assert!(!is_host(name), "{} uses {name}: a plugin sees wit/ only", package.folder);
            let ours = name.starts_with("jackfield") || dependency.path.is_some();
            let allowed = name == "jackfield-sdk" || (dev && name == "jackfield-sdk-test");
            assert!(!ours || allowed, "{} uses {name}: of this house a plugin uses the SDK only", package.folder);
        }
    }
}

#[test]
fn every_plugin_that_is_written_in_rust_is_looked_at() {
    let looked_at: BTreeSet<_> =
        guests().into_iter().flat_map(|workspace| workspace.packages).map(|p| p.folder).collect();
    let mut there = BTreeSet::new();
    for place in ["plugins", "examples", "tests/hostile-plugins", "tests/load"] {
        for entry in std::fs::read_dir(repository().join(place)).expect("the folder is there") {
            let folder = entry.expect("an entry of the folder").path();
            if folder.join("plugin.toml").is_file() && folder.join("Cargo.toml").is_file() {
                there.insert(within_repository(&folder));
            }
        }
    }
    assert_eq!(looked_at, there, "a plugin is in no workspace that GUESTS names");
}

#[test]
fn no_host_crate_depends_on_a_plugin() {
    for package in &house().packages {
        for path in package.dependencies.iter().filter_map(|dependency| dependency.path.as_ref()) {
            let known = MAY_USE.iter().any(|(folder, ..)| folder == path);
            assert!(known, "{} uses {path}, which is no crate of the workspace", package.folder);
        }
    }
}

/// Where guests are workspaces of their own.
const GUESTS: [&str; 5] = ["plugins", "examples", "tests/hostile-plugins", "tests/load/prompt", "tests/load/tally"];

fn is_host(name: &str) -> bool {
    MAY_USE.iter().any(|(folder, package, _)| *package == name && folder.starts_with("host/"))
}

/// What Cargo says about one workspace.
struct Workspace {
    packages: Vec<Package>,
    /// By package id: its name, and the ids of what it is built with, the dependencies of tests left out.
    graph: BTreeMap<String, (String, Vec<String>)>,
}

/// A member of a workspace with what its manifest says.
#[derive(Clone)]
struct Package {
    name: String,
    folder: String,
    dependencies: Vec<Dependency>,
}

#[derive(Clone)]
struct Dependency {
    name: String,
    /// Its folder, when it lies in this repository.
    path: Option<String>,
    /// Whether only tests need it.
    dev: bool,
}

/// The host's workspace.
fn house() -> &'static Workspace {
    static HOUSE: OnceLock<Workspace> = OnceLock::new();
    HOUSE.get_or_init(|| {
        // For one platform, so that nothing is fetched that only others need.
        let version = cargo(&["-vV"]);
        let platform = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its platform");
        Workspace::read(".", &["--filter-platform", platform])
    })
}

fn guests() -> Vec<Workspace> {
    GUESTS.iter().map(|folder| Workspace::read(folder, &["--no-deps"])).collect()
}

impl Workspace {
    fn read(folder: &str, options: &[&str]) -> Self {
        let manifest = repository().join(folder).join("Cargo.toml");
        let manifest = manifest.to_str().expect("a path in UTF-8");
        let arguments =
            [&["metadata", "--format-version", "1", "--locked", "--manifest-path", manifest], options].concat();
        let said: Value = serde_json::from_str(&cargo(&arguments)).expect("cargo speaks JSON");
        let members: BTreeSet<_> = list(&said["workspace_members"]).iter().map(text).collect();
        let packages = list(&said["packages"]);
        let names: BTreeMap<_, _> =
            packages.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
        let node = |node: &Value| {
            let built_with =
                list(&node["deps"]).iter().filter(|dep| list(&dep["dep_kinds"]).iter().any(|k| k["kind"] != "dev"));
            let id = text(&node["id"]);
            (id.clone(), (names[&id].clone(), built_with.map(|dep| text(&dep["pkg"])).collect()))
        };
        let resolved = said["resolve"]["nodes"].as_array();
        Self {
            graph: resolved.into_iter().flatten().map(node).collect(),
            packages: packages.iter().filter(|p| members.contains(&text(&p["id"]))).map(Package::read).collect(),
        }
    }

    fn package(&self, name: &str) -> &Package {
        self.packages.iter().find(|package| package.name == name).unwrap_or_else(|| panic!("there is no crate {name}"))
    }

    fn is_ours(&self, name: &str) -> bool {
        self.packages.iter().any(|package| package.name == name)
    }

    /// The names of everything that a crate is built with, itself left out.
    fn reach(&self, name: &str) -> BTreeSet<String> {
        let is_it = |(id, (called, _)): &(&String, &(String, Vec<String>))| called == name && id.starts_with("path+");
        let (start, _) = self.graph.iter().find(is_it).unwrap_or_else(|| panic!("there is no crate {name}"));
        let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
        while let Some(id) = open.pop() {
            open.extend(self.graph[id].1.iter().filter(|next| seen.insert(*next)));
        }
        seen.into_iter().filter(|id| *id != start).map(|id| self.graph[id].0.clone()).collect()
    }
}

impl Package {
    fn read(package: &Value) -> Self {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        let dependency = |d: &Value| Dependency {
            name: text(&d["name"]),
            path: d["path"].as_str().map(|path| within_repository(Path::new(path))),
            dev: d["kind"] == "dev",
        };
        Self {
            name: text(&package["name"]),
            folder: within_repository(manifest.parent().expect("a manifest lies in a folder")),
            dependencies: list(&package["dependencies"]).iter().map(dependency).collect(),
        }
    }

    /// Crates of the repository that it is built with.
    fn uses_here(&self) -> impl Iterator<Item = &str> {
        self.dependencies.iter().filter(|d| d.path.is_some() && !d.dev).map(|d| d.name.as_str())
    }

    /// Whether its manifest names this one, for more than its tests.
    fn names(&self, library: &str) -> bool {
        self.dependencies.iter().any(|dependency| dependency.name == library && !dependency.dev)
    }
}

fn cargo(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).output().expect("cargo starts");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {}: {error}", arguments.join(" "));
    String::from_utf8(output.stdout).expect("cargo speaks UTF-8")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is no text")).to_owned()
}

fn within_repository(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let root = repository().canonicalize().expect("the repository is there");
    whole.strip_prefix(root).unwrap_or(&whole).to_str().expect("a path in UTF-8").to_owned()
}

/// Every source file below a folder.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.expect("an entry of the folder").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
