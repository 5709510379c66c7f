//! How finished calls sounded: kept beside their records, and shown with them.

use jackfield_model::*;
use jackfield_store::*;

fn leg(side: LegSide, mos: Option<u16>, fault: Option<SoundFault>) -> LegQuality {
    LegQuality {
        side,
        party: Party { number: "100".into(), ..Party::default() },
        codec: Some("PCMA".into()),
        keys: SoundKeys::Sdes,
        ice: false,
        expected: "192.0.2.1:4000".into(),
        from: None,
        open: 9_000,
        received: 450,
        lost: 3,
        refused: 1,
        sent: 449,
        loss: 66,
        jitter: 900,
        round_trip: Some(12_000),
        rating: Some(90),
        mos,
        heard: None,
        fault,
    }
}

#[tokio::test]
async fn the_worst_direction_stands_in_the_history_and_every_leg_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
    let record = CallRecord {
        id: CallId::new(1, 1),
        direction: Direction::Internal,
        caller: Party::default(),
        callee: Party::default(),
        trunk: None,
        diverted_by: None,
        answered_by: None,
        started: 1,
        answered: Some(2),
        ended: 3,
        cause: EndCause::Answered,
        detail: String::new(),
        recordings: 0,
        quality: None,
    };
    store.append_records(std::slice::from_ref(&record)).await.unwrap();
    assert_eq!(store.call_record(&record.id).await.unwrap(), Some(record.clone()));
    assert_eq!(store.quality(&record.id).await.unwrap(), []);

    let heard = HeardQuality { mos: Some(312), ..HeardQuality::default() };
    let fault = SoundFault::WrongAddress { from: "198.51.100.7:9".into(), expected: "192.0.2.1:4000".into() };
    let legs = vec![
        LegQuality { heard: Some(heard), ..leg(LegSide::Caller, Some(431), None) },
        leg(LegSide::Callee, None, Some(fault)),
    ];
    let row = QualityRow { call: record.id.clone(), ended: 3, legs: legs.clone() };
    // What is told twice counts once.
    store.append_quality(&[row.clone(), row]).await.unwrap();
    assert_eq!(store.quality(&record.id).await.unwrap(), legs);
    let shown = store.history(&HistoryFilter::default(), None, 10).await.unwrap().items.remove(0);
    assert_eq!(shown.quality, Some(CallQuality { mos: Some(312), faulty: true }));
    assert_eq!(store.call_record(&record.id).await.unwrap(), Some(shown));
    assert_eq!(store.call_record(&CallId::new(9, 9)).await.unwrap(), None);
}
