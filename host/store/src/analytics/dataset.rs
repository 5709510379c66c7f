//! What a dataset is made of: where its rows come from, and how each of its fields is counted.
//!
//! Here and in the files of the datasets each figure has its one definition.

use jackfield_model::analytics::{self as model, Unit};

/// Rows of one kind.
pub(super) struct Dataset {
    pub(super) name: &'static str,
    pub(super) definition: &'static str,
    /// What stands after FROM. `{begins}` and `{ends}` become the bounds of the question.
    pub(super) from: &'static str,
    /// The column of the time to which a row belongs, in Unix milliseconds.
    pub(super) begins: &'static str,
    /// The same when rows belong to the time at which they ended.
    pub(super) ends: &'static str,
    /// Which rows belong to a question, where that is not said by the time alone.
    pub(super) belongs: Option<&'static str>,
    pub(super) fields: &'static [&'static [Field]],
}

/// A field of a dataset.
#[derive(Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) unit: Unit,
    pub(super) measure: bool,
    /// How it is had, in SQL. Never from a plugin.
    pub(super) sql: &'static str,
    pub(super) definition: &'static str,
}

/// A field that tells rows apart.
pub(super) const fn by(name: &'static str, unit: Unit, sql: &'static str, definition: &'static str) -> Field {
    Field { name, unit, measure: false, sql, definition }
}

/// A field that is counted of rows.
pub(super) const fn of(name: &'static str, unit: Unit, sql: &'static str, definition: &'static str) -> Field {
    Field { name, unit, measure: true, sql, definition }
}

impl Dataset {
    /// The field of that name, its own or one that every dataset has.
    pub(super) fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().copied().flatten().chain(TIMES).find(|field| field.name == name)
    }

    /// What can be asked of it.
    pub(super) fn described(&self) -> model::Dataset {
        let field = |field: &Field| {
            let Field { name, unit, measure, definition, .. } = *field;
            model::Field { name, unit, measure, definition }
        };
        let fields = self.fields.iter().copied().flatten().chain(TIMES).map(field).collect();
        model::Dataset { name: self.name, definition: self.definition, fields }
    }
}

/// What every dataset has. `{local}` becomes the time by the clocks of the question's zone, as milliseconds.
pub(super) const TIMES: &[Field] = &[
    by(
        "interval",
        Unit::Time,
        "{interval}",
        "The stretch of time of the question: a quarter of an hour, half an hour or an hour by its beginning, a day, week or month by its date.",
    ),
    by("day", Unit::Date, "{local} / 86400000", "The day, by the clocks of the question’s zone."),
    by("hour", Unit::Count, "{local} / 3600000 % 24", "The hour of the day, 0 to 23."),
    by("weekday", Unit::Count, "({local} / 86400000 + 3) % 7", "The day of the week, from 0 for Monday."),
];
