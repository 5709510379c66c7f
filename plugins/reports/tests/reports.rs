//! The reports as the installed plugin makes them, over an office that was busy for four weeks.

use jackfield_sdk_test::{Plugin, WebCall, extension, secs};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// The plugin in the office; made once, since four weeks take a while.
fn office() -> MutexGuard<'static, Plugin> {
    static OFFICE: OnceLock<Mutex<Plugin>> = OnceLock::new();
    let plugin = || {
        let plugin = Plugin::here().at("2026-03-30T09:00[Europe/Paris]");
        Mutex::new(plugin.with_extension(extension("100", "Ada")).with_office(28, 130))
    };
    OFFICE.get_or_init(plugin).lock().unwrap_or_else(PoisonError::into_inner)
}

fn admin<'a>(plugin: &'a Plugin, method: &str, path: &str) -> WebCall<'a> {
    plugin.ask(method, path).as_admin()
}

/// A report with what is wanted of it, as an administrator sees it.
fn report(plugin: &Plugin, id: &str, wanted: &Value) -> Value {
    let reply = admin(plugin, "GET", &format!("/reports/{id}?wanted={wanted}")).send();
    assert_eq!(reply.status, 200, "{id} {wanted}: {}", reply.text());
    reply.json()
}

fn ids(list: &Value) -> Vec<String> {
    let ids = list["reports"].as_array().expect("a list").iter().map(|report| report["id"].as_str().expect("an id"));
    ids.map(str::to_owned).collect()
}

fn at(report: &Value, column: &str) -> usize {
    let columns = report["columns"].as_array().expect("columns");
    columns.iter().position(|known| known["name"] == column).unwrap_or_else(|| panic!("no column {column}: {report}"))
}

/// The values of a column.
fn column(report: &Value, name: &str) -> Vec<Value> {
    let at = at(report, name);
    let rows = report["rows"].as_array().expect("rows");
    rows.iter().map(|row| row["values"][at].clone()).collect()
}

fn sum(values: &[Value]) -> i64 {
    values.iter().map(|value| value.as_i64().expect("a whole number")).sum()
}

const MONTH: &str = r#"{"period":"last-30-days"}"#;

#[test]
fn every_report_has_rows_in_a_busy_office_and_words_in_every_language() {
    let plugin = office();
    let wanted: Value = serde_json::from_str(MONTH).expect("JSON");
    for language in ["en", "fr", "de"] {
        let list: Value = admin(&plugin, "GET", "/reports").in_language(language).send().json();
        let ids = ids(&list);
        assert!(ids.len() >= 100, "{} reports", ids.len());
        for group in list["groups"].as_array().expect("groups") {
            assert!(!group["title"].as_str().unwrap_or_default().is_empty(), "{group}");
        }
        if language != "en" {
            continue;
        }
        for id in ids {
            let made = report(&plugin, &id, &wanted);
            assert!(!made["rows"].as_array().expect("rows").is_empty(), "{id} is empty");
            for column in made["columns"].as_array().expect("columns") {
                assert_ne!(column["definition"], "", "{id}: {column}");
            }
            if let Some(chart) = made["chart"].as_object() {
                for name in chart["of"].as_array().expect("a list") {
                    at(&made, name.as_str().expect("a name"));
                }
            }
        }
    }
}

#[test]
fn every_number_leads_to_its_calls() {
    let plugin = office();
    // The report, a row of it, what the row counts, and how many rows stand behind it.
    for (id, counted) in [
        ("026-queue-summary", "offered"),
        ("039-exit-reasons", "visits"),
        ("058-abandons-by-waiting-time", "visits"),
        ("098-wrap-up-codes", "count"),
        ("127-user-call-summary", "calls"),
        ("150-traffic-by-weekday-and-hour", "calls"),
        ("033-presented-calls", "offers"),
        ("030-queue-metrics-per-day", "offered"),
        ("006-inbound-call-summary", "calls"),
    ] {
        let made = report(&plugin, id, &json!({ "period": "last-week" }));
        let row = &made["rows"][0]["values"];
        let count = row[at(&made, counted)].as_i64().expect("a count");
        let columns = made["columns"].as_array().expect("columns");
        let dimensions =
            columns.iter().zip(row.as_array().expect("values")).filter(|(column, _)| column["measure"] == false);
        let filters: serde_json::Map<_, _> = dimensions
            .map(|(column, value)| (column["name"].as_str().expect("a name").to_owned(), value.clone()))
            .collect();
        let drill = made["drill"].as_str().expect("where it leads");
        let wanted = json!({ "period": "last-week", "filters": filters, "via": id, "interval": made["interval"] });
        let mut behind = 0;
        for page in 0.. {
            let path = format!("/reports/{drill}?offset={}&wanted={wanted}", page * 100);
            let page: Value = admin(&plugin, "GET", &path).send().json();
            behind += page["rows"].as_array().expect("rows").len();
            if page["more"] == false {
                break;
            }
        }
        // Visits to a closed queue are not offered, and are rows all the same.
        if counted == "offered" {
            assert!(behind as i64 >= count && count > 0, "{id}: {count} counted, {behind} behind it");
        } else {
            assert_eq!(behind as i64, count, "{id} leads to {drill} with {wanted}");
        }
    }
}

#[test]
fn parts_make_up_the_whole() {
    let plugin = office();
    let wanted = json!({ "period": "last-30-days" });
    let queues = report(&plugin, "026-queue-summary", &wanted);
    let total = |name: &str| queues["total"]["values"][at(&queues, name)].as_i64().expect("a sum");
    for name in ["offered", "answered", "abandoned", "short_abandoned", "flowed_out"] {
        assert_eq!(sum(&column(&queues, name)), total(name), "{name}");
    }
    assert_eq!(total("offered"), total("answered") + total("abandoned") + total("flowed_out"));
    let days = report(&plugin, "149-calls-per-day", &wanted);
    assert_eq!(sum(&column(&days, "offered")), total("offered"));
    let hours = report(&plugin, "148-calls-per-hour-of-the-day", &wanted);
    assert_eq!(sum(&column(&hours, "answered")), total("answered"));
    let reasons = report(
        &plugin,
        "039-exit-reasons",
        &json!({ "period": "last-30-days", "filters": { "media": ["voice", "callback"] } }),
    );
    assert!(sum(&column(&reasons, "visits")) >= total("offered"));
}

#[test]
fn agents_see_their_own_figures_and_no_others() {
    let plugin = office();
    let ada = |path: &str| plugin.get(path).as_user("Ada").with_id(7).with_extension("100").send();
    let list: Value = ada("/reports").json();
    let ids = ids(&list);
    assert!((20..100).contains(&ids.len()), "{} reports for an agent", ids.len());
    assert_eq!(ada("/choices").json::<Value>(), json!({ "queue": [], "agent": [] }));
    let mut seen = 0;
    for id in ids {
        let reply = ada(&format!("/reports/{id}?wanted={MONTH}"));
        assert_eq!(reply.status, 200, "{id}: {}", reply.text());
        let made: Value = reply.json();
        for name in ["agent", "user"] {
            let columns = made["columns"].as_array().expect("columns");
            if columns.iter().any(|known| known["name"] == name) {
                for value in column(&made, name) {
                    assert_eq!(value, "100", "{id}");
                    seen += 1;
                }
            }
        }
        // Asking for somebody else's gives nothing.
        let other = r#"{"period":"last-30-days","filters":{"agent":"104","user":"104"}}"#;
        let other: Value = ada(&format!("/reports/{id}?wanted={other}")).json();
        let columns = other["columns"].as_array().expect("columns");
        if columns.iter().any(|known| known["name"] == "agent" || known["name"] == "user") {
            assert!(other["rows"].as_array().expect("rows").is_empty(), "{id}: {other}");
        }
    }
    assert!(seen > 50, "{seen} rows");
    assert_eq!(ada("/reports/025-base-totals").status, 403);
    assert_eq!(ada("/reports/025-base-totals/file?format=csv").status, 403);
    let nobody: Value = plugin.get("/reports").send().json();
    assert_eq!(nobody["reports"], json!([]), "without an extension nothing is one's own");
}

#[test]
fn supervisors_are_named_in_the_settings() {
    let plugin = Plugin::here().at("2026-03-30T09:00[Europe/Paris]").with_settings(json!({ "supervisors": ["118"] }));
    let list: Value = plugin.get("/reports").with_extension("118").send().json();
    assert_eq!(list["all"], true);
    assert!(ids(&list).len() >= 100);
}

#[test]
fn files_hold_what_the_page_shows() {
    let plugin = office();
    let made = report(&plugin, "026-queue-summary", &json!({ "period": "last-week" }));
    let rows = made["rows"].as_array().expect("rows").len();
    let file = |format: &str| {
        let path = format!("/reports/026-queue-summary/file?format={format}&wanted={{\"period\":\"last-week\"}}");
        let reply = admin(&plugin, "GET", &path).send();
        assert_eq!(reply.status, 200, "{format}: {}", String::from_utf8_lossy(&reply.body));
        let named = reply.header("content-disposition").map(str::to_owned);
        assert_eq!(named, Some(format!("attachment; filename=\"026-queue-summary.{format}\"")));
        reply
    };
    assert_eq!(file("csv").text().lines().count(), rows + 2, "names, rows, sum");
    assert_eq!(file("json").json::<Value>()["rows"].as_array().map(Vec::len), Some(rows));
    assert!(file("html").text().contains("<tfoot>"));
    assert!(file("pdf").body.starts_with(b"%PDF-"));
    assert!(file("xlsx").body.starts_with(b"PK"));
    let wrong = admin(&plugin, "GET", "/reports/026-queue-summary/file?format=exe").send();
    assert_eq!(wrong.status, 400, "{}", wrong.text());
    let long = admin(&plugin, "GET", &format!("/reports/034-queued-calls/file?format=xlsx&wanted={MONTH}")).send();
    assert_eq!(long.status, 200);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let plugin = office();
    for (path, status) in [
        ("/reports/nothing", 400),
        ("/reports/026-queue-summary?wanted={", 400),
        ("/reports/026-queue-summary?wanted={\"period\":\"next-week\"}", 400),
        ("/reports/026-queue-summary?wanted={\"from\":\"2026-02-30\",\"to\":\"2026-03-01\"}", 400),
        ("/reports/026-queue-summary?wanted={\"from\":\"2026-03-02\",\"to\":\"2026-03-01\"}", 400),
        ("/reports/026-queue-summary?wanted={\"filters\":{\"queue\":{\"evil\":1}}}", 400),
        ("/reports/026-queue-summary?wanted={\"filters\":{\"vip\":\"yes\"}}", 400),
        ("/reports/026-queue-summary?wanted={\"filters\":{\"interval\":\"never\"}}", 400),
        ("/reports/026-queue-summary?wanted={\"via\":\"nothing\"}", 400),
        ("/reports/026-queue-summary?offset=-1", 400),
        ("/reports/026-queue-summary?offset=4294967295", 400),
        ("/nothing", 404),
        ("/schedules/1/runs/2", 404),
    ] {
        let reply = admin(&plugin, "GET", path).send();
        assert_eq!(reply.status, status, "{path}: {}", reply.text());
    }
}

#[test]
fn a_report_is_saved_with_what_was_wanted_and_is_ones_own() {
    let plugin = Plugin::here();
    let saved =
        json!({ "name": " Sales last week ", "report": "026-queue-summary", "wanted": { "period": "last-week" } });
    let kept: Value = admin(&plugin, "POST", "/saved").json(&saved).send().json();
    assert_eq!(kept["name"], "Sales last week");
    plugin.wait(secs(1));
    let again = json!({ "name": "Sales last week", "report": "026-queue-summary", "wanted": { "period": "today" } });
    admin(&plugin, "POST", "/saved").json(&again).send();
    let all: Value = admin(&plugin, "GET", "/saved").send().json();
    assert_eq!((all.as_array().map(Vec::len), &all[0]["wanted"]["period"]), (Some(1), &json!("today")));
    assert_eq!(admin(&plugin, "GET", "/saved").with_id(9).send().json::<Value>(), json!([]));
    let path = format!("/saved/{}", kept["id"].as_str().expect("an id"));
    assert_eq!(admin(&plugin, "DELETE", &path).with_id(9).send().status, 404);
    assert_eq!(admin(&plugin, "DELETE", &path).send().status, 204);
    for wrong in [
        json!({ "name": "", "report": "026-queue-summary" }),
        json!({ "name": "x", "report": "nothing" }),
        json!({ "name": "x", "report": "026-queue-summary", "wanted": { "evil": 1 } }),
    ] {
        assert_eq!(admin(&plugin, "POST", "/saved").json(&wrong).send().status, 400, "{wrong}");
    }
}

const DAY: u64 = 24 * 60 * 60;

fn weekly() -> Value {
    json!({ "name": "Monday mail", "report": "026-queue-summary", "wanted": { "period": "last-week" },
            "format": "csv", "often": "week", "weekday": 0, "minute": 420, "until": "2026-04-12" })
}

#[test]
fn a_schedule_is_made_in_time_until_its_last_day() {
    let plugin = Plugin::here().at("2026-03-25T12:00[Europe/Paris]").with_office(14, 60);
    let made: Value = admin(&plugin, "POST", "/schedules").json(&weekly()).send().json();
    // Monday, 30 March, 7:00 in Paris, where clocks have gone forward.
    assert_eq!(made["due"], 1_774_846_800_000_u64);
    plugin.wait(secs(4 * DAY + 18 * 60 * 60 - 60));
    let runs = || admin(&plugin, "GET", "/schedules").send().json::<Value>()[0]["runs"].clone();
    assert_eq!(runs(), json!([]), "not before its time");
    plugin.wait(secs(120));
    let first = runs()[0].clone();
    assert_eq!((&first["due"], &first["error"]), (&made["due"], &Value::Null));
    assert_eq!(first["period"], "2026-03-23 – 2026-03-29");
    let path = format!("/schedules/{}/runs/{}", made["id"].as_str().expect("an id"), first["due"]);
    let file = admin(&plugin, "GET", &path).send();
    assert_eq!((file.status, file.header("content-type")), (200, Some("text/csv; charset=utf-8")));
    plugin.wait(secs(30 * DAY));
    let all: Value = admin(&plugin, "GET", "/schedules").send().json();
    assert_eq!((all[0]["runs"].as_array().map(Vec::len), &all[0]["due"]), (Some(2), &Value::Null));
    assert_eq!(all[0]["runs"][0]["period"], "2026-03-30 – 2026-04-05");
}

#[test]
fn what_was_missed_is_made_up_for_with_the_periods_that_were_meant() {
    let plugin = Plugin::here().at("2026-03-25T12:00[Europe/Paris]");
    let daily = json!({ "name": "Daily", "report": "149-calls-per-day", "wanted": { "period": "yesterday" },
                        "format": "pdf", "often": "day", "minute": 60 });
    admin(&plugin, "POST", "/schedules").json(&daily).send();
    plugin.wait(secs(DAY));
    // Off for three days and a half: timers wait for the plugin to come back.
    let plugin = plugin.at("2026-03-29T22:00[Europe/Paris]");
    plugin.switch_off_and_on();
    plugin.wait(secs(120));
    let all: Value = admin(&plugin, "GET", "/schedules").send().json();
    let periods: Vec<_> = all[0]["runs"].as_array().expect("runs").iter().map(|run| run["period"].clone()).collect();
    assert_eq!(periods, ["2026-03-28", "2026-03-27", "2026-03-26", "2026-03-25"]);
    for run in all[0]["runs"].as_array().expect("runs") {
        assert_eq!(run["error"], Value::Null);
    }
}

#[test]
fn the_file_of_a_run_is_sent_to_its_owner() {
    let plugin = Plugin::here().at("2026-03-25T12:00[Europe/Paris]").with_office(7, 40);
    let plugin = plugin.with_mail_address("118", "lead@example.org");
    let daily = json!({ "name": "Daily", "report": "026-queue-summary", "wanted": { "period": "yesterday" },
                        "format": "pdf", "often": "day", "minute": 780, "mail": true });
    admin(&plugin, "POST", "/schedules").with_extension("118").json(&daily).send();
    plugin.wait(secs(2 * 60 * 60));
    let letters = plugin.letters();
    assert_eq!(letters.len(), 1);
    let [(name, kind, bytes)] = &letters[0].attachments[..] else { panic!("one file: {letters:?}") };
    assert_eq!(
        (name.as_str(), kind.as_str(), &bytes[..5]),
        ("026-queue-summary.pdf", "application/pdf", &b"%PDF-"[..])
    );
    assert!(letters[0].subject.starts_with("Daily (2026-03-24"), "{}", letters[0].subject);
    plugin.without_mail(true);
    plugin.wait(secs(DAY));
    let all: Value = admin(&plugin, "GET", "/schedules").send().json();
    let runs = &all[0]["runs"];
    assert_eq!((&runs[1]["mailed"], &runs[0]["mailed"]), (&json!(true), &json!(false)));
    assert!(runs[0]["mail_error"].as_str().is_some_and(|why| why.contains("not set up")), "{runs}");
    assert_eq!(runs[0]["error"], Value::Null, "the report is there all the same");
}

#[test]
fn schedules_are_ones_own_and_checked() {
    let plugin = Plugin::here();
    let mine =
        json!({ "name": "Mine", "report": "064-agent-call-summary", "format": "pdf", "often": "day", "minute": 0 });
    let ada = |method: &str, path: &str| plugin.ask(method, path).with_id(7).with_extension("100");
    let made: Value = ada("POST", "/schedules").json(&mine).send().json();
    assert_eq!(ada("POST", "/schedules").json(&weekly()).send().status, 200, "with her own figures");
    let supervisors = json!({ "name": "x", "report": "025-base-totals", "format": "pdf", "often": "day", "minute": 0 });
    assert_eq!(ada("POST", "/schedules").json(&supervisors).send().status, 403);
    let karl: Value = plugin.get("/schedules").with_id(8).with_extension("102").send().json();
    assert_eq!(karl, json!([]));
    let path = format!("/schedules/{}", made["id"].as_str().expect("an id"));
    assert_eq!(plugin.ask("DELETE", &path).with_id(8).with_extension("102").send().status, 404);
    assert_eq!(admin(&plugin, "DELETE", &path).send().status, 204, "administrators keep order");
    for (key, wrong) in [
        ("format", json!("exe")),
        ("minute", json!(1440)),
        ("weekday", json!(7)),
        ("day", json!(31)),
        ("until", json!("someday")),
        ("name", json!("")),
        ("wanted", json!({ "from": "2026-03-01", "to": "2026-03-02" })),
    ] {
        let mut schedule = weekly();
        schedule[key] = wrong.clone();
        assert_eq!(admin(&plugin, "POST", "/schedules").json(&schedule).send().status, 400, "{key}: {wrong}");
    }
}

#[test]
fn it_brings_its_page() {
    assert_eq!(Plugin::here().pages(), [("reports".into(), "Reports".into())]);
}
