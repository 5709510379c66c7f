//! How a web service is told to send an SMS: an address, header fields and a body in which what is to be sent is put in.

use jackfield_sdk::{
    http::{Question, Text},
    prelude::*,
};
use serde::Deserialize;

/// The secret that is the service's key.
const KEY: &str = "sms/key";
/// What may stand in braces, and nothing else is touched: JSON is full of braces.
const WORDS: [&str; 5] = ["to", "text", "id", "key", "basic"];

/// The settings about SMS, as `settings.schema.json` describes them.
#[derive(Debug, Deserialize)]
pub struct Sms {
    /// Where the service is; empty: there are no SMS.
    pub url: String,
    method: String,
    headers: Vec<Header>,
    format: Format,
    body: String,
    user: String,
    /// What numbers begin with; without one, any.
    beginnings: Vec<String>,
    /// How many one person gets in a day.
    pub per_day: u32,
}

/// A header field.
#[derive(Debug, Deserialize)]
struct Header {
    name: String,
    value: String,
}

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    Json,
    Form,
    Text,
}

/// What is put in.
struct Filling<'a> {
    to: &'a str,
    text: &'a str,
    id: &'a str,
    user: &'a str,
}

/// How what is put in is written.
#[derive(Clone, Copy)]
enum Encoding {
    Plain,
    Json,
    /// Of addresses and forms.
    Percent,
}

/// What has become of one.
pub enum Outcome {
    /// The service has taken it.
    Sent,
    /// It will not take it later either.
    Refused(String),
    /// It may take it later.
    Later(String),
}

impl Sms {
    /// Whether an administrator has set it up.
    pub fn is_set_up(&self) -> bool {
        !self.url.trim().is_empty()
    }

    /// Whether one may be sent to this number.
    pub fn reaches(&self, number: &str) -> bool {
        self.beginnings.is_empty() || self.beginnings.iter().any(|beginning| number.starts_with(beginning.as_str()))
    }

    /// Have the service send one. `id` is the same when it is asked again.
    pub fn send(&self, to: &str, text: &str, id: &str) -> Outcome {
        if !self.is_set_up() || !self.reaches(to) {
            return Outcome::Refused("no administrator has SMS sent there".into());
        }
        let answer = self.question(&Filling { to, text, id, user: &self.user }).send();
        match answer {
            Ok(answer) if answer.is_success() => Outcome::Sent,
            Ok(answer) => {
                let why = format!("the service has answered {}", answer.status);
                let busy = answer.status >= 500 || [408, 425, 429].contains(&answer.status);
                if busy { Outcome::Later(why) } else { Outcome::Refused(why) }
            }
            Err(failure) if failure.may_pass() => Outcome::Later(failure.text),
            Err(failure) => Outcome::Refused(failure.text),
        }
    }

    fn question(&self, filling: &Filling<'_>) -> Question {
        let mut question = Question::new(&self.method, &filling.plain(&self.url, Encoding::Percent)).within(secs(15));
        for header in &self.headers {
            question = question.header(&header.name, filling.put_in(&header.value, Encoding::Plain));
        }
        if self.method == "GET" {
            return question;
        }
        let (kind, encoding) = match self.format {
            Format::Json => ("application/json", Encoding::Json),
            Format::Form => ("application/x-www-form-urlencoded", Encoding::Percent),
            Format::Text => ("text/plain; charset=utf-8", Encoding::Plain),
        };
        if !self.headers.iter().any(|header| header.name.eq_ignore_ascii_case("content-type")) {
            question = question.header("content-type", kind);
        }
        question.body(filling.put_in(&self.body, encoding))
    }

    /// What is wrong with the settings.
    pub fn errors(&self) -> Vec<FieldError> {
        let mut errors = Vec::new();
        if !self.is_set_up() {
            return errors;
        }
        let mut wrong = |path: String, why: &str| errors.push(FieldError::new(format!("/sms/{path}"), why));
        if !["https://", "http://"].iter().any(|scheme| self.url.starts_with(scheme)) {
            wrong("url".into(), "an address begins with https://, as in https://api.example.org/sms");
        }
        if words(&self.url).any(|word| ["key", "basic"].contains(&word)) {
            wrong("url".into(), "a key does not belong into an address, which others write down: use a header");
        }
        for (at, header) in self.headers.iter().enumerate() {
            if words(&header.value).any(|word| word == "text") {
                wrong(format!("headers/{at}/value"), "{text} belongs into the body or the address");
            }
        }
        let whole = [&self.url, &self.body].into_iter().chain(self.headers.iter().map(|header| &header.value));
        let named: Vec<&str> = whole.flat_map(|text| words(text)).collect();
        for needed in ["to", "text"] {
            if !named.contains(&needed) {
                wrong("body".into(), &format!("{{{needed}}} is put in nowhere, so the service could not know it"));
            }
        }
        if self.method != "GET" && self.format == Format::Json {
            let tried =
                Filling { to: "+33199000000", text: "\"x\"", id: "1", user: "" }.plain(&self.body, Encoding::Json);
            if let Err(error) = serde_json::from_str::<serde_json::Value>(&tried) {
                wrong("body".into(), &format!("it is no JSON: {error}"));
            }
        }
        errors
    }
}

impl Filling<'_> {
    /// With the secret too.
    fn put_in(&self, template: &str, encoding: Encoding) -> Text {
        let mut whole = Text::default();
        for part in parts(template) {
            whole = whole.then(match part {
                Part::Given(text) => text.into(),
                Part::Word("key") => Text::template(&match encoding {
                    Encoding::Plain => format!("{{{{secret:{KEY}}}}}"),
                    Encoding::Json => format!("{{{{secret:{KEY}|json}}}}"),
                    Encoding::Percent => format!("{{{{secret:{KEY}|form}}}}"),
                }),
                Part::Word("basic") => Text::template(&format!("{{{{secret:{KEY}|basic:{}}}}}", self.user)),
                Part::Word(word) => encoding.write(self.word(word)).into(),
            });
        }
        whole
    }

    /// Without it.
    fn plain(&self, template: &str, encoding: Encoding) -> String {
        let written = |part| match part {
            Part::Given(text) => text.to_owned(),
            Part::Word(word) => encoding.write(self.word(word)),
        };
        parts(template).map(written).collect()
    }

    fn word(&self, word: &str) -> &str {
        match word {
            "to" => self.to,
            "text" => self.text,
            "id" => self.id,
            _ => "",
        }
    }
}

impl Encoding {
    fn write(self, text: &str) -> String {
        match self {
            Encoding::Plain => text.to_owned(),
            Encoding::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Encoding::Percent => text.bytes().map(percent).collect(),
        }
    }
}

/// A byte in an address or a form (RFC 3986 section 2.3): a space as `%20` is read in both.
fn percent(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

/// A part of a template.
enum Part<'a> {
    Given(&'a str),
    Word(&'a str),
}

fn parts(template: &str) -> impl Iterator<Item = Part<'_>> {
    let mut rest = template;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        if let Some((word, behind)) = word_at_start(rest) {
            rest = behind;
            return Some(Part::Word(word));
        }
        let next = rest.match_indices('{').map(|(at, _)| at).find(|at| word_at_start(&rest[*at..]).is_some());
        let (given, behind) = rest.split_at(next.unwrap_or(rest.len()));
        rest = behind;
        Some(Part::Given(given))
    })
}

fn word_at_start(text: &str) -> Option<(&'static str, &str)> {
    let inner = text.strip_prefix('{')?;
    WORDS.iter().find_map(|word| Some((*word, inner.strip_prefix(word)?.strip_prefix('}')?)))
}

fn words(template: &str) -> impl Iterator<Item = &str> {
    parts(template).filter_map(|part| match part {
        Part::Word(word) => Some(word),
        Part::Given(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_put_in_as_each_place_wants_them_and_looked_at_once() {
        let filling = Filling { to: "+33612345678", text: "\"{to}\" & {key}", id: "1", user: "" };
        let json = filling.plain(r#"{"to": "{to}", "text": "{text}", "more": {"a": {}}}"#, Encoding::Json);
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!((&read["to"], &read["text"]), (&"+33612345678".into(), &"\"{to}\" & {key}".into()));
        assert_eq!(
            filling.plain("to={to}&text={text}&x={other}", Encoding::Percent),
            "to=%2B33612345678&text=%22%7Bto%7D%22%20%26%20%7Bkey%7D&x={other}"
        );
    }
}
