//! The recording of one conversation, as the two who talk come and go.

use super::{CannotRecord, NewRecording, Policy, RecordingNews, RecordingWish, Wisher, codes::Codes};
use crate::{
    call::Caller,
    exchange::{Exchange, now_ms},
    facts::Facts,
    party::Party,
};
use jackfield_media::{Item, SAMPLE_RATE, Tone};
use jackfield_model::RecordingState;
use jackfield_net::Tape;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

/// How long a beep is heard, in place of the other party.
const BEEP: Duration = Duration::from_millis(200);

/// The recording of a conversation.
pub(crate) struct Recording {
    exchange: Arc<Exchange>,
    facts: Facts,
    rolling: Option<Box<Rolling>>,
    codes: Option<Box<[Codes; 2]>>,
    /// The house records this call.
    required: bool,
    /// One party holds the other.
    held: bool,
}

struct Rolling {
    /// None until the announcement has been heard.
    tape: Option<Tape>,
    by: Option<String>,
    paused: bool,
    /// When the announcement is over, or the next beep is due.
    due: Option<Instant>,
}

/// What a recording has to do next.
pub(crate) enum Due {
    /// Somebody wants something of it.
    Wish,
    /// A time has come.
    Time,
}

impl Recording {
    /// For these two, who are connected: it begins at once where the house records such calls.
    pub(crate) fn of(caller: &Caller, second: &Party) -> Self {
        let exchange = Arc::clone(&caller.exchange);
        let allowed = exchange.recorder.is_some() && exchange.config.recording.policy != Policy::Off;
        let required = allowed && exchange.config.recording.always(&caller.facts.call());
        let codes = allowed.then(Box::default);
        let mut recording = Self { exchange, facts: caller.facts.clone(), rolling: None, codes, required, held: false };
        if required {
            recording.begin(None, &caller.party, second);
        }
        recording
    }

    /// What it has to do next; never, when recording is switched off.
    pub(crate) async fn next(&self) -> Due {
        let due = self.rolling.as_ref().and_then(|rolling| rolling.due);
        let wishes = self.facts.wishes();
        tokio::select! {
            () = wishes.told() => Due::Wish,
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => Due::Time,
        }
    }

    /// Do it.
    pub(crate) fn handle(&mut self, due: Due, first: &Party, second: &Party) {
        match due {
            Due::Wish => {
                while let Some(wished) = self.facts.wishes().next() {
                    // Whoever asked before anybody talked has given up.
                    if wished.reply.is_closed() {
                        continue;
                    }
                    let outcome = self.wish(wished.wish, wished.by, first, second);
                    // Whoever asked may have gone.
                    let _ = wished.reply.send(outcome);
                }
            }
            Due::Time if self.rolling.as_ref().is_some_and(|rolling| rolling.tape.is_none()) => {
                // Whoever asked was told already that it begins.
                if let Err(error) = self.roll(first, second) {
                    warn!(%error, "a call is not recorded");
                    self.rolling = None;
                    self.facts.recording(RecordingState::Off);
                }
            }
            Due::Time => self.beep(first, second),
        }
    }

    /// A party has pressed a key. Only people of the house start and stop recordings.
    pub(crate) fn key(&mut self, by_first: bool, key: char, first: &Party, second: &Party) {
        let Some(codes) = &mut self.codes else { return };
        let by = if by_first { first } else { second };
        let Some(number) = by.who().extension.clone() else { return };
        let state = self.facts.call().recording;
        let config = &self.exchange.config.recording;
        let wish = codes[usize::from(!by_first)].press(std::time::Instant::now(), key, config, state);
        if let Some(wish) = wish {
            let by = Wisher { name: number.as_str().to_owned(), may_stop: false };
            if let Err(error) = self.wish(wish, by, first, second) {
                info!(%error, by = number.as_str(), "keys for a recording have no effect");
            }
        }
    }

    /// Somebody else is on one side, or the two have been connected anew.
    pub(crate) fn seat(&self, first: &Party, second: &Party) {
        let Some(tape) = self.rolling.as_ref().and_then(|rolling| rolling.tape.as_ref()) else { return };
        for (source, party) in [(0, first), (1, second)] {
            if let Some(stream) = party.stream() {
                stream.tap(Some(tape.tap(source)));
            }
        }
    }

    /// One holds the other, or no longer.
    pub(crate) fn hold(&mut self, held: bool) {
        self.held = held;
        self.apply_pause();
    }

    fn wish(
        &mut self,
        wish: RecordingWish,
        by: Wisher,
        first: &Party,
        second: &Party,
    ) -> Result<RecordingState, CannotRecord> {
        if self.codes.is_none() {
            return Err(CannotRecord::Off);
        }
        match (wish, &mut self.rolling) {
            (RecordingWish::Record, None) => {
                self.begin(Some(by.name), first, second);
                return if self.rolling.is_some() { Ok(RecordingState::On) } else { Err(CannotRecord::Busy) };
            }
            (RecordingWish::Record, Some(rolling)) => rolling.paused = false,
            (RecordingWish::Pause, Some(rolling)) => rolling.paused = true,
            (RecordingWish::Pause, None) => return Err(CannotRecord::NotRecording),
            (RecordingWish::Stop, Some(_)) if self.required && !by.may_stop => return Err(CannotRecord::Required),
            (RecordingWish::Stop, _) => self.end(first, second),
        }
        info!(by = by.name, ?wish, "recording of a call");
        Ok(self.apply_pause())
    }

    /// Begin, after the announcement if there is one.
    fn begin(&mut self, by: Option<String>, first: &Party, second: &Party) {
        self.rolling = Some(Box::new(Rolling { tape: None, by, paused: false, due: None }));
        if let Some(announcement) = self.exchange.config.recording.announcement.clone() {
            let seconds = announcement.len() as f64 / f64::from(SAMPLE_RATE);
            for stream in [first, second].into_iter().filter_map(Party::stream) {
                stream.play(vec![Item::Audio(Arc::clone(&announcement))], false);
            }
            if let Some(rolling) = &mut self.rolling {
                rolling.due = Some(Instant::now() + Duration::from_secs_f64(seconds));
            }
        } else if let Err(error) = self.roll(first, second) {
            warn!(%error, "a call is not recorded");
            self.rolling = None;
        }
    }

    /// From now on what the two say is kept.
    fn roll(&mut self, first: &Party, second: &Party) -> Result<(), CannotRecord> {
        let (Some(recorder), Some(rolling)) = (&self.exchange.recorder, &mut self.rolling) else {
            return Err(CannotRecord::Off);
        };
        let config = &self.exchange.config.recording;
        let call = self.facts.call();
        let kind = config.format.container.extension();
        let file = format!("{}-{}.{kind}", call.id.0, self.facts.next_recording());
        let new = NewRecording {
            file: file.clone(),
            call: call.id,
            caller: first.who().clone(),
            callee: second.who().clone(),
            started_by: rolling.by.clone(),
            started: now_ms(),
        };
        // Told before it begins, so that its end cannot come first.
        if let Err(error) = recorder.news.try_send(RecordingNews::Begun(new)) {
            warn!(%error, file, "a recording is not listed before the next start");
        }
        rolling.tape = Some(recorder.tapes.begin(&file, config.format).map_err(|_| CannotRecord::Busy)?);
        rolling.due = (!config.beep.is_zero()).then(Instant::now);
        info!(file, "a call is recorded");
        self.seat(first, second);
        self.apply_pause();
        Ok(())
    }

    fn end(&mut self, first: &Party, second: &Party) {
        self.rolling = None;
        for stream in [first, second].into_iter().filter_map(Party::stream) {
            stream.tap(None);
        }
    }

    fn beep(&mut self, first: &Party, second: &Party) {
        let (held, every) = (self.held, self.exchange.config.recording.beep);
        let Some(rolling) = &mut self.rolling else { return };
        rolling.due = Some(Instant::now() + every);
        if !rolling.paused && !held {
            for stream in [first, second].into_iter().filter_map(Party::stream) {
                stream.play(vec![Item::Tone(Tone::Beep, BEEP)], false);
            }
        }
    }

    /// Bring the tape and what screens show into line.
    fn apply_pause(&self) -> RecordingState {
        let state = match &self.rolling {
            None => RecordingState::Off,
            Some(rolling) => {
                let paused = rolling.paused || self.held;
                if let Some(tape) = &rolling.tape {
                    tape.pause(paused);
                }
                if paused { RecordingState::Paused } else { RecordingState::On }
            }
        };
        self.facts.recording(state);
        state
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        if self.rolling.take().is_some() {
            self.facts.recording(RecordingState::Off);
        }
        // Nobody talks here any more.
        while let Some(wished) = self.facts.wishes().next() {
            let _ = wished.reply.send(Err(CannotRecord::NobodyTalks));
        }
    }
}
