//! Facts: what happened to contacts and agents, and the tables that reports read.
//!
//! `facts` is appended to and is the truth. The others are what it comes to: when facts of a visit arrive, its row is made anew
//! from all of them ([`visit`]), so that neither their order nor telling them twice makes a difference; states and sessions of
//! agents find their neighbours in time ([`agents`]).

mod agents;
mod row;
mod visit;

use crate::{Store, StoreError};
use jackfield_model::{Fact, Happening};
use row::Columns;
use sqlx::{Sqlite, Transaction};
use std::collections::BTreeSet;

impl Store {
    /// Keeps facts with where they come from, all or none; they are on the disk when this returns. Those whose keys are known
    /// change nothing.
    pub async fn record_facts(&self, facts: &[(&str, &Fact)]) -> Result<(), StoreError> {
        let mut tx = self.write.begin().await?;
        let mut visits = BTreeSet::new();
        for (source, fact) in facts {
            if !insert(&mut tx, source, fact).await? {
                continue;
            }
            if let Some(visit) = &fact.visit {
                visits.insert((*source, visit.as_str()));
            }
            match &fact.what {
                Happening::AgentState { .. } | Happening::Login { .. } | Happening::Logout { .. } => {
                    agents::place(&mut tx, source, fact).await?;
                }
                Happening::Schedule { agent, activity, planned, begins, ends } => {
                    sqlx::query("INSERT OR IGNORE INTO shifts VALUES (?, ?, ?, ?, ?, ?, ?)")
                        .bind(*source)
                        .bind(&fact.key)
                        .bind(agent)
                        .bind(activity)
                        .bind(*planned)
                        .bind(*begins as i64)
                        .bind(*ends as i64)
                        .execute(&mut *tx)
                        .await?;
                }
                _ => {}
            }
        }
        for (source, visit) in visits {
            visit::fold(&mut tx, source, visit).await?;
        }
        Ok(tx.commit().await?)
    }

    /// How many facts there are.
    pub async fn count_facts(&self) -> Result<u64, StoreError> {
        let count: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM facts").fetch_one(&self.read).await?;
        Ok(count.unsigned_abs())
    }
}

/// Append a fact; `false` when it is known.
async fn insert(tx: &mut Transaction<'_, Sqlite>, source: &str, fact: &Fact) -> Result<bool, StoreError> {
    let insert =
        "INSERT INTO facts (source, key, at, kind, call, visit, queue, agent, result, other, code, ms, value, detail)
                  VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (source, key) DO NOTHING";
    let columns = Columns::of(&fact.what);
    let detail = serde_json::to_string(&fact.what).map_err(|error| sqlx::Error::Encode(error.into()))?;
    let done = sqlx::query(insert)
        .bind(source)
        .bind(&fact.key)
        .bind(fact.at as i64)
        .bind(fact.what.kind())
        .bind(fact.call.as_ref().map(|call| call.0.as_str()))
        .bind(&fact.visit)
        .bind(columns.queue)
        .bind(fact.what.agent())
        .bind(columns.result)
        .bind(columns.other)
        .bind(columns.code)
        .bind(columns.ms)
        .bind(columns.value)
        .bind(detail)
        .execute(&mut **tx)
        .await?;
    Ok(done.rows_affected() > 0)
}
