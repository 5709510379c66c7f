//! Browser sessions.

use crate::{Store, StoreError, users};
use jackfield_model::{TimestampMs, User, UserId};
use sha2::{Digest, Sha256};
use sqlx::Row;
use std::fmt;

/// The secret in a browser's cookie: 256 random bits as 64 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

/// A session that has not expired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Who signed in.
    pub user: User,
    /// Whether they signed in with a one-time password and have not set their own yet.
    pub must_change_password: bool,
    /// When it was last prolonged.
    pub seen: TimestampMs,
    /// When it ends unless it is used.
    pub expires: TimestampMs,
}

impl SessionToken {
    /// A new random token.
    pub fn generate() -> Self {
        Self(hex::encode(rand::random::<[u8; 32]>()))
    }

    /// The token that a cookie carries; `None` when it cannot be one.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())).then(|| Self(text.to_owned()))
    }

    /// The text for the cookie.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn hash(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl Store {
    /// Opens a session of `lifetime` milliseconds for a person. Sessions that have expired are cleared away.
    pub async fn create_session(
        &self,
        user: UserId,
        source: &str,
        now: TimestampMs,
        lifetime: u64,
    ) -> Result<SessionToken, StoreError> {
        let token = SessionToken::generate();
        let mut tx = self.write.begin().await?;
        sqlx::query("DELETE FROM sessions WHERE expires <= ?").bind(now as i64).execute(&mut *tx).await?;
        let insert =
            "INSERT INTO sessions (token_hash, user, created, seen, expires, source) VALUES (?1, ?2, ?3, ?3, ?4, ?5)";
        sqlx::query(insert)
            .bind(token.hash().to_vec())
            .bind(user.0)
            .bind(now as i64)
            .bind(now.saturating_add(lifetime) as i64)
            .bind(source)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(token)
    }

    /// The session of a token; `None` when there is none, it has expired, or its person is gone.
    pub async fn session(&self, token: &SessionToken, now: TimestampMs) -> Result<Option<Session>, StoreError> {
        let select = "SELECT u.*, s.seen, s.expires FROM sessions s JOIN users u ON u.id = s.user
                      WHERE s.token_hash = ? AND s.expires > ? AND u.deleted IS NULL";
        let row = sqlx::query(select).bind(token.hash().to_vec()).bind(now as i64).fetch_optional(&self.read).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(Session {
            user: users::user(&row)?,
            must_change_password: row.try_get("must_change_password")?,
            seen: row.try_get::<i64, _>("seen")?.unsigned_abs(),
            expires: row.try_get::<i64, _>("expires")?.unsigned_abs(),
        }))
    }

    /// Prolongs a session: it now ends `lifetime` milliseconds from `now`.
    pub async fn prolong_session(
        &self,
        token: &SessionToken,
        now: TimestampMs,
        lifetime: u64,
    ) -> Result<(), StoreError> {
        let update = "UPDATE sessions SET seen = ?, expires = ? WHERE token_hash = ?";
        let expires = now.saturating_add(lifetime) as i64;
        sqlx::query(update).bind(now as i64).bind(expires).bind(token.hash().to_vec()).execute(&self.write).await?;
        Ok(())
    }

    /// Ends a session.
    pub async fn end_session(&self, token: &SessionToken) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM sessions WHERE token_hash = ?")
            .bind(token.hash().to_vec())
            .execute(&self.write)
            .await?;
        Ok(())
    }
}
