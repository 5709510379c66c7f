use jackfield_sdk_test::Plugin;
use serde_json::Value;

fn put(plugin: &Plugin, name: &str, content: impl Into<Vec<u8>>) -> u16 {
    plugin.ask("PUT", &format!("/files/{name}")).body(content).send().status
}

fn names(plugin: &Plugin) -> Vec<String> {
    let files: Vec<Value> = plugin.get("/files").send().json();
    files.iter().filter_map(|file| file["name"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_file_is_handed_out_as_it_came_to_be_saved_under_its_name() {
    let plugin = Plugin::here();
    assert_eq!(put(&plugin, "Preisliste ä.pdf", "one"), 204);
    assert_eq!(put(&plugin, "Preisliste ä.pdf", "two"), 204, "the second takes its place");
    let file = plugin.get("/files/Preisliste ä.pdf").send();
    assert_eq!((file.status, file.text()), (200, "two"));
    assert_eq!(file.header("content-type"), Some("application/octet-stream"));
    assert_eq!(file.header("content-disposition"), Some("attachment; filename*=UTF-8''Preisliste%20%C3%A4.pdf"));
    assert!(file.header("etag").is_some_and(|etag| etag.len() == 66));
    assert_eq!(names(&plugin), ["Preisliste ä.pdf"]);
    assert_eq!(plugin.metric("handed_out_total", &[]), Some(1.0));
    assert_eq!(plugin.ask("DELETE", "/files/Preisliste ä.pdf").send().status, 204);
    assert_eq!(plugin.get("/files/Preisliste ä.pdf").send().status, 404);
    assert!(names(&plugin).is_empty());
}

#[test]
fn names_that_are_meant_to_lead_elsewhere_are_names() {
    let plugin = Plugin::here();
    assert_eq!(put(&plugin, "..", "up"), 204);
    assert_eq!(plugin.get("/files/..").send().text(), "up");
    assert_eq!(put(&plugin, &"x".repeat(121), "long"), 400);
    assert_eq!(put(&plugin, "a\0b", "nothing"), 400);
    assert_eq!(names(&plugin), [".."]);
}

#[test]
fn a_large_file_is_taken_in_parts_and_beyond_the_quota_none_is() {
    let plugin = Plugin::here();
    let large: Vec<u8> = (0..3 << 20).map(|n: u32| (n % 251) as u8).collect();
    for n in 0..5 {
        assert_eq!(put(&plugin, &n.to_string(), large.clone()), 204);
    }
    assert_eq!(plugin.get("/files/4").send().body, large);
    let full = plugin.ask("PUT", "/files/5").body(large.clone()).send();
    assert!(full.status == 500 && full.text().contains("delete some"), "{full:?}");
    assert_eq!(names(&plugin).len(), 5, "half a file is none");
    assert_eq!(plugin.ask("DELETE", "/files/0").send().status, 204);
    assert_eq!(put(&plugin, "5", large), 204);
}
