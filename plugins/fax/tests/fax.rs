//! The fax boxes and the sending of documents as they will be installed, with machines at the other end that are made up.

use jackfield_sdk_test::{
    Cause, OrderEnd, Plugin, Scenario, WebCall, call_to, extension, fax, fax_document, hang_up, secs,
};
use serde_json::{Value, json};

const DAY: u64 = 24 * 60 * 60;
/// Between two calls to a recipient.
const WAIT: u64 = 60;

fn plugin() -> Plugin {
    Plugin::here()
        .with_extension(extension("100", "Ada"))
        .with_extension(extension("102", "Karl").speaking("de"))
        .with_mail_address("100", "ada@example.org")
        .with_mail_address("102", "karl@example.org")
        .with_settings(settings(json!({})))
}

/// The boxes 700 of Ada and 702 of Karl, to whom nothing is mailed; three calls to a recipient.
fn settings(more: Value) -> Value {
    let mut settings = json!({
        "boxes": [{ "number": "700", "owner": "100" }, { "number": "702", "owner": "102", "mail": false }],
        "station": "+49 30 1", "tries": 3, "wait_minutes": WAIT / 60,
    });
    if let (Value::Object(settings), Value::Object(more)) = (&mut settings, more) {
        settings.extend(more);
    }
    settings
}

fn ada<'a>(plugin: &'a Plugin, method: &str, path: &str) -> WebCall<'a> {
    plugin.ask(method, path).as_user("Ada").with_extension("100")
}

fn karl<'a>(plugin: &'a Plugin, method: &str, path: &str) -> WebCall<'a> {
    plugin.ask(method, path).as_user("Karl").with_id(2).with_extension("102")
}

fn from_outside(number: &str) -> Scenario {
    call_to(number).from_outside("+33199001122")
}

/// The faxes of Ada's box, newest first.
fn received(plugin: &Plugin) -> Vec<Value> {
    let all: Value = ada(plugin, "GET", "/faxes").send().json();
    all["boxes"][0]["faxes"].as_array().expect("a list of faxes").clone()
}

/// Hands in a document of two pages for these; gives its job's path.
fn hand_in(plugin: &Plugin, to: &str) -> String {
    let reply = ada(plugin, "POST", &format!("/documents?to={to}&name=offer.tif")).body(fax_document(2)).send();
    assert_eq!(reply.status, 201, "{}", reply.text());
    let accepted: Value = reply.json();
    assert_eq!(accepted["pages"], 2);
    // Lets it begin.
    plugin.wait(secs(1));
    format!("/jobs/{}", accepted["id"].as_str().expect("an id"))
}

/// The newest job of Ada's.
fn job(plugin: &Plugin) -> Value {
    let all: Value = ada(plugin, "GET", "/faxes").send().json();
    all["jobs"][0].clone()
}

/// State, outcome and calls of each recipient.
fn states(plugin: &Plugin) -> Vec<(String, String, u64)> {
    let job = job(plugin);
    let text = |one: &Value, key: &str| one[key].as_str().expect("a text").to_owned();
    let recipients = job["recipients"].as_array().expect("recipients");
    recipients
        .iter()
        .map(|one| (text(one, "state"), text(one, "outcome"), one["tries"].as_u64().unwrap_or(0)))
        .collect()
}

fn state(state: &str, outcome: &str, tries: u64) -> (String, String, u64) {
    (state.into(), outcome.into(), tries)
}

#[test]
fn calls_to_a_box_are_taken_and_others_are_not() {
    let plugin = plugin();
    assert_eq!(plugin.route(from_outside("700")), "run receive (box=700)");
    assert_eq!(plugin.route(call_to("702")), "run receive (box=702)");
    assert_eq!(plugin.route(call_to("701")), "pass");
}

#[test]
fn a_fax_is_in_the_box_and_its_pdf_in_the_owners_mail() {
    let plugin = plugin();
    let call = plugin.dial(from_outside("700").faxes([fax(3).with_station("+33 1 99")]));
    assert!(call.hung_up_by_plugin(), "{call}");
    let [came] = &received(&plugin)[..] else { panic!("one fax") };
    assert_eq!((&came["from"], &came["station"]), (&json!("+33199001122"), &json!("+33 1 99")), "{came}");
    assert_eq!((&came["pages"], &came["broken_off"], &came["read"]), (&json!(3), &Value::Null, &json!(false)));
    assert_eq!((&came["ecm"], &came["bit_rate"]), (&json!(true), &json!(14_400)));
    let [letter] = &plugin.letters()[..] else { panic!("one letter") };
    assert_eq!(letter.to[0].as_str(), "ada@example.org");
    assert_eq!(letter.subject, "Fax from +33199001122 (3 pages)");
    let [(name, kind, pdf)] = &letter.attachments[..] else { panic!("one attachment") };
    assert_eq!((name.as_str(), kind.as_str(), &pdf[..5]), ("fax.pdf", "application/pdf", &b"%PDF-"[..]));
    assert!(!letter.text.contains("broke off"), "{}", letter.text);
    // Looking at it marks it as read.
    let path = format!("/boxes/700/{}", came["document"].as_str().expect("an id"));
    let shown = ada(&plugin, "GET", &format!("{path}/pdf")).send();
    assert_eq!((shown.status, shown.header("content-type"), &shown.body), (200, Some("application/pdf"), pdf));
    assert_eq!(received(&plugin)[0]["read"], true);
    assert_eq!(ada(&plugin, "DELETE", &path).send().status, 204);
    assert!(received(&plugin).is_empty());
    assert_eq!(ada(&plugin, "GET", &format!("{path}/pdf")).send().status, 404);
}

#[test]
fn a_line_that_is_cut_leaves_the_pages_that_came_and_says_so() {
    let plugin = plugin();
    plugin.dial(from_outside("700").faxes([fax(11).cut()]));
    let came = &received(&plugin)[0];
    assert_eq!((&came["pages"], &came["broken_off"]), (&json!(11), &json!("line_dropped")), "{came}");
    let [letter] = &plugin.letters()[..] else { panic!("one letter") };
    assert!(
        letter.text.contains("The transmission broke off (the line was cut): pages may be missing."),
        "{}",
        letter.text
    );
    assert_eq!(letter.attachments.len(), 1);
}

#[test]
fn a_call_without_a_fax_leaves_nothing_and_a_box_may_be_without_mail() {
    let plugin = plugin();
    plugin.dial(from_outside("700").does([hang_up().after(secs(40))]));
    assert!(received(&plugin).is_empty() && plugin.letters().is_empty());
    plugin.dial(from_outside("702").faxes([fax(1)]));
    let all: Value = karl(&plugin, "GET", "/faxes").send().json();
    assert_eq!(all["boxes"][0]["faxes"][0]["pages"], 1, "{all}");
    assert!(plugin.letters().is_empty());
}

#[test]
fn nobody_sees_the_faxes_of_others() {
    let plugin = plugin().when_called("201", OrderEnd::Busy);
    plugin.dial(from_outside("700").faxes([fax(1)]));
    let job = hand_in(&plugin, "201");
    let fax = format!("/boxes/700/{}", received(&plugin)[0]["document"].as_str().expect("an id"));
    let asked = [
        ("GET", format!("{fax}/pdf")),
        ("DELETE", fax),
        ("GET", format!("{job}/pdf")),
        ("POST", format!("{job}/stop")),
        ("DELETE", job),
    ];
    for (method, path) in asked {
        assert_eq!(karl(&plugin, method, &path).send().status, 404, "{method} {path}");
        assert_eq!(plugin.ask(method, &path).as_admin().send().status, 403, "{method} {path}");
    }
    let all: Value = karl(&plugin, "GET", "/faxes").send().json();
    assert_eq!((&all["boxes"][0]["number"], &all["jobs"]), (&json!("702"), &json!([])), "{all}");
}

#[test]
fn every_recipient_has_a_result_and_who_was_not_reached_is_called_again() {
    let takes = |outcome| call_to("x").faxes([outcome]);
    let plugin = plugin()
        .picks_up("201", takes(fax(2).with_station("+33 1 201")))
        .when_called("202", OrderEnd::Busy)
        .picks_up("203", takes(fax(1).cut()))
        .when_called("+33144", OrderEnd::NoAnswer);
    let path = hand_in(&plugin, "201,202,203,%2B33 1-44,201".replace("%2B", "+").as_str());
    let orders = plugin.made_calls();
    let states_now: Vec<_> = states(&plugin).into_iter().map(|one| one.0).collect();
    assert_eq!(states_now, ["calling", "later", "calling", "waiting"], "two at a time; one was busy");
    assert!(orders.iter().all(|order| order.sponsor.as_deref() == Some("100") && order.entry == "send"), "{orders:?}");
    // The first has got it a minute later; the others are to be called again.
    plugin.wait(secs(100));
    assert_eq!(job(&plugin)["over"], false);
    let [first, busy, cut, silent] = &states(&plugin)[..] else { panic!("four recipients, one of them named twice") };
    assert_eq!(first, &state("sent", "complete", 1));
    assert!((busy.1 == "busy" && cut.1 == "line_dropped" && silent.1 == "no_answer") || busy.2 > 1, "{busy:?} {cut:?}");
    let plugin = plugin.picks_up("202", takes(fax(2)));
    plugin.wait(secs(6 * WAIT + 200));
    let expected = [
        state("sent", "complete", 1),
        state("sent", "complete", 2),
        state("failed", "line_dropped", 3),
        state("failed", "no_answer", 3),
    ];
    let seen = states(&plugin);
    assert_eq!((&seen[0], &seen[2], &seen[3]), (&expected[0], &expected[2], &expected[3]));
    assert_eq!((seen[1].0.as_str(), seen[1].1.as_str()), ("sent", "complete"));
    assert_eq!(job(&plugin)["over"], true);
    assert_eq!(job(&plugin)["recipients"][0]["station"], "+33 1 201");
    assert_eq!(job(&plugin)["recipients"][2]["pages"], 1, "as many as arrived");
    // One letter tells what has become of all of them.
    let [letter] = &plugin.letters()[..] else { panic!("one letter") };
    assert_eq!((letter.to[0].as_str(), letter.subject.as_str()), ("ada@example.org", "Fax sent “offer.tif”: 2/4"));
    assert!(letter.text.contains("+33144: not sent (nobody answered); 0 pages, 3 calls"), "{}", letter.text);
    // Those who have not got it are called again when the owner says so; then there is another letter.
    let plugin = plugin.picks_up("203", takes(fax(2))).picks_up("+33144", takes(fax(2)));
    assert_eq!(ada(&plugin, "POST", &format!("{path}/again")).send().status, 204);
    plugin.wait(secs(300));
    assert!(states(&plugin).iter().all(|one| one.0 == "sent"), "{:?}", states(&plugin));
    assert_eq!(plugin.letters()[0].subject, "Fax sent “offer.tif”: 4/4");
    assert_eq!(ada(&plugin, "DELETE", &path).send().status, 204);
    assert_eq!(job(&plugin), Value::Null);
}

#[test]
fn what_cannot_be_mended_by_calling_again_is_not_tried_again() {
    let plugin = plugin().picks_up("201", call_to("x").faxes([fax(0).ending(Cause::Incompatible)]));
    hand_in(&plugin, "201");
    plugin.wait(secs(10 * WAIT));
    assert_eq!(states(&plugin), [state("failed", "incompatible", 1)]);
}

#[test]
fn a_job_is_stopped_by_its_owner_and_not_deleted_before() {
    let plugin = plugin().when_called("201", OrderEnd::Busy);
    let path = hand_in(&plugin, "201");
    let refused = ada(&plugin, "DELETE", &path).send();
    assert_eq!((refused.status, refused.text()), (409, "It is still being sent: stop it first."));
    assert_eq!(ada(&plugin, "POST", &format!("{path}/stop")).send().status, 204);
    plugin.wait(secs(10 * WAIT));
    assert_eq!(states(&plugin), [state("failed", "busy", 1)]);
    assert_eq!(plugin.made_calls().len(), 1);
}

#[test]
fn a_job_goes_on_when_the_plugin_was_off_meanwhile() {
    let plugin = plugin().when_called("201", OrderEnd::Busy);
    hand_in(&plugin, "201");
    let plugin = plugin.picks_up("201", call_to("x").faxes([fax(2)]));
    plugin.switch_off_and_on();
    plugin.wait(secs(3 * WAIT));
    assert_eq!(states(&plugin), [state("sent", "complete", 2)]);
}

#[test]
fn what_is_handed_in_is_looked_at_first() {
    let plugin = plugin();
    let refused = |to: &str, body: Vec<u8>| {
        let reply = ada(&plugin, "POST", &format!("/documents?to={to}")).body(body).send();
        assert_eq!(reply.status, 422, "{to}: {}", reply.text());
        reply.text().to_owned()
    };
    assert_eq!(refused("Karl", fax_document(1)), "“Karl” is no number.");
    assert!(refused("", fax_document(1)).starts_with("Name 1 to 100 recipients"));
    let many: Vec<String> = (1_000..1_101).map(|number| number.to_string()).collect();
    assert!(refused(&many.join(","), fax_document(1)).starts_with("Name 1 to 100 recipients"));
    assert!(refused("201", b"\x89PNG\r\n\x1a\n".to_vec()).contains("save it as PDF"));
    assert!(refused("201", fax_document(1)[..30].to_vec()).contains("damaged"));
    assert_eq!(job(&plugin), Value::Null, "nothing is left of them");
    assert_eq!(
        plugin.ask("POST", "/documents?to=201").body(fax_document(1)).send().status,
        403,
        "without an extension"
    );
}

#[test]
fn old_faxes_go_at_night_when_the_settings_say_so() {
    let plugin = plugin().when_called("201", OrderEnd::Rejected);
    plugin.dial(from_outside("700").faxes([fax(1)]));
    hand_in(&plugin, "201");
    plugin.wait(secs(3 * DAY));
    assert_eq!((received(&plugin).len(), &job(&plugin)["over"]), (1, &json!(true)));
    let plugin = plugin.with_settings(settings(json!({ "keep_days": 3 })));
    plugin.dial(from_outside("700").faxes([fax(2)]));
    plugin.wait(secs(2 * DAY));
    let left = received(&plugin);
    assert_eq!((left.len(), &left[0]["pages"]), (1, &json!(2)));
    assert_eq!(job(&plugin), Value::Null);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let twice = json!([{ "number": "700", "owner": "100" }, { "number": "700", "owner": "102" }]);
    let errors = plugin().try_settings(settings(json!({ "boxes": twice }))).expect_err("the number of two boxes");
    assert_eq!(errors[0].path, "/boxes/1/number");
    let errors = plugin().try_settings(settings(json!({ "time_zone": "Moon" }))).expect_err("no such zone");
    assert_eq!(errors[0].path, "/time_zone");
}

#[test]
fn what_is_printed_waits_for_its_recipients_unless_they_are_known() {
    let plugin = plugin().picks_up("201", call_to("x").faxes([fax(3)]));
    let printed = plugin.print("Contract", &["201"], fax_document(3)).as_extension("100").send();
    assert_eq!(printed, Ok(()));
    plugin.wait(secs(200));
    assert_eq!((states(&plugin), &job(&plugin)["pages"]), (vec![state("sent", "complete", 1)], &json!(3)));
    assert_eq!(plugin.letters().len(), 1);
    // Without numbers nobody is called, and nothing is told by mail.
    assert_eq!(plugin.print("Letter", &[], fax_document(2)).as_extension("100").send(), Ok(()));
    plugin.wait(secs(200));
    let letter = job(&plugin);
    assert_eq!((&letter["name"], &letter["recipients"]), (&json!("Letter"), &json!([])), "{letter}");
    assert!(plugin.letters().is_empty() && plugin.made_calls().len() == 1);
    let path = format!("/jobs/{}/recipients", letter["id"].as_str().expect("an id"));
    assert_eq!(karl(&plugin, "POST", &format!("{path}?to=201")).send().status, 404);
    assert_eq!(ada(&plugin, "POST", &format!("{path}?to=Karl")).send().status, 422);
    assert_eq!(ada(&plugin, "POST", &format!("{path}?to=201")).send().status, 204);
    plugin.wait(secs(200));
    assert_eq!(states(&plugin), [state("sent", "complete", 1)]);
    assert_eq!(ada(&plugin, "POST", &format!("{path}?to=202")).send().status, 409, "on its way already");
    // Whoever has no extension prints nothing, and what is no document is refused.
    assert!(plugin.print("Letter", &[], fax_document(1)).send().is_err());
    assert!(plugin.print("Letter", &[], b"\x89PNG".to_vec()).as_extension("100").send().is_err());
}
