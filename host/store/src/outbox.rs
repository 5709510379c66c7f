//! Mail: how it is sent, and the letters that wait for it. The sending itself is somebody else's.

use crate::{Slice, Store, StoreError, users::parsed};
use jackfield_model::{
    EmailAddress, LetterState, MailFault, MailSettings, MailTrouble, OutboxLetter, Secret, TimestampMs,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

/// Where the settings are kept, without the password.
const SETTINGS: &str = "mail";
/// Where the password is kept, in clear: the server wants to hear it.
const PASSWORD: &str = "mail.password";
const HOUR: u64 = 60 * 60 * 1_000;
const DAY: u64 = 24 * HOUR;
/// How long letters that were sent are remembered, without what is in them.
const SENT_KEPT: u64 = 7 * DAY;
/// How long letters that were given up are kept.
const FAILED_KEPT: u64 = 30 * DAY;

/// A letter to be accepted, for one address.
#[derive(Clone, Debug)]
pub struct NewLetter {
    /// The plugin that has written it.
    pub plugin: String,
    /// By what the plugin knows it: a second one of this name and address is not accepted again, for seven days.
    pub once: Option<String>,
    /// Whom it comes from, on the envelope.
    pub sender: EmailAddress,
    /// Whom it is for.
    pub recipient: EmailAddress,
    /// Its subject, to be shown.
    pub subject: String,
    /// The whole of it as it is sent (RFC 5322).
    pub content: Vec<u8>,
    /// It is not sent before this.
    pub not_before: TimestampMs,
}

/// How much the outbox takes.
#[derive(Clone, Copy, Debug)]
pub struct OutboxLimits {
    /// Letters that wait or were given up.
    pub letters: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// Letters of one plugin within an hour.
    pub per_hour: u64,
    /// Letters of one plugin within 24 hours.
    pub per_day: u64,
}

/// Why the outbox takes no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutboxFull {
    /// Too many letters wait.
    Letters,
    /// Too many bytes wait.
    Bytes,
    /// The plugin has written too many within an hour.
    Hour,
    /// The plugin has written too many within 24 hours.
    Day,
}

/// A letter that is to be tried now.
#[derive(Clone, Debug)]
pub struct DueLetter {
    /// Its number.
    pub id: i64,
    /// Whom it comes from, on the envelope.
    pub sender: EmailAddress,
    /// Whom it is for.
    pub recipient: EmailAddress,
    /// The whole of it.
    pub content: Vec<u8>,
    /// Since when it is tried.
    pub since: TimestampMs,
    /// How often it was tried.
    pub tries: u32,
}

/// How many letters stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OutboxCounts {
    /// Those that wait.
    pub waiting: u64,
    /// Those that were given up.
    pub failed: u64,
    /// Those that went within the last 24 hours.
    pub sent_today: u64,
}

impl Store {
    /// How mail is sent, with the password; `None` until somebody has set it up.
    pub async fn mail_settings(&self) -> Result<Option<MailSettings>, StoreError> {
        let Some(text) = self.meta(SETTINGS).await? else { return Ok(None) };
        let settings: MailSettings = serde_json::from_str(&text)
            .map_err(|error| sqlx::Error::ColumnDecode { index: SETTINGS.to_owned(), source: error.into() })?;
        let password = self.meta(PASSWORD).await?.map(Secret::new);
        Ok(Some(MailSettings { password, ..settings }))
    }

    /// Sets how mail is sent, or that none is.
    pub async fn set_mail_settings(&self, settings: Option<&MailSettings>) -> Result<(), StoreError> {
        let mut tx = self.write.begin().await?;
        sqlx::query("DELETE FROM meta WHERE key IN (?, ?)").bind(SETTINGS).bind(PASSWORD).execute(&mut *tx).await?;
        if let Some(settings) = settings {
            let text = serde_json::to_string(settings).map_err(|error| sqlx::Error::Encode(error.into()))?;
            let password = settings.password.as_ref().map(|secret| (PASSWORD, secret.reveal()));
            for (key, value) in [(SETTINGS, text.as_str())].into_iter().chain(password) {
                sqlx::query("INSERT INTO meta (key, value) VALUES (?, ?)")
                    .bind(key)
                    .bind(value)
                    .execute(&mut *tx)
                    .await?;
            }
        }
        Ok(tx.commit().await?)
    }

    /// Accepts all of these letters of one plugin or none; they are on the disk when this returns. Those that were accepted
    /// before are passed over.
    pub async fn accept_letters(
        &self,
        letters: &[NewLetter],
        limits: &OutboxLimits,
        now: TimestampMs,
    ) -> Result<Result<(), OutboxFull>, StoreError> {
        let mut tx = self.write.begin().await?;
        for letter in letters {
            let insert = "INSERT INTO outbox
                              (plugin, once, sender, recipient, subject, content, bytes, accepted, since, next)
                          VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?9)
                          ON CONFLICT (plugin, once, recipient) WHERE once IS NOT NULL DO NOTHING";
            sqlx::query(insert)
                .bind(&letter.plugin)
                .bind(&letter.once)
                .bind(letter.sender.as_str())
                .bind(letter.recipient.as_str())
                .bind(&letter.subject)
                .bind(&letter.content)
                .bind(letter.content.len() as i64)
                .bind(now as i64)
                .bind(letter.not_before.max(now) as i64)
                .execute(&mut *tx)
                .await?;
        }
        if let Some(full) = too_much(&mut tx, letters.first().map_or("", |letter| &letter.plugin), limits, now).await? {
            return Ok(Err(full));
        }
        tx.commit().await?;
        Ok(Ok(()))
    }

    /// The letter that is to be tried now, the one that waits longest for it first.
    pub async fn due_letter(&self, now: TimestampMs) -> Result<Option<DueLetter>, StoreError> {
        let select = "SELECT id, sender, recipient, content, since, tries FROM outbox
                      WHERE state = 'waiting' AND next <= ? ORDER BY next, id LIMIT 1";
        let row = sqlx::query(select).bind(now as i64).fetch_optional(&self.read).await?;
        let due = |row: &SqliteRow| {
            Ok::<_, sqlx::Error>(DueLetter {
                id: row.try_get("id")?,
                sender: parsed(row, "sender")?,
                recipient: parsed(row, "recipient")?,
                content: row.try_get::<Option<Vec<u8>>, _>("content")?.unwrap_or_default(),
                since: row.try_get::<i64, _>("since")?.unsigned_abs(),
                tries: row.try_get("tries")?,
            })
        };
        Ok(row.as_ref().map(due).transpose()?)
    }

    /// When the next letter is to be tried.
    pub async fn next_letter(&self) -> Result<Option<TimestampMs>, StoreError> {
        let select = "SELECT MIN(next) FROM outbox WHERE state = 'waiting'";
        let next: Option<i64> = sqlx::query_scalar(select).fetch_one(&self.read).await?;
        Ok(next.map(i64::unsigned_abs))
    }

    /// A server has taken the letter: what is in it is forgotten.
    pub async fn letter_sent(&self, id: i64, now: TimestampMs) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET state = 'sent', content = NULL, tries = tries + 1, done = ?, fault = NULL,
                      said = NULL WHERE id = ?";
        sqlx::query(update).bind(now as i64).bind(id).execute(&self.write).await?;
        Ok(())
    }

    /// The letter did not go: it is tried again then, or given up.
    pub async fn letter_stays(
        &self,
        id: i64,
        again: Option<TimestampMs>,
        trouble: &MailTrouble,
        now: TimestampMs,
    ) -> Result<(), StoreError> {
        let update = "UPDATE outbox SET tries = tries + 1, fault = ?, said = ?, next = COALESCE(?, next),
                      state = ?, done = ? WHERE id = ? AND state = 'waiting'";
        let state = if again.is_some() { LetterState::Waiting } else { LetterState::Failed };
        sqlx::query(update)
            .bind(trouble.fault.as_str())
            .bind(&trouble.said)
            .bind(again.map(|at| at as i64))
            .bind(state.as_str())
            .bind(again.is_none().then_some(now as i64))
            .bind(id)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Letters that stand so, or all, newest first.
    pub async fn letters(
        &self,
        state: Option<LetterState>,
        offset: u32,
        limit: u32,
    ) -> Result<Slice<OutboxLetter>, StoreError> {
        let state = state.map(LetterState::as_str);
        let total = "SELECT count(*) FROM outbox WHERE ?1 IS NULL OR state = ?1";
        let total: u64 = sqlx::query_scalar(total).bind(state).fetch_one(&self.read).await?;
        // Not the content: a page of it could be a gigabyte.
        let page = "SELECT id, plugin, recipient, subject, bytes, accepted, state, tries, next, done, fault, said
                    FROM outbox WHERE ?1 IS NULL OR state = ?1 ORDER BY id DESC LIMIT ?2 OFFSET ?3";
        let rows = sqlx::query(page).bind(state).bind(limit).bind(offset).fetch_all(&self.read).await?;
        Ok(Slice { items: rows.iter().map(letter).collect::<Result<_, _>>()?, total })
    }

    /// One letter.
    pub async fn letter(&self, id: i64) -> Result<Option<OutboxLetter>, StoreError> {
        let select = "SELECT id, plugin, recipient, subject, bytes, accepted, state, tries, next, done, fault, said
                      FROM outbox WHERE id = ?";
        let row = sqlx::query(select).bind(id).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(letter).transpose()?)
    }

    /// How many letters stand how.
    pub async fn letter_counts(&self, now: TimestampMs) -> Result<OutboxCounts, StoreError> {
        let select = "SELECT
            (SELECT count(*) FROM outbox WHERE state = 'waiting') AS waiting,
            (SELECT count(*) FROM outbox WHERE state = 'failed') AS failed,
            (SELECT count(*) FROM outbox WHERE state = 'sent' AND done > ?) AS sent_today";
        let row = sqlx::query(select).bind(now.saturating_sub(DAY) as i64).fetch_one(&self.read).await?;
        Ok(OutboxCounts {
            waiting: row.try_get("waiting")?,
            failed: row.try_get("failed")?,
            sent_today: row.try_get("sent_today")?,
        })
    }

    /// Has a letter tried at once that waits or was given up, for two more days; `false` when there is no such letter.
    pub async fn retry_letter(&self, id: i64, now: TimestampMs) -> Result<bool, StoreError> {
        let update = "UPDATE outbox SET state = 'waiting', since = ?1, next = ?1, tries = 0, done = NULL
                      WHERE id = ?2 AND state IN ('waiting', 'failed')";
        let done = sqlx::query(update).bind(now as i64).bind(id).execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }

    /// Throws a letter away that waits or was given up; `false` when there is no such letter.
    pub async fn discard_letter(&self, id: i64) -> Result<bool, StoreError> {
        let delete = "DELETE FROM outbox WHERE id = ? AND state IN ('waiting', 'failed')";
        Ok(sqlx::query(delete).bind(id).execute(&self.write).await?.rows_affected() == 1)
    }

    /// Forgets letters whose time is over.
    pub async fn forget_old_letters(&self, now: TimestampMs) -> Result<(), StoreError> {
        let delete = "DELETE FROM outbox WHERE (state = 'sent' AND done < ?) OR (state = 'failed' AND done < ?)";
        sqlx::query(delete)
            .bind(now.saturating_sub(SENT_KEPT) as i64)
            .bind(now.saturating_sub(FAILED_KEPT) as i64)
            .execute(&self.write)
            .await?;
        Ok(())
    }
}

/// Whether the outbox holds more than it may, as it would be after this transaction.
async fn too_much(
    tx: &mut SqliteConnection,
    plugin: &str,
    limits: &OutboxLimits,
    now: TimestampMs,
) -> Result<Option<OutboxFull>, sqlx::Error> {
    // Letters that were given up make room, the oldest first; those that wait never do.
    let make_room = "DELETE FROM outbox WHERE id IN (
        SELECT id FROM (SELECT id, state, row_number() OVER kept AS place, sum(bytes) OVER kept AS bytes FROM outbox
                        WHERE state <> 'sent' WINDOW kept AS (ORDER BY state = 'failed', id DESC))
        WHERE state = 'failed' AND (place > ? OR bytes > ?))";
    sqlx::query(make_room).bind(limits.letters as i64).bind(limits.bytes as i64).execute(&mut *tx).await?;
    let kept = "SELECT count(*) AS letters, COALESCE(sum(bytes), 0) AS bytes FROM outbox WHERE state = 'waiting'";
    let kept = sqlx::query(kept).fetch_one(&mut *tx).await?;
    if kept.try_get::<u64, _>("letters")? > limits.letters {
        return Ok(Some(OutboxFull::Letters));
    }
    if kept.try_get::<u64, _>("bytes")? > limits.bytes {
        return Ok(Some(OutboxFull::Bytes));
    }
    for (time, most, full) in [(HOUR, limits.per_hour, OutboxFull::Hour), (DAY, limits.per_day, OutboxFull::Day)] {
        let count = "SELECT count(*) FROM outbox WHERE plugin = ? AND accepted > ?";
        let since = now.saturating_sub(time) as i64;
        let written: u64 = sqlx::query_scalar(count).bind(plugin).bind(since).fetch_one(&mut *tx).await?;
        if written > most {
            return Ok(Some(full));
        }
    }
    Ok(None)
}

fn letter(row: &SqliteRow) -> Result<OutboxLetter, sqlx::Error> {
    let time = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    let fault: Option<String> = row.try_get("fault")?;
    let said: Option<String> = row.try_get("said")?;
    let trouble = fault
        .map(|fault| MailTrouble { fault: fault.parse().unwrap_or(MailFault::Later), said: said.unwrap_or_default() });
    Ok(OutboxLetter {
        id: row.try_get("id")?,
        to: parsed(row, "recipient")?,
        subject: row.try_get("subject")?,
        plugin: row.try_get("plugin")?,
        bytes: time("bytes")?,
        accepted: time("accepted")?,
        state: parsed(row, "state")?,
        tries: row.try_get("tries")?,
        next: time("next")?,
        done: row.try_get::<Option<i64>, _>("done")?.map(i64::unsigned_abs),
        trouble,
    })
}
