//! Events that wait for plugins, and the mail addresses of people.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_model::{Language, Role};
use jackfield_store::{NewExtension, NewUser, PluginEvent, PluginWrite, Store, UserChange};

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
    (folder, store)
}

#[tokio::test]
async fn an_event_is_there_as_it_was_kept_until_it_is_dropped_or_its_plugin_erased() {
    let (_folder, store) = store().await;
    let event = |plugin: &str, seq| PluginEvent {
        plugin: plugin.into(),
        seq,
        topic: "org.b/left".into(),
        publisher: "org.b".into(),
        at: 5,
        payload: "{\"a\":1}".into(),
        recordings: vec!["1a-2b".into()],
        failed: None,
        reason: None,
    };
    let dead = PluginEvent { failed: Some(9), reason: Some("no".into()), ..event("org.a", 1) };
    let kept = [event("org.a", 1), event("org.a", 2), event("org.c", 2)];
    let mut writes: Vec<_> = kept.iter().cloned().map(PluginWrite::KeepEvent).collect();
    writes.push(PluginWrite::KeepEvent(dead.clone()));
    store.write_plugin_data(&writes).await.unwrap();
    assert_eq!(store.plugin_events().await.unwrap(), [dead, event("org.a", 2), event("org.c", 2)]);
    store.write_plugin_data(&[PluginWrite::DropEvent("org.a", 1)]).await.unwrap();
    assert_eq!(store.plugin_events().await.unwrap(), [event("org.a", 2), event("org.c", 2)]);
    store.erase_plugin_data("org.a").await.unwrap();
    assert_eq!(store.plugin_events().await.unwrap(), [event("org.c", 2)]);
}

#[tokio::test]
async fn an_extension_leads_to_the_address_of_its_owner_as_long_as_there_is_one() {
    let (_folder, store) = store().await;
    let new = NewUser {
        login: "ada".into(),
        name: "Ada".into(),
        role: Role::User,
        language: Language::En,
        email: Some("ada@example.org".parse().unwrap()),
        password_hash: String::new(),
        must_change_password: false,
    };
    let ada = store.create_user(&new, 1).await.unwrap();
    let owned = NewExtension { owner: Some(ada.id), ..NewExtension::new("100".parse().unwrap(), "Ada") };
    store.create_extension(&owned, 1).await.unwrap();
    store.create_extension(&NewExtension::new("101".parse().unwrap(), "Hall"), 1).await.unwrap();
    assert_eq!(store.email_of_extension("100").await.unwrap(), new.email);
    for nobody in ["101", "999", ""] {
        assert_eq!(store.email_of_extension(nobody).await.unwrap(), None, "{nobody}");
    }
    let change = UserChange { email: Some(None), ..UserChange::default() };
    assert_eq!(store.update_user(ada.id, &change).await.unwrap().unwrap().email, None);
    assert_eq!(store.email_of_extension("100").await.unwrap(), None);
}
