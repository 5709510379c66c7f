//! Users, extensions and sessions as the rest of the house uses them.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_model::{Availability, AvailabilityState, Holder, Language, Role, UserId};
use jackfield_store::*;
use std::path::Path;

async fn open(folder: &Path) -> Store {
    Store::open(&folder.join("jackfield.db")).await.unwrap()
}

fn person(login: &str, name: &str, role: Role) -> NewUser {
    NewUser {
        login: login.into(),
        name: name.into(),
        role,
        language: Language::En,
        password_hash: "$argon2id$…".into(),
        email: None,
        must_change_password: false,
    }
}

#[tokio::test]
async fn people_are_found_by_any_part_of_their_name_without_accents() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.create_user(&person("zoe", "Zoë Lefèvre", Role::User), 1).await.unwrap();
    let owner = store.create_user(&person("karl", "Karl Groß", Role::Admin), 1).await.unwrap();
    for number in ["1000", "101"] {
        let new = NewExtension { owner: Some(owner.id), ..NewExtension::new(number.parse().unwrap(), "Desk") };
        store.create_extension(&new, 1).await.unwrap();
    }

    let found = store.users("LEFEVRE", 0, 10).await.unwrap();
    assert_eq!((found.total, found.items[0].0.login.as_str()), (1, "zoe"));
    let found = store.users("gross", 0, 10).await.unwrap();
    assert_eq!(found.items[0].1.iter().map(|n| n.as_str()).collect::<Vec<_>>(), ["101", "1000"], "shortest first");
    assert_eq!(store.users("%", 0, 10).await.unwrap().total, 0, "a wildcard is a character like any other");
    let page = store.users("", 1, 1).await.unwrap();
    assert_eq!((page.total, page.items.len(), page.items[0].0.login.as_str()), (2, 1, "zoe"));

    let found = store.extensions("groß", 0, 10).await.unwrap();
    assert_eq!(found.items.iter().map(|(e, _)| e.number.as_str()).collect::<Vec<_>>(), ["101", "1000"]);
    assert_eq!(found.items[0].1.as_deref(), Some("Karl Groß"));
    assert_eq!(store.extensions("01", 0, 10).await.unwrap().total, 1);
}

#[tokio::test]
async fn a_login_is_unique_without_regard_to_case_also_against_a_restored_one() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.create_user(&person("root", "Root", Role::Admin), 1).await.unwrap();
    let first = store.create_user(&person("Émile", "Émile", Role::User), 1).await.unwrap();
    let again = store.create_user(&person("ÉMILE", "Another", Role::User), 1).await;
    assert!(matches!(again, Err(StoreError::Taken { field: "login" })), "{again:?}");

    assert!(store.delete_user(first.id, 10).await.unwrap());
    store.create_user(&person("émile", "Another", Role::User), 11).await.unwrap();
    let restored = store.restore_user(first.id, 12).await;
    assert!(matches!(restored, Err(StoreError::Taken { field: "login" })), "{restored:?}");
}

#[tokio::test]
async fn the_last_admin_can_neither_be_deleted_nor_demoted() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    assert!(store.has_no_users().await.unwrap());
    let admin = store.create_user(&person("a", "A", Role::Admin), 1).await.unwrap();
    assert!(!store.has_no_users().await.unwrap());
    let demote = UserChange { role: Some(Role::User), ..UserChange::default() };
    assert!(matches!(store.delete_user(admin.id, 1).await, Err(StoreError::LastAdmin)));
    assert!(matches!(store.update_user(admin.id, &demote).await, Err(StoreError::LastAdmin)));
    store.create_user(&person("b", "B", Role::Admin), 1).await.unwrap();
    assert_eq!(store.update_user(admin.id, &demote).await.unwrap().unwrap().role, Role::User);
    assert!(store.delete_user(admin.id, 1).await.unwrap());
    assert!(!store.delete_user(admin.id, 1).await.unwrap(), "gone already");
}

#[tokio::test]
async fn a_deleted_extension_comes_back_with_its_secret_and_its_owner_for_an_hour() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let owner = store.create_user(&person("a", "A", Role::User), 1).await.unwrap();
    let number: jackfield_model::Number = "100".parse().unwrap();
    let new = NewExtension { owner: Some(owner.id), ..NewExtension::new(number.clone(), "Reception") };
    let (made, password) = store.create_extension(&new, 1).await.unwrap();
    assert_eq!(made.ha1, Some(password.ha1("100", "jackfield")));

    assert!(store.delete_extension(&number, 1_000).await.unwrap());
    assert_eq!(store.extension(&number).await.unwrap(), None);
    assert!(store.directory().await.unwrap().extensions.is_empty());
    assert_eq!(store.restore_extension(&number, 1_000 + UNDO_MS).await.unwrap(), Some(made.clone()));
    assert_eq!(store.directory().await.unwrap().extensions, [made]);

    assert!(store.delete_extension(&number, 2_000).await.unwrap());
    assert_eq!(store.restore_extension(&number, 2_001 + UNDO_MS).await.unwrap(), None, "too late");
}

#[tokio::test]
async fn an_owner_must_exist_and_a_deleted_one_no_longer_shows() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let number: jackfield_model::Number = "100".parse().unwrap();
    let nobody = NewExtension { owner: Some(jackfield_model::UserId(77)), ..NewExtension::new(number.clone(), "X") };
    assert!(matches!(store.create_extension(&nobody, 1).await, Err(StoreError::Dangling { field: "owner" })));

    let owner = store.create_user(&person("a", "A", Role::User), 1).await.unwrap();
    store.create_extension(&NewExtension { owner: Some(owner.id), ..nobody }, 1).await.unwrap();
    assert_eq!(store.numbers_of(owner.id).await.unwrap(), std::slice::from_ref(&number));
    store.delete_user(owner.id, 5).await.unwrap();
    assert_eq!(store.extension(&number).await.unwrap().unwrap().owner, None);
    store.restore_user(owner.id, 6).await.unwrap().unwrap();
    assert_eq!(store.extension(&number).await.unwrap().unwrap().owner, Some(owner.id));
}

#[tokio::test]
async fn a_session_slides_ends_with_the_password_and_is_kept_only_as_a_hash() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let user = store.create_user(&person("a", "A", Role::User), 1).await.unwrap();
    let mine = store.create_session(user.id, "127.0.0.1", 1_000, 500).await.unwrap();
    assert_eq!(store.session(&mine, 1_499).await.unwrap().unwrap().user, user);
    assert_eq!(store.session(&mine, 1_500).await.unwrap(), None, "expired");
    store.prolong_session(&mine, 1_400, 500).await.unwrap();
    assert_eq!(store.session(&mine, 1_899).await.unwrap().unwrap().expires, 1_900);

    let other = store.create_session(user.id, "127.0.0.2", 1_500, 500).await.unwrap();
    assert!(store.set_password(user.id, "new", false, Some(&mine)).await.unwrap());
    assert!(store.session(&mine, 1_600).await.unwrap().is_some(), "the session that changed it stays");
    assert!(store.session(&other, 1_600).await.unwrap().is_none(), "every other one ends");
    assert_eq!(store.credentials("A").await.unwrap().unwrap().password_hash, "new");

    store.close().await;
    let file = std::fs::read(folder.path().join("jackfield.db")).unwrap();
    let found = |needle: &str| file.windows(needle.len()).any(|window| window == needle.as_bytes());
    assert!(found("127.0.0.1"), "the session is in the file");
    assert!(!found(mine.as_str()), "its token is not");
}

#[tokio::test]
async fn plugins_and_audit_entries_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    let mut plugin = PluginRow {
        id: "org.jackfield.dialplan".into(),
        version: "0.1.0".into(),
        enabled: true,
        order: 1,
        grants: vec!["call.control".into()],
        settings: serde_json::json!({"ring": 20}),
        installed: 7,
        trial: serde_json::json!({"version": "0.2.0"}),
    };
    store.save_plugin(&plugin).await.unwrap();
    plugin.enabled = false;
    store.save_plugin(&plugin).await.unwrap();
    assert_eq!(store.plugins().await.unwrap(), [plugin.clone()]);
    store.remove_plugin(&plugin.id).await.unwrap();
    assert_eq!(store.plugins().await.unwrap(), []);

    for n in 0..5 {
        let entry = NewAuditEntry {
            at: n,
            actor: "admin".into(),
            source: "127.0.0.1".into(),
            action: "extension.create".into(),
            target: n.to_string(),
            detail: serde_json::json!({"name": "X"}),
        };
        store.append_audit(&entry).await.unwrap();
    }
    let first = store.audit(None, 3).await.unwrap();
    let second = store.audit(first.next.as_ref(), 3).await.unwrap();
    let targets: Vec<_> = first.items.iter().chain(&second.items).map(|e| e.entry.target.as_str()).collect();
    assert_eq!(targets, ["4", "3", "2", "1", "0"]);
    assert_eq!(second.next, None);
}

#[tokio::test]
async fn availability_outlives_the_process_and_goes_with_its_person_or_number() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path()).await;
    store.create_user(&person("root", "Root", Role::Admin), 1).await.unwrap();
    let anna = Holder::User(store.create_user(&person("anna", "Anna", Role::User), 1).await.unwrap().id);
    let number: jackfield_model::Number = "700".parse().unwrap();
    store.create_extension(&NewExtension::new(number.clone(), "Workshop"), 1).await.unwrap();
    let workshop = Holder::Extension(number.clone());
    let lunch = Availability { state: AvailabilityState::Lunch, since: 5, ..Availability::default() };
    let away = Availability {
        state: AvailabilityState::Vacation,
        note: "À lundi".into(),
        until: Some(u64::MAX / 4),
        hide_detail: true,
        since: 6,
    };
    for (holder, availability) in [(&anna, &lunch), (&anna, &away), (&workshop, &lunch)] {
        store.set_availability(holder, availability).await.unwrap();
    }
    store.close().await;

    let store = open(folder.path()).await;
    let mut kept = store.availabilities().await.unwrap();
    kept.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(kept, [(anna.clone(), away), (workshop, lunch.clone())]);
    let nobody = store.set_availability(&Holder::User(UserId(999)), &lunch).await;
    assert!(matches!(nobody, Err(StoreError::Dangling { field: "user" })), "{nobody:?}");
    store.delete_extension(&number, 7).await.unwrap();
    let Holder::User(id) = anna else { unreachable!("a person") };
    store.delete_user(id, 7).await.unwrap();
    assert_eq!(store.availabilities().await.unwrap(), []);
    store.restore_user(id, 8).await.unwrap();
    assert_eq!(store.availabilities().await.unwrap().len(), 1, "who is brought back is where they were");
}
