//! `jackfield:services/analytics`: questions about what happened.

use crate::{
    bindings::imports::jackfield::{
        services::analytics::{self as contract, Dataset, Query, Table, Value},
        types::types::Error,
    },
    grants,
    instance::State,
    store::QueryFailure,
};
use jackfield_model::analytics as model;
use std::sync::Arc;

impl contract::Host for State {
    async fn catalogue(&mut self) -> Result<Vec<Dataset>, Error> {
        self.permit(grants::ANALYTICS)?;
        Ok(self.host.store.catalogue().into_iter().map(Into::into).collect())
    }

    async fn ask(&mut self, query: Query) -> Result<Table, Error> {
        self.permit(grants::ANALYTICS)?;
        let (host, query) = (Arc::clone(&self.host), query.into());
        let answer = host.store.ask(&query, host.clock.now_ms()).await;
        self.cpu.refill();
        match answer {
            Ok(table) => Ok(table.into()),
            Err(QueryFailure::Invalid(text)) => Err(Error::Invalid(text)),
            Err(QueryFailure::Failed(text)) => Err(Error::Failed(text)),
        }
    }
}

impl From<Query> for model::Query {
    fn from(query: Query) -> Self {
        let filter = |filter: contract::Filter| model::Filter {
            field: filter.field,
            comparison: match filter.comparison {
                contract::Comparison::Is => model::Comparison::Is,
                contract::Comparison::IsNot => model::Comparison::IsNot,
                contract::Comparison::AtLeast => model::Comparison::AtLeast,
                contract::Comparison::AtMost => model::Comparison::AtMost,
                contract::Comparison::Contains => model::Comparison::Contains,
                contract::Comparison::Begins => model::Comparison::Begins,
                contract::Comparison::Known => model::Comparison::Known,
                contract::Comparison::Unknown => model::Comparison::Unknown,
            },
            values: filter.values.into_iter().map(Into::into).collect(),
        };
        let order = |order: contract::Order| model::Order { field: order.field, descending: order.descending };
        Self {
            dataset: query.dataset,
            begins: query.begins,
            ends: query.ends,
            zone: query.zone,
            interval: match query.interval {
                contract::Interval::QuarterHour => model::Interval::QuarterHour,
                contract::Interval::HalfHour => model::Interval::HalfHour,
                contract::Interval::Hour => model::Interval::Hour,
                contract::Interval::Day => model::Interval::Day,
                contract::Interval::Week => model::Interval::Week,
                contract::Interval::Month => model::Interval::Month,
            },
            by_end: query.by_end,
            dimensions: query.dimensions,
            measures: query.measures,
            filters: query.filters.into_iter().map(filter).collect(),
            order: query.order.into_iter().map(order).collect(),
            limit: query.limit,
            offset: query.offset,
        }
    }
}

impl From<Value> for model::Datum {
    fn from(value: Value) -> Self {
        match value {
            Value::None => Self::None,
            Value::Text(text) => Self::Text(text),
            Value::Integer(number) => Self::Integer(number),
            Value::Number(number) => Self::Number(number),
        }
    }
}

impl From<model::Datum> for Value {
    fn from(datum: model::Datum) -> Self {
        match datum {
            model::Datum::None => Self::None,
            model::Datum::Text(text) => Self::Text(text),
            model::Datum::Integer(number) => Self::Integer(number),
            model::Datum::Number(number) => Self::Number(number),
        }
    }
}

impl From<model::Table> for Table {
    fn from(table: model::Table) -> Self {
        let rows = table.rows.into_iter().map(|row| row.into_iter().map(Into::into).collect()).collect();
        Self { rows, more: table.more }
    }
}

impl From<model::Dataset> for Dataset {
    fn from(dataset: model::Dataset) -> Self {
        let field = |field: model::Field| contract::Field {
            name: field.name.to_owned(),
            unit: match field.unit {
                model::Unit::Text => contract::Unit::Text,
                model::Unit::Count => contract::Unit::Count,
                model::Unit::Number => contract::Unit::Number,
                model::Unit::Percent => contract::Unit::Percent,
                model::Unit::Duration => contract::Unit::Duration,
                model::Unit::Time => contract::Unit::Time,
                model::Unit::Date => contract::Unit::Date,
                model::Unit::YesNo => contract::Unit::YesNo,
            },
            measure: field.measure,
            definition: field.definition.to_owned(),
        };
        Self {
            name: dataset.name.to_owned(),
            definition: dataset.definition.to_owned(),
            fields: dataset.fields.into_iter().map(field).collect(),
        }
    }
}
