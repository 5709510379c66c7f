//! Schedules: set up, previewed, forced, and read from calendar files.

use super::*;

fn office() -> Value {
    json!({
        "name": "office", "time_zone": "Europe/Paris",
        "week": [{ "days": ["monday", "tuesday"], "from": "09:00", "to": "18:00" }],
        "holidays": [{ "country": "FR" }],
        "exceptions": [{ "name": "Christmas Eve", "from": "12-24", "hours": [{ "from": "09:00", "to": "12:00" }] }],
    })
}

#[tokio::test]
async fn a_schedule_is_added_changed_forced_and_deleted_and_seen_at_once() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let mut events = api.bus.subscribe();
    assert_eq!(admin.get("/schedules").await.ok(200), json!([]));
    let made = admin.post("/schedules", office()).await.ok(201);
    // The clock of these tests stands at 24 November 2025, 17:00 in Paris: a Monday.
    assert_eq!((&made["standing"]["case"], &made["standing"]["by_the_clock"]), (&json!("day"), &json!("day")));
    assert_eq!(events.recv().await.unwrap().kind, EventKind::SchedulesChanged);
    assert_eq!(admin.post("/schedules", office()).await.problem(409, "taken"), ["/name taken"]);

    let forced = admin.send("PUT", "/schedules/office/forced", Some(json!({ "case": "night" }))).await.ok(200);
    assert_eq!((&forced["standing"]["case"], &forced["standing"]["by_the_clock"]), (&json!("night"), &json!("day")));
    // A change of its settings leaves it forced, whatever the form says.
    let renamed = json!({ "name": "house", "time_zone": "Europe/Paris", "forced": null });
    let renamed = admin.send("PUT", "/schedules/office", Some(renamed)).await.ok(200);
    assert_eq!((&renamed["schedule"]["name"], &renamed["standing"]["case"]), (&json!("house"), &json!("night")));
    let freed = admin.send("PUT", "/schedules/house/forced", Some(json!({ "case": null }))).await.ok(200);
    assert_eq!(freed["standing"]["case"], "day");

    assert_eq!(admin.send("DELETE", "/schedules/house", None).await.status, 204);
    for (method, path) in [("DELETE", "/schedules/house"), ("PUT", "/schedules/house/forced")] {
        admin.send(method, path, Some(json!({ "case": null }))).await.problem(404, "not-found");
    }
    let log = admin.get("/audit").await.ok(200);
    let acts: Vec<_> = log["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(acts.contains(&"schedule.create") && acts.contains(&"schedule.force"), "{acts:?}");
}

#[tokio::test]
async fn what_is_wrong_is_told_field_by_field() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let mut wrong = office();
    wrong["time_zone"] = json!("Europe/Atlantis");
    wrong["exceptions"][0]["from"] = json!("12-32");
    let fields = admin.post("/schedules", wrong).await.problem(422, "invalid");
    assert_eq!(fields, ["/time_zone refused", "/exceptions/0/from refused"]);
    let mut wrong = office();
    wrong["week"][0]["from"] = json!("9 o'clock");
    admin.post("/schedules", wrong).await.problem(400, "malformed");
}

#[tokio::test]
async fn a_preview_tells_the_days_of_a_year_and_a_moment() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let ask = json!({ "schedule": office(), "year": 2026, "at": "2026-12-24T18:05" });
    let told = admin.post("/schedules/preview", ask).await.ok(200);
    assert_eq!(told["standing"]["case"], "exception");
    assert_eq!(told["standing"]["occasion"], "Christmas Eve");
    let days = told["days"].as_array().unwrap();
    assert_eq!(days.len(), 12, "{days:?}");
    assert_eq!(days[0]["name"], "New Year’s Day");
    let ask = json!({ "schedule": office(), "year": 2026, "at": "24 December" });
    assert_eq!(admin.post("/schedules/preview", ask).await.problem(422, "invalid"), ["/at refused"]);
    assert_eq!(admin.get("/schedules").await.ok(200), json!([]), "nothing is saved");
}

#[tokio::test]
async fn a_calendar_file_is_read_or_refused_with_a_reason() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let file = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261224\nSUMMARY:Eve\nEND:VEVENT\n\
                BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=DAILY\nSUMMARY:Each day\nEND:VEVENT\nEND:VCALENDAR\n";
    let send = |body: Vec<u8>| {
        let request = Request::builder().method("POST").uri("/api/v1/schedules/file").header("x-jackfield", "1");
        let request = request.header(header::CONTENT_TYPE, "application/octet-stream");
        admin.raw(request.body(Body::from(body)).unwrap())
    };
    let read = send(file.into()).await.ok(200);
    assert_eq!(read["days"], json!([{ "name": "Eve", "from": "2026-12-24", "to": "" }]));
    assert_eq!((&read["skipped"], read["reasons"].as_array().unwrap().len()), (&json!(1), 1));
    assert_eq!(send(b"%PDF-1.7".to_vec()).await.problem(422, "invalid"), ["/file not-a-calendar"]);
    assert_eq!(send(vec![b'x'; (1 << 20) + 1]).await.problem(422, "invalid"), ["/file not-a-calendar"]);
}
