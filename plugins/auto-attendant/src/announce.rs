//! Saying days and times with the prompts of the package.

use crate::{
    hours::{self, Opening, WEEK},
    plan::{Day, Plan, Span, Time},
};
use jackfield_sdk::{Prompt, Prompts, millis, silence};

/// “We open again tomorrow at nine o'clock.” Nothing when that is not known.
pub fn next_opening(opening: Option<&Opening>) -> Prompts {
    let Some(opening) = opening else { return Prompts::default() };
    let day = match opening.in_days {
        0 => Prompt::file("today"),
        1 => Prompt::file("tomorrow"),
        _ => day(opening.day),
    };
    Prompts::from("open-again").then(day).then("at").then(time(opening.time))
}

/// “We are open Monday to Friday from nine o'clock to twelve o'clock and from …”
pub fn ordinary_week(plan: &Plan) -> Prompts {
    let week = hours::week(plan);
    let always = [Span { from: Time(0), to: Time(24 * 60) }];
    if week.iter().all(|day| day[..] == always) {
        return "open-always".into();
    }
    let mut said = Prompts::from("open-hours");
    let mut first = 0;
    while first < WEEK.len() {
        let spans = &week[first];
        // Days in a row with the same hours are said together.
        let same = week[first..].iter().take_while(|day| *day == spans).count();
        let last = first + same - 1;
        if !spans.is_empty() {
            said = said.then(day(WEEK[first]));
            if last > first {
                said = said.then("until").then(day(WEEK[last]));
            }
            said = spans.iter().enumerate().fold(said, |said, (place, span)| said.then(hours_of(span, place > 0)));
            said = said.then(silence(millis(400)));
        }
        first = last + 1;
    }
    said
}

fn hours_of(span: &Span, further: bool) -> Prompts {
    Prompts::from(if further { "and-from" } else { "from" }).then(time(span.from)).then("until").then(time(span.to))
}

/// `hour-9` and what is said after it: `exactly` or `minute-30`.
fn time(time: Time) -> Prompts {
    let (hour, minute) = (time.0 / 60 % 24, time.0 % 60);
    let rest = if minute == 0 { "exactly".to_owned() } else { format!("minute-{minute}") };
    Prompts::from(Prompt::file(format!("hour-{hour}"))).then(Prompt::file(rest))
}

fn day(day: Day) -> Prompt {
    Prompt::file(day.word())
}
