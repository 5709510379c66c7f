//! Bank holidays of Great Britain and Northern Ireland. One that falls on a weekend has a substitute on the next weekday that is
//! not a bank holiday itself.

use super::{
    Names, When,
    When::{Easter, Fixed, Nth},
    countries::{BOXING_DAY, CHRISTMAS, EASTER_MONDAY, GOOD_FRIDAY, NEW_YEAR, SECOND_OF_JANUARY},
};
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

const EARLY_MAY: Names = ["Early May bank holiday", "Jour férié de début mai", "Feiertag Anfang Mai"];
const SPRING: Names = ["Spring bank holiday", "Jour férié de printemps", "Frühlingsfeiertag"];
const SUMMER: Names = ["Summer bank holiday", "Jour férié d’été", "Sommerfeiertag"];
const SAINT_PATRICK: Names = ["St Patrick’s Day", "Saint-Patrick", "St.-Patricks-Tag"];
const BOYNE: Names = ["Battle of the Boyne", "Bataille de la Boyne", "Schlacht am Boyne"];
const SAINT_ANDREW: Names = ["St Andrew’s Day", "Saint-André", "St.-Andreas-Tag"];

/// Days of one year alone.
const ONCE: [((i16, i8, i8), Names); 3] = [
    ((2022, 6, 3), ["Platinum Jubilee", "Jubilé de platine", "Platin-Thronjubiläum"]),
    (
        (2022, 9, 19),
        ["State Funeral of Queen Elizabeth II", "Funérailles d’Élisabeth II", "Staatsbegräbnis Elisabeths II."],
    ),
    ((2023, 5, 8), ["Coronation of King Charles III", "Couronnement de Charles III", "Krönung Karls III."]),
];

pub(super) fn on(region: &str, date: Date) -> Option<Names> {
    let (year, month, day) = (date.year(), date.month(), date.day());
    if let Some((_, names)) = ONCE.iter().find(|(once, _)| *once == (year, month, day)) {
        return Some(*names);
    }
    let of_the_year: Vec<(Date, Names)> =
        rules(region, year).into_iter().filter_map(|(when, names)| Some((when.on(year)?, names))).collect();
    if let Some((_, names)) = of_the_year.iter().find(|(kept, _)| *kept == date) {
        return Some(*names);
    }
    substitutes(&of_the_year).into_iter().find(|(kept, _)| *kept == date).map(|(_, names)| names)
}

fn rules(region: &str, year: i16) -> Vec<(When, Names)> {
    let scotland = region == "SCT";
    let mut rules = vec![
        (Fixed(1, 1), NEW_YEAR),
        (Easter(-2), GOOD_FRIDAY),
        (if year == 2020 { Fixed(5, 8) } else { Nth(5, Weekday::Monday, 1) }, EARLY_MAY),
        (if year == 2022 { Fixed(6, 2) } else { Nth(5, Weekday::Monday, -1) }, SPRING),
        (Fixed(12, 25), CHRISTMAS),
        (Fixed(12, 26), BOXING_DAY),
    ];
    if scotland {
        rules.insert(1, (Fixed(1, 2), SECOND_OF_JANUARY));
        rules.extend([(Nth(8, Weekday::Monday, 1), SUMMER), (Fixed(11, 30), SAINT_ANDREW)]);
    } else if !region.is_empty() {
        rules.extend([(Easter(1), EASTER_MONDAY), (Nth(8, Weekday::Monday, -1), SUMMER)]);
    }
    if region == "NIR" {
        rules.extend([(Fixed(3, 17), SAINT_PATRICK), (Fixed(7, 12), BOYNE)]);
    }
    rules
}

/// The days in the place of those that fall on a weekend.
fn substitutes(kept: &[(Date, Names)]) -> Vec<(Date, Names)> {
    let at_weekend = |date: Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let mut taken: Vec<Date> = kept.iter().map(|(date, _)| *date).collect();
    let mut substitutes = Vec::new();
    for (date, names) in kept.iter().filter(|(date, _)| at_weekend(*date)) {
        let next = date.series(1.day()).find(|day| !at_weekend(*day) && !taken.contains(day));
        if let Some(next) = next {
            taken.push(next);
            substitutes.push((next, *names));
        }
    }
    substitutes
}
