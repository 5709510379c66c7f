//! Playing: a queue of things to be heard, drawn from in frames.

use crate::{FRAME, SAMPLE_RATE, Tone, ToneGenerator};
use std::{
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
    time::Duration,
};

/// Something to be heard.
#[derive(Clone, Debug)]
pub enum Item {
    /// Audio, 8 kHz, shared with everybody else who hears it.
    Audio(Arc<[i16]>),
    /// A tone.
    Tone(Tone, Duration),
    /// Nothing.
    Silence(Duration),
}

/// Plays items one after the other, once or for ever.
#[derive(Debug)]
pub struct Player {
    /// Chosen by whoever asked to play; named when it has ended.
    pub id: u32,
    repeat: bool,
    items: VecDeque<Item>,
    current: Option<Playing>,
    live: Option<Receiver<[i16; FRAME]>>,
}

#[derive(Debug)]
enum Playing {
    Audio(Arc<[i16]>, usize),
    Tone(ToneGenerator),
    Silence(usize),
}

impl Player {
    /// Play these; with `repeat` start again at the end. Repeating items that are all empty ends at once.
    pub fn new(id: u32, items: Vec<Item>, repeat: bool) -> Self {
        let audible = items.iter().any(|item| match item {
            Item::Audio(samples) => !samples.is_empty(),
            Item::Tone(_, length) | Item::Silence(length) => !length.is_zero(),
        });
        Self { id, repeat: repeat && audible, items: items.into(), current: None, live: None }
    }

    /// Play what is made meanwhile, by 20 ms, until its maker is gone. What comes too late is silence before it.
    pub fn live(id: u32, frames: Receiver<[i16; FRAME]>) -> Self {
        Self { id, repeat: false, items: VecDeque::new(), current: None, live: Some(frames) }
    }

    /// The next samples; fewer than asked for, or none, when everything has been played.
    pub fn fill(&mut self, out: &mut [i16]) -> usize {
        if let Some(frames) = &self.live {
            return fill_live(frames, out);
        }
        let mut filled = 0;
        while filled < out.len() {
            let rest = &mut out[filled..];
            let count = match &mut self.current {
                None => 0,
                Some(Playing::Tone(generator)) => generator.fill(rest),
                Some(Playing::Audio(samples, at)) => {
                    let count = rest.len().min(samples.len() - *at);
                    rest[..count].copy_from_slice(&samples[*at..*at + count]);
                    *at += count;
                    count
                }
                Some(Playing::Silence(left)) => {
                    let count = rest.len().min(*left);
                    rest[..count].fill(0);
                    *left -= count;
                    count
                }
            };
            filled += count;
            if count == 0 && !self.advance() {
                break;
            }
        }
        filled
    }

    fn advance(&mut self) -> bool {
        let Some(item) = self.items.pop_front() else { return false };
        if self.repeat {
            self.items.push_back(item.clone());
        }
        self.current = Some(match item {
            Item::Audio(samples) => Playing::Audio(samples, 0),
            Item::Tone(tone, length) => Playing::Tone(ToneGenerator::new(tone, length)),
            Item::Silence(length) => Playing::Silence(length.as_millis() as usize * (SAMPLE_RATE as usize / 1_000)),
        });
        true
    }
}

/// One frame of what is made meanwhile.
fn fill_live(frames: &Receiver<[i16; FRAME]>, out: &mut [i16]) -> usize {
    let count = out.len().min(FRAME);
    match frames.try_recv() {
        Ok(frame) => out[..count].copy_from_slice(&frame[..count]),
        Err(TryRecvError::Empty) => out[..count].fill(0),
        Err(TryRecvError::Disconnected) => return 0,
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_follow_one_another_without_a_gap() {
        let ms = Duration::from_millis;
        let items = vec![Item::Audio(vec![1; 100].into()), Item::Silence(ms(5)), Item::Audio(vec![2; 50].into())];
        let mut player = Player::new(1, items, false);
        let mut out = [9; 160];
        assert_eq!(player.fill(&mut out), 160);
        assert_eq!((out[99], out[100], out[139], out[140]), (1, 0, 0, 2));
        assert_eq!(player.fill(&mut out), 30);
        assert_eq!(player.fill(&mut out), 0);
    }

    #[test]
    fn what_is_made_meanwhile_is_heard_as_it_comes_and_ends_with_its_maker() {
        let (frames, made) = std::sync::mpsc::sync_channel(4);
        let mut player = Player::live(1, made);
        let mut out = [9; 160];
        assert_eq!((player.fill(&mut out), out[0]), (160, 0), "nothing yet");
        frames.send([5; 160]).unwrap();
        assert_eq!((player.fill(&mut out), out[159]), (160, 5));
        drop(frames);
        assert_eq!(player.fill(&mut out), 0);
    }

    #[test]
    fn repeating_goes_on_for_ever_unless_there_is_nothing_to_repeat() {
        let mut player = Player::new(1, vec![Item::Audio(vec![3; 10].into()), Item::Audio(Arc::new([]))], true);
        let mut out = [0; 160];
        assert_eq!(player.fill(&mut out), 160);
        assert!(out.iter().all(|s| *s == 3));
        assert_eq!(
            Player::new(1, vec![Item::Audio(Arc::new([])), Item::Silence(Duration::ZERO)], true).fill(&mut out),
            0
        );
    }
}
