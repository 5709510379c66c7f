//! The schedules of the house, in memory.

use crate::Calendar;
use arc_swap::ArcSwap;
use jackfield_model::Schedule;
use std::sync::Arc;

/// All schedules of the house at one moment after the other; cheap to clone. Reading takes no lock, and a change is seen by
/// whoever asks next.
#[derive(Clone, Debug, Default)]
pub struct Schedules(Arc<ArcSwap<Vec<Arc<Calendar>>>>);

impl Schedules {
    /// These, from now on. Gives the names of those that cannot be used: rules may have changed since they were saved.
    pub fn set(&self, schedules: Vec<Schedule>) -> Vec<String> {
        let mut unusable = Vec::new();
        let mut usable = Vec::with_capacity(schedules.len());
        for schedule in schedules {
            let name = schedule.name.clone();
            match Calendar::new(schedule) {
                Ok(calendar) => usable.push(Arc::new(calendar)),
                Err(_) => unusable.push(name),
            }
        }
        self.0.store(Arc::new(usable));
        unusable
    }

    /// The schedule of that name.
    pub fn named(&self, name: &str) -> Option<Arc<Calendar>> {
        self.0.load().iter().find(|calendar| calendar.schedule().name == name).cloned()
    }

    /// All of them, in the house's order.
    pub fn all(&self) -> Arc<Vec<Arc<Calendar>>> {
        self.0.load_full()
    }
}
