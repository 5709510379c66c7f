//! Plain data that every part of Jackfield speaks of: ids, numbers, people, extensions, calls, plugins, events.
//!
//! This crate deliberately knows nothing but serde: no clock, no sockets, no database, no HTTP. A type is here when
//! two rooms of the house name it; anything that only one room knows lives in that room.
//!
//! Read first: [`Extension`] (what can be called), [`CallRecord`] (what is left of a call), [`Event`] (what happened).
//!
//! ```
//! use jackfield_model::Number;
//! let number: Number = "+33 1 23-45".parse().unwrap();
//! assert_eq!(number.as_str(), "+3312345");
//! assert!("no number".parse::<Number>().is_err());
//! ```

pub mod analytics;
mod availability;
mod ban;
mod call;
mod conference;
mod contact;
mod encryption;
mod event;
mod extension;
mod fact;
mod ids;
mod mail;
mod metrics;
mod number;
mod plugin;
mod quality;
mod recording;
mod registration;
mod schedule;
mod sound;
mod trace;
mod trunk;
mod trunk_settings;
mod user;

pub use availability::{Availability, AvailabilityState, Holder, MAX_NOTE, PhoneState};
pub use ban::{Ban, Offence};
pub use call::{CallRecord, CallState, Direction, EndCause, LiveCall, Party};
pub use conference::{Conference, ConferenceMember};
pub use contact::{
    Contact, ContactNumber, ContactSource, DialPlan, LONGEST_TEXT, MOST_NUMBERS, NumberKind, SourceKind,
};
pub use encryption::SoundEncryption;
pub use event::{Event, EventKind};
pub use extension::{Extension, Ha1};
pub use fact::{
    AcwEnd, AgentState, AlarmState, CallbackStep, EndedBy, ExitReason, Fact, Happening, IvrResult, Media, MonitorMode,
    OfferResult, ServiceGoal, TransferKind,
};
pub use ids::{CallId, UserId};
pub use mail::{
    EmailAddress, InvalidEmailAddress, LetterState, MailFault, MailSecurity, MailSettings, MailTrouble, OutboxLetter,
};
pub use metrics::{MetricBucket, MetricKind, MetricLabel, MetricSeries, PluginMetric};
pub use number::{InvalidNumber, Number};
pub use plugin::{
    Level, PagePlace, PhoneKey, PluginCost, PluginLogLine, PluginPage, PluginSigner, PluginState, PluginStatus,
    PluginTrial, Shape, TrialFindings,
};
pub use quality::{CallQuality, HeardQuality, LegQuality, LegSide, SoundFault, SoundKeys};
pub use recording::{Recording, RecordingState};
pub use registration::Registration;
pub use schedule::{
    DayOfWeek, HolidaySet, HoursException, OpenSpan, OwnHoliday, Schedule, ScheduleCase, TimeOfDay, WeekHours,
};
pub use sound::{Sound, SoundKind};
pub use trace::{
    AskOutcome, AskedPlugin, CallTrace, DecisionKind, Difference, Foreseen, HouseRule, PluginVersion, Replay, SipTrace,
    TraceDialog, TraceEntry, TraceEvent,
};
pub use trunk::{
    CalledIn, IdentityField, NumberFormat, SessionTimer, TrunkDtmf, TrunkFault, TrunkRegistration, TrunkServer,
    TrunkState, TrunkStatus, TrunkTrouble,
};
pub use trunk_settings::{Secret, TrunkNumbers, TrunkSettings};
pub use user::{Language, Role, User};

/// Milliseconds since 1970-01-01T00:00:00Z, the way every time of day is kept and sent.
pub type TimestampMs = u64;
