//! Web services around the plugin under test: what they answer, and what they were asked.

use jackfield_runtime::{Answer, NetworkFailure, Question};
use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Service = Arc<dyn Fn(&AskedQuestion) -> WebServiceAnswer + Send + Sync>;

/// Services by origin.
#[derive(Default)]
pub(crate) struct WebServices {
    known: Mutex<BTreeMap<String, Service>>,
    asked: Mutex<Vec<AskedQuestion>>,
}

/// A question as it has reached a web service: with its secrets.
#[derive(Clone, PartialEq, Eq)]
pub struct AskedQuestion {
    /// `GET`, `POST` …
    pub method: String,
    /// The whole address.
    pub url: String,
    /// Header fields as the plugin has written them.
    pub headers: Vec<(String, String)>,
    /// The body, as text.
    pub body: String,
}

/// What a web service answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebServiceAnswer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    silent: bool,
}

impl AskedQuestion {
    /// A header field; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or("", |(_, value)| value.as_str())
    }
}

impl fmt::Debug for AskedQuestion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, url, headers, body } = self;
        write!(f, "{method} {url} {headers:?} {body}")
    }
}

impl WebServiceAnswer {
    /// This status, and this body.
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into(), silent: false }
    }

    /// None at all.
    pub fn silence() -> Self {
        Self { silent: true, ..Self::new(500, "") }
    }

    /// With this header field.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.to_owned()));
        self
    }
}

impl WebServices {
    pub(crate) fn add(
        &self,
        origin: &str,
        answer: impl Fn(&AskedQuestion) -> WebServiceAnswer + Send + Sync + 'static,
    ) {
        held(&self.known).insert(origin.trim_end_matches('/').to_owned(), Arc::new(answer));
    }

    pub(crate) fn asked(&self) -> Vec<AskedQuestion> {
        std::mem::take(&mut held(&self.asked))
    }

    pub(crate) async fn ask(&self, question: Question) -> Result<Answer, NetworkFailure> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let asked = AskedQuestion {
            headers: question.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            body: text(&question.body),
            url: question.url.to_string(),
            method: question.method,
        };
        let origin = question.url.origin().ascii_serialization();
        let Some(service) = held(&self.known).get(&origin).cloned() else {
            return Err(NetworkFailure::Refused(format!("{origin} takes no connections")));
        };
        held(&self.asked).push(asked.clone());
        let answer = service(&asked);
        if answer.silent {
            std::future::pending::<()>().await;
        }
        if answer.body.len() > question.most {
            return Err(NetworkFailure::TooLarge(format!(
                "{origin}: the answer has more than {} bytes",
                question.most
            )));
        }
        let location = answer.headers.iter().find(|(name, _)| name == "location").map(|(_, value)| value);
        let elsewhere = location.filter(|_| (300..400).contains(&answer.status));
        Ok(Answer {
            status: answer.status,
            elsewhere: elsewhere.and_then(|location| question.url.join(location).ok()),
            headers: answer.headers.into_iter().map(|(name, value)| (name, value.into_bytes())).collect(),
            body: answer.body,
        })
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
