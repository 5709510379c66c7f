//! When the house is open: the trait by which plugins learn of it.

use async_trait::async_trait;
use jackfield_model::ScheduleCase;
use jackfield_schedules::Schedules;

/// Keeps the schedules of the house.
#[async_trait]
pub trait ScheduleBook: Send + Sync + 'static {
    /// Those that there are, in memory: asked on the path of calls.
    fn schedules(&self) -> &Schedules;
    /// A plugin has a case hold from now on, or the clock decide again; `false` when there is no schedule of that name.
    ///
    /// # Errors
    /// Why it cannot be kept.
    async fn force(&self, name: &str, case: Option<ScheduleCase>, plugin: &str) -> Result<bool, String>;
}

/// Has none: for tools.
#[derive(Default)]
pub struct NoSchedules(Schedules);

#[async_trait]
impl ScheduleBook for NoSchedules {
    fn schedules(&self) -> &Schedules {
        &self.0
    }

    async fn force(&self, _: &str, _: Option<ScheduleCase>, _: &str) -> Result<bool, String> {
        Ok(false)
    }
}
