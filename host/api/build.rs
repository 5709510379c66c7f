//! Decides what `web.rs` embeds: the built shell, or a page that says that it is not built.
//!
//! Never runs npm: work on the host does not wait for Node.

use std::{env, fs, path::PathBuf};

const PLACEHOLDER: &str = "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>Jackfield</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 4rem auto; padding: 0 1rem; color-scheme: light dark }</style>
<h1>The web page is not built</h1>
<p>The telephone system is running, and its API is at <a href=\"/api/v1/openapi.json\">/api/v1</a>.</p>
<p>To build the page: <code>npm ci &amp;&amp; npm run build</code> in <code>host/web</code>, then build the host again.</p>
</html>
";

fn main() {
    let here = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let built = here.join("../web/build");
    println!("cargo:rerun-if-changed={}", built.display());
    let embedded = if built.join("index.html").is_file() { built } else { placeholder() };
    println!("cargo:rustc-env=JACKFIELD_SHELL={}", embedded.display());
}

fn placeholder() -> PathBuf {
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it")).join("placeholder");
    fs::create_dir_all(&folder).expect("the build folder is writable");
    fs::write(folder.join("index.html"), PLACEHOLDER).expect("the build folder is writable");
    folder
}
