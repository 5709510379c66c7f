//! What becomes of a letter: tried, tried again, sent or given up. One task, one letter at a time.

use crate::carrier::Carrier;
use jackfield_model::{MailFault, MailTrouble, TimestampMs};
use jackfield_store::{Store, StoreError};
use std::{sync::Arc, time::Duration};
use tokio::{sync::Notify, task::JoinHandle};

const MINUTE: u64 = 60 * 1_000;
/// After the first failure; doubled with each further one.
const FIRST_AGAIN: u64 = MINUTE;
/// At most so long.
const LAST_AGAIN: u64 = 60 * MINUTE;
/// After that, a letter is given up.
const GIVE_UP: u64 = 2 * 24 * 60 * MINUTE;
/// When nothing can go at all, the next letter is tried after that.
const PAUSE: u64 = MINUTE;
/// The clock is looked at so often at least: somebody may have set it.
const LOOK: Duration = Duration::from_secs(60);

/// The task that sends; it ends when this is dropped.
pub(crate) struct Post(JoinHandle<()>);

/// What is to be done next.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// Go on at once.
    On,
    /// Nothing before this, unless something changes.
    At(TimestampMs),
    /// Nothing unless something changes.
    Rest,
}

impl Post {
    pub(crate) fn start(
        store: Store,
        clock: fn() -> TimestampMs,
        carrier: Arc<dyn Carrier>,
        changed: Arc<Notify>,
    ) -> Self {
        Self(tokio::spawn(async move {
            loop {
                let wait = match round(&store, &*carrier, clock).await {
                    Ok(Next::On) => continue,
                    Ok(Next::At(time)) => Duration::from_millis(time.saturating_sub(clock())).min(LOOK),
                    Ok(Next::Rest) => LOOK,
                    Err(error) => {
                        tracing::warn!(%error, "letters cannot be read or written down: the outbox waits");
                        LOOK
                    }
                };
                tokio::select! {
                    () = changed.notified() => {}
                    () = tokio::time::sleep(wait) => {}
                }
            }
        }))
    }
}

impl Drop for Post {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Try the letter that is due, if there is one.
async fn round(store: &Store, carrier: &dyn Carrier, clock: fn() -> TimestampMs) -> Result<Next, StoreError> {
    let now = clock();
    store.forget_old_letters(now).await?;
    let Some(settings) = store.mail_settings().await? else { return Ok(Next::Rest) };
    if store.letter_counts(now).await?.sent_today >= settings.daily_limit.into() {
        return Ok(Next::Rest);
    }
    let Some(letter) = store.due_letter(now).await? else {
        return Ok(store.next_letter().await?.map_or(Next::Rest, Next::At));
    };
    let id = letter.id;
    let Err(trouble) = carrier.carry(&settings, &letter.sender, &letter.recipient, &letter.content).await else {
        store.letter_sent(id, clock()).await?;
        tracing::info!(letter = id, "a letter is sent");
        return Ok(Next::On);
    };
    let now = clock();
    let again = again(&trouble, letter.since, letter.tries, now);
    let (fault, said) = (trouble.fault.as_str(), trouble.said.as_str());
    match again {
        Some(_) => tracing::info!(letter = id, fault, said, "a letter does not go and is tried again"),
        None => tracing::warn!(letter = id, fault, said, "a letter does not go and is given up"),
    }
    store.letter_stays(id, again, &trouble, now).await?;
    Ok(match trouble.fault {
        // It is nothing about this letter: the others would fare alike.
        MailFault::Unreachable | MailFault::Tls | MailFault::Password => Next::At(now + PAUSE),
        MailFault::Refused | MailFault::Later => Next::On,
    })
}

/// When a letter is tried again that is tried since then and was `tries` times before; `None` when it is given up.
fn again(trouble: &MailTrouble, since: TimestampMs, tries: u32, now: TimestampMs) -> Option<TimestampMs> {
    let pause = FIRST_AGAIN.saturating_mul(1 << tries.min(16)).min(LAST_AGAIN);
    let lasting = trouble.fault == MailFault::Refused || now >= since + GIVE_UP;
    (!lasting).then_some(now + pause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Letter, Mail, Quota, Refusal};
    use async_trait::async_trait;
    use jackfield_model::{EmailAddress, LetterState, MailSecurity, MailSettings, OutboxLetter};
    use std::{
        collections::VecDeque,
        sync::{
            Mutex,
            atomic::{AtomicU64, Ordering::SeqCst},
        },
    };

    /// A server that answers as it was told, and then takes everything.
    #[derive(Default)]
    struct Server {
        answers: Mutex<VecDeque<MailFault>>,
        taken: Mutex<Vec<(String, Vec<u8>)>>,
    }

    #[async_trait]
    impl Carrier for Server {
        async fn carry(
            &self,
            _: &MailSettings,
            _: &EmailAddress,
            recipient: &EmailAddress,
            content: &[u8],
        ) -> Result<(), MailTrouble> {
            if let Some(fault) = self.answers.lock().unwrap().pop_front() {
                return Err(trouble(fault));
            }
            self.taken.lock().unwrap().push((recipient.to_string(), content.to_vec()));
            Ok(())
        }
    }

    /// The outbox with nobody who empties it but [`House::round`].
    struct House {
        store: Store,
        mail: Mail,
        server: Server,
        folder: tempfile::TempDir,
    }

    /// A server that nothing reaches: the task that sends stays out of the way of tests.
    struct Nowhere;

    #[async_trait]
    impl Carrier for Nowhere {
        async fn carry(
            &self,
            _: &MailSettings,
            _: &EmailAddress,
            _: &EmailAddress,
            _: &[u8],
        ) -> Result<(), MailTrouble> {
            std::future::pending().await
        }
    }

    static CLOCK: AtomicU64 = AtomicU64::new(BEGIN);
    const BEGIN: u64 = 1_772_000_000_000;

    impl House {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let store = Store::open(&folder.path().join("jackfield.db")).await.unwrap();
            let mail = Mail::with(store.clone(), || BEGIN, Arc::new(Nowhere));
            Self { store, mail, server: Server::default(), folder }
        }

        async fn set_up(&self, daily_limit: u32) {
            let settings = MailSettings {
                server: "mail.example.org".into(),
                port: 25,
                security: MailSecurity::None,
                user: None,
                password: None,
                sender: "house@example.org".parse().unwrap(),
                sender_name: String::new(),
                daily_limit,
            };
            self.store.set_mail_settings(Some(&settings)).await.unwrap();
        }

        fn refuses(&self, faults: &[MailFault]) {
            self.server.answers.lock().unwrap().extend(faults);
        }

        async fn accept(&self, letter: Letter) -> Result<(), Refusal> {
            self.mail.accept(letter, Quota { per_hour: 5, per_day: 5 }).await
        }

        async fn round_at(&self, at: u64) -> Next {
            CLOCK.store(at, SeqCst);
            round(&self.store, &self.server, || CLOCK.load(SeqCst)).await.unwrap()
        }

        async fn letters(&self) -> Vec<OutboxLetter> {
            self.store.letters(None, 0, 100).await.unwrap().items
        }

        fn taken(&self) -> Vec<String> {
            self.server.taken.lock().unwrap().iter().map(|(to, _)| to.clone()).collect()
        }
    }

    fn letter(to: &[&str]) -> Letter {
        Letter::new("org.a", to.iter().map(|to| to.parse().unwrap()).collect(), "Hello", "How are you?")
    }

    // One test for what has a clock: the clock is the process's.
    #[tokio::test]
    async fn a_letter_goes_once_for_each_address_whatever_is_in_the_way() {
        let house = House::new().await;
        assert!(matches!(house.accept(letter(&["a@x.org"])).await, Err(Refusal::NotSetUp)));
        house.set_up(500).await;
        house.accept(letter(&["a@x.org", "b@x.org"])).await.unwrap();
        house.refuses(&[MailFault::Unreachable, MailFault::Later, MailFault::Refused]);
        // Nobody is reached: the other letter waits too, and is not counted as tried.
        assert_eq!(house.round_at(BEGIN).await, Next::At(BEGIN + MINUTE));
        assert_eq!(house.letters().await.iter().map(|l| l.tries).collect::<Vec<_>>(), [0, 1]);
        // What was accepted is there after a start.
        let again = Store::open(&house.folder.path().join("jackfield.db")).await.unwrap();
        assert_eq!(again.letter_counts(BEGIN).await.unwrap().waiting, 2);
        // b is put off, a is refused for good.
        assert_eq!(house.round_at(BEGIN + MINUTE - 1).await, Next::On);
        assert_eq!(house.round_at(BEGIN + MINUTE).await, Next::On);
        let [b, a] = &house.letters().await[..] else { panic!("two letters") };
        assert_eq!((a.state, a.trouble.as_ref().map(|t| t.fault)), (LetterState::Failed, Some(MailFault::Refused)));
        assert_eq!((b.state, b.next), (LetterState::Waiting, BEGIN + 2 * MINUTE - 1));
        assert!(house.taken().is_empty());
        // An admin has it tried again; both go, once.
        assert!(house.store.retry_letter(a.id, BEGIN + MINUTE).await.unwrap());
        for _ in 0..4 {
            house.round_at(BEGIN + 2 * MINUTE).await;
        }
        assert_eq!(house.taken(), ["a@x.org", "b@x.org"]);
        assert!(!house.store.retry_letter(a.id, BEGIN).await.unwrap(), "what has gone does not go again");
        let ids: Vec<_> = house.server.taken.lock().unwrap().iter().map(|(_, text)| text.clone()).collect();
        assert_ne!(ids[0], ids[1], "each has a Message-ID of its own");

        // The day's limit has the rest wait, until a day is over.
        house.set_up(2).await;
        house.accept(letter(&["c@x.org"])).await.unwrap();
        assert_eq!(house.round_at(BEGIN + 3 * MINUTE).await, Next::Rest);
        house.round_at(BEGIN + 24 * 60 * MINUTE + 2 * MINUTE).await;
        assert_eq!(house.taken().last().map(String::as_str), Some("c@x.org"));
        // After a week nothing is left of them.
        house.round_at(BEGIN + 9 * 24 * 60 * MINUTE).await;
        assert!(house.letters().await.is_empty());
    }

    #[tokio::test]
    async fn a_name_is_accepted_once_and_a_quota_holds() {
        let house = House::new().await;
        house.set_up(500).await;
        let named = Letter { once: Some("left/1".into()), ..letter(&["a@x.org"]) };
        house.accept(named.clone()).await.unwrap();
        house.accept(named.clone()).await.unwrap();
        assert_eq!(house.letters().await.len(), 1);
        house.accept(Letter { plugin: "org.b".into(), ..named }).await.unwrap();
        house.accept(letter(&["a@x.org", "b@x.org", "c@x.org", "d@x.org"])).await.unwrap();
        assert!(matches!(house.accept(letter(&["e@x.org"])).await, Err(Refusal::TooMuch(_))));
        assert_eq!(house.letters().await.len(), 6, "what was refused left nothing");
    }

    fn trouble(fault: MailFault) -> MailTrouble {
        MailTrouble { fault, said: "no".into() }
    }

    #[test]
    fn pauses_double_from_a_minute_to_an_hour_and_end_after_two_days() {
        let pauses: Vec<_> =
            (0..8).map(|tries| again(&trouble(MailFault::Later), 0, tries, 0).unwrap() / MINUTE).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
        assert!(again(&trouble(MailFault::Password), 0, u32::MAX, GIVE_UP - 1).is_some());
        assert_eq!(again(&trouble(MailFault::Later), 0, 3, GIVE_UP), None);
        assert_eq!(again(&trouble(MailFault::Refused), 0, 0, 0), None, "what is refused for good is not tried again");
    }
}
