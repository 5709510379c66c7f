//! How good a conversation is by the E-model (ITU-T G.107), as much of it as packets can tell: delay, loss and codec. All
//! that a microphone, a room or a loudspeaker adds is taken at the standard's default values, which leave R = 93.2.
//!
//! The scale is that of narrow-band telephony: wide-band codecs are not given the credit of G.107.1, so that figures of all
//! calls can be compared.

use crate::codec::Codec;
use std::time::Duration;

/// R with all parameters of G.107 at their defaults and neither delay nor loss.
const BEST: f32 = 93.2;
/// Robustness of G.711 with loss concealment of its Appendix I (G.113, Table I.4). Without it 4.3 would hold; all phones
/// of this century conceal, and so does the host.
const BPL: f32 = 25.1;

/// The rating R, 0 to 93.2: of sound in this codec that takes so long from mouth to ear, of whose packets this share (0 to 1) is
/// lost at random.
pub fn rating(codec: Codec, one_way: Duration, loss: f32) -> f32 {
    let delay = one_way.as_secs_f32() * 1_000.0;
    // Id as G.107 comes out with default echo values, in two straight lines.
    let delay_impairment = 0.024 * delay + if delay > 177.3 { 0.11 * (delay - 177.3) } else { 0.0 };
    let own = equipment_impairment(codec);
    let percent = loss.clamp(0.0, 1.0) * 100.0;
    // Ie-eff (G.107 §7.5) with BurstR = 1.
    let impairment = own + (95.0 - own) * percent / (percent + BPL);
    (BEST - delay_impairment - impairment).clamp(0.0, BEST)
}

/// The mean opinion score of a rating, 1 to 4.5 (G.107 Annex B).
pub fn opinion(rating: f32) -> f32 {
    if rating <= 0.0 {
        return 1.0;
    }
    if rating >= 100.0 {
        return 4.5;
    }
    (1.0 + 0.035 * rating + rating * (rating - 60.0) * (100.0 - rating) * 7.0e-6).clamp(1.0, 4.5)
}

/// Ie of G.113 Table I.1: 0 for G.711. The table knows neither G.722 nor Opus on this scale; at their usual rates neither
/// is heard to be worse than G.711.
fn equipment_impairment(codec: Codec) -> f32 {
    match codec {
        Codec::Pcmu | Codec::Pcma | Codec::G722 | Codec::Opus => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mos(delay: u64, loss: f32) -> f32 {
        opinion(rating(Codec::Pcma, Duration::from_millis(delay), loss))
    }

    #[test]
    fn known_points_of_the_standard_come_out() {
        // G.107 Annex B: R 93.2 is 4.41, R 80 is 4.02 to 4.03, R 60 is 3.10, R 50 is 2.58.
        for (rating, score) in [(93.2, 4.41), (80.0, 4.02), (60.0, 3.10), (50.0, 2.58), (0.0, 1.0)] {
            assert!((opinion(rating) - score).abs() < 0.015, "{rating}: {}", opinion(rating));
        }
        // 5 % of loss: Ie-eff = 95 · 5 / 30.1 = 15.8.
        assert!((rating(Codec::Pcmu, Duration::ZERO, 0.05) - 77.42).abs() < 0.05);
        // 400 ms: 9.6 + 24.5 off.
        assert!((rating(Codec::Pcmu, Duration::from_millis(400), 0.0) - 59.1).abs() < 0.1);
    }

    #[test]
    fn more_loss_and_more_delay_are_never_better_and_nothing_leaves_the_scale() {
        let scores: Vec<_> = (0..=100).map(|percent| mos(50, percent as f32 / 100.0)).collect();
        assert!(scores.windows(2).all(|pair| pair[1] <= pair[0]), "{scores:?}");
        assert!(mos(60, 0.0) > mos(200, 0.0) && mos(200, 0.0) > mos(800, 0.0));
        assert_eq!(mos(u64::from(u32::MAX), 7.0), 1.0);
    }
}
