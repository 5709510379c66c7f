//! A registry with packages as [`Shelf`](crate::plugins::Shelf) knows them.

use jackfield_registry::{Listing, Release, publish};
use serde_json::json;
use std::path::Path;

/// Put a plugin that nobody has, and a newer version of one that is installed, into a registry.
pub fn fill(folder: &Path) {
    let releases = [
        ("com.example.crm", "CRM link", "1.0.0", "Shows who calls in the customers’ records.", ""),
        (
            "com.example.crm",
            "CRM link",
            "9.1.0",
            "Shows who calls in the customers’ records.",
            "- Finds customers by mobile number too.\n- Opens their page with one click.",
        ),
        ("com.example.door", "Door opener", "0.9.0", "Opens the door for callers at the gate with one key.", ""),
        (
            "com.example.hotel",
            "Wake-up calls",
            "2.0.0",
            "Calls guests at the time that they have asked for, twice if nobody answers.",
            "- Speaks French.",
        ),
    ];
    for (day, (id, name, version, description, changes)) in releases.into_iter().enumerate() {
        let package = json!({"id": id, "name": name, "version": version}).to_string();
        let release = Release {
            version: version.parse().expect("a version"),
            file: format!("{}-{version}.jackfield", id.rsplit('.').next().expect("a part")),
            size: 0,
            sha256: String::new(),
            key: "9a".repeat(20),
            published: 1_762_000_000_000 + day as u64 * 86_400_000,
            changes: changes.into(),
        };
        let listing = Listing {
            id: id.into(),
            name: name.into(),
            publisher: "Example Ltd".into(),
            description: description.into(),
            license: "MIT".into(),
            releases: vec![release],
        };
        publish(folder, listing, package.as_bytes()).expect("a registry");
    }
}
