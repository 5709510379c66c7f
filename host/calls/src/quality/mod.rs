//! How the legs of a call sound: asked of their streams while it lasts, told by them once they are over.
//!
//! Streams count for themselves on the media threads. Nothing is shared with them: a probe sends a question and waits for the
//! answer, and what a stream tells at its end comes by a channel of its own that wakes nobody.

mod diagnosis;
mod leg;

use jackfield_media::StreamReport;
use jackfield_model::{CallId, LegQuality, LegSide, Party as Who, TimestampMs};
use jackfield_net::{MediaStream, Probe};
use jackfield_sip::LegId;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::oneshot;

/// Legs of one call that are kept; calls that are sent from hand to hand have more.
const MOST_LEGS: usize = 16;
/// How long a media thread may take to answer somebody who looks at a live call.
const PATIENCE: Duration = Duration::from_secs(1);

/// The legs of one call whose sound is open or has been; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct SoundBook(Arc<Mutex<Vec<Entry>>>);

struct Entry {
    leg: LegId,
    side: LegSide,
    who: Who,
    sound: Sound,
}

enum Sound {
    Open(Probe),
    Over(oneshot::Receiver<StreamReport>),
}

/// A leg's place in the book of its call.
#[derive(Clone)]
pub(crate) struct Place {
    pub book: SoundBook,
    pub leg: LegId,
    pub side: LegSide,
    pub who: Who,
}

/// What is left of a call besides its record: how it sounded. Its parts come in during the second after its end.
pub struct CallReport {
    /// Which call.
    pub call: CallId,
    /// When it was over.
    pub ended: TimestampMs,
    answered: bool,
    legs: Vec<(LegSide, Who, Last)>,
}

enum Last {
    Awaited(oneshot::Receiver<StreamReport>),
    Here(Box<StreamReport>),
    Never,
}

impl SoundBook {
    /// Whether both are the same.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// How it sounds now.
    pub(crate) async fn now(&self, answered: bool) -> Vec<LegQuality> {
        let asked: Vec<_> = {
            let entries = self.entries();
            let open = entries.iter().filter_map(|entry| match &entry.sound {
                Sound::Open(probe) => Some((entry.side, entry.who.clone(), probe.clone())),
                Sound::Over(_) => None,
            });
            open.collect()
        };
        let mut legs = Vec::new();
        for (side, who, probe) in asked {
            if let Ok(Some(report)) = tokio::time::timeout(PATIENCE, probe.report()).await {
                legs.push((side, who, report));
            }
        }
        leg::qualities(&legs, answered)
    }

    /// What streams have told or will tell; the book is empty then.
    pub(crate) fn close(&self, call: CallId, ended: TimestampMs, answered: bool) -> Option<CallReport> {
        let entries = std::mem::take(&mut *self.entries());
        let told = entries.into_iter().filter_map(|entry| match entry.sound {
            Sound::Over(last) => Some((entry.side, entry.who, Last::Awaited(last))),
            // Its stream is in another call by now, which tells of it.
            Sound::Open(_) => None,
        });
        let legs: Vec<_> = told.collect();
        (!legs.is_empty()).then_some(CallReport { call, ended, answered, legs })
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Entry>> {
        // Held for an insert or a copy, never across an await.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Its sound is open, or on another thread now.
    pub(crate) fn open(&self, stream: &MediaStream) {
        self.put(Sound::Open(stream.probe()));
    }

    /// Its sound is over.
    pub(crate) fn over(&self, stream: &mut MediaStream) {
        if let Some(last) = stream.take_last() {
            self.put(Sound::Over(last));
        }
    }

    /// It goes to another call.
    pub(crate) fn leave(&self) {
        self.book.entries().retain(|entry| entry.leg != self.leg);
    }

    fn put(&self, sound: Sound) {
        let mut entries = self.book.entries();
        if let Some(entry) = entries.iter_mut().find(|entry| entry.leg == self.leg) {
            (entry.side, entry.sound) = (self.side, sound);
        } else if entries.len() < MOST_LEGS {
            entries.push(Entry { leg: self.leg, side: self.side, who: self.who.clone(), sound });
        }
    }
}

impl CallReport {
    /// Whether everything has come that will.
    pub fn is_settled(&mut self) -> bool {
        let mut settled = true;
        for (.., last) in &mut self.legs {
            if let Last::Awaited(receiver) = last {
                match receiver.try_recv() {
                    Ok(report) => *last = Last::Here(Box::new(report)),
                    Err(oneshot::error::TryRecvError::Empty) => settled = false,
                    Err(oneshot::error::TryRecvError::Closed) => *last = Last::Never,
                }
            }
        }
        settled
    }

    /// How its legs sounded, as far as it is known.
    pub fn legs(&mut self) -> Vec<LegQuality> {
        self.is_settled();
        let here = self.legs.iter().filter_map(|(side, who, last)| match last {
            Last::Here(report) => Some((*side, who.clone(), **report)),
            Last::Awaited(_) | Last::Never => None,
        });
        leg::qualities(&here.collect::<Vec<_>>(), self.answered)
    }
}
