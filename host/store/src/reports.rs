//! What is kept of finished calls besides their records: how they sounded.

use crate::{Store, StoreError, records};
use jackfield_model::{CallId, CallQuality, CallRecord, LegQuality, TimestampMs};
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

impl Store {
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
