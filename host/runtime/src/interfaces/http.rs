//! `jackfield:services/http`: a question is a task of its own, so that neither TLS nor a slow server is on a guest's stack. It
//! ends with the instance that has asked.

mod question;

use crate::{
    bindings::imports::jackfield::{
        services::http::{self, Failure, Request, Response},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::tcp::MOST_CONNECTIONS,
    network::{Answer, Network, NetworkFailure},
    origins::{AllowedOrigin, Origin},
    secrets::PluginSecrets,
};
use jackfield_model::Level;
use question::Asking;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::oneshot, time::timeout};

/// For one question with all its redirections; a page waits ten seconds, background work thirty.
const LONGEST: Duration = Duration::from_secs(25);
/// Largest body of an answer, in bytes.
const LARGEST_ANSWER: usize = 4 << 20;
/// What belongs to a connection, and is no part of an answer (RFC 9110 section 7.6.1).
const OF_THE_CONNECTION: [&str; 5] = ["connection", "keep-alive", "te", "transfer-encoding", "upgrade"];

impl http::Host for State {
    async fn send(&mut self, request: Request) -> Result<Response, Failure> {
        let answered = match self.ask(request) {
            Ok(answered) => answered,
            Err(failure) => return Err(failure),
        };
        let answer = answered.await.unwrap_or_else(|_| Err(Failure::Failed("the host is ending".into())));
        self.cpu.refill();
        answer
    }
}

impl State {
    /// Begin to ask. It ends when nobody waits for the answer any more.
    fn ask(&self, request: Request) -> Result<oneshot::Receiver<Result<Response, Failure>>, Failure> {
        self.permit(grants::HTTP).map_err(|error| match error {
            Error::Denied(text) => Failure::Denied(text),
            other => Failure::Failed(other.to_string()),
        })?;
        let longest = Duration::from_millis(request.timeout.into()).min(LONGEST);
        let asking = Asking::new(request)?;
        let Ok(place) = Arc::clone(&self.plugin.life.connections).try_acquire_owned() else {
            let text = format!("{MOST_CONNECTIONS} connections and questions are open already: wait for one");
            return Err(Failure::Failed(text));
        };
        let (mut answer, answered) = oneshot::channel();
        let (plugin, network) = (Arc::clone(&self.plugin), Arc::clone(&self.host.network));
        let clock = Arc::clone(&self.host.clock);
        tokio::spawn(async move {
            let _place = place;
            let (began, asked) = (Instant::now(), asking.name());
            let outcome = tokio::select! {
                outcome = timeout(longest, follow(&*network, &plugin.origins, &plugin.secrets, asking)) => outcome,
                () = answer.closed() => return,
            };
            let outcome = outcome.unwrap_or_else(|_| {
                Err(Failure::TimedOut(format!("there was no whole answer within {} s", longest.as_secs_f32())))
            });
            let came = match &outcome {
                Ok(response) => response.status.to_string(),
                Err(_) => "no answer".to_owned(),
            };
            let line = format!("{asked}: {came} after {} ms", began.elapsed().as_millis());
            plugin.life.log.write(clock.now_ms(), Level::Debug, &line, None);
            let _ = answer.send(outcome);
        });
        Ok(answered)
    }
}

/// Ask, and ask elsewhere for as long as that is wished and permitted. Each place is looked at anew.
async fn follow(
    network: &dyn Network,
    allowed: &[AllowedOrigin],
    secrets: &PluginSecrets,
    mut asking: Asking,
) -> Result<Response, Failure> {
    loop {
        let origin = Origin::of(&asking.url).map_err(|why| Failure::Invalid(why.into()))?;
        let Some(reach) = AllowedOrigin::reach(allowed, &origin) else {
            let text = format!("{origin} is none of the web services that it may ask: name it in the settings");
            return Err(Failure::Denied(text));
        };
        let question = asking.written(&origin, reach, secrets, LARGEST_ANSWER)?;
        let answer = network.ask(&origin.host, question, reach).await?;
        let Some(elsewhere) = answer.elsewhere.clone().filter(|_| asking.redirects > 0) else {
            return Ok(response(answer));
        };
        asking.turn(answer.status, &origin, elsewhere)?;
    }
}

fn response(answer: Answer) -> Response {
    let shown = |(name, value): (String, Vec<u8>)| {
        let own = !OF_THE_CONNECTION.contains(&name.as_str()) && !name.starts_with("proxy-");
        own.then(|| (name, String::from_utf8_lossy(&value).into_owned()))
    };
    Response {
        status: answer.status,
        headers: answer.headers.into_iter().filter_map(shown).collect(),
        body: answer.body,
    }
}

impl From<NetworkFailure> for Failure {
    fn from(failure: NetworkFailure) -> Self {
        match failure {
            NetworkFailure::UnknownHost(text) => Self::UnknownHost(text),
            NetworkFailure::Refused(text) => Self::Refused(text),
            NetworkFailure::TimedOut(text) => Self::TimedOut(text),
            NetworkFailure::Untrusted(text) => Self::Untrusted(text),
            NetworkFailure::Denied(text) => Self::Denied(text),
            NetworkFailure::TooLarge(text) => Self::TooLarge(text),
            NetworkFailure::Failed(text) => Self::Failed(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        bindings::imports::jackfield::services::http::{Field, Piece},
        manifest::Manifest,
        network::{Question, Reach, Stream},
        origins::AllowedOrigin,
    };
    use async_trait::async_trait;
    use serde_json::Value;
    use std::sync::Mutex;

    /// Points from each address of the list to the next, and answers at the last; remembers what it was asked.
    struct Signposts(Vec<&'static str>, Mutex<Vec<String>>);

    #[async_trait]
    impl Network for Signposts {
        async fn connect(&self, _: &str, _: u16, _: Reach) -> Result<Box<dyn Stream>, NetworkFailure> {
            Err(NetworkFailure::Failed("nobody connects here".into()))
        }

        async fn secure(&self, _: Box<dyn Stream>, _: &str, _: &str) -> Result<Box<dyn Stream>, NetworkFailure> {
            Err(NetworkFailure::Failed("nobody connects here".into()))
        }

        async fn ask(&self, host: &str, question: Question, reach: Reach) -> Result<Answer, NetworkFailure> {
            let fields = question.headers.len();
            self.1.lock().unwrap().push(format!("{host} {} {reach:?} {fields}", question.url));
            let at = self.0.iter().position(|known| *known == question.url.as_str()).unwrap();
            let elsewhere = self.0.get(at + 1).map(|next| next.parse().unwrap());
            let headers = vec![("connection".into(), b"close".to_vec()), ("x-y".into(), b"z".to_vec())];
            Ok(Answer { status: if elsewhere.is_some() { 307 } else { 200 }, headers, body: Vec::new(), elsewhere })
        }
    }

    async fn asked(places: &[&'static str], redirects: u8) -> (Result<Response, Failure>, Vec<String>) {
        let manifest = Manifest::parse(
            "id = 'org.example.x'\nname = 'X'\nversion = '1.0.0'\npublisher = 'Example'\ndescription = 'A test.'\n\
             license = 'MIT'\napi = '^0.1'\n[capabilities]\n\
             http = { reason = 'x', hosts = ['a.example', 'b.example:444'] }\n",
        );
        let allowed = AllowedOrigin::of(&manifest.unwrap(), &Value::Null, &Value::Null);
        let network = Signposts(places.to_vec(), Mutex::default());
        let asking = Asking::new(Request {
            method: "GET".into(),
            url: places[0].into(),
            headers: vec![Field { name: "cookie".into(), value: vec![Piece::Text("x".into())] }],
            body: Vec::new(),
            authorities: String::new(),
            redirects,
            timeout: 1_000,
        });
        let outcome = follow(&network, &allowed, &PluginSecrets::default(), asking.unwrap()).await;
        (outcome, network.1.into_inner().unwrap())
    }

    #[tokio::test]
    async fn a_redirection_is_followed_on_the_list_and_never_away_from_it() {
        let (answer, places) = asked(&["https://a.example/", "https://a.example/2", "https://b.example:444/"], 5).await;
        let answer = answer.unwrap();
        assert_eq!((answer.status, answer.headers), (200, vec![("x-y".into(), "z".into())]));
        assert_eq!(
            places,
            [
                "a.example https://a.example/ Public 1",
                "a.example https://a.example/2 Public 1",
                "b.example https://b.example:444/ Public 0"
            ]
        );
        for away in ["https://evil.example/", "https://b.example/", "http://a.example/", "http://169.254.169.254/"] {
            let (outcome, places) = asked(&["https://a.example/", away], 5).await;
            assert!(matches!(outcome, Err(Failure::Denied(_))), "{away}: {outcome:?}");
            assert_eq!(places.len(), 1, "{away} was asked");
        }
    }

    #[tokio::test]
    async fn beyond_what_is_wished_a_redirection_is_the_answer() {
        for redirects in [0, 1] {
            let (answer, places) =
                asked(&["https://a.example/", "https://a.example/2", "https://a.example/3"], redirects).await;
            assert_eq!((answer.unwrap().status, places.len()), (307, usize::from(redirects) + 1));
        }
    }

    #[tokio::test]
    async fn what_is_not_on_the_list_is_not_asked() {
        for url in ["https://c.example/", "http://a.example/", "https://a.example:8443/", "https://a.example.evil/"] {
            let (outcome, places) = asked(&[url], 0).await;
            assert!(matches!(outcome, Err(Failure::Denied(why)) if why.contains("none of the web services")), "{url}");
            assert!(places.is_empty());
        }
    }
}
