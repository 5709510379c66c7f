//! The schedules of the house, in memory.

use crate::Calendar;
use arc_swap::ArcSwap;
use jackfield_model::Schedule;
use std::sync::Arc;
use tokio::sync::Mutex;

/// All schedules of the house at one moment after the other; cheap to clone. Asking takes no lock, and a change is seen by
/// whoever asks next.
#[derive(Clone, Debug, Default)]
pub struct Schedules(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    calendars: ArcSwap<Vec<Arc<Calendar>>>,
    /// Held while schedules are read and put here.
    turn: Mutex<()>,
}

impl Schedules {
    /// What `read` gives, from now on. One reads at a time, so that what was read last is what counts. Gives the names of those that
    /// cannot be used.
    ///
    /// # Errors
    /// When it cannot be read; all stays as it was.
    pub async fn refresh<E>(&self, read: impl Future<Output = Result<Vec<Schedule>, E>>) -> Result<Vec<String>, E> {
        let _turn = self.0.turn.lock().await;
        Ok(self.set(read.await?))
    }

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
        self.0.calendars.store(Arc::new(usable));
        unusable
    }

    /// The schedule of that name.
    pub fn named(&self, name: &str) -> Option<Arc<Calendar>> {
        self.0.calendars.load().iter().find(|calendar| calendar.schedule().name == name).cloned()
    }

    /// All of them, in the house's order.
    pub fn all(&self) -> Arc<Vec<Arc<Calendar>>> {
        self.0.calendars.load_full()
    }
}
