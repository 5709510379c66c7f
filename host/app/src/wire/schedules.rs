//! The house's schedules, between the database, the web page and plugins.

use async_trait::async_trait;
use jackfield_calls::{events::EventBus, now_ms};
use jackfield_model::{EventKind, ScheduleCase};
use jackfield_runtime::ScheduleBook;
use jackfield_schedules::Schedules;
use jackfield_store::{NewAuditEntry, Store, StoreError};
use serde_json::json;

/// Keeps them in the database and in memory.
pub struct HouseSchedules {
    store: Store,
    bus: EventBus,
    schedules: Schedules,
}

impl HouseSchedules {
    /// Those of this database.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn open(store: Store, bus: EventBus) -> Result<Self, StoreError> {
        let house = Self { store, bus, schedules: Schedules::default() };
        house.read().await?;
        Ok(house)
    }

    async fn read(&self) -> Result<(), StoreError> {
        for name in self.schedules.refresh(self.store.schedules()).await? {
            tracing::error!(
                schedule = name,
                "a schedule cannot be used: rules have changed since it was saved; save it again"
            );
        }
        Ok(())
    }
}

#[async_trait]
impl ScheduleBook for HouseSchedules {
    fn schedules(&self) -> &Schedules {
        &self.schedules
    }

    async fn force(&self, name: &str, case: Option<ScheduleCase>, plugin: &str) -> Result<bool, String> {
        let failed = |error: StoreError| format!("it cannot be kept: {error}");
        if !self.store.force_schedule(name, case).await.map_err(failed)? {
            return Ok(false);
        }
        self.read().await.map_err(failed)?;
        self.bus.publish(now_ms(), EventKind::SchedulesChanged);
        let entry = NewAuditEntry {
            at: now_ms(),
            actor: plugin.to_owned(),
            source: String::new(),
            action: "schedule.force".to_owned(),
            target: name.to_owned(),
            detail: json!({ "case": case }),
        };
        if let Err(error) = self.store.append_audit(&entry).await {
            tracing::error!(%error, plugin, schedule = name, "this act is missing in the audit log");
        }
        Ok(true)
    }
}
