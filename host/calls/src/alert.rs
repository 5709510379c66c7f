//! How a phone rings, and whether it answers by itself: Alert-Info (RFC 7462), Call-Info with `answer-after`, Answer-Mode
//! (RFC 5373). Each kind of phone reads one of them; what it does not know it passes over.

use crate::router::RingStyle;

/// The header fields that have a phone ring so. `outside` says that the call comes by a trunk.
pub(crate) fn headers(style: RingStyle, outside: bool, host: &str) -> Vec<(String, String)> {
    let alert = |source: &str, info: &str| (String::from("Alert-Info"), format!("<urn:alert:{source}>;info={info}"));
    match style {
        RingStyle::Usual if outside => vec![alert("source:external", "alert-external")],
        RingStyle::External => vec![alert("source:external", "alert-external")],
        RingStyle::Usual | RingStyle::Internal => vec![alert("source:internal", "alert-internal")],
        RingStyle::Priority => vec![alert("priority:high", "alert-priority")],
        RingStyle::AutoAnswer => vec![
            (String::from("Alert-Info"), format!("<http://{host}>;info=alert-autoanswer;delay=0")),
            (String::from("Call-Info"), format!("<sip:{host}>;answer-after=0")),
            (String::from("Answer-Mode"), String::from("Auto")),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_from_outside_ring_otherwise_unless_somebody_has_said_how() {
        let ring = |style, outside| headers(style, outside, "192.0.2.1")[0].1.clone();
        assert!(ring(RingStyle::Usual, true).contains("source:external"));
        assert!(ring(RingStyle::Usual, false).contains("source:internal"));
        assert!(ring(RingStyle::Internal, true).contains("source:internal"));
        assert!(ring(RingStyle::Priority, true).contains("priority:high"));
        let by_itself = headers(RingStyle::AutoAnswer, false, "192.0.2.1");
        assert_eq!(by_itself[1], ("Call-Info".into(), "<sip:192.0.2.1>;answer-after=0".into()));
    }
}
