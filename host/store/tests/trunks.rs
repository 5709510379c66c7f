//! Trunks as an admin sets them up.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_model::{Secret, SessionTimer, TrunkRegistration, TrunkSettings};
use jackfield_store::{Store, StoreError};

fn trunk(name: &str) -> TrunkSettings {
    let text = format!("{{\"name\": \"{name}\", \"servers\": [\"sip:carrier.example\"], \"user\": \"acme\"}}");
    TrunkSettings { password: Some(Secret::new("open sesame")), ..serde_json::from_str(&text).unwrap() }
}

#[tokio::test]
async fn trunks_keep_their_order_their_settings_and_their_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jackfield.db");
    let store = Store::open(&path).await.unwrap();
    let one = TrunkSettings {
        register: TrunkRegistration::Bulk,
        session_timer: SessionTimer::Required,
        channels: Some(4),
        ..trunk("zebra")
    };
    store.create_trunk(&one, 1).await.unwrap();
    store.create_trunk(&trunk("ape"), 2).await.unwrap();
    let again = store.create_trunk(&trunk("zebra"), 3).await;
    assert!(matches!(again, Err(StoreError::Taken { field: "name" })), "{again:?}");
    store.close().await;

    let store = Store::open(&path).await.unwrap();
    assert_eq!(store.trunks().await.unwrap(), [one.clone(), trunk("ape")]);

    let renamed = TrunkSettings { name: "lion".into(), password: None, ..one };
    assert!(store.replace_trunk("zebra", &renamed).await.unwrap());
    assert!(!store.replace_trunk("zebra", &renamed).await.unwrap(), "it has another name now");
    let taken = store.replace_trunk("lion", &trunk("ape")).await;
    assert!(matches!(taken, Err(StoreError::Taken { field: "name" })), "{taken:?}");
    let off = store.switch_trunk("lion", false).await.unwrap().unwrap();
    assert_eq!(store.trunks().await.unwrap()[0], TrunkSettings { enabled: false, ..renamed });
    assert_eq!(store.trunk("lion").await.unwrap(), Some(off));
    assert_eq!(store.switch_trunk("zebra", true).await.unwrap(), None);

    assert!(store.delete_trunk("ape").await.unwrap());
    assert!(!store.delete_trunk("ape").await.unwrap());
    assert_eq!(store.trunk("ape").await.unwrap(), None);
}

#[tokio::test]
async fn an_order_holds_and_new_trunks_come_last() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
    for name in ["a", "b", "c"] {
        store.create_trunk(&trunk(name), 1).await.unwrap();
    }
    let names = || async { store.trunks().await.unwrap().into_iter().map(|trunk| trunk.name).collect::<Vec<_>>() };
    let order = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert!(store.order_trunks(&order(&["c", "a"])).await.unwrap());
    assert_eq!(names().await, ["c", "a", "b"], "one that is not named comes last");
    store.create_trunk(&trunk("d"), 2).await.unwrap();
    assert!(!store.order_trunks(&order(&["d", "x"])).await.unwrap(), "there is no x");
    assert_eq!(names().await, ["c", "a", "b", "d"]);
    store.replace_trunk("a", &trunk("z")).await.unwrap();
    assert_eq!(names().await, ["c", "z", "b", "d"], "a name is not a place");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_the_machine_can_read_the_database() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jackfield.db");
    for mode in [None, Some(0o644)] {
        if let Some(mode) = mode {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        let store = Store::open(&path).await.unwrap();
        store.create_trunk(&trunk(&format!("t{}", mode.unwrap_or(0))), 1).await.unwrap();
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let entry = entry.unwrap();
            let mode = entry.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?} {mode:o}", entry.file_name());
        }
        store.close().await;
    }
}
