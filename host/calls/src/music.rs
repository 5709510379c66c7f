//! What whoever waits hears.

use arc_swap::ArcSwap;
use jackfield_media::{Item, hold_music};
use std::{sync::Arc, time::Duration};

/// Music on hold: pieces with pauses between them, from the first on for everybody who begins to wait.
pub struct HoldMusic(ArcSwap<Vec<Item>>);

impl Default for HoldMusic {
    /// The house's own.
    fn default() -> Self {
        Self(ArcSwap::from_pointee(vec![Item::Audio(hold_music())]))
    }
}

impl HoldMusic {
    /// Play these from now on, 8,000 samples a second, with so long a pause after each; the house's own when there are none.
    pub fn set(&self, pieces: Vec<Arc<[i16]>>, gap: Duration) {
        if pieces.is_empty() {
            return self.0.store(Arc::new(vec![Item::Audio(hold_music())]));
        }
        let pause = (!gap.is_zero()).then_some(Item::Silence(gap));
        let items = pieces.into_iter().flat_map(|piece| std::iter::once(Item::Audio(piece)).chain(pause.clone()));
        self.0.store(Arc::new(items.collect()));
    }

    /// What is to be played, again and again.
    pub(crate) fn items(&self) -> Vec<Item> {
        self.0.load().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_media::Player;

    #[test]
    fn pieces_follow_one_another_with_their_pause_and_without_any_the_house_plays() {
        let music = HoldMusic::default();
        assert_eq!(music.items().len(), 1);
        music.set(vec![vec![1; 80].into(), vec![2; 80].into()], Duration::from_millis(10));
        let mut player = Player::new(1, music.items(), true);
        let mut heard = [9; 400];
        assert_eq!(player.fill(&mut heard), 400);
        let places = [0, 79, 80, 159, 160, 239, 240, 319, 320];
        assert_eq!(places.map(|at| heard[at]), [1, 1, 0, 0, 2, 2, 0, 0, 1]);
        music.set(Vec::new(), Duration::ZERO);
        assert!(matches!(&music.items()[..], [Item::Audio(piece)] if piece.len() == hold_music().len()));
    }
}
