//! The schedules of the house around the plugin under test.

use async_trait::async_trait;
use jackfield_model::{Schedule, ScheduleCase};
use jackfield_runtime::ScheduleBook;
use jackfield_schedules::Schedules;

/// Schedules in memory, by the rules of the house.
#[derive(Default)]
pub(crate) struct TestSchedules(Schedules);

impl TestSchedules {
    pub(crate) fn add(&self, schedule: Schedule) -> Result<(), String> {
        let name = schedule.name.clone();
        let mut all = self.all();
        all.retain(|other| other.name != name);
        all.push(schedule);
        if self.0.set(all).is_empty() {
            Ok(())
        } else {
            Err(format!("the schedule “{name}” is refused: {:?}", self.0))
        }
    }

    pub(crate) fn forced(&self, name: &str) -> Option<ScheduleCase> {
        self.0.named(name)?.schedule().forced
    }

    pub(crate) fn set(&self, name: &str, case: Option<ScheduleCase>) -> bool {
        let mut all = self.all();
        let Some(schedule) = all.iter_mut().find(|schedule| schedule.name == name) else { return false };
        schedule.forced = case;
        self.0.set(all);
        true
    }

    fn all(&self) -> Vec<Schedule> {
        self.0.all().iter().map(|calendar| calendar.schedule().clone()).collect()
    }
}

#[async_trait]
impl ScheduleBook for TestSchedules {
    fn schedules(&self) -> &Schedules {
        &self.0
    }

    async fn force(&self, name: &str, case: Option<ScheduleCase>, _: &str) -> Result<bool, String> {
        Ok(self.set(name, case))
    }
}
