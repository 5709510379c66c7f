//! Ways to the outside that were set up on the web page.

use crate::{Store, StoreError};
use jackfield_model::{Secret, TimestampMs, TrunkSettings};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

impl Store {
    /// Every trunk with its password, in the order in which they are tried.
    pub async fn trunks(&self) -> Result<Vec<TrunkSettings>, StoreError> {
        let rows = sqlx::query("SELECT * FROM trunks ORDER BY place, id").fetch_all(&self.read).await?;
        Ok(rows.iter().map(trunk).collect::<Result<_, _>>()?)
    }

    /// One trunk with its password.
    pub async fn trunk(&self, name: &str) -> Result<Option<TrunkSettings>, StoreError> {
        let mut connection = self.read.acquire().await?;
        Ok(find(&mut connection, name).await?)
    }

    /// Adds a trunk after those that there are. Fails with [`StoreError::Taken`] when there is one of that name.
    pub async fn create_trunk(&self, new: &TrunkSettings, now: TimestampMs) -> Result<(), StoreError> {
        let insert = "INSERT INTO trunks (name, settings, password, created, place)
                      VALUES (?, ?, ?, ?, (SELECT COALESCE(MAX(place), 0) + 1 FROM trunks))";
        sqlx::query(insert)
            .bind(&new.name)
            .bind(written(new)?)
            .bind(new.password.as_ref().map(Secret::reveal))
            .bind(now as i64)
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("name", "name"))?;
        Ok(())
    }

    /// Puts settings in the place of those of a trunk, its name included; `false` when there is none of that name. Fails with
    /// [`StoreError::Taken`] when another one has the new name.
    pub async fn replace_trunk(&self, name: &str, new: &TrunkSettings) -> Result<bool, StoreError> {
        let update = "UPDATE trunks SET name = ?, settings = ?, password = ? WHERE name = ?";
        let done = sqlx::query(update)
            .bind(&new.name)
            .bind(written(new)?)
            .bind(new.password.as_ref().map(Secret::reveal))
            .bind(name)
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("name", "name"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Switches a trunk on or off; as it is then, or `None` when there is none of that name.
    pub async fn switch_trunk(&self, name: &str, enabled: bool) -> Result<Option<TrunkSettings>, StoreError> {
        let mut tx = self.write.begin().await?;
        let Some(old) = find(&mut tx, name).await? else { return Ok(None) };
        let switched = TrunkSettings { enabled, ..old };
        let update = "UPDATE trunks SET settings = ? WHERE name = ?";
        sqlx::query(update).bind(written(&switched)?).bind(name).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(Some(switched))
    }

    /// Sets the order in which trunks are tried; those that are not named come after them as they were. `false`, and nothing
    /// is changed, when there is none of one of the names.
    pub async fn order_trunks(&self, names: &[String]) -> Result<bool, StoreError> {
        let mut tx = self.write.begin().await?;
        let all: Vec<String> =
            sqlx::query_scalar("SELECT name FROM trunks ORDER BY place, id").fetch_all(&mut *tx).await?;
        if names.iter().any(|name| !all.contains(name)) {
            return Ok(false);
        }
        let others = all.iter().filter(|name| !names.contains(name));
        for (place, name) in (1_i64..).zip(names.iter().chain(others)) {
            sqlx::query("UPDATE trunks SET place = ? WHERE name = ?").bind(place).bind(name).execute(&mut *tx).await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Deletes a trunk with its password; `false` when there is none of that name.
    pub async fn delete_trunk(&self, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM trunks WHERE name = ?").bind(name).execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }
}

async fn find(connection: &mut SqliteConnection, name: &str) -> Result<Option<TrunkSettings>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM trunks WHERE name = ?").bind(name).fetch_optional(connection).await?;
    row.as_ref().map(trunk).transpose()
}

/// The settings as they are kept; serde leaves the password out.
fn written(settings: &TrunkSettings) -> Result<String, sqlx::Error> {
    serde_json::to_string(settings).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn trunk(row: &SqliteRow) -> Result<TrunkSettings, sqlx::Error> {
    let text: String = row.try_get("settings")?;
    let settings: TrunkSettings = serde_json::from_str(&text)
        .map_err(|error| sqlx::Error::ColumnDecode { index: "settings".to_owned(), source: error.into() })?;
    let password: Option<String> = row.try_get("password")?;
    Ok(TrunkSettings { name: row.try_get("name")?, password: password.map(Secret::new), ..settings })
}
