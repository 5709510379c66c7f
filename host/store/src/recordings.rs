//! Recordings of calls: which there are, and in which file each is. The files are somebody else's.

use crate::{Cursor, Page, Store, StoreError, records::extension};
use jackfield_calls::recording::NewRecording;
use jackfield_model::{CallId, Number, Party, Recording, TimestampMs};
use sqlx::{QueryBuilder, Row, sqlite::SqliteRow};

/// Which recordings to show; the default shows all that are over.
#[derive(Clone, Debug, Default)]
pub struct RecordingFilter {
    /// Only those of this call.
    pub call: Option<CallId>,
    /// Only those in which one of these numbers took part; `None` for everybody's.
    pub extensions: Option<Vec<Number>>,
}

/// A recording and the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingRow {
    /// What is known of it.
    pub recording: Recording,
    /// The file's name.
    pub file: String,
}

impl Store {
    /// Notes a recording that begins. One in the same file is left as it is.
    pub async fn begin_recording(&self, new: &NewRecording) -> Result<(), StoreError> {
        let insert = "INSERT INTO recordings (call, file, caller_number, caller_name, caller_extension, callee_number,
                      callee_name, callee_extension, started_by, started) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                      ON CONFLICT (file) DO NOTHING";
        sqlx::query(insert)
            .bind(&new.call.0)
            .bind(&new.file)
            .bind(&new.caller.number)
            .bind(&new.caller.name)
            .bind(new.caller.extension.as_ref().map(Number::as_str))
            .bind(&new.callee.number)
            .bind(&new.callee.name)
            .bind(new.callee.extension.as_ref().map(Number::as_str))
            .bind(&new.started_by)
            .bind(new.started as i64)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The recording in this file is over, and so long and large.
    pub async fn end_recording(&self, file: &str, duration: u64, bytes: u64) -> Result<(), StoreError> {
        sqlx::query("UPDATE recordings SET duration = ?, bytes = ? WHERE file = ?")
            .bind(duration as i64)
            .bind(bytes as i64)
            .bind(file)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// The recording in this file holds nothing, or is gone.
    pub async fn forget_recording(&self, file: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM recordings WHERE file = ?").bind(file).execute(&self.write).await?;
        Ok(())
    }

    /// Every file of a recording, and whether it is over.
    pub async fn recording_files(&self) -> Result<Vec<(String, bool)>, StoreError> {
        let rows =
            sqlx::query("SELECT file, duration IS NOT NULL AS over FROM recordings").fetch_all(&self.read).await?;
        Ok(rows
            .iter()
            .map(|row| Ok((row.try_get("file")?, row.try_get("over")?)))
            .collect::<Result<_, sqlx::Error>>()?)
    }

    /// Recordings that are over, newest first, from `after` on; at most `limit` of them.
    pub async fn recordings(
        &self,
        filter: &RecordingFilter,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Recording>, StoreError> {
        let mut query = QueryBuilder::new("SELECT * FROM recordings WHERE duration IS NOT NULL");
        if let Some(call) = &filter.call {
            query.push(" AND call = ").push_bind(call.0.clone());
        }
        if let Some(numbers) = &filter.extensions {
            // An empty list is nobody's: `IN ()` is false in SQLite.
            for (open, column) in [(" AND (", "caller_extension"), (" OR ", "callee_extension")] {
                query.push(open).push(column).push(" IN (");
                let mut list = query.separated(", ");
                for number in numbers {
                    list.push_bind(number.as_str().to_owned());
                }
                query.push(")");
            }
            query.push(")");
        }
        if let Some(cursor) = after {
            let id: i64 = cursor.id.parse().unwrap_or(0);
            query.push(" AND (started, id) < (").push_bind(cursor.at).push(", ").push_bind(id).push(")");
        }
        query.push(" ORDER BY started DESC, id DESC LIMIT ").push_bind(limit.saturating_add(1));
        let mut rows = query.build().fetch_all(&self.read).await?;
        let more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let items = rows.iter().map(|row| Ok(of(row)?.recording)).collect::<Result<Vec<_>, sqlx::Error>>()?;
        let next = items.last().filter(|_| more).map(|r| Cursor { at: r.started as i64, id: r.id.to_string() });
        Ok(Page { items, next })
    }

    /// One that is over.
    pub async fn recording(&self, id: u64) -> Result<Option<RecordingRow>, StoreError> {
        let select = "SELECT * FROM recordings WHERE id = ? AND duration IS NOT NULL";
        let row = sqlx::query(select).bind(id as i64).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(of).transpose()?)
    }

    /// Those that began before this time, and of the others the oldest, until no more than so many bytes are left.
    pub async fn recordings_to_purge(&self, before: TimestampMs, bytes: u64) -> Result<Vec<RecordingRow>, StoreError> {
        let select =
            "SELECT * FROM (SELECT *, SUM(bytes) OVER (ORDER BY started DESC, id DESC) AS newer FROM recordings
                      WHERE duration IS NOT NULL) WHERE started < ? OR newer > ? ORDER BY started, id";
        let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let rows = sqlx::query(select).bind(before as i64).bind(bytes).fetch_all(&self.read).await?;
        Ok(rows.iter().map(of).collect::<Result<_, _>>()?)
    }
}

fn of(row: &SqliteRow) -> Result<RecordingRow, sqlx::Error> {
    let number = |column| Ok::<_, sqlx::Error>(row.try_get::<Option<i64>, _>(column)?.unwrap_or(0).unsigned_abs());
    let recording = Recording {
        id: number("id")?,
        call: CallId(row.try_get("call")?),
        caller: Party {
            number: row.try_get("caller_number")?,
            name: row.try_get("caller_name")?,
            extension: extension(row, "caller_extension")?,
        },
        callee: Party {
            number: row.try_get("callee_number")?,
            name: row.try_get("callee_name")?,
            extension: extension(row, "callee_extension")?,
        },
        started_by: row.try_get("started_by")?,
        started: number("started")?,
        duration: number("duration")?,
        bytes: number("bytes")?,
    };
    Ok(RecordingRow { recording, file: row.try_get("file")? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HistoryFilter;
    use jackfield_model::{CallRecord, Direction, EndCause};

    fn party(number: &str) -> Party {
        Party { number: number.into(), name: String::new(), extension: number.parse().ok() }
    }

    fn new(n: u64, caller: &str) -> NewRecording {
        NewRecording {
            file: format!("{n}.wav"),
            call: CallId::new(1, n / 2),
            caller: party(caller),
            callee: party("200"),
            started_by: None,
            started: 1_000 + n,
        }
    }

    #[tokio::test]
    async fn what_is_over_is_listed_and_old_or_too_large_ones_are_to_go() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        for n in 0..6 {
            store.begin_recording(&new(n, if n == 3 { "101" } else { "100" })).await.unwrap();
            store.begin_recording(&new(n, "999")).await.unwrap();
        }
        for n in 0..5 {
            store.end_recording(&format!("{n}.wav"), 2_000, 100).await.unwrap();
        }
        assert_eq!(store.recording_files().await.unwrap().iter().filter(|(_, over)| !over).count(), 1);
        let ids = |page: &Page<Recording>| page.items.iter().map(|r| r.started).collect::<Vec<_>>();
        let all = RecordingFilter::default();
        let first = store.recordings(&all, None, 3).await.unwrap();
        assert_eq!(ids(&first), [1_004, 1_003, 1_002]);
        let second = store.recordings(&all, first.next.as_ref(), 3).await.unwrap();
        assert_eq!((ids(&second), second.next), (vec![1_001, 1_000], None));
        let filter = RecordingFilter { extensions: Some(vec!["101".parse().unwrap()]), ..all.clone() };
        assert_eq!(ids(&store.recordings(&filter, None, 9).await.unwrap()), [1_003]);
        let nobody = RecordingFilter { extensions: Some(Vec::new()), ..all.clone() };
        assert!(store.recordings(&nobody, None, 9).await.unwrap().items.is_empty());
        let of_call = RecordingFilter { call: Some(CallId::new(1, 1)), ..all };
        assert_eq!(ids(&store.recordings(&of_call, None, 9).await.unwrap()), [1_003, 1_002]);

        let to_go = async |before, bytes| {
            store.recordings_to_purge(before, bytes).await.unwrap().into_iter().map(|r| r.file).collect::<Vec<_>>()
        };
        assert_eq!(to_go(1_001, u64::MAX).await, ["0.wav"]);
        assert_eq!(to_go(0, 250).await, ["0.wav", "1.wav", "2.wav"]);
        assert!(to_go(0, 500).await.is_empty());
        store.forget_recording("0.wav").await.unwrap();
        assert!(to_go(1_001, u64::MAX).await.is_empty());
    }

    #[tokio::test]
    async fn the_history_says_how_many_recordings_of_a_call_are_left() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        let record = CallRecord {
            id: CallId::new(1, 0),
            direction: Direction::Internal,
            caller: party("100"),
            callee: party("200"),
            trunk: None,
            diverted_by: None,
            answered_by: None,
            started: 1,
            answered: None,
            ended: 2,
            cause: EndCause::Answered,
            detail: String::new(),
            recordings: 7,
            quality: None,
        };
        store.append_records(&[record]).await.unwrap();
        for n in 0..3 {
            store.begin_recording(&new(n, "100")).await.unwrap();
            store.end_recording(&format!("{n}.wav"), 1, 1).await.unwrap();
        }
        let shown = async || store.history(&HistoryFilter::default(), None, 9).await.unwrap().items[0].recordings;
        assert_eq!(shown().await, 2);
        store.forget_recording("0.wav").await.unwrap();
        assert_eq!(shown().await, 1);
    }
}
