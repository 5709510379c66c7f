use jackfield_sdk_test::Plugin;
use serde_json::{Value, json};

#[test]
fn people_are_greeted_by_their_names_in_their_language() {
    let plugin = Plugin::here();
    let greeting: Value = plugin.get("/greeting").as_user("Anna").in_language("de").send().json();
    assert_eq!(greeting, json!({ "text": "Guten Tag, Anna!", "admin": false }));
    let greeting: Value = plugin.get("/greeting").as_admin().send().json();
    assert_eq!(greeting["admin"], true);
}

#[test]
fn a_body_is_read_and_a_wrong_one_refused() {
    let plugin = Plugin::here();
    let sum = plugin.ask("POST", "/sum").json(&json!({ "terms": [1, 2, 3.5] })).send();
    assert_eq!((sum.status, sum.json::<f64>()), (200, 6.5));
    assert_eq!(plugin.ask("POST", "/sum").body("{").send().status, 400);
}

#[test]
fn files_keep_their_media_types_and_paths_that_are_not_there_are_404() {
    let plugin = Plugin::here();
    let table = plugin.get("/table.csv").send();
    assert_eq!(table.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(table.text().ends_with("12,144\r\n"));
    assert_eq!(plugin.get("/tone.wav").send().body.len(), 8_044);
    assert_eq!(plugin.get("/nothing").send().status, 404);
}

#[test]
fn only_admins_do_what_is_for_admins() {
    let plugin = Plugin::here();
    assert_eq!(plugin.ask("DELETE", "/everything").send().status, 403);
    assert_eq!(plugin.ask("DELETE", "/everything").as_admin().send().status, 204);
}

#[test]
fn it_brings_its_pages() {
    let pages = Plugin::here().pages();
    assert_eq!(pages, [("hello".into(), "Hello".into()), ("about".into(), "About this example".into())]);
}
