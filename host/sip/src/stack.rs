//! What all parts of an endpoint share: transactions, wake-up times, randomness, and the two queues out.

use crate::{
    Config, Counters, Event, Flow, LegEvent, LegId, Message, Method, Transmit,
    build::{Refusal, response_flow},
    ids::{Branch, Tag},
    timer::TimerQueue,
    transaction::{RequestKey, RequestKeys, Transaction},
};
use ahash::RandomState;
use bytes::Bytes;
use rand::{Rng, RngExt, SeedableRng, rngs::StdRng};
use slab::Slab;
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    time::Duration,
};

/// A map that a stranger cannot fill with colliding keys: its hash is keyed from the seed.
pub(crate) type KeyedMap<K, V> = HashMap<K, V, RandomState>;

pub(crate) struct Stack {
    pub config: Config,
    pub counters: Counters,
    pub timers: TimerQueue,
    rng: StdRng,
    transmits: VecDeque<Transmit>,
    events: VecDeque<Event>,

    pub(crate) transactions: Slab<Transaction>,
    /// Server transactions by the key of RFC 3261 §17.2.3.
    pub(crate) servers: KeyedMap<RequestKey, usize>,
    /// Server transactions of requests outside dialogs by From tag, Call-ID and CSeq (§8.2.2.2).
    pub(crate) merged: KeyedMap<RequestKey, usize>,
    pub(crate) request_keys: RequestKeys,
    /// Client transactions by branch; a CANCEL has the branch of its INVITE.
    pub(crate) clients: KeyedMap<(Branch, bool), usize>,
    pub(crate) serial: u32,
    /// Our Allow and Supported, which stand in every answer.
    pub(crate) allow: String,
    pub(crate) supported: String,
}

/// Methods that the endpoint itself handles.
const METHODS: [&str; 9] = ["INVITE", "ACK", "CANCEL", "BYE", "INFO", "UPDATE", "OPTIONS", "REFER", "PRACK"];
/// Option tags that the endpoint itself implements.
pub(crate) const EXTENSIONS: [&str; 5] = ["100rel", "replaces", "join", "timer", "norefersub"];

impl Stack {
    pub(crate) fn new(mut config: Config, seed: [u8; 32]) -> Self {
        // An interval of nothing would never let time pass.
        config.timers.t1 = config.timers.t1.max(Duration::from_millis(1));
        config.timers.t2 = config.timers.t2.max(config.timers.t1);
        let more = config.methods.iter().map(Method::as_str).filter(|method| !METHODS.contains(method));
        let allow = METHODS.into_iter().chain(more).collect::<Vec<_>>().join(", ");
        let more = config.extensions.iter().map(String::as_str).filter(|tag| !EXTENSIONS.contains(tag));
        let supported = EXTENSIONS.into_iter().chain(more).collect::<Vec<_>>().join(", ");
        let mut rng = StdRng::from_seed(seed);
        let mut keyed = || RandomState::with_seeds(rng.next_u64(), rng.next_u64(), rng.next_u64(), rng.next_u64());
        let (hasher, request_keys) = (keyed(), RequestKeys::new([keyed(), keyed()]));
        Self {
            config,
            counters: Counters::default(),
            timers: TimerQueue::default(),
            rng,
            transmits: VecDeque::new(),
            events: VecDeque::new(),
            transactions: Slab::new(),
            servers: HashMap::with_hasher(hasher.clone()),
            merged: HashMap::with_hasher(hasher.clone()),
            clients: HashMap::with_hasher(hasher),
            request_keys,
            serial: 0,
            allow,
            supported,
        }
    }

    /// A map keyed like our own.
    pub(crate) fn keyed_map<K, V>(&self) -> KeyedMap<K, V> {
        HashMap::with_hasher(self.clients.hasher().clone())
    }

    pub(crate) fn transmit(&mut self, flow: Flow, bytes: Bytes) {
        self.transmits.push_back(Transmit { flow, bytes });
    }

    pub(crate) fn event(&mut self, event: Event) {
        self.events.push_back(event);
    }

    pub(crate) fn leg_event(&mut self, leg: LegId, event: LegEvent) {
        self.events.push_back(Event::Leg(leg, event));
    }

    pub(crate) fn poll_transmit(&mut self) -> Option<Transmit> {
        self.transmits.pop_front()
    }

    pub(crate) fn poll_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    pub(crate) fn new_tag(&mut self) -> Tag {
        Tag(self.rng.next_u64())
    }

    pub(crate) fn new_branch(&mut self) -> Branch {
        loop {
            let branch = Branch(self.rng.next_u64());
            if !self.clients.contains_key(&(branch, false)) {
                return branch;
            }
        }
    }

    pub(crate) fn new_call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.rng.next_u64(), self.rng.next_u64())
    }

    /// First CSeq of a dialog: below 2^31 with room to grow (RFC 3261 §8.1.1.5).
    pub(crate) fn new_cseq(&mut self) -> u32 {
        self.rng.random_range(1..1 << 15)
    }

    /// A time between two times, in steps of 10 ms (RFC 3261 §14.1).
    pub(crate) fn random_delay(&mut self, from_ms: u32, to_ms: u32) -> Duration {
        Duration::from_millis(u64::from(self.rng.random_range(from_ms / 10..=to_ms / 10)) * 10)
    }

    /// Answer without a transaction (RFC 3261 §8.2.7); `more` adds header fields.
    pub(crate) fn refuse(
        &mut self,
        flow: &Flow,
        request: &Message,
        status: u16,
        reason: &'static str,
        more: impl FnOnce(&mut crate::build::Draft, &Config),
    ) {
        let mut draft = Refusal { status, reason, source: Some(flow.remote) }.draft(request);
        more(&mut draft, &self.config);
        draft.product("Server", &self.config.user_agent);
        self.transmit(response_flow(request, flow), draft.finish(None));
    }
}

impl fmt::Debug for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stack").field("counters", &self.counters).finish_non_exhaustive()
    }
}
