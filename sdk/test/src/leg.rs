//! Somebody whom the script has dialled: stays for a while, and does as it is told.

use crate::caller::{Scene, lock};
use async_trait::async_trait;
use jackfield_calls::scripts::{
    CollectOptions, Collected, DialFailure, DialOptions, HangUpCause, Prompt, RecordOptions, Recorded, ScriptCall,
    VerbError, Waited,
};
use jackfield_model::{CallId, Party};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// One leg that the script has dialled.
pub(crate) struct Leg {
    pub(crate) scene: Arc<Mutex<Scene>>,
    pub(crate) target: String,
    /// When it hangs up.
    pub(crate) until: Instant,
}

#[async_trait]
impl ScriptCall for Leg {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }

    fn id(&self) -> CallId {
        CallId(format!("{}-{}", lock(&self.scene).id, self.target))
    }

    fn caller(&self) -> Party {
        lock(&self.scene).caller.clone()
    }

    fn callee(&self) -> Party {
        let extension = self.target.strip_prefix("ext:").and_then(|number| number.parse().ok());
        Party { number: self.target.clone(), name: String::new(), extension }
    }

    fn var(&self, _name: &str) -> Option<String> {
        None
    }

    fn set_var(&mut self, _name: &str, _value: &str) -> Result<(), VerbError> {
        Err(VerbError::Invalid("variables belong to the caller".into()))
    }

    async fn answer(&mut self) -> Result<(), VerbError> {
        Ok(())
    }

    async fn ring(&mut self) -> Result<(), VerbError> {
        Ok(())
    }

    async fn play(&mut self, prompts: &[Prompt]) -> Result<(), VerbError> {
        for prompt in prompts {
            let end = lock(&self.scene).begin(prompt);
            sleep_until(end.min(self.until)).await;
            if Instant::now() >= self.until {
                return Err(VerbError::Gone);
            }
        }
        Ok(())
    }

    async fn say(&mut self, prompts: &[Prompt], _barge_in: bool) -> Result<Option<char>, VerbError> {
        self.play(prompts).await.map(|()| None)
    }

    async fn collect(&mut self, prompts: &[Prompt], options: &CollectOptions) -> Result<Collected, VerbError> {
        self.play(prompts).await?;
        self.wait(options.first_timeout).await?;
        Ok(Collected { timed_out: true, ..Collected::default() })
    }

    async fn record(&mut self, _options: &RecordOptions) -> Result<Recorded, VerbError> {
        Err(VerbError::Failed("a dialled leg is not recorded in tests".into()))
    }

    async fn echo(&mut self, max: Duration) -> Result<(), VerbError> {
        self.wait(max).await.map(drop)
    }

    async fn wait(&mut self, max: Duration) -> Result<Option<char>, VerbError> {
        sleep_until(self.until.min(Instant::now() + max)).await;
        if Instant::now() >= self.until { Err(VerbError::Gone) } else { Ok(None) }
    }

    async fn dial(&mut self, _targets: &[String], _options: &DialOptions) -> Result<Box<dyn ScriptCall>, DialFailure> {
        Err(DialFailure::Failed("a dialled leg does not dial".into()))
    }

    async fn bridge(&mut self, _other: Box<dyn ScriptCall>) -> Result<(), VerbError> {
        Err(VerbError::Invalid("bridge the caller with the leg, not the leg with another".into()))
    }

    async fn transfer(&mut self, _to: &str) -> Result<(), DialFailure> {
        Err(DialFailure::Failed("a dialled leg is not transferred".into()))
    }

    async fn wait_for_word(
        &mut self,
        _music: bool,
        _keys: &str,
        _max: Duration,
        _words: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError> {
        Err(VerbError::Invalid("a dialled leg waits for no words".into()))
    }

    async fn hang_up(&mut self, _cause: HangUpCause) -> Result<(), VerbError> {
        self.until = Instant::now();
        Ok(())
    }
}
