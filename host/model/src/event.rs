//! What happened, numbered.

use crate::{
    Availability, CallId, CallRecord, Conference, LiveCall, Number, PhoneState, Registration, TimestampMs, TrunkStatus,
    UserId,
};
use serde::{Deserialize, Serialize};

/// One thing that happened. Numbers rise by one; a gap means that something was missed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Event {
    /// Number since the process started, from 1.
    pub seq: u64,
    /// When.
    pub at: TimestampMs,
    /// What.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case", tag = "type", content = "data")]
pub enum EventKind {
    /// A call began or changed state.
    Call(LiveCall),
    /// A call is over. Its record may not be stored yet: see `call-recorded`.
    CallEnded {
        /// Which call.
        id: CallId,
    },
    /// A finished call's record is safely on disk.
    CallRecorded(CallRecord),
    /// A conference began or changed.
    Conference(Conference),
    /// Somebody else has the floor in a conference, or nobody; told at most three times a second.
    ConferenceSpeaker {
        /// Which conference.
        id: u64,
        /// Who has it now, by the member's id.
        speaker: Option<u32>,
    },
    /// A conference is over.
    ConferenceEnded {
        /// Which conference.
        id: u64,
    },
    /// A contact was added or refreshed with a change.
    Registered(Registration),
    /// A contact is gone: un-registered, replaced or expired.
    Unregistered {
        /// The extension.
        extension: Number,
        /// Its contact URI.
        contact: String,
    },
    /// A source was banned, or a ban lifted; read the list again.
    BansChanged,
    /// Somebody is available in another way.
    Availability {
        /// The person; none for an extension that belongs to nobody.
        user: Option<UserId>,
        /// The numbers at which it shows.
        numbers: Vec<Number>,
        /// How.
        availability: Availability,
    },
    /// The telephones of an extension do something else.
    Phone {
        /// The extension.
        extension: Number,
        /// What.
        state: PhoneState,
    },
    /// A trunk stands in another way.
    Trunk(TrunkStatus),
    /// A trunk was added, changed, switched or removed; read the list again.
    TrunksChanged,
    /// Schedules changed, or somebody has forced one; read the list again.
    SchedulesChanged,
    /// Users or extensions changed; read them again.
    DirectoryChanged,
    /// Plugins bring other pages than before; read the list again.
    PagesChanged,
    /// Something about this plugin changed; read it again.
    PluginChanged {
        /// The plugin's id.
        id: String,
    },
}
