//! Puts the files of the reports into the component: a report is a file, and adding one needs no other change.

use std::{env, fmt::Write as _, fs, path::Path};

fn main() {
    println!("cargo::rerun-if-changed=reports");
    let folder = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("reports");
    let mut files: Vec<_> =
        fs::read_dir(&folder).expect("the folder of reports").flatten().map(|file| file.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ending| ending == "json"));
    files.sort();
    let mut list = format!("pub const FILES: [(&str, &str); {}] = [\n", files.len());
    for file in files {
        let id = file.file_stem().and_then(|name| name.to_str()).expect("a report's name is its id");
        // What it says, not where it lies: checkouts share one target folder, and this one may go.
        let text = fs::read_to_string(&file).expect("a report can be read");
        writeln!(list, "    ({id:?}, {text:?}),").expect("a string takes it");
    }
    list.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("files.rs");
    fs::write(out, list).expect("the list can be written");
}
