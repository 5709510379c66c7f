//! When the house is open, as somebody has set it up.

use crate::{Store, StoreError};
use jackfield_model::{Schedule, ScheduleCase};
use sqlx::{Row, sqlite::SqliteRow};

impl Store {
    /// Every schedule, by name.
    pub async fn schedules(&self) -> Result<Vec<Schedule>, StoreError> {
        let rows = sqlx::query("SELECT * FROM schedules ORDER BY name").fetch_all(&self.read).await?;
        Ok(rows.iter().map(schedule).collect::<Result<_, _>>()?)
    }

    /// Adds a schedule. Fails with [`StoreError::Taken`] when there is one of that name.
    pub async fn create_schedule(&self, new: &Schedule) -> Result<(), StoreError> {
        sqlx::query("INSERT INTO schedules (name, settings, forced) VALUES (?, ?, ?)")
            .bind(&new.name)
            .bind(written(new)?)
            .bind(new.forced.map(ScheduleCase::as_str))
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("name", "name"))?;
        Ok(())
    }

    /// Puts a schedule in the place of another, its name included; what is forced stays as it is. `false` when there is none of
    /// that name. Fails with [`StoreError::Taken`] when another one has the new name.
    pub async fn replace_schedule(&self, name: &str, new: &Schedule) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE schedules SET name = ?, settings = ? WHERE name = ?")
            .bind(&new.name)
            .bind(written(new)?)
            .bind(name)
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("name", "name"))?;
        Ok(done.rows_affected() == 1)
    }

    /// Has a case hold from now on, or the clock decide again; `false` when there is no schedule of that name.
    pub async fn force_schedule(&self, name: &str, case: Option<ScheduleCase>) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE schedules SET forced = ? WHERE name = ?")
            .bind(case.map(ScheduleCase::as_str))
            .bind(name)
            .execute(&self.write)
            .await?;
        Ok(done.rows_affected() == 1)
    }

    /// Deletes a schedule; `false` when there is none of that name.
    pub async fn delete_schedule(&self, name: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM schedules WHERE name = ?").bind(name).execute(&self.write).await?;
        Ok(done.rows_affected() == 1)
    }
}

fn written(schedule: &Schedule) -> Result<String, sqlx::Error> {
    let apart = Schedule { forced: None, ..schedule.clone() };
    serde_json::to_string(&apart).map_err(|error| sqlx::Error::Encode(error.into()))
}

fn schedule(row: &SqliteRow) -> Result<Schedule, sqlx::Error> {
    let text: String = row.try_get("settings")?;
    let unreadable =
        |error: serde_json::Error| sqlx::Error::ColumnDecode { index: "settings".into(), source: error.into() };
    let settings: Schedule = serde_json::from_str(&text).map_err(unreadable)?;
    let forced: Option<String> = row.try_get("forced")?;
    let forced = forced.and_then(|word| ScheduleCase::ALL.into_iter().find(|case| case.as_str() == word));
    Ok(Schedule { name: row.try_get("name")?, forced, ..settings })
}
