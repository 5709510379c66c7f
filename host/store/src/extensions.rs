//! Numbers of the house and their SIP accounts.

use crate::{
    Slice, Store, StoreError, UNDO_MS,
    search::{fold, pattern},
    sip_secret::SipPassword,
    users::parsed,
};
use jackfield_model::{Extension, Ha1, Language, Number, SoundEncryption, TimestampMs, UserId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

/// A query over extensions with their owners, as long as those are not deleted.
macro_rules! extensions {
    ($columns:literal, $rest:literal) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM extensions e LEFT JOIN users u ON u.id = e.owner AND u.deleted IS NULL WHERE e.deleted IS NULL ",
            $rest
        )
    };
    ($rest:literal) => {
        extensions!("e.*, u.id AS owner_id, u.name AS owner_name", $rest)
    };
}

/// An extension to be added.
#[derive(Clone, Debug)]
pub struct NewExtension {
    /// The number, which is also the SIP user name.
    pub number: Number,
    /// The name shown to the other party.
    pub name: String,
    /// The person it belongs to.
    pub owner: Option<UserId>,
    /// A SIP URI that is rung in place of registered contacts.
    pub static_contact: Option<String>,
    /// Language of prompts.
    pub language: Language,
    /// Whether another call rings while one is up.
    pub call_waiting: bool,
    /// Whether sound to and from its phones is encrypted.
    pub encryption: SoundEncryption,
    /// The SIP password; one is generated when there is none.
    pub password: Option<SipPassword>,
}

/// What to change of an extension; `None` leaves a field as it is.
///
/// The number is not among them: it is the SIP user name and part of every digest secret. A new number is a new
/// extension.
#[derive(Clone, Debug, Default)]
pub struct ExtensionChange {
    /// A new name.
    pub name: Option<String>,
    /// A new owner, or `Some(None)` for nobody.
    pub owner: Option<Option<UserId>>,
    /// A new static contact, or `Some(None)` for registration.
    pub static_contact: Option<Option<String>>,
    /// A new language.
    pub language: Option<Language>,
    /// Whether another call rings while one is up.
    pub call_waiting: Option<bool>,
    /// Whether sound to and from its phones is encrypted.
    pub encryption: Option<SoundEncryption>,
}

impl NewExtension {
    /// An extension that belongs to nobody yet, with a generated password.
    pub fn new(number: Number, name: &str) -> Self {
        Self {
            number,
            name: name.to_owned(),
            owner: None,
            static_contact: None,
            language: Language::default(),
            call_waiting: true,
            encryption: SoundEncryption::default(),
            password: None,
        }
    }
}

impl Store {
    /// Extensions whose number, name or owner contains `search`, by number, each with its owner's name.
    pub async fn extensions(
        &self,
        search: &str,
        offset: u32,
        limit: u32,
    ) -> Result<Slice<(Extension, Option<String>)>, StoreError> {
        let pattern = pattern(search);
        let total = extensions!("count(*)", "AND (e.search LIKE ?1 ESCAPE '\\' OR u.search LIKE ?1 ESCAPE '\\')");
        let total: u64 = sqlx::query_scalar(total).bind(&pattern).fetch_one(&self.read).await?;
        let page = extensions!(
            "AND (e.search LIKE ?1 ESCAPE '\\' OR u.search LIKE ?1 ESCAPE '\\')
             ORDER BY length(e.number), e.number LIMIT ?2 OFFSET ?3"
        );
        let rows = sqlx::query(page).bind(&pattern).bind(limit).bind(offset).fetch_all(&self.read).await?;
        let items = rows
            .iter()
            .map(|row| Ok((extension(row)?, row.try_get("owner_name")?)))
            .collect::<Result<_, sqlx::Error>>()?;
        Ok(Slice { items, total })
    }

    /// One extension.
    pub async fn extension(&self, number: &Number) -> Result<Option<Extension>, StoreError> {
        let mut connection = self.read.acquire().await?;
        Ok(find(&mut connection, number).await?)
    }

    /// Adds an extension and tells its SIP password, which can be read this once. Fails with [`StoreError::Taken`] when
    /// the number is in use and [`StoreError::Dangling`] when the owner does not exist.
    pub async fn create_extension(
        &self,
        new: &NewExtension,
        now: TimestampMs,
    ) -> Result<(Extension, SipPassword), StoreError> {
        let password = new.password.clone().unwrap_or_else(SipPassword::generate);
        let ha1 = password.ha1(new.number.as_str(), &self.realm().await?);
        let mut tx = self.write.begin().await?;
        let insert = "INSERT INTO extensions (number, name, owner, static_contact, language, call_waiting, encryption,
                                              ha1_md5, ha1_sha256, search, created)
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(insert)
            .bind(new.number.as_str())
            .bind(&new.name)
            .bind(new.owner.map(|owner| owner.0))
            .bind(&new.static_contact)
            .bind(new.language.as_str())
            .bind(new.call_waiting)
            .bind(new.encryption.as_str())
            .bind(ha1.md5)
            .bind(ha1.sha256)
            .bind(search_text(&new.number, &new.name))
            .bind(now as i64)
            .execute(&mut *tx)
            .await
            .map_err(|error| StoreError::from(error).naming("number", "owner"))?;
        let added = find(&mut tx, &new.number).await?.ok_or(sqlx::Error::RowNotFound)?;
        tx.commit().await?;
        Ok((added, password))
    }

    /// Changes an extension; `None` when there is no such number.
    pub async fn update_extension(
        &self,
        number: &Number,
        change: &ExtensionChange,
    ) -> Result<Option<Extension>, StoreError> {
        let mut tx = self.write.begin().await?;
        let Some(old) = find(&mut tx, number).await? else { return Ok(None) };
        let name = change.name.clone().unwrap_or(old.name);
        let update = "UPDATE extensions SET name = ?, owner = ?, static_contact = ?, language = ?, call_waiting = ?,
                                   encryption = ?, search = ?
                      WHERE number = ? AND deleted IS NULL";
        sqlx::query(update)
            .bind(&name)
            .bind(change.owner.unwrap_or(old.owner).map(|owner| owner.0))
            .bind(change.static_contact.clone().unwrap_or(old.static_contact))
            .bind(change.language.unwrap_or(old.language).as_str())
            .bind(change.call_waiting.unwrap_or(old.call_waiting))
            .bind(change.encryption.unwrap_or(old.encryption).as_str())
            .bind(search_text(number, &name))
            .bind(number.as_str())
            .execute(&mut *tx)
            .await
            .map_err(|error| StoreError::from(error).naming("number", "owner"))?;
        let changed = find(&mut tx, number).await?;
        tx.commit().await?;
        Ok(changed)
    }

    /// Deletes an extension; it can be brought back, secret included, for [`UNDO_MS`]. `false` when there is none.
    pub async fn delete_extension(&self, number: &Number, now: TimestampMs) -> Result<bool, StoreError> {
        let mut tx = self.write.begin().await?;
        let purge = "DELETE FROM extensions WHERE deleted < ?";
        sqlx::query(purge).bind(now.saturating_sub(UNDO_MS) as i64).execute(&mut *tx).await?;
        let update = "UPDATE extensions SET deleted = ? WHERE number = ? AND deleted IS NULL";
        let done = sqlx::query(update).bind(now as i64).bind(number.as_str()).execute(&mut *tx).await?;
        // Whoever gets the number next has not said this.
        sqlx::query("DELETE FROM availability WHERE extension = ?").bind(number.as_str()).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// Brings the extension back that was deleted last under this number; `None` when it is too late. Fails with
    /// [`StoreError::Taken`] when the number is in use again.
    pub async fn restore_extension(&self, number: &Number, now: TimestampMs) -> Result<Option<Extension>, StoreError> {
        let update = "UPDATE extensions SET deleted = NULL WHERE id =
                      (SELECT id FROM extensions WHERE number = ? AND deleted >= ? ORDER BY deleted DESC LIMIT 1)";
        let done = sqlx::query(update)
            .bind(number.as_str())
            .bind(now.saturating_sub(UNDO_MS) as i64)
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("number", "owner"))?;
        if done.rows_affected() == 0 { Ok(None) } else { self.extension(number).await }
    }

    /// Sets the SIP password in place of the old one; `false` when there is no such number.
    pub async fn set_sip_password(&self, number: &Number, password: &SipPassword) -> Result<bool, StoreError> {
        let ha1 = password.ha1(number.as_str(), &self.realm().await?);
        let update = "UPDATE extensions SET ha1_md5 = ?, ha1_sha256 = ? WHERE number = ? AND deleted IS NULL";
        let done =
            sqlx::query(update).bind(ha1.md5).bind(ha1.sha256).bind(number.as_str()).execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }
}

/// An extension as a row of `extensions!` has it.
pub(crate) fn extension(row: &SqliteRow) -> Result<Extension, sqlx::Error> {
    let (md5, sha256): (Option<String>, Option<String>) = (row.try_get("ha1_md5")?, row.try_get("ha1_sha256")?);
    Ok(Extension {
        number: parsed(row, "number")?,
        name: row.try_get("name")?,
        owner: row.try_get::<Option<i64>, _>("owner_id")?.map(UserId),
        static_contact: row.try_get("static_contact")?,
        language: parsed(row, "language")?,
        call_waiting: row.try_get("call_waiting")?,
        encryption: parsed(row, "encryption")?,
        ha1: md5.zip(sha256).map(|(md5, sha256)| Ha1 { md5, sha256 }),
    })
}

/// Every extension there is.
pub(crate) async fn all(connection: &mut SqliteConnection) -> Result<Vec<Extension>, sqlx::Error> {
    let rows = sqlx::query(extensions!("ORDER BY e.number")).fetch_all(connection).await?;
    rows.iter().map(extension).collect()
}

async fn find(connection: &mut SqliteConnection, number: &Number) -> Result<Option<Extension>, sqlx::Error> {
    let row = sqlx::query(extensions!("AND e.number = ?")).bind(number.as_str()).fetch_optional(connection).await?;
    row.as_ref().map(extension).transpose()
}

fn search_text(number: &Number, name: &str) -> String {
    fold(&format!("{number} {name}"))
}
