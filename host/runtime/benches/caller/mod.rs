//! A caller without a telephone, for what a plugin costs apart from calls.

use async_trait::async_trait;
use jackfield_calls::scripts::{
    CollectOptions, Collected, DialFailure, DialOptions, HangUpCause, Prompt, RecordOptions, Recorded, ScriptCall,
    VerbError, Waited,
};
use jackfield_model::{CallId, Party};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Semaphore, mpsc, watch};

/// On this call every verb is done at once, but that a key may have to be waited for.
#[derive(Default)]
pub struct Caller {
    /// Presses 1 when this becomes true, and counts itself while it waits; `None`: presses nothing, at once.
    pub keys: Option<(watch::Receiver<bool>, Arc<AtomicUsize>)>,
    /// Waits for an agent and speaks with one; `None`: waits for ever.
    pub queued: Option<Queued>,
}

/// A caller of a queue.
#[derive(Clone)]
pub struct Queued {
    /// Which one, from 0.
    pub number: u64,
    /// Is told what becomes of the caller.
    pub told: mpsc::UnboundedSender<(Moment, Instant)>,
    /// A permit for each conversation that may end.
    pub endings: Arc<Semaphore>,
}

/// What becomes of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// The call is answered.
    Comes,
    /// The caller waits for word.
    Waits,
    /// Word has come that an agent is there.
    IsOffered,
    /// The agent talks with the caller.
    Talks,
    /// The conversation is over.
    HasTalked,
}

impl Caller {
    fn tell(&self, moment: Moment) {
        if let Some(queued) = &self.queued {
            // Nobody listens any more when the bench is over.
            let _ = queued.told.send((moment, Instant::now()));
        }
    }
}

#[async_trait]
impl ScriptCall for Caller {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }

    fn id(&self) -> CallId {
        CallId::new(0, self.queued.as_ref().map_or(2, |queued| queued.number))
    }
    fn caller(&self) -> Party {
        let number = self.queued.as_ref().map_or("101".into(), |queued| format!("06{:08}", queued.number));
        Party { number, ..Party::default() }
    }
    fn callee(&self) -> Party {
        Party { number: "501".into(), ..Party::default() }
    }
    fn var(&self, _name: &str) -> Option<String> {
        None
    }
    fn set_var(&mut self, _name: &str, _value: &str) -> Result<(), VerbError> {
        Ok(())
    }
    async fn answer(&mut self) -> Result<(), VerbError> {
        self.tell(Moment::Comes);
        Ok(())
    }
    async fn ring(&mut self) -> Result<(), VerbError> {
        Ok(())
    }
    async fn play(&mut self, _prompts: &[Prompt]) -> Result<(), VerbError> {
        Ok(())
    }
    async fn say(&mut self, _prompts: &[Prompt], _barge_in: bool) -> Result<Option<char>, VerbError> {
        Ok(None)
    }
    async fn collect(&mut self, _prompts: &[Prompt], _options: &CollectOptions) -> Result<Collected, VerbError> {
        let Some((pressed, waiting)) = &mut self.keys else { return Ok(Collected::default()) };
        waiting.fetch_add(1, Ordering::Relaxed);
        pressed.wait_for(|pressed| *pressed).await.map_err(|_| VerbError::Gone)?;
        Ok(Collected { digits: "1".into(), ..Collected::default() })
    }
    async fn record(&mut self, _options: &RecordOptions) -> Result<Recorded, VerbError> {
        Err(VerbError::Gone)
    }
    async fn echo(&mut self, _max: Duration) -> Result<(), VerbError> {
        Ok(())
    }
    async fn wait(&mut self, _max: Duration) -> Result<Option<char>, VerbError> {
        Ok(None)
    }
    async fn dial(&mut self, _targets: &[String], _options: &DialOptions) -> Result<Box<dyn ScriptCall>, DialFailure> {
        match &self.queued {
            Some(_) => Ok(Box::new(Self::default())),
            None => Err(DialFailure::Unavailable),
        }
    }
    async fn bridge(&mut self, _other: Box<dyn ScriptCall>) -> Result<(), VerbError> {
        let Some(queued) = &self.queued else { return Err(VerbError::Gone) };
        self.tell(Moment::Talks);
        queued.endings.acquire().await.map_err(|_| VerbError::Gone)?.forget();
        self.tell(Moment::HasTalked);
        Ok(())
    }
    async fn transfer(&mut self, _to: &str) -> Result<(), DialFailure> {
        Ok(())
    }
    async fn hang_up(&mut self, _cause: HangUpCause) -> Result<(), VerbError> {
        Ok(())
    }

    async fn wait_for_word(
        &mut self,
        _music: bool,
        _keys: &str,
        _max: Duration,
        words: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError> {
        if self.queued.is_none() {
            return std::future::pending().await;
        }
        self.tell(Moment::Waits);
        let word = words.recv().await.ok_or(VerbError::Gone)?;
        self.tell(Moment::IsOffered);
        Ok(Waited::Word(word))
    }
}
