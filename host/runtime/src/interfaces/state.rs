//! `jackfield:reducer/state` and `jackfield:reducer/waiting`: what a plugin's reducer holds, and callers who wait for word
//! from it.

use crate::{
    bindings::imports::jackfield::{
        reducer::{
            state::{self, Snapshot},
            waiting::{self, Word},
        },
        types::types::Error,
    },
    grants,
    instance::{Running, State},
    interfaces::{
        arguments::{is_digit, wait_length},
        control::Handle,
    },
    reducers::{self, LARGEST_INPUT, check_key},
};
use jackfield_calls::scripts::Waited;
use std::sync::Arc;
use wasmtime::component::Resource;

/// Keys that one look gives.
const MOST_LISTED: usize = 1_000;
/// Keys of a telephone that one wait may listen for.
const MOST_KEYS: usize = 16;

type Answer<T> = wasmtime::Result<Result<T, Error>>;

impl state::Host for State {
    async fn look(&mut self, key: String) -> Result<Option<Snapshot>, Error> {
        self.permit(grants::REDUCER)?;
        let held = self.plugin.life.states.look(&key);
        Ok(held.map(|now| Snapshot { seq: now.seq, layout: now.layout, data: now.data.clone() }))
    }

    async fn keys(&mut self, prefix: String) -> Result<Vec<String>, Error> {
        self.permit(grants::REDUCER)?;
        Ok(self.plugin.life.states.keys(&prefix, MOST_LISTED))
    }

    async fn ask(&mut self, key: String, input: Vec<u8>) -> Result<Vec<u8>, Error> {
        self.may_give(&key, &input)?;
        let (host, plugin) = (Arc::clone(&self.host), Arc::clone(&self.plugin));
        let reply = reducers::ask(&host, &plugin, &key, input).await;
        self.cpu.refill();
        reply.map_err(Error::Failed)
    }

    async fn tell(&mut self, key: String, input: Vec<u8>) -> Result<(), Error> {
        self.may_give(&key, &input)?;
        let (host, plugin) = (Arc::clone(&self.host), Arc::clone(&self.plugin));
        let told = reducers::tell(&host, &plugin, &key, input).await;
        self.cpu.refill();
        told.map_err(Error::Failed)
    }
}

impl waiting::Host for State {
    async fn join(&mut self, call: Resource<Handle>, key: String, input: Vec<u8>) -> Answer<Vec<u8>> {
        if let Err(refused) = self.may_give(&key, &input) {
            return Ok(Err(refused));
        }
        if !self.on_call()?.is_caller(&call)? {
            return Ok(Err(Error::Invalid("only the script’s own caller joins, not a leg that it has dialled".into())));
        }
        let id = self.on_call()?.caller.id().0;
        let (host, plugin) = (Arc::clone(&self.host), Arc::clone(&self.plugin));
        // One at a time: the state that it had joined before is told that the call is over.
        self.on_call()?.joined = None;
        let outcome = reducers::join(&host, &plugin, &key, id, input).await;
        self.cpu.refill();
        Ok(match outcome {
            Ok((joined, reply)) => {
                self.on_call()?.joined = Some(joined);
                Ok(reply)
            }
            Err(why) => Err(Error::Failed(why)),
        })
    }

    async fn wait(&mut self, call: Resource<Handle>, music: bool, keys: String, max: u32) -> Answer<Word> {
        if let Err(denied) = self.permit(grants::REDUCER) {
            return Ok(Err(denied));
        }
        if keys.len() > MOST_KEYS || !keys.chars().all(is_digit) {
            return Ok(Err(Error::Invalid(format!("keys are digits, * and #, at most {MOST_KEYS} of them"))));
        }
        let max = match wait_length(max) {
            Ok(max) => max,
            Err(failure) => return Ok(Err(failure.into())),
        };
        if !self.on_call()?.is_caller(&call)? || self.on_call()?.joined.is_none() {
            return Ok(Err(Error::Invalid("the caller has joined no state".into())));
        }
        let waited = self.wait_for_word(&call, music, &keys, max).await?;
        Ok(waited.map(|waited| match waited {
            Waited::Word(word) => Word::Message(word),
            Waited::Pressed(key) => Word::Pressed(key),
            Waited::TimedOut => Word::TimedOut,
        }))
    }
}

impl State {
    /// Whether this instance may give this input.
    fn may_give(&self, key: &str, input: &[u8]) -> Result<(), Error> {
        self.permit(grants::REDUCER)?;
        if matches!(self.running, Running::Decision | Running::Settings | Running::Reducer) {
            return Err(Error::Denied(format!("nothing can be told {}", self.running.while_doing())));
        }
        check_key(key).map_err(Error::Invalid)?;
        if input.len() > LARGEST_INPUT {
            let text = format!("an input of {} bytes: at most {LARGEST_INPUT} are possible", input.len());
            return Err(Error::Invalid(text));
        }
        Ok(())
    }
}
