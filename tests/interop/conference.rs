//! Conferences: who hears whom, who gets in, and what an administrator does about it.

use anyhow::{Context, Result, ensure};
use jackfield_tests::{Api, Baresip, Choir, Host, HostConfig, Phone, eventually, package, repository, tone, within};
use serde_json::{Value, json};
use std::{net::SocketAddr, thread::sleep, time::Duration};

const PLUGIN: &str = "org.jackfield.conference";
const ROOMS: usize = 16;
const MEMBERS: usize = 16;
/// Samples of a second.
const SECOND: usize = 8_000;
/// Above this a tone is there: it is sent with 1,000.
const THERE: f64 = 500.0;
/// Below this it is not.
const NOT_THERE: f64 = 50.0;
/// Below this it is not, where its neighbours 12 Hz away are: a packet that was late smears them.
const SMEARED: f64 = 250.0;

/// How long callers are spoken to before they enter, and some.
const ENTRY: Duration = Duration::from_secs(30);

/// A house with the dialplan and conferences as these settings have them.
fn house(trusted: Vec<SocketAddr>, settings: &str) -> Result<Host> {
    Host::start(&HostConfig {
        extensions: vec!["100", "101", "102"],
        packages: vec![package("dialplan")?, package("conference")?],
        trusted,
        more: format!("[plugins.settings.\"{PLUGIN}\"]\n{settings}\n"),
        ..HostConfig::default()
    })
}

/// Tones that are told apart in a second, all between those that telephones carry.
fn hertz(voice: usize) -> u32 {
    let (room, member) = (voice / MEMBERS, voice % MEMBERS);
    300 + 12 * (member * ROOMS + room) as u32
}

fn conferences(admin: &Api) -> Result<Vec<Value>> {
    Ok(admin.get("/api/v1/conferences")?.as_array().context("no list")?.clone())
}

/// How many are in each room, once that is known.
fn wait_for_members(admin: &Api, wanted: &[usize]) {
    let mut found = Vec::new();
    let all = within(ENTRY, || {
        // The list is long and the host has better things to do.
        sleep(Duration::from_millis(100));
        let rooms = conferences(admin).ok()?;
        found = rooms.iter().map(|room| room["members"].as_array().map_or(0, Vec::len)).collect();
        found.sort_unstable();
        (found == wanted).then_some(())
    });
    assert!(all.is_some(), "{wanted:?} members are waited for, and there are {found:?}");
}

fn in_use(admin: &Api, counter: &str) -> Result<u64> {
    admin.get("/api/v1/system")?["counters"][counter].as_u64().with_context(|| format!("no counter {counter}"))
}

#[test]
fn in_sixteen_rooms_of_sixteen_each_hears_the_others_and_never_itself() -> Result<()> {
    let mut choir = Choir::new((0..ROOMS * MEMBERS).map(hertz))?;
    let host = house(vec![choir.address()], "conferences = []\nad_hoc = [\"66xx\"]")?;
    let admin = host.admin()?;
    choir.call(host.sip(), |voice| format!("66{:02}", voice / MEMBERS))?;
    // They are told how many are there before they enter.
    wait_for_members(&admin, &[MEMBERS; ROOMS]);
    // The tones at which the last ones have entered are 1,000 Hz and would be heard as one of the voices.
    sleep(Duration::from_secs(3));
    choir.sing(Duration::from_secs(4))?;

    for voice in 0..ROOMS * MEMBERS {
        let room = voice / MEMBERS * MEMBERS;
        let others: Vec<_> = (room..room + MEMBERS).filter(|other| *other != voice).collect();
        let heard = choir.heard(voice);
        let amplitude = |second: &[i16], other: usize| tone::amplitude(second, f64::from(hertz(other)));
        let weakest =
            |second: &[i16]| others.iter().map(|other| amplitude(second, *other)).fold(f64::INFINITY, f64::min);
        // Any second of it: on a machine that does much else some packets are late.
        let mut seconds = heard.windows(SECOND).skip(SECOND / 2).step_by(SECOND / 2);
        let whole = seconds.find(|second| weakest(second) > THERE);
        let second = whole.with_context(|| format!("member {voice} does not hear all others at once"))?;
        let own = amplitude(second, voice);
        ensure!(own < NOT_THERE, "member {voice} hears itself with {own:.0}");
        for elsewhere in (voice % MEMBERS..ROOMS * MEMBERS).step_by(MEMBERS).filter(|other| *other != voice) {
            let strange = amplitude(second, elsewhere);
            ensure!(strange < SMEARED, "member {voice} hears {elsewhere} of another room with {strange:.0}");
        }
    }
    choir.end()?;
    eventually("the rooms end with their last members", || conferences(&admin).is_ok_and(|rooms| rooms.is_empty()));
    eventually("no port is in use any more", || in_use(&admin, "media_ports").is_ok_and(|ports| ports == 0));
    ensure!(!host.has_panicked());
    Ok(())
}

#[test]
fn an_administrator_mutes_removes_locks_and_ends_and_it_is_written_down() -> Result<()> {
    let mut choir = Choir::new((0..3).map(hertz))?;
    let host = house(vec![choir.address()], "")?;
    let admin = host.admin()?;
    choir.call(host.sip(), |_| "600".into())?;
    wait_for_members(&admin, &[3]);
    let room = conferences(&admin)?.remove(0);
    ensure!(room["title"] == "Conference room" && room["name"] == "600", "{room}");
    let path = format!("/api/v1/conferences/{}", room["id"]);
    // Who is which: they entered in any order.
    let number = |room: &Value, voice: usize| -> Result<u64> {
        let members = room["members"].as_array().context("no members")?;
        let found = members.iter().find(|m| m["who"]["number"] == format!("voice{voice}"));
        found.and_then(|m| m["id"].as_u64()).with_context(|| format!("voice {voice} is not in {room}"))
    };
    let second = |choir: &Choir, voice: usize, of: usize| {
        let heard = choir.heard(voice);
        tone::amplitude(&heard[heard.len().saturating_sub(SECOND)..], f64::from(hertz(of)))
    };
    choir.sing(Duration::from_secs(2))?;
    ensure!(second(&choir, 0, 1) > THERE && second(&choir, 0, 2) > THERE, "all are heard");
    let speaking = || conferences(&admin).is_ok_and(|rooms| rooms[0]["speaker"].is_u64());
    ensure!(speaking(), "somebody speaks: {}", conferences(&admin)?[0]);

    let muted =
        admin.act("PATCH", &format!("{path}/members/{}", number(&room, 1)?), Some(&json!({ "muted": true })))?;
    ensure!(muted["members"].to_string().contains("\"muted\":true"), "{muted}");
    choir.sing(Duration::from_secs(2))?;
    ensure!(second(&choir, 0, 1) < NOT_THERE, "voice 1 is muted, and heard with {}", second(&choir, 0, 1));
    ensure!(second(&choir, 1, 0) > THERE && second(&choir, 0, 2) > THERE, "the others are heard, by voice 1 too");

    admin.act("DELETE", &format!("{path}/members/{}", number(&room, 2)?), None)?;
    choir.sing(Duration::from_secs(2))?;
    ensure!(second(&choir, 0, 2) < NOT_THERE, "voice 2 is removed, and heard");
    wait_for_members(&admin, &[2]);
    let locked = admin.act("PATCH", &path, Some(&json!({ "locked": true })))?;
    ensure!(locked["locked"] == true, "{locked}");
    let mut late = Baresip::registered(&host.phone("100"))?;
    late.dial("600")?;
    within(Duration::from_secs(30), || late.has_seen("CALL_CLOSED").then_some(())).context("a locked room lets in")?;
    ensure!(conferences(&admin)?[0]["members"].as_array().is_some_and(|members| members.len() == 2));

    admin.act("DELETE", &path, None)?;
    eventually("the conference is over", || conferences(&admin).is_ok_and(|rooms| rooms.is_empty()));
    for _ in 0..12 {
        choir.sing(Duration::from_secs(1))?;
        if (0..3).all(|voice| choir.is_over(voice)) {
            break;
        }
    }
    ensure!((0..3).all(|voice| choir.is_over(voice)), "whoever was in it is told and hung up");
    let log = admin.get("/api/v1/audit")?.to_string();
    for act in ["conference.member", "conference.remove", "conference.update", "conference.end"] {
        ensure!(log.contains(act), "{act} is not in the audit log");
    }
    eventually("no port is in use any more", || in_use(&admin, "media_ports").is_ok_and(|ports| ports == 0));
    Ok(())
}

#[test]
fn a_caller_types_the_pin_and_talks_with_somebody_who_was_called_and_pressed_one() -> Result<()> {
    let settings = "conferences = [{ number = \"600\", name = \"Sales\", pin = \"123456\", moderators = [\"101\"] }]";
    let host = house(Vec::new(), settings)?;
    let admin = host.admin()?;
    let heard = |phone: &Baresip, prompt: &str| -> Result<bool> {
        let file = repository().join("plugins/conference/prompts/en").join(prompt).with_extension("wav");
        Ok(tone::holds_prompt(&phone.recording()?, &tone::read(&file)?))
    };
    let mut caller = Baresip::registered(&host.phone("100"))?;
    let mut called = Baresip::registered(&Phone { hertz: 600.0, ..host.phone("102") })?;
    caller.dial("600")?;
    caller.wait_for("CALL_ESTABLISHED")?;
    caller.press("123456#")?;
    wait_for_members(&admin, &[1]);
    let path = format!("/api/v1/conferences/{}/members", conferences(&admin)?[0]["id"]);
    admin.act("POST", &path, Some(&json!({ "number": "102" })))?;
    called.wait_for("CALL_INCOMING")?;
    called.accept()?;
    called.wait_for("CALL_ESTABLISHED")?;
    within(Duration::from_secs(15), || heard(&called, "invited").ok().filter(|heard| *heard))
        .context("who is called is not asked")?;
    called.press("1")?;
    wait_for_members(&admin, &[2]);
    sleep(Duration::from_secs(3));
    caller.hang_up()?;
    wait_for_members(&admin, &[1]);
    let at_caller = tone::heard(&caller.recording()?, 600.0);
    let at_called = tone::heard(&called.recording()?, 1_000.0);
    ensure!(at_caller.milliseconds() > 1_000, "the caller hears too little: {at_caller:?}");
    ensure!(at_called.milliseconds() > 1_000, "the called one hears too little: {at_called:?}");
    called.hang_up()?;
    eventually("the room ends with its last member", || conferences(&admin).is_ok_and(|rooms| rooms.is_empty()));
    Ok(())
}
