//! What people have said of where they are.

use crate::{Store, StoreError, users::parsed};
use jackfield_model::{Availability, Holder, UserId};
use sqlx::{Row, sqlite::SqliteRow};

impl Store {
    /// What everybody has said of themselves. Return times that have passed are still there: see [`Availability::at`].
    pub async fn availabilities(&self) -> Result<Vec<(Holder, Availability)>, StoreError> {
        let select = "SELECT * FROM availability a WHERE a.user IS NULL
                      OR EXISTS (SELECT 1 FROM users u WHERE u.id = a.user AND u.deleted IS NULL)";
        let rows = sqlx::query(select).fetch_all(&self.read).await?;
        Ok(rows.iter().map(entry).collect::<Result<_, _>>()?)
    }

    /// Keeps what somebody says of themselves, in place of what they said before. Fails with [`StoreError::Dangling`] when
    /// there is no such person.
    pub async fn set_availability(&self, holder: &Holder, availability: &Availability) -> Result<(), StoreError> {
        let (user, extension) = match holder {
            Holder::User(user) => (Some(user.0), None),
            Holder::Extension(number) => (None, Some(number.as_str())),
        };
        let mut tx = self.write.begin().await?;
        sqlx::query("DELETE FROM availability WHERE user = ? OR extension = ?")
            .bind(user)
            .bind(extension)
            .execute(&mut *tx)
            .await?;
        let insert = "INSERT INTO availability (user, extension, state, note, until, hide_detail, since)
                      VALUES (?, ?, ?, ?, ?, ?, ?)";
        sqlx::query(insert)
            .bind(user)
            .bind(extension)
            .bind(availability.state.as_str())
            .bind(&availability.note)
            .bind(availability.until.map(|until| until as i64))
            .bind(availability.hide_detail)
            .bind(availability.since as i64)
            .execute(&mut *tx)
            .await
            .map_err(|error| StoreError::from(error).naming("user", "user"))?;
        tx.commit().await?;
        Ok(())
    }
}

fn entry(row: &SqliteRow) -> Result<(Holder, Availability), sqlx::Error> {
    let holder = match row.try_get::<Option<i64>, _>("user")? {
        Some(user) => Holder::User(UserId(user)),
        None => Holder::Extension(parsed(row, "extension")?),
    };
    let availability = Availability {
        state: parsed(row, "state")?,
        note: row.try_get("note")?,
        until: row.try_get::<Option<i64>, _>("until")?.map(|until| until as u64),
        hide_detail: row.try_get("hide_detail")?,
        since: row.try_get::<i64, _>("since")? as u64,
    };
    Ok((holder, availability))
}
