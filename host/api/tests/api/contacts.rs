//! Contacts outside the house: imported, searched, exported, taken back.

use super::*;

async fn send(browser: &Browser, path: &str, file: &str) -> Answer {
    let request = Request::builder().method("POST").uri(format!("/api/v1{path}")).header("x-jackfield", "1");
    let body = Body::from(file.to_owned());
    browser.raw(request.header(header::CONTENT_TYPE, "application/octet-stream").body(body).unwrap()).await
}

const CUSTOMERS: &str = "Name;Firma;Telefon;Bemerkung\n\
    Anna Dupont;Dupont & Söhne;01 23 45 67 89;=1+1\n\
    ;Mairie;keine;\n\
    Béa;;+49 (0)30 123456;\n";

#[tokio::test]
async fn a_file_is_looked_into_imported_searched_exported_and_taken_back() {
    let api = Api::new().await;
    let (admin, anna) = (api.signed_in("admin").await, api.signed_in("anna").await);
    let preview = send(&admin, "/contacts/preview", CUSTOMERS).await.ok(200);
    assert_eq!(preview["columns"], json!(["Name", "Firma", "Telefon", "Bemerkung"]));
    assert_eq!(preview["fields"], json!(["name", "company", "work", "note"]));
    assert_eq!((&preview["total"], &preview["rows"][0][0]), (&json!(3), &json!("Anna Dupont")));

    let import = "/contacts/files/customers?fields=name,company,work,note&country=33";
    let tried = send(&admin, &format!("{import}&try_only=true"), CUSTOMERS).await.ok(200);
    assert_eq!((&tried["contacts"], &tried["faulty"]), (&json!(2), &json!(2)));
    let fault = |at: usize| (tried["faults"][at]["line"].clone(), tried["faults"][at]["code"].clone());
    assert_eq!([fault(0), fault(1)], [(json!(3), json!("not-a-number")), (json!(3), json!("no-number"))]);
    assert_eq!(anna.get("/contacts").await.ok(200)["total"], 0, "nothing is imported yet");
    let imported = send(&admin, import, CUSTOMERS).await.ok(200);
    assert_eq!((&imported["contacts"], &imported["added"]), (&json!(2), &json!(2)));

    let found = anna.get("/contacts?q=sohne%20dup").await.ok(200);
    assert_eq!(found["items"][0]["numbers"], json!([{ "kind": "work", "number": "+33123456789" }]));
    assert_eq!(found["items"][0]["source"], json!({ "kind": "file", "name": "customers", "label": "customers" }));
    assert_eq!(anna.get("/contacts?q=30123456").await.ok(200)["items"][0]["name"], "Béa");
    let exported = admin.get("/contacts/export").await;
    let text = &exported.text;
    assert!(text.contains("Anna Dupont,Dupont & Söhne,+33123456789,,,,,'=1+1,customers\r\n"), "{text}");

    let again = send(&admin, import, "Name;Firma;Telefon;Bemerkung\nCem;;112233;\n").await.ok(200);
    assert_eq!((&again["contacts"], &again["added"], &again["removed"]), (&json!(1), &json!(1), &json!(2)));
    admin.post("/contacts/files/customers/undo", json!({})).await.ok(204);
    assert_eq!(anna.get("/contacts").await.ok(200)["total"], 2);
    admin.send("DELETE", "/contacts/files/customers", None).await.ok(204);
    assert_eq!(admin.get("/contacts/sources").await.ok(200)[0]["contacts"], 0);
    admin.send("DELETE", "/contacts/files/customers", None).await.ok(204);
    admin.send("DELETE", "/contacts/files/customers", None).await.problem(404, "not-found");
    admin.post("/contacts/files/customers/undo", json!({})).await.problem(409, "conflict");
    let log = admin.get("/audit").await.ok(200).to_string();
    for act in ["contacts.import", "contacts.undo", "contacts.delete"] {
        assert!(log.contains(act), "{log}");
    }
}

#[tokio::test]
async fn what_makes_no_contacts_is_refused_with_the_reason() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let refused = async |query: &str, file: &str| {
        send(&admin, &format!("/contacts/files/{query}"), file).await.problem(422, "invalid")
    };
    assert_eq!(refused("x?fields=work,mail", CUSTOMERS).await, ["/fields no-name"]);
    assert_eq!(refused("x?fields=name,nonsense", CUSTOMERS).await, ["/fields no-name"]);
    assert_eq!(refused("x?fields=name,work&country=France", CUSTOMERS).await, ["/country not-a-code"]);
    assert_eq!(refused("x?fields=name,work", "").await, ["/file not-a-table"]);
    assert_eq!(refused("x?fields=name,work", "Name,Number\nAnna,none\n").await, ["/file not-a-table"]);
    assert_eq!(refused("x?fields=name,work", "PK\u{3}\u{4}\0\0").await, ["/file not-a-table"]);
    assert_eq!(admin.get("/contacts/sources").await.ok(200), json!([]));
}
