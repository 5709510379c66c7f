//! What is kept of finished calls besides their records: how they sounded, and for a while what happened in them.

use crate::{Store, StoreError, records};
use jackfield_model::{CallId, CallQuality, CallRecord, CallTrace, LegQuality, TimestampMs};
use sqlx::Row;

/// How one finished call sounded.
#[derive(Clone, Debug)]
pub struct QualityRow {
    /// Which call.
    pub call: CallId,
    /// When it was over.
    pub ended: TimestampMs,
    /// Its legs.
    pub legs: Vec<LegQuality>,
}

/// What happened in one finished call.
#[derive(Clone, Debug)]
pub struct TraceRow {
    /// Which call.
    pub call: CallId,
    /// When it was over.
    pub ended: TimestampMs,
    /// Its course.
    pub trace: CallTrace,
}

impl Store {
    /// Keeps what happened in finished calls. What is there already is left as it is.
    pub async fn append_traces(&self, rows: &[TraceRow]) -> Result<(), StoreError> {
        let insert =
            "INSERT INTO call_traces (call, ended, octets, trace) VALUES (?, ?, ?, ?) ON CONFLICT (call) DO NOTHING";
        let mut tx = self.write.begin().await?;
        for TraceRow { call, ended, trace } in rows {
            let trace = serde_json::to_string(trace).map_err(|error| sqlx::Error::Encode(error.into()))?;
            let octets = trace.len() as i64;
            let query = sqlx::query(insert).bind(&call.0).bind(*ended as i64).bind(octets).bind(trace);
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// What happened in a finished call, if that is still known.
    pub async fn trace(&self, call: &CallId) -> Result<Option<CallTrace>, StoreError> {
        let row = sqlx::query("SELECT trace FROM call_traces WHERE call = ?").bind(&call.0);
        let Some(row) = row.fetch_optional(&self.read).await? else { return Ok(None) };
        let trace: String = row.try_get("trace")?;
        let decoded = serde_json::from_str(&trace)
            .map_err(|error| sqlx::Error::ColumnDecode { index: "trace".to_owned(), source: error.into() });
        Ok(Some(decoded?))
    }

    /// Forgets traces of calls that ended before this time, and the oldest of those that take more room than so many octets.
    pub async fn forget_traces(&self, before: TimestampMs, most_octets: u64) -> Result<(), StoreError> {
        let oldest_that_fits =
            "SELECT MIN(ended) FROM (SELECT ended, SUM(octets) OVER (ORDER BY ended DESC, call) AS room
                                FROM call_traces) WHERE room <= ?";
        let most = i64::try_from(most_octets).unwrap_or(i64::MAX);
        let fits: Option<i64> = sqlx::query_scalar(oldest_that_fits).bind(most).fetch_one(&self.read).await?;
        // Nothing fits: everything goes.
        let before = fits.unwrap_or(i64::MAX).max(before as i64);
        sqlx::query("DELETE FROM call_traces WHERE ended < ?").bind(before).execute(&self.write).await?;
        Ok(())
    }

    /// Keeps how finished calls sounded. What is there already is replaced.
    pub async fn append_quality(&self, rows: &[QualityRow]) -> Result<(), StoreError> {
        let insert = "INSERT INTO call_quality (call, ended, mos, faulty, legs) VALUES (?, ?, ?, ?, ?)
                      ON CONFLICT (call) DO UPDATE SET mos = excluded.mos, faulty = excluded.faulty, legs = excluded.legs";
        let mut tx = self.write.begin().await?;
        for QualityRow { call, ended, legs } in rows {
            let CallQuality { mos, faulty } = CallQuality::of(legs);
            let legs = serde_json::to_string(legs).map_err(|error| sqlx::Error::Encode(error.into()))?;
            let query = sqlx::query(insert).bind(&call.0).bind(*ended as i64).bind(mos).bind(faulty).bind(legs);
            query.execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// How the legs of a finished call sounded; empty when nothing is known.
    pub async fn quality(&self, call: &CallId) -> Result<Vec<LegQuality>, StoreError> {
        let row = sqlx::query("SELECT legs FROM call_quality WHERE call = ?").bind(&call.0);
        let Some(row) = row.fetch_optional(&self.read).await? else { return Ok(Vec::new()) };
        let legs: String = row.try_get("legs")?;
        let decoded = serde_json::from_str(&legs)
            .map_err(|error| sqlx::Error::ColumnDecode { index: "legs".to_owned(), source: error.into() });
        Ok(decoded?)
    }

    /// One finished call.
    pub async fn call_record(&self, call: &CallId) -> Result<Option<CallRecord>, StoreError> {
        let mut query = records::select_all();
        query.push(" AND id = ").push_bind(call.0.clone());
        let row = query.build().fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(records::record).transpose()?)
    }
}
