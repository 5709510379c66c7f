//! What has changed between two texts, line by line.

use serde::Serialize;

/// Lines that are shown around a change.
const AROUND: usize = 3;
/// Most pairs of lines that are compared; beyond that all that lies between is told as replaced.
const MOST_PAIRS: usize = 4_000_000;

/// A line of the answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase", tag = "kind", content = "text")]
pub enum Line {
    Same(String),
    Gone(String),
    New(String),
    /// So many lines that are the same.
    Skipped(usize),
}

/// What leads from one text to the other: the longest common lines stay.
pub fn between(before: &str, after: &str) -> Vec<Line> {
    let (before, after): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let head = before.iter().zip(&after).take_while(|(a, b)| a == b).count();
    let (a, b) = (&before[head..], &after[head..]);
    let tail = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - tail], &b[..b.len() - tail]);
    let mut lines: Vec<Line> = before[..head].iter().map(|line| Line::Same((*line).to_owned())).collect();
    lines.extend(changed(a, b));
    lines.extend(before[before.len() - tail..].iter().map(|line| Line::Same((*line).to_owned())));
    shortened(lines)
}

fn changed(a: &[&str], b: &[&str]) -> Vec<Line> {
    let gone = |line: &&str| Line::Gone((*line).to_owned());
    let new = |line: &&str| Line::New((*line).to_owned());
    if a.len().saturating_mul(b.len()) > MOST_PAIRS {
        return a.iter().map(gone).chain(b.iter().map(new)).collect();
    }
    // common[i][j]: how many lines a[i..] and b[j..] have in common at most.
    let width = b.len() + 1;
    let mut common = vec![0_u16; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i * width + j] = if a[i] == b[j] {
                common[(i + 1) * width + j + 1].saturating_add(1)
            } else {
                common[(i + 1) * width + j].max(common[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            lines.push(Line::Same(a[i].to_owned()));
            (i, j) = (i + 1, j + 1);
        } else if common[(i + 1) * width + j] >= common[i * width + j + 1] {
            lines.push(gone(&a[i]));
            i += 1;
        } else {
            lines.push(new(&b[j]));
            j += 1;
        }
    }
    lines.extend(a[i..].iter().map(gone));
    lines.extend(b[j..].iter().map(new));
    lines
}

/// Long runs of lines that are the same, in one word.
fn shortened(lines: Vec<Line>) -> Vec<Line> {
    let changes: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| !matches!(line, Line::Same(_))).map(|(place, _)| place).collect();
    let near = |place: usize| {
        let after = changes.partition_point(|change| *change + AROUND < place);
        changes.get(after).is_some_and(|change| *change <= place + AROUND)
    };
    let mut shown: Vec<Line> = Vec::new();
    for (place, line) in lines.into_iter().enumerate() {
        match (near(place), shown.last_mut()) {
            (true, _) => shown.push(line),
            (false, Some(Line::Skipped(count))) => *count += 1,
            (false, _) => shown.push(Line::Skipped(1)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(before: &str, after: &str) -> String {
        let line = |line: &Line| match line {
            Line::Same(text) => format!(" {text}"),
            Line::Gone(text) => format!("-{text}"),
            Line::New(text) => format!("+{text}"),
            Line::Skipped(count) => format!("…{count}"),
        };
        between(before, after).iter().map(line).collect::<Vec<_>>().join("|")
    }

    #[test]
    fn what_stays_is_told_as_staying() {
        assert_eq!(told("a\nb\nc", "a\nx\nc"), " a|-b|+x| c");
        assert_eq!(told("", "a"), "+a");
        assert_eq!(told("a\nb", "b\na"), "-a| b|+a");
        assert_eq!(told("same", "same"), "…1");
        let long: String = (0..20).map(|n| format!("{n}\n")).collect();
        assert_eq!(told(&long, &long.replace("10\n", "x\n")), "…7| 7| 8| 9|-10|+x| 11| 12| 13|…6");
    }

    #[test]
    fn very_long_changes_are_told_as_replaced() {
        let numbers = |from: usize| (from..from + 3_000).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(between(&numbers(0), &numbers(10_000)).len(), 6_000);
    }
}
