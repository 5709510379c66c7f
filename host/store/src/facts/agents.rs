//! States and sessions of agents: each fact finds its neighbours in time, so that facts may come late.

use crate::StoreError;
use jackfield_model::{Fact, Happening};
use sqlx::{Sqlite, Transaction};

/// What an agent is who has just logged in, until something is said of it.
const AFTER_LOGIN: &str = "not-ready";
/// What an agent is who has logged out.
const LOGGED_OUT: &str = "logged-out";

/// Put a state, a login or a logout in its place.
pub(super) async fn place(tx: &mut Transaction<'_, Sqlite>, source: &str, fact: &Fact) -> Result<(), StoreError> {
    let at = fact.at as i64;
    match &fact.what {
        Happening::AgentState { agent, state, reason, allowed } => {
            state_from(tx, source, agent, at, Some((state.word(), reason, allowed.map(i64::from)))).await
        }
        Happening::Login { agent, device, queues } => {
            state_from(tx, source, agent, at, None).await?;
            end_session(tx, source, agent, at).await?;
            let insert = "INSERT OR IGNORE INTO agent_sessions (source, agent, since, until, device, queues)
                          VALUES (?1, ?2, ?3, (SELECT MIN(at) FROM facts WHERE agent = ?2 AND source = ?1
                          AND kind IN ('login', 'logout') AND at > ?3), ?4, ?5)";
            sqlx::query(insert)
                .bind(source)
                .bind(agent)
                .bind(at)
                .bind(device)
                .bind(queues.join(", "))
                .execute(&mut **tx)
                .await?;
            Ok(())
        }
        Happening::Logout { agent } => {
            state_from(tx, source, agent, at, Some((LOGGED_OUT, "", None))).await?;
            end_session(tx, source, agent, at).await
        }
        _ => Ok(()),
    }
}

/// From `at` on the agent is in this state; in none in particular after a login, unless another is said for that moment.
async fn state_from(
    tx: &mut Transaction<'_, Sqlite>,
    source: &str,
    agent: &str,
    at: i64,
    state: Option<(&str, &str, Option<i64>)>,
) -> Result<(), StoreError> {
    let before = "UPDATE agent_states SET until = ?3 WHERE source = ?1 AND agent = ?2 AND since =
                  (SELECT MAX(since) FROM agent_states WHERE source = ?1 AND agent = ?2 AND since < ?3)";
    sqlx::query(before).bind(source).bind(agent).bind(at).execute(&mut **tx).await?;
    let conflict = if state.is_some() { "REPLACE" } else { "IGNORE" };
    let (word, reason, allowed) = state.unwrap_or((AFTER_LOGIN, "", None));
    let insert = format!(
        "INSERT OR {conflict} INTO agent_states (source, agent, since, until, state, reason, allowed)
         VALUES (?1, ?2, ?3, (SELECT MIN(since) FROM agent_states WHERE source = ?1 AND agent = ?2 AND since > ?3), ?4, ?5, ?6)"
    );
    sqlx::query(sqlx::AssertSqlSafe(insert))
        .bind(source)
        .bind(agent)
        .bind(at)
        .bind(word)
        .bind(reason)
        .bind(allowed)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

/// The session that is under way at `at` ends then.
async fn end_session(tx: &mut Transaction<'_, Sqlite>, source: &str, agent: &str, at: i64) -> Result<(), StoreError> {
    let end = "UPDATE agent_sessions SET until = ?3 WHERE source = ?1 AND agent = ?2 AND (until IS NULL OR until > ?3)
               AND since = (SELECT MAX(since) FROM agent_sessions WHERE source = ?1 AND agent = ?2 AND since < ?3)";
    sqlx::query(end).bind(source).bind(agent).bind(at).execute(&mut **tx).await?;
    Ok(())
}
