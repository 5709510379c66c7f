//! A caller who waits for word from a plugin: music, keys, and what ends the wait.

use crate::{
    script_call::{Heard, LegCall},
    scripts::{VerbError, Waited},
};
use std::time::Duration;
use tokio::{sync::mpsc, time::Instant};

impl LegCall {
    /// See [`ScriptCall::wait_for_word`](crate::scripts::ScriptCall::wait_for_word). The music goes on from wait to wait.
    pub(crate) async fn wait_for(
        &mut self,
        music: bool,
        keys: &str,
        max: Duration,
        words: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError> {
        if music {
            self.answered().await?;
            if !self.music
                && let Some(caller) = &self.caller
            {
                caller.party.play_hold_music();
            }
            self.music = true;
        } else {
            self.standing()?;
        }
        let until = Instant::now() + max;
        loop {
            while let Some(digit) = self.standing()?.typed.pop_front() {
                if keys.contains(digit) {
                    return Ok(Waited::Pressed(digit));
                }
            }
            match self.hear_or(Some(until), Some(words)).await? {
                Heard::Digit(digit) if keys.contains(digit) => return Ok(Waited::Pressed(digit)),
                Heard::Word(word) => return Ok(Waited::Word(word)),
                Heard::TimedOut => return Ok(Waited::TimedOut),
                Heard::Digit(_) | Heard::Played(_) | Heard::Recorded | Heard::Told => {}
            }
        }
    }

    /// Something else is to be heard.
    pub(crate) fn stop_music(&mut self) {
        if std::mem::take(&mut self.music)
            && let Some(stream) = self.leg().party.stream()
        {
            stream.stop_playing();
        }
    }
}
