//! The document and its copy.

use super::*;

/// The web page's client is generated from the copy: `JACKFIELD_UPDATE=1 cargo test -p jackfield-api` writes it anew.
#[test]
fn the_copy_of_the_document_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document = jackfield_api::openapi_document();
    if std::env::var_os("JACKFIELD_UPDATE").is_some() {
        std::fs::write(path, &document).unwrap();
    }
    let copy = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        copy == document,
        "host/api/openapi.json is out of date: run JACKFIELD_UPDATE=1 cargo test -p jackfield-api"
    );
}

#[tokio::test]
async fn the_document_that_is_served_is_the_document() {
    let api = Api::new().await;
    let served = api.browser().get("/openapi.json").await.ok(200);
    let document: Value = serde_json::from_str(&jackfield_api::openapi_document()).unwrap();
    assert_eq!(served, document);
}

#[test]
fn every_reference_of_the_document_leads_somewhere_and_every_operation_is_explained() {
    let document: Value = serde_json::from_str(&jackfield_api::openapi_document()).unwrap();
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(references.len() > 50);
    for reference in references {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
    let mut ids = std::collections::HashSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{method} {path} has another's id");
            assert!(operation["summary"].as_str().is_some_and(|s| s.len() > 10), "{method} {path}");
            assert!(operation["responses"]["default"].is_object(), "{method} {path}");
        }
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("$ref").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|value| collect(value, found));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, found)),
        _ => {}
    }
}
