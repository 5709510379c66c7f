//! `jackfield:services/clock`.

use crate::{
    bindings::imports::jackfield::services::clock::{self, LocalTime, Weekday},
    instance::State,
};
use jiff::{Timestamp, civil};

impl clock::Host for State {
    fn now(&mut self) -> u64 {
        self.supposed.unwrap_or_else(|| self.host.clock.now_ms())
    }

    fn local(&mut self, zone: String, at: u64) -> Result<LocalTime, String> {
        let unknown = || format!("there is no time zone “{}”", zone.chars().take(64).collect::<String>());
        let at = i64::try_from(at).ok().and_then(|ms| Timestamp::from_millisecond(ms).ok());
        let at = at.ok_or("the moment is beyond the year 9999")?;
        let local = at.to_zoned(self.host.zones.get(&zone).map_err(|_| unknown())?);
        Ok(LocalTime {
            year: local.year(),
            month: local.month().unsigned_abs(),
            day: local.day().unsigned_abs(),
            hour: local.hour().unsigned_abs(),
            minute: local.minute().unsigned_abs(),
            second: local.second().unsigned_abs(),
            weekday: match local.weekday() {
                civil::Weekday::Monday => Weekday::Monday,
                civil::Weekday::Tuesday => Weekday::Tuesday,
                civil::Weekday::Wednesday => Weekday::Wednesday,
                civil::Weekday::Thursday => Weekday::Thursday,
                civil::Weekday::Friday => Weekday::Friday,
                civil::Weekday::Saturday => Weekday::Saturday,
                civil::Weekday::Sunday => Weekday::Sunday,
            },
            utc_offset: local.offset().seconds(),
        })
    }
}
