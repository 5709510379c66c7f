//! When the house is open: which case of a [`Schedule`](jackfield_model::Schedule) holds at a moment.
//!
//! [`Calendar`] is a schedule that was checked and is ready to be asked; [`Schedules`] holds those of the house, swapped whole when
//! an admin changes one, so that whoever routes a call reads memory alone. [`holidays`] computes the national ones, [`ics`] reads
//! calendars that people upload. It deliberately knows neither a database nor plugins.
//!
//! ```
//! use jackfield_model::ScheduleCase;
//! use jackfield_schedules::Calendar;
//! # let schedule = jackfield_model::Schedule { name: "office".into(), time_zone: "Europe/Paris".into(), week: vec![],
//! #   holidays: vec![jackfield_model::HolidaySet { country: "FR".into(), region: "".into() }], own_holidays: vec![],
//! #   exceptions: vec![], forced: None };
//! let calendar = Calendar::new(schedule).unwrap();
//! // 14 July 2026, noon in Paris.
//! let standing = calendar.at(1_784_023_200_000);
//! assert_eq!((standing.case, standing.occasion.as_str()), (ScheduleCase::Holiday, "Bastille Day"));
//! ```

mod calendar;
mod check;
pub mod holidays;
mod house;
pub mod ics;
mod span;

pub use calendar::{Calendar, SpecialDay, Standing};
pub use check::{MOST, Wrong};
pub use house::Schedules;
