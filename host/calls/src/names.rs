//! Who is who outside the house: the name that belongs to a number, from a picture in memory that is swapped whole whenever
//! contacts change. A call reads it in a fraction of a microsecond and never waits for more.

use arc_swap::ArcSwap;
use jackfield_model::Party;
use std::{
    collections::{HashMap, HashSet, VecDeque},
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::{Duration, Instant},
};

/// Asks elsewhere who has a number; a call never waits for it.
pub trait NameLookup: Send + Sync + 'static {
    /// Whether there is anybody to ask.
    fn is_there(&self) -> bool;
    /// Who has this number, in E.164 with `+`.
    fn look_up(&self, number: String) -> Pin<Box<dyn Future<Output = FoundName> + Send>>;
}

/// What asking has come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FoundName {
    /// This is the name.
    Name(String),
    /// Nobody is known by that number.
    Nobody,
    /// It could not be asked about now.
    Failed,
}

/// How long answers are remembered: a name, that there is none, and that it could not be asked.
const REMEMBERED: (Duration, Duration, Duration) =
    (Duration::from_secs(3_600), Duration::from_secs(600), Duration::from_secs(60));
/// Most answers that are remembered; the oldest go first.
const MOST_REMEMBERED: usize = 10_000;
/// Most numbers that are asked about at a time: beyond that callers are shown as they come.
const MOST_ASKED: usize = 32;

/// The names of numbers outside the house.
#[derive(Default)]
pub struct OutsideNames {
    names: ArcSwap<NameIndex>,
    elsewhere: OnceLock<Arc<dyn NameLookup>>,
    answers: Mutex<Answers>,
}

/// What was answered elsewhere, and what is being asked.
#[derive(Default)]
struct Answers {
    known: HashMap<u64, Answer>,
    /// In the order in which they came, which is about that in which they expire.
    order: VecDeque<u64>,
    asked: HashSet<u64>,
}

struct Answer {
    name: Option<Box<str>>,
    until: Instant,
}

/// Names by number: two arrays, since there may be a hundred thousand.
#[derive(Debug, Default)]
pub struct NameIndex {
    /// Numbers in order, and where their names are.
    numbers: Box<[(u64, u32)]>,
    names: Box<[Box<str>]>,
}

impl NameIndex {
    /// Numbers in E.164 with `+`, and their names. Of several names of a number the first counts; what is no such number
    /// is left out.
    pub fn new(entries: impl IntoIterator<Item = (String, String)>) -> Self {
        let (mut numbers, mut names, mut known) = (Vec::new(), Vec::new(), HashMap::new());
        for (number, name) in entries {
            let Some(number) = compact(&number).filter(|_| !name.is_empty()) else { continue };
            // Many numbers belong to one company.
            let place = *known.entry(name).or_insert_with_key(|name| {
                names.push(name.clone().into_boxed_str());
                names.len() as u32 - 1
            });
            numbers.push((number, place));
        }
        // A stable sort: the first stays the first.
        numbers.sort_by_key(|(number, _)| *number);
        numbers.dedup_by_key(|(number, _)| *number);
        Self { numbers: numbers.into(), names: names.into() }
    }

    /// The name of a number in E.164 with `+`.
    pub fn name(&self, number: &str) -> Option<&str> {
        let number = compact(number)?;
        let at = self.numbers.binary_search_by_key(&number, |(known, _)| *known).ok()?;
        self.names.get(self.numbers[at].1 as usize).map(|name| &**name)
    }

    /// How many numbers have a name.
    pub fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }
}

impl OutsideNames {
    /// Swap the names, and forget what was answered elsewhere. Calls in progress keep what they have read.
    pub fn set(&self, names: NameIndex) {
        self.names.store(Arc::new(names));
        let mut answers = self.answers();
        answers.known.clear();
        answers.order.clear();
    }

    /// Where else is asked. Counts the first time.
    pub fn ask_at(&self, elsewhere: Arc<dyn NameLookup>) {
        let _ = self.elsewhere.set(elsewhere);
    }

    /// How many numbers have a name.
    pub fn len(&self) -> usize {
        self.names.load().len()
    }

    /// Whether none has.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether nothing can be known of any number.
    pub(crate) fn know_nobody(&self) -> bool {
        self.is_empty() && self.elsewhere.get().is_none_or(|elsewhere| !elsewhere.is_there())
    }

    /// The same party with the name that its number has among contacts, if it is nobody of the house. `e164` is its number
    /// in E.164, where that differs from how it is shown.
    pub(crate) fn named(&self, party: Party, e164: &str) -> Party {
        if party.extension.is_some() {
            return party;
        }
        let name =
            self.names.load().name(e164).map(str::to_owned).or_else(|| self.answers().name(e164, Instant::now()));
        match name {
            Some(name) => Party { name, ..party },
            None => party,
        }
    }

    /// Ask elsewhere who has a number, unless that is known, was asked not long ago, or is being asked. Nothing waits for it
    /// but whoever polls what this gives.
    pub(crate) fn ask(self: &Arc<Self>, e164: &str) -> Option<impl Future<Output = Option<String>> + Send + use<>> {
        let elsewhere = self.elsewhere.get().filter(|elsewhere| elsewhere.is_there())?;
        let number = compact(e164)?;
        if self.names.load().name(e164).is_some() {
            return None;
        }
        {
            let mut answers = self.answers();
            let fresh = answers.known.get(&number).is_some_and(|answer| answer.until > Instant::now());
            if fresh || answers.asked.len() >= MOST_ASKED || !answers.asked.insert(number) {
                return None;
            }
        }
        let question = Question { names: Arc::clone(self), number };
        let answer = elsewhere.look_up(e164.to_owned());
        Some(async move {
            let found = answer.await;
            question.names.answers().put(number, &found, Instant::now());
            match found {
                FoundName::Name(name) => Some(name),
                FoundName::Nobody | FoundName::Failed => None,
            }
        })
    }

    fn answers(&self) -> MutexGuard<'_, Answers> {
        // Held for look-ups and insertions, which cannot panic half-way.
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number that is being asked about; dropping it allows to ask again.
struct Question {
    names: Arc<OutsideNames>,
    number: u64,
}

impl Drop for Question {
    fn drop(&mut self) {
        self.names.answers().asked.remove(&self.number);
    }
}

impl Answers {
    fn name(&self, e164: &str, now: Instant) -> Option<String> {
        if self.known.is_empty() {
            return None;
        }
        let answer = self.known.get(&compact(e164)?).filter(|answer| answer.until > now)?;
        answer.name.as_deref().map(str::to_owned)
    }

    fn put(&mut self, number: u64, found: &FoundName, now: Instant) {
        let (name, lasts) = match found {
            FoundName::Name(name) => (Some(name.clone().into_boxed_str()), REMEMBERED.0),
            FoundName::Nobody => (None, REMEMBERED.1),
            FoundName::Failed => (None, REMEMBERED.2),
        };
        if self.known.insert(number, Answer { name, until: now + lasts }).is_none() {
            self.order.push_back(number);
        }
        if self.order.len() > MOST_REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
    }
}

/// An E.164 number as a number: 15 digits at most (ITU-T E.164 §6), so they fit.
fn compact(number: &str) -> Option<u64> {
    let digits = number.strip_prefix('+')?;
    let sound = (1..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
    sound.then(|| digits.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
    use tokio::sync::Semaphore;

    fn entry(number: &str, name: &str) -> (String, String) {
        (number.to_owned(), name.to_owned())
    }

    #[test]
    fn a_number_has_the_first_name_that_is_known_of_it() {
        let index = NameIndex::new([
            entry("+33123456789", "Anna Dupont"),
            entry("+4930123456", "Dupont SA"),
            entry("+33123456789", "Somebody else"),
            entry("105", "No number of the outside"),
            entry("+1234567890123456", "Too long"),
            entry("+33600000000", ""),
        ]);
        assert_eq!(index.name("+33123456789"), Some("Anna Dupont"));
        assert_eq!(index.name("+4930123456"), Some("Dupont SA"));
        for unknown in ["33123456789", "+33123456788", "105", "anonymous", "+1234567890123456", "+33600000000", "+"] {
            assert_eq!(index.name(unknown), None, "{unknown}");
        }
        assert_eq!(index.len(), 2);
    }

    #[test]
    fn colleagues_keep_their_names() {
        let names = OutsideNames::default();
        names.set(NameIndex::new([entry("+33123456789", "Anna Dupont")]));
        let colleague = Party { number: "100".into(), name: "Bea".into(), extension: "100".parse().ok() };
        assert_eq!(names.named(colleague.clone(), "+33123456789"), colleague);
        let stranger = Party { number: "0123456789".into(), ..Party::default() };
        assert_eq!(names.named(stranger, "+33123456789").name, "Anna Dupont");
    }

    /// Knows one number, counts how often it is asked, and answers when it is let.
    struct Elsewhere {
        asked: AtomicUsize,
        gate: Semaphore,
        answer: FoundName,
    }

    impl NameLookup for Arc<Elsewhere> {
        fn is_there(&self) -> bool {
            true
        }

        fn look_up(&self, _number: String) -> Pin<Box<dyn Future<Output = FoundName> + Send>> {
            self.asked.fetch_add(1, Relaxed);
            let this = Arc::clone(self);
            Box::pin(async move {
                let _gate = this.gate.acquire().await;
                this.answer.clone()
            })
        }
    }

    fn elsewhere(answer: FoundName) -> (Arc<OutsideNames>, Arc<Elsewhere>) {
        let names = Arc::new(OutsideNames::default());
        let elsewhere = Arc::new(Elsewhere { asked: AtomicUsize::new(0), gate: Semaphore::new(0), answer });
        names.ask_at(Arc::new(Arc::clone(&elsewhere)));
        (names, elsewhere)
    }

    #[tokio::test]
    async fn a_number_is_asked_about_once_and_its_name_is_there_for_the_next_call() {
        let (names, elsewhere) = elsewhere(FoundName::Name("Cem".into()));
        let stranger = || Party { number: "+49301".into(), ..Party::default() };
        let answer = names.ask("+49301").unwrap();
        assert!(names.ask("+49301").is_none(), "it is being asked about");
        assert_eq!(names.named(stranger(), "+49301").name, "", "nothing waits for it");
        elsewhere.gate.add_permits(1);
        assert_eq!(answer.await.as_deref(), Some("Cem"));
        assert_eq!(names.named(stranger(), "+49301").name, "Cem");
        assert!(names.ask("+49301").is_none() && names.ask("anonymous").is_none());
        assert_eq!(elsewhere.asked.load(Relaxed), 1);
        names.set(NameIndex::default());
        assert!(names.ask("+49301").is_some(), "contacts have changed: it is asked anew");
    }

    #[tokio::test]
    async fn that_nobody_is_known_and_that_nobody_answers_is_remembered_too_and_questions_are_bounded() {
        for outcome in [FoundName::Nobody, FoundName::Failed] {
            let (names, elsewhere) = elsewhere(outcome);
            elsewhere.gate.add_permits(100);
            assert_eq!(names.ask("+49301").unwrap().await, None);
            assert!(names.ask("+49301").is_none());
        }
        let (names, _elsewhere) = elsewhere(FoundName::Failed);
        let asked: Vec<_> = (0..MOST_ASKED + 5).filter_map(|n| names.ask(&format!("+4930{n}"))).collect();
        assert_eq!(asked.len(), MOST_ASKED, "a server that is silent does not collect questions");
        drop(asked);
        assert!(names.ask("+49300").is_some(), "a question that is given up can be asked again");
    }

    #[test]
    fn what_is_remembered_has_its_time_and_its_bound() {
        let mut answers = Answers::default();
        let now = Instant::now();
        answers.put(49_301, &FoundName::Name("Cem".into()), now);
        assert_eq!(answers.name("+49301", now).as_deref(), Some("Cem"));
        assert_eq!(answers.name("+49301", now + REMEMBERED.0), None);
        for number in 0..MOST_REMEMBERED as u64 {
            answers.put(1_000_000 + number, &FoundName::Nobody, now);
        }
        assert_eq!((answers.known.len(), answers.order.len()), (MOST_REMEMBERED, MOST_REMEMBERED));
        assert_eq!(answers.name("+49301", now), None, "the oldest went");
    }
}
