//! What facts come to: visits, states and sessions, however and how often they are told.

use jackfield_model::{
    AcwEnd, AgentState, CallId, CallbackStep, EndedBy, ExitReason, Fact, Happening, Media, OfferResult, ServiceGoal,
};
use jackfield_store::Store;
use sqlx::{
    Row,
    sqlite::{SqliteConnectOptions, SqlitePool},
};
use tempfile::TempDir;

const SOURCE: &str = "org.example.queues";

struct House {
    store: Store,
    /// A look of its own at the file.
    sql: SqlitePool,
    _folder: TempDir,
}

impl House {
    async fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("jackfield.db");
        let store = Store::open(&path).await.expect("the database works");
        let sql =
            SqlitePool::connect_with(SqliteConnectOptions::new().filename(&path)).await.expect("the database works");
        Self { store, sql, _folder: folder }
    }

    async fn tell(&self, facts: &[Fact]) {
        let facts: Vec<_> = facts.iter().map(|fact| (SOURCE, fact)).collect();
        self.store.record_facts(&facts).await.expect("the database works");
    }

    /// The rows of a query as text, columns with spaces between, nothing as “-”.
    async fn ask(&self, columns: &str, rest: &str) -> Vec<String> {
        let columns: Vec<_> = columns.split(' ').map(|c| format!("COALESCE(CAST({c} AS TEXT), '-')")).collect();
        let select = format!("SELECT {} AS line FROM {rest}", columns.join(" || ' ' || "));
        let rows = sqlx::query(sqlx::AssertSqlSafe(select)).fetch_all(&self.sql).await.expect("the database works");
        rows.iter().map(|row| row.get("line")).collect()
    }
}

fn fact(key: &str, at: u64, what: Happening) -> Fact {
    let visit = what.needs_visit().then(|| "v1".to_owned());
    Fact { key: key.into(), at, call: Some(CallId("c-1".into())), visit, what }
}

fn enter(at: u64) -> Fact {
    let what = Happening::QueueEnter {
        queue: "sales".into(),
        media: Media::Voice,
        contact: "+33199001122".into(),
        name: "Ada".into(),
        priority: 0,
        vip: true,
        position: 3,
        skills: vec!["fr".into(), "billing".into()],
        preferred: None,
        goal: ServiceGoal::default(),
    };
    fact("enter", at, what)
}

/// A visit that is answered at the second offer after 18 s, held twice, wrapped up.
fn answered() -> Vec<Fact> {
    let offer =
        |agent: &str, ring, outcome| Happening::Offer { agent: agent.into(), device: "desk".into(), ring, outcome };
    vec![
        enter(1_000),
        fact("level", 9_000, Happening::QueueLevel { level: 1, skills: vec!["fr".into()] }),
        fact("offer1", 12_000, offer("100", 10_000, OfferResult::Rona)),
        fact("offer2", 19_000, offer("101", 4_000, OfferResult::Answered)),
        fact("answer", 19_000, Happening::Answer { agent: "101".into(), device: "desk".into() }),
        fact(
            "exit",
            19_000,
            Happening::QueueExit { reason: ExitReason::Answered, to: String::new(), told: Some(30_000) },
        ),
        fact("hold1", 30_000, Happening::HoldStart),
        fact("back1", 35_000, Happening::HoldStop),
        fact("hold2", 60_000, Happening::HoldStart),
        fact("end", 70_000, Happening::AnswerEnd { agent: "101".into(), by: EndedBy::Contact }),
        fact("acw1", 70_000, Happening::AcwStart { agent: "101".into(), allowed: Some(60_000) }),
        fact("code", 75_000, Happening::WrapupCode { agent: "101".into(), code: "order".into() }),
        fact("acw2", 90_000, Happening::AcwStop { agent: "101".into(), why: AcwEnd::Done }),
    ]
}

const VISIT: &str =
    "queue reason wait in_target offers rona agent ring talk hold holds acw acw_why code level told vip";
const ANSWERED: &str = "sales answered 18000 1 2 1 101 4000 36000 15000 2 20000 done order 1 30000 1";

#[tokio::test]
async fn a_visit_comes_to_the_same_in_whatever_order_and_how_often_its_facts_are_told() {
    let house = House::new().await;
    house.tell(&answered()).await;
    assert_eq!(house.ask(VISIT, "visits").await, [ANSWERED]);

    let backwards = House::new().await;
    for fact in answered().into_iter().rev() {
        backwards.tell(&[fact.clone(), fact.clone()]).await;
        backwards.tell(&[fact]).await;
    }
    assert_eq!(backwards.ask(VISIT, "visits").await, [ANSWERED]);
    assert_eq!(backwards.store.count_facts().await.unwrap(), 13);
    assert_eq!(
        backwards.ask("queue", "facts GROUP BY queue").await,
        ["sales"],
        "every fact of a visit knows its queue"
    );
}

#[tokio::test]
async fn what_was_told_under_a_key_stays_as_it_was_told_first() {
    let house = House::new().await;
    house.tell(&[enter(1_000)]).await;
    let exit = |reason| Happening::QueueExit { reason, to: String::new(), told: None };
    house.tell(&[fact("exit", 5_000, exit(ExitReason::Abandoned))]).await;
    house.tell(&[fact("exit", 50_000, exit(ExitReason::Overflow))]).await;
    assert_eq!(house.ask("reason wait short_ab in_target", "visits").await, ["abandoned 4000 1 0"]);
}

#[tokio::test]
async fn a_visit_that_waits_has_no_end_and_one_that_was_answered_needs_no_exit() {
    let house = House::new().await;
    house.tell(&[enter(1_000)]).await;
    assert_eq!(house.ask("exited reason wait talk", "visits").await, ["- - - -"]);
    house.tell(&[fact("answer", 30_000, Happening::Answer { agent: "100".into(), device: String::new() })]).await;
    assert_eq!(house.ask("exited reason wait in_target talk", "visits").await, ["30000 answered 29000 0 -"]);
}

#[tokio::test]
async fn a_call_back_is_followed_to_its_end() {
    let house = House::new().await;
    let step = |step, attempt, agent: Option<&str>| Happening::Callback {
        step,
        number: "+33199001122".into(),
        attempt,
        agent: agent.map(Into::into),
    };
    house
        .tell(&[
            enter(1_000),
            fact("exit", 9_000, Happening::QueueExit { reason: ExitReason::Callback, to: String::new(), told: None }),
            fact("cb0", 9_000, step(CallbackStep::Requested, 0, None)),
            fact("cb1", 60_000, step(CallbackStep::Attempt, 1, Some("100"))),
            fact("cb2", 99_000, step(CallbackStep::Done, 2, Some("101"))),
        ])
        .await;
    let columns = "reason callback_at callback_number callback_attempts callback_agent callback_over callback_result";
    assert_eq!(house.ask(columns, "visits").await, ["callback 9000 +33199001122 2 101 99000 done"]);
}

#[tokio::test]
async fn states_and_sessions_of_an_agent_follow_each_other_though_they_are_told_late() {
    let state = |state, reason: &str| Happening::AgentState {
        agent: "100".into(),
        state,
        reason: reason.into(),
        allowed: None,
    };
    let login = Happening::Login { agent: "100".into(), device: "desk".into(), queues: vec!["sales".into()] };
    let logout = Happening::Logout { agent: "100".into() };
    let facts = [
        fact("a", 1_000, login.clone()),
        fact("b", 1_000, state(AgentState::Ready, "")),
        fact("c", 5_000, state(AgentState::Pause, "lunch")),
        fact("d", 8_000, state(AgentState::Ready, "")),
        fact("e", 9_000, logout),
        fact("f", 20_000, login),
    ];
    let states = [
        "1000 5000 ready ",
        "5000 8000 pause lunch",
        "8000 9000 ready ",
        "9000 20000 logged-out ",
        "20000 - not-ready ",
    ];
    for backwards in [false, true] {
        let house = House::new().await;
        let mut facts = facts.to_vec();
        if backwards {
            facts.reverse();
        }
        for fact in facts {
            house.tell(&[fact]).await;
        }
        assert_eq!(house.ask("since until state reason", "agent_states ORDER BY since").await, states);
        let sessions = house.ask("since until device queues", "agent_sessions ORDER BY since").await;
        assert_eq!(sessions, ["1000 9000 desk sales", "20000 - desk sales"]);
    }
}
