//! Real speech presses no keys: the announcements of the auto-attendant, in three languages.

use jackfield_media::{ToneDetector, read_wav};
use std::path::Path;

#[test]
fn announcements_press_no_keys() {
    let prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../plugins/auto-attendant/prompts");
    let (mut seconds, mut detector) = (0, ToneDetector::default());
    for language in ["de", "en", "fr"] {
        for entry in std::fs::read_dir(prompts.join(language)).unwrap() {
            let path = entry.unwrap().path();
            let samples = read_wav(std::fs::File::open(&path).unwrap()).unwrap();
            // Louder and softer than they are.
            for shift in [0, 1, 2] {
                let louder: Vec<i16> = samples.iter().map(|sample| sample.saturating_mul(1 << shift)).collect();
                detector.hear(&louder, |key| panic!("{} presses {key}", path.display()));
                seconds += louder.len() / 8_000;
            }
        }
    }
    assert!(seconds > 300, "only {seconds} s");
}
