//! The holidays of each country whose days need no substitute.

use super::{
    Names, Rule,
    When::{After, Before, Easter, Fixed, Once},
};
use jiff::civil::Weekday::{Sunday, Wednesday};

pub(super) fn of(country: &str) -> Option<&'static [Rule]> {
    match country {
        "FR" => Some(&FRANCE),
        "DE" => Some(&GERMANY),
        "CH" => Some(&SWITZERLAND),
        "AT" => Some(&AUSTRIA),
        "BE" => Some(&BELGIUM),
        _ => None,
    }
}

pub(super) const NEW_YEAR: Names = ["New Year’s Day", "Jour de l’An", "Neujahr"];
pub(super) const SECOND_OF_JANUARY: Names = ["2 January", "2 janvier", "Berchtoldstag"];
const EPIPHANY: Names = ["Epiphany", "Épiphanie", "Heilige Drei Könige"];
pub(super) const GOOD_FRIDAY: Names = ["Good Friday", "Vendredi saint", "Karfreitag"];
pub(super) const EASTER_MONDAY: Names = ["Easter Monday", "Lundi de Pâques", "Ostermontag"];
const LABOUR_DAY: Names = ["Labour Day", "Fête du Travail", "Tag der Arbeit"];
const ASCENSION: Names = ["Ascension Day", "Ascension", "Christi Himmelfahrt"];
const WHIT_MONDAY: Names = ["Whit Monday", "Lundi de Pentecôte", "Pfingstmontag"];
const CORPUS_CHRISTI: Names = ["Corpus Christi", "Fête-Dieu", "Fronleichnam"];
const ASSUMPTION: Names = ["Assumption Day", "Assomption", "Mariä Himmelfahrt"];
const REFORMATION: Names = ["Reformation Day", "Fête de la Réformation", "Reformationstag"];
const ALL_SAINTS: Names = ["All Saints’ Day", "Toussaint", "Allerheiligen"];
const ARMISTICE: Names = ["Armistice Day", "Armistice 1918", "Waffenstillstand 1918"];
pub(super) const CHRISTMAS: Names = ["Christmas Day", "Noël", "Weihnachten"];
pub(super) const BOXING_DAY: Names = ["Boxing Day", "Lendemain de Noël", "Zweiter Weihnachtstag"];

static FRANCE: [Rule; 13] = [
    Rule::new(Fixed(1, 1), NEW_YEAR),
    // Alsace and Moselle, by the department of Strasbourg.
    Rule::new(Easter(-2), GOOD_FRIDAY).only_in(&["67"]),
    Rule::new(Easter(1), EASTER_MONDAY),
    Rule::new(Fixed(5, 1), LABOUR_DAY),
    Rule::new(Fixed(5, 8), ["Victory Day", "Victoire 1945", "Tag des Sieges 1945"]),
    Rule::new(Easter(39), ASCENSION),
    Rule::new(Easter(50), WHIT_MONDAY),
    Rule::new(Fixed(7, 14), ["Bastille Day", "Fête nationale", "Französischer Nationalfeiertag"]),
    Rule::new(Fixed(8, 15), ASSUMPTION),
    Rule::new(Fixed(11, 1), ALL_SAINTS),
    Rule::new(Fixed(11, 11), ARMISTICE),
    Rule::new(Fixed(12, 25), CHRISTMAS),
    Rule::new(Fixed(12, 26), BOXING_DAY).only_in(&["67"]),
];

static GERMANY: [Rule; 22] = [
    Rule::new(Fixed(1, 1), NEW_YEAR),
    Rule::new(Fixed(1, 6), EPIPHANY).only_in(&["BW", "BY", "ST"]),
    Rule::new(Fixed(3, 8), WOMENS_DAY).only_in(&["BE"]).since(2019),
    Rule::new(Fixed(3, 8), WOMENS_DAY).only_in(&["MV"]).since(2023),
    Rule::new(Easter(-2), GOOD_FRIDAY),
    Rule::new(Easter(0), ["Easter Sunday", "Pâques", "Ostersonntag"]).only_in(&["BB"]),
    Rule::new(Easter(1), EASTER_MONDAY),
    Rule::new(Fixed(5, 1), LABOUR_DAY),
    Rule::new(Easter(39), ASCENSION),
    Rule::new(Easter(49), ["Whit Sunday", "Pentecôte", "Pfingstsonntag"]).only_in(&["BB"]),
    Rule::new(Easter(50), WHIT_MONDAY),
    Rule::new(Easter(60), CORPUS_CHRISTI).only_in(&["BW", "BY", "HE", "NW", "RP", "SL"]),
    Rule::new(Fixed(8, 15), ASSUMPTION).only_in(&["SL"]),
    Rule::new(Fixed(9, 20), ["Children’s Day", "Journée des enfants", "Weltkindertag"]).only_in(&["TH"]).since(2019),
    Rule::new(Fixed(10, 3), ["German Unity Day", "Jour de l’Unité allemande", "Tag der Deutschen Einheit"]),
    Rule::new(Fixed(10, 31), REFORMATION).only_in(&["BB", "MV", "SN", "ST", "TH"]),
    Rule::new(Fixed(10, 31), REFORMATION).only_in(&["HB", "HH", "NI", "SH"]).since(2018),
    // Five hundred years: all of Germany kept it, once.
    Rule::new(Once(2017, 10, 31), REFORMATION),
    Rule::new(Fixed(11, 1), ALL_SAINTS).only_in(&["BW", "BY", "NW", "RP", "SL"]),
    Rule::new(Before(11, 23, Wednesday), ["Day of Repentance", "Jour de pénitence", "Buß- und Bettag"])
        .only_in(&["SN"]),
    Rule::new(Fixed(12, 25), CHRISTMAS),
    Rule::new(Fixed(12, 26), BOXING_DAY),
];

const WOMENS_DAY: Names = ["International Women’s Day", "Journée des droits des femmes", "Internationaler Frauentag"];

static SWITZERLAND: [Rule; 13] = [
    Rule::new(Fixed(1, 1), NEW_YEAR),
    Rule::new(Fixed(1, 2), SECOND_OF_JANUARY).only_in(&["BE", "VD"]),
    Rule::new(Easter(-2), GOOD_FRIDAY).only_in(&["BE", "BS", "GE", "VD", "ZH"]),
    Rule::new(Easter(1), EASTER_MONDAY).only_in(&["BE", "BS", "GE", "VD", "ZH"]),
    Rule::new(Fixed(5, 1), LABOUR_DAY).only_in(&["BS", "ZH"]),
    Rule::new(Easter(39), ASCENSION),
    Rule::new(Easter(50), WHIT_MONDAY).only_in(&["BE", "BS", "GE", "VD", "ZH"]),
    Rule::new(Fixed(8, 1), ["Swiss National Day", "Fête nationale suisse", "Bundesfeier"]),
    // The Thursday after the first Sunday of September.
    Rule::new(After(9, Sunday, 1, 4), ["Geneva Fast", "Jeûne genevois", "Genfer Bettag"]).only_in(&["GE"]),
    // The Monday after the third Sunday of September.
    Rule::new(After(9, Sunday, 3, 1), ["Fast Monday", "Lundi du Jeûne fédéral", "Bettagsmontag"]).only_in(&["VD"]),
    Rule::new(Fixed(12, 25), CHRISTMAS),
    Rule::new(Fixed(12, 26), BOXING_DAY).only_in(&["BE", "BS", "ZH"]),
    Rule::new(
        Fixed(12, 31),
        ["Restoration of the Republic", "Restauration de la République", "Wiederherstellung der Republik"],
    )
    .only_in(&["GE"]),
];

static AUSTRIA: [Rule; 13] = [
    Rule::new(Fixed(1, 1), NEW_YEAR),
    Rule::new(Fixed(1, 6), EPIPHANY),
    Rule::new(Easter(1), EASTER_MONDAY),
    Rule::new(Fixed(5, 1), LABOUR_DAY),
    Rule::new(Easter(39), ASCENSION),
    Rule::new(Easter(50), WHIT_MONDAY),
    Rule::new(Easter(60), CORPUS_CHRISTI),
    Rule::new(Fixed(8, 15), ASSUMPTION),
    Rule::new(
        Fixed(10, 26),
        ["Austrian National Day", "Fête nationale autrichienne", "Österreichischer Nationalfeiertag"],
    ),
    Rule::new(Fixed(11, 1), ALL_SAINTS),
    Rule::new(Fixed(12, 8), ["Immaculate Conception", "Immaculée Conception", "Mariä Empfängnis"]),
    Rule::new(Fixed(12, 25), CHRISTMAS),
    Rule::new(Fixed(12, 26), BOXING_DAY),
];

static BELGIUM: [Rule; 10] = [
    Rule::new(Fixed(1, 1), NEW_YEAR),
    Rule::new(Easter(1), EASTER_MONDAY),
    Rule::new(Fixed(5, 1), LABOUR_DAY),
    Rule::new(Easter(39), ASCENSION),
    Rule::new(Easter(50), WHIT_MONDAY),
    Rule::new(Fixed(7, 21), ["Belgian National Day", "Fête nationale belge", "Belgischer Nationalfeiertag"]),
    Rule::new(Fixed(8, 15), ASSUMPTION),
    Rule::new(Fixed(11, 1), ALL_SAINTS),
    Rule::new(Fixed(11, 11), ARMISTICE),
    Rule::new(Fixed(12, 25), CHRISTMAS),
];
