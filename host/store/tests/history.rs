//! Call records: filters, paging, acknowledgement.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use jackfield_calls::events::EventBus;
use jackfield_model::*;
use jackfield_store::*;
use std::time::Duration;

fn record(n: u64) -> CallRecord {
    let party = |number: &str, name: &str| Party {
        number: number.into(),
        name: name.into(),
        extension: Some(number.parse().unwrap()),
    };
    CallRecord {
        id: CallId::new(1_000, n),
        direction: if n.is_multiple_of(3) { Direction::Inbound } else { Direction::Internal },
        caller: party(&format!("{}", 100 + n % 4), "Anna_1"),
        callee: party(&format!("{}", 200 + n % 5), "Bruno"),
        trunk: n.is_multiple_of(3).then(|| "carrier".into()),
        diverted_by: n.is_multiple_of(7).then(|| format!("+49{n}")),
        answered_by: n.is_multiple_of(2).then(|| "300".into()),
        started: 10_000 + n / 2,
        answered: n.is_multiple_of(2).then_some(10_500 + n),
        ended: 11_000 + n,
        cause: if n.is_multiple_of(2) { EndCause::Answered } else { EndCause::NoAnswer },
        detail: "200 OK".into(),
        recordings: 0,
        quality: None,
    }
}

async fn filled(folder: &std::path::Path) -> (Store, Vec<CallRecord>) {
    let store = Store::open(&folder.join("jackfield.db")).await.unwrap();
    let mut records: Vec<_> = (0..100).map(record).collect();
    store.append_records(&records).await.unwrap();
    store.append_records(&records[..3]).await.unwrap();
    records.reverse();
    (store, records)
}

#[tokio::test]
async fn every_filter_shows_exactly_the_calls_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let (store, all) = filled(folder.path()).await;
    let shown = async |filter: HistoryFilter| store.history(&filter, None, 1_000).await.unwrap().items;
    let expected = |keep: &dyn Fn(&CallRecord) -> bool| all.iter().filter(|r| keep(r)).cloned().collect::<Vec<_>>();
    let filter = HistoryFilter::default;

    assert_eq!(shown(filter()).await, all, "a batch sent twice is stored once");
    assert_eq!(
        shown(HistoryFilter { direction: Some(Direction::Inbound), ..filter() }).await,
        expected(&|r| r.direction == Direction::Inbound)
    );
    assert_eq!(
        shown(HistoryFilter { outcome: Some(Outcome::Missed), ..filter() }).await,
        expected(&|r| r.answered.is_none())
    );
    assert_eq!(
        shown(HistoryFilter { outcome: Some(Outcome::Answered), ..filter() }).await,
        expected(&|r| r.answered.is_some())
    );
    assert_eq!(shown(HistoryFilter { text: "203".into(), ..filter() }).await, expected(&|r| r.callee.number == "203"));
    assert_eq!(shown(HistoryFilter { text: "anna_".into(), ..filter() }).await.len(), 100);
    assert_eq!(shown(HistoryFilter { text: "bruno_".into(), ..filter() }).await, [], "no wildcard");
    assert_eq!(
        shown(HistoryFilter { since: Some(10_010), until: Some(10_020), ..filter() }).await,
        expected(&|r| (10_010..10_020).contains(&r.started))
    );
    let own = |numbers: &[&str]| HistoryFilter {
        extensions: Some(numbers.iter().map(|n| n.parse().unwrap()).collect()),
        ..HistoryFilter::default()
    };
    assert_eq!(shown(own(&["101", "202"])).await, expected(&|r| r.caller.number == "101" || r.callee.number == "202"));
    assert_eq!(shown(own(&["300"])).await, expected(&|r| r.answered_by.is_some()));
    assert_eq!(shown(own(&[])).await, [], "nobody's calls");
}

#[tokio::test]
async fn pages_neither_repeat_nor_skip_a_call_while_new_ones_arrive() {
    let folder = tempfile::tempdir().unwrap();
    let (store, all) = filled(folder.path()).await;
    let (mut seen, mut cursor, mut newer) = (Vec::new(), None, 1_000);
    loop {
        let page = store.history(&HistoryFilter::default(), cursor.as_ref(), 7).await.unwrap();
        seen.extend(page.items);
        store.append_records(&[record(newer)]).await.unwrap();
        newer += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_record_is_acknowledged_after_it_is_stored_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
    let bus = EventBus::new();
    let mut events = bus.subscribe();
    let (sender, writer) = RecordWriter::start(store.clone(), bus, || 42);
    for n in 0..1_000 {
        sender.send(record(n)).await.unwrap();
    }
    for n in 0..1_000 {
        let event = tokio::time::timeout(Duration::from_secs(30), events.recv()).await.unwrap().unwrap();
        assert_eq!((event.at, &event.kind), (42, &EventKind::CallRecorded(record(n))));
        if n == 0 {
            let stored = store.history(&HistoryFilter::default(), None, 1_000).await.unwrap().items;
            assert!(stored.contains(&record(0)), "acknowledged before it was stored");
        }
    }
    drop(sender);
    writer.await.unwrap();
}

#[tokio::test]
async fn who_has_sent_a_call_on_is_kept_and_found() {
    let folder = tempfile::tempdir().unwrap();
    let (store, records) = filled(folder.path()).await;
    let filter = HistoryFilter { text: "+4914".into(), ..HistoryFilter::default() };
    let found = store.history(&filter, None, 10).await.unwrap().items;
    let wanted: Vec<_> = records.into_iter().filter(|record| record.diverted_by.as_deref() == Some("+4914")).collect();
    assert_eq!((found.len(), found), (1, wanted));
}
