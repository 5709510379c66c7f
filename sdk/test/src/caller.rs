//! The telephone at the other end: plays its scenario in virtual time.

use crate::{
    conversation::{Line, What, is_prompt},
    leg::Leg,
    rooms::Rooms,
    scenario::{Action, Answer, Deed, Moment, Outcome, Scenario, TestFax, answers, fax},
};
use async_trait::async_trait;
use jackfield_calls::conference::{Change, ChangeError, EntryFailure, Happening, Invitation, RoomOptions, Seat};
use jackfield_calls::scripts::{
    CollectOptions, Collected, DialFailure, DialOptions, FaxOrder, HangUpCause, Prompt, RecordOptions, Recorded,
    ScriptCall, Tone, VerbError, Waited,
};
use jackfield_fax::{Cause, Direction, Finished};
use jackfield_model::{CallId, Conference, Party};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

/// Between two keys of one action.
const BETWEEN_KEYS: Duration = Duration::from_millis(100);
/// A caller without a plan hangs up after this, so that every test ends.
const PATIENCE: Duration = Duration::from_secs(3_600);
const RATE: u64 = 8_000;
const MOST_VARS: usize = 64;

/// Names of decoded prompts, by where their samples are: two prompts may sound the same.
pub(crate) type Names = HashMap<usize, String>;

/// A call in progress, seen from the telephone.
pub(crate) struct Caller(pub(crate) Arc<Mutex<Scene>>);

/// Everything that happens, in order.
pub(crate) struct Scene {
    pub(crate) id: CallId,
    pub(crate) caller: Party,
    callee: Party,
    pub(crate) vars: BTreeMap<String, String>,
    began: Instant,
    /// When the caller has last done something.
    acted: Instant,
    actions: VecDeque<Action>,
    /// When the action that waits for a prompt is due, once that prompt has begun.
    due: Option<Instant>,
    outcomes: BTreeMap<String, Outcome>,
    names: Arc<Names>,
    /// Keys that were pressed and not yet read.
    pub(crate) pressed: VecDeque<char>,
    answered: bool,
    gone: bool,
    pub(crate) lines: Vec<Line>,
    pub(crate) rooms: Rooms,
    /// What becomes of faxes.
    pub(crate) faxes: VecDeque<TestFax>,
}

/// What the caller did while something else went on.
pub(crate) enum Happened {
    Nothing,
    Pressed,
    HungUp,
    /// Something about the room that it is in.
    Told,
}

impl Caller {
    pub(crate) fn new(scenario: Scenario, names: Arc<Names>) -> (Self, Arc<Mutex<Scene>>) {
        let now = Instant::now();
        let scene = Arc::new(Mutex::new(Scene {
            id: scenario.request.call,
            caller: scenario.request.caller,
            callee: scenario.request.callee,
            vars: scenario.request.vars.into_iter().collect(),
            began: now,
            acted: now,
            actions: scenario.actions.into_iter().flat_map(one_key_each).collect(),
            due: None,
            outcomes: scenario.outcomes,
            names,
            pressed: VecDeque::new(),
            answered: false,
            gone: false,
            lines: Vec::new(),
            rooms: Rooms::new(scenario.rooms, scenario.wrong_pins),
            faxes: scenario.faxes.into(),
        }));
        (Self(Arc::clone(&scene)), scene)
    }

    pub(crate) fn scene(&self) -> MutexGuard<'_, Scene> {
        lock(&self.0)
    }

    pub(crate) fn here(&self) -> Result<MutexGuard<'_, Scene>, VerbError> {
        let scene = self.scene();
        if scene.gone { Err(VerbError::Gone) } else { Ok(scene) }
    }

    /// Let time pass until `until`; comes back early when the caller does something.
    pub(crate) async fn pass(&self, until: Instant) -> Happened {
        let next = self.scene().next_action();
        match next {
            Some(due) if due <= until => {
                sleep_until(due).await;
                self.scene().act()
            }
            _ => {
                let end = self.scene().began + PATIENCE;
                sleep_until(until.min(end)).await;
                if Instant::now() >= end { self.scene().hang_up() } else { Happened::Nothing }
            }
        }
    }

    /// Let time pass to the end whatever is pressed.
    async fn sit_through(&self, until: Instant) -> Result<(), VerbError> {
        loop {
            match self.pass(until).await {
                Happened::Nothing => return Ok(()),
                Happened::Pressed | Happened::Told => {}
                Happened::HungUp => return Err(VerbError::Gone),
            }
        }
    }

    /// Play to the end, or until a key is pressed when that stops it.
    async fn listen(&self, prompts: &[Prompt], barge_in: bool) -> Result<(), VerbError> {
        for prompt in prompts {
            if barge_in && !self.scene().pressed.is_empty() {
                return Ok(());
            }
            let until = self.scene().begin(prompt);
            loop {
                match self.pass(until).await {
                    Happened::Nothing => break,
                    Happened::Pressed if barge_in => return Ok(()),
                    Happened::Pressed | Happened::Told => {}
                    Happened::HungUp => return Err(VerbError::Gone),
                }
            }
        }
        Ok(())
    }

    /// The next key, pressed already or within so long.
    async fn key(&self, within: Duration) -> Result<Option<char>, VerbError> {
        let until = Instant::now() + within;
        loop {
            if let Some(key) = self.scene().pressed.pop_front() {
                return Ok(Some(key));
            }
            match self.pass(until).await {
                Happened::Nothing => return Ok(None),
                Happened::Pressed | Happened::Told => {}
                Happened::HungUp => return Err(VerbError::Gone),
            }
        }
    }

    /// Ring targets and wait for the first that answers.
    async fn ring_out(&self, targets: &[String], timeout: Duration) -> Result<(String, Duration), DialFailure> {
        let now = Instant::now();
        let outcomes: Vec<(String, Outcome)> = {
            let mut scene = self.scene();
            targets.iter().for_each(|target| scene.note(What::Dials(target.clone())));
            targets.iter().map(|target| (target.clone(), scene.outcome(target))).collect()
        };
        let first =
            outcomes.iter().filter(|(_, o)| o.answer == Answer::Yes && o.ring <= timeout).min_by_key(|(_, o)| o.ring);
        let over = match first {
            Some((_, outcome)) => outcome.ring,
            None => outcomes
                .iter()
                .map(|(_, o)| if o.answer == Answer::Never { timeout } else { o.ring })
                .max()
                .unwrap_or_default(),
        };
        self.sit_through(now + over.min(timeout)).await.map_err(|_| DialFailure::Gone)?;
        if let Some((target, outcome)) = first {
            self.scene().note(What::Reached(target.clone()));
            return Ok((target.clone(), outcome.talk));
        }
        let mut scene = self.scene();
        for (target, outcome) in &outcomes {
            scene.note(What::NotReached(target.clone(), outcome.answer.word()));
        }
        let all = |answer| outcomes.iter().all(|(_, o)| o.answer == answer);
        Err(match () {
            () if all(Answer::Busy) => DialFailure::Busy,
            () if all(Answer::Rejected) => DialFailure::Rejected,
            () if all(Answer::Unavailable) => DialFailure::Unavailable,
            () => DialFailure::NoAnswer,
        })
    }
}

impl Scene {
    pub(crate) fn note(&mut self, what: What) {
        self.lines.push(Line { at: self.began.elapsed(), what });
    }

    /// When the caller does the next thing, if that is known by now.
    fn next_action(&self) -> Option<Instant> {
        match &self.actions.front()?.moment {
            Moment::After(wait) => Some(self.acted + *wait),
            Moment::At(time) => Some(self.began + *time),
            Moment::Hearing(..) | Moment::Recording(_) => self.due,
        }
    }

    /// Do the next thing; it is due.
    fn act(&mut self) -> Happened {
        let Some(action) = self.actions.pop_front() else { return Happened::Nothing };
        self.acted = Instant::now();
        self.due = None;
        match action.deed {
            Deed::Press(keys) => {
                for key in keys.chars() {
                    self.note(What::CallerPresses(key));
                    self.pressed.push_back(key);
                }
                Happened::Pressed
            }
            Deed::HangUp => self.hang_up(),
            Deed::Removed => {
                self.note(What::Removed);
                self.rooms.remove_caller();
                Happened::Told
            }
            Deed::RoomEnds => {
                self.note(What::RoomEnds);
                self.rooms.end_room_of_caller();
                Happened::Told
            }
            Deed::ModeratorComes(number) => {
                self.note(What::Comes(number.clone()));
                self.rooms.moderator_comes(&number);
                Happened::Told
            }
        }
    }

    fn hang_up(&mut self) -> Happened {
        self.gone = true;
        self.note(What::CallerHangsUp);
        Happened::HungUp
    }

    /// Begin a prompt; gives when it ends.
    pub(crate) fn begin(&mut self, prompt: &Prompt) -> Instant {
        let (name, length) = match prompt {
            Prompt::Audio(samples) => {
                let of_house = || {
                    let (language, name) = jackfield_prompts::name_of(samples)?;
                    Some(format!("{}/{name}", language.code()))
                };
                let of_package = self.names.get(&(samples.as_ptr() as usize)).cloned();
                let name = of_package.or_else(of_house).unwrap_or_else(|| "a recording".into());
                (name, Duration::from_millis(samples.len() as u64 * 1_000 / RATE))
            }
            Prompt::Tone(tone, length) => (format!("tone {} for {} ms", word(*tone), length.as_millis()), *length),
            Prompt::Silence(length) => (format!("silence for {} ms", length.as_millis()), *length),
        };
        if let Some(Action { moment: Moment::Hearing(awaited, delay), .. }) = self.actions.front()
            && self.due.is_none()
            && is_prompt(&name, awaited)
        {
            self.due = Some(Instant::now() + *delay);
        }
        self.note(What::Plays(name));
        Instant::now() + length
    }

    /// A recording begins; an action may wait for it.
    fn begin_recording(&mut self) {
        if let Some(Action { moment: Moment::Recording(wait), .. }) = self.actions.front() {
            self.due = Some(Instant::now() + *wait);
        }
        self.note(What::Records);
    }

    fn outcome(&self, target: &str) -> Outcome {
        self.outcomes.get(target).cloned().unwrap_or_else(answers)
    }
}

#[async_trait]
impl ScriptCall for Caller {
    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any + Send> {
        self
    }

    fn id(&self) -> CallId {
        self.scene().id.clone()
    }

    fn caller(&self) -> Party {
        self.scene().caller.clone()
    }

    fn callee(&self) -> Party {
        self.scene().callee.clone()
    }

    fn var(&self, name: &str) -> Option<String> {
        self.scene().vars.get(name).cloned()
    }

    fn set_var(&mut self, name: &str, value: &str) -> Result<(), VerbError> {
        let mut scene = self.scene();
        if scene.vars.len() >= MOST_VARS && !scene.vars.contains_key(name) {
            return Err(VerbError::Invalid(format!("a call has at most {MOST_VARS} variables")));
        }
        scene.vars.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    async fn answer(&mut self) -> Result<(), VerbError> {
        let mut scene = self.here()?;
        if !scene.answered {
            scene.answered = true;
            scene.note(What::Answers);
        }
        Ok(())
    }

    async fn ring(&mut self) -> Result<(), VerbError> {
        let mut scene = self.here()?;
        if !scene.answered {
            scene.note(What::Rings);
        }
        Ok(())
    }

    async fn play(&mut self, prompts: &[Prompt]) -> Result<(), VerbError> {
        drop(self.here()?);
        self.listen(prompts, false).await
    }

    async fn say(&mut self, prompts: &[Prompt], barge_in: bool) -> Result<Option<char>, VerbError> {
        drop(self.here()?);
        self.listen(prompts, barge_in).await?;
        Ok(if barge_in { self.scene().pressed.pop_front() } else { None })
    }

    async fn collect(&mut self, prompts: &[Prompt], options: &CollectOptions) -> Result<Collected, VerbError> {
        drop(self.here()?);
        self.listen(prompts, options.barge_in).await?;
        let mut collected = Collected::default();
        let mut timeout = options.first_timeout;
        while collected.digits.len() < usize::from(options.max) {
            let Some(key) = self.key(timeout).await? else {
                collected.timed_out = true;
                break;
            };
            if options.terminators.contains(key) {
                collected.terminator = Some(key);
                break;
            }
            collected.digits.push(key);
            timeout = options.inter_timeout;
        }
        Ok(collected)
    }

    async fn record(&mut self, options: &RecordOptions) -> Result<Recorded, VerbError> {
        self.here()?.begin_recording();
        let began = Instant::now();
        let mut terminator = None;
        loop {
            let left = options.max.saturating_sub(began.elapsed());
            match self.key(left).await {
                // What was said before hanging up is kept; the next verb says that the caller is gone.
                Err(_) | Ok(None) => break,
                Ok(Some(key)) if options.terminators.contains(key) => {
                    terminator = Some(key);
                    break;
                }
                Ok(Some(_)) => {}
            }
        }
        let length = began.elapsed();
        // A quiet line; what counts in a test is how long it is.
        let samples = vec![0; (length.as_millis() as u64 * RATE / 1_000) as usize];
        Ok(Recorded { samples, length, terminator })
    }

    async fn fax(&mut self, order: FaxOrder) -> Result<Finished, VerbError> {
        self.answer().await?;
        let TestFax { mut finished, takes } = {
            let mut scene = self.here()?;
            let fax = scene.faxes.pop_front().unwrap_or_else(|| fax(0).ending(Cause::NoFax));
            let pages = fax.finished.report.pages;
            scene.note(match order.job.direction {
                Direction::Receive => What::ReceivesFax(pages),
                Direction::Send => What::SendsFax(pages),
            });
            fax
        };
        if order.job.direction == Direction::Send {
            finished.document = None;
        }
        if self.sit_through(Instant::now() + takes).await.is_err() {
            finished.report.cause = Cause::LineDropped;
        }
        Ok(finished)
    }

    async fn echo(&mut self, max: Duration) -> Result<(), VerbError> {
        self.here()?.note(What::Echoes);
        self.key(max).await.map(drop)
    }

    async fn wait(&mut self, max: Duration) -> Result<Option<char>, VerbError> {
        drop(self.here()?);
        self.key(max).await
    }

    async fn dial(&mut self, targets: &[String], options: &DialOptions) -> Result<Box<dyn ScriptCall>, DialFailure> {
        drop(self.here().map_err(|_| DialFailure::Gone)?);
        let (target, talk) = self.ring_out(targets, options.timeout).await?;
        Ok(Box::new(Leg { scene: Arc::clone(&self.0), target, until: Instant::now() + talk }))
    }

    async fn bridge(&mut self, mut other: Box<dyn ScriptCall>) -> Result<(), VerbError> {
        let target = other.callee().number;
        self.here()?.note(What::Bridges(target.clone()));
        // The far end's verbs end when it hangs up; the caller's do when the caller does.
        tokio::select! {
            biased;
            over = self.sit_through(Instant::now() + PATIENCE) => over,
            _ = other.wait(PATIENCE) => {
                let mut scene = self.scene();
                scene.note(What::OtherHangsUp(target));
                scene.gone = true;
                Ok(())
            }
        }
    }

    async fn transfer(&mut self, to: &str) -> Result<(), DialFailure> {
        drop(self.here().map_err(|_| DialFailure::Gone)?);
        self.ring_out(&[to.to_owned()], Duration::from_secs(60)).await?;
        let mut scene = self.scene();
        scene.note(What::Transfers(to.to_owned()));
        scene.gone = true;
        Ok(())
    }

    async fn enter(&mut self, room: &str, options: &RoomOptions, seat: Seat) -> Result<u32, EntryFailure> {
        self.enter_room(room, options, seat)
    }

    async fn stay(&mut self, keys: &str, max: Duration) -> Result<Happening, VerbError> {
        self.stay_in_room(keys, max).await
    }

    async fn leave(&mut self) -> Result<(), VerbError> {
        let mut scene = self.here()?;
        if scene.rooms.leave() {
            scene.note(What::Leaves);
        }
        Ok(())
    }

    fn may_try(&self, _room: &str) -> bool {
        self.scene().rooms.may_try()
    }

    fn wrong_pin(&mut self, _room: &str) {
        let mut scene = self.scene();
        scene.rooms.wrong_pins += 1;
        scene.note(What::WrongPin);
    }

    fn look(&self, room: &str) -> Option<Conference> {
        self.scene().rooms.look(room)
    }

    fn change_room(&mut self, room: &str, change: Change) -> Result<(), ChangeError> {
        self.change(room, change)
    }

    fn invite(&mut self, room: &str, invitation: Invitation) -> Result<(), ChangeError> {
        self.invite_to_room(room, &invitation)
    }

    async fn wait_for_word(
        &mut self,
        music: bool,
        keys: &str,
        max: Duration,
        words: &mut mpsc::Receiver<Vec<u8>>,
    ) -> Result<Waited, VerbError> {
        {
            let mut scene = self.here()?;
            if music && !std::mem::replace(&mut scene.answered, true) {
                scene.note(What::Answers);
            }
            scene.note(What::Waits(music));
        }
        let until = Instant::now() + max;
        loop {
            while let Some(key) = self.scene().pressed.pop_front() {
                if keys.contains(key) {
                    return Ok(Waited::Pressed(key));
                }
            }
            tokio::select! {
                biased;
                Some(word) = words.recv() => return Ok(Waited::Word(word)),
                happened = self.pass(until) => match happened {
                    Happened::Nothing if Instant::now() >= until => return Ok(Waited::TimedOut),
                    Happened::Nothing | Happened::Pressed | Happened::Told => {}
                    Happened::HungUp => return Err(VerbError::Gone),
                },
            }
        }
    }

    async fn hang_up(&mut self, cause: HangUpCause) -> Result<(), VerbError> {
        let mut scene = self.here()?;
        scene.note(What::HangsUp(cause));
        scene.gone = true;
        Ok(())
    }
}

impl Answer {
    fn word(self) -> &'static str {
        match self {
            Answer::Yes | Answer::Never => "no answer",
            Answer::Busy => "busy",
            Answer::Rejected => "rejects",
            Answer::Unavailable => "unavailable",
        }
    }
}

/// A press of several keys as presses of one each.
fn one_key_each(action: Action) -> Vec<Action> {
    let Deed::Press(keys) = &action.deed else { return vec![action] };
    let press = |(place, key): (usize, char)| Action {
        deed: Deed::Press(key.to_string()),
        moment: if place == 0 { action.moment.clone() } else { Moment::After(BETWEEN_KEYS) },
    };
    keys.chars().enumerate().map(press).collect()
}

pub(crate) fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Beep => "beep",
        Tone::Busy => "busy",
        Tone::Congestion => "congestion",
        Tone::Ringback => "ringback",
        Tone::Dial => "dial",
    }
}

pub(crate) fn lock(scene: &Mutex<Scene>) -> MutexGuard<'_, Scene> {
    // A scene is changed in one step each time, so a panicking test leaves a whole one.
    scene.lock().unwrap_or_else(PoisonError::into_inner)
}
