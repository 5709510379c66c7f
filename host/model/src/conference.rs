//! Conferences in progress.

use crate::{CallId, Party, TimestampMs};
use serde::{Deserialize, Serialize};

/// A conference room with somebody in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conference {
    /// Which one; no other has this number while the process runs.
    pub id: u64,
    /// What people call it.
    pub title: String,
    /// The plugin that it belongs to.
    pub plugin: String,
    /// What that plugin calls it, often the number that is dialled.
    pub name: String,
    /// Since when somebody has been in it.
    pub since: TimestampMs,
    /// When it ends, if its time is limited.
    pub ends: Option<TimestampMs>,
    /// How many it takes.
    pub max_members: u8,
    /// Whether only moderators get in.
    pub locked: bool,
    /// Whether its members wait for a moderator.
    pub waiting: bool,
    /// How many telephones are being rung to bring somebody into it.
    pub ringing: u8,
    /// Who has the floor, by id.
    pub speaker: Option<u32>,
    /// Who is in it, by id.
    pub members: Vec<ConferenceMember>,
}

/// Somebody in a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ConferenceMember {
    /// Its number in the conference, from 1; nobody else gets it.
    pub id: u32,
    /// Its call.
    pub call: CallId,
    /// Who it is.
    pub who: Party,
    /// Since when it has been in the conference.
    pub since: TimestampMs,
    /// Whether it is a moderator.
    pub moderator: bool,
    /// Whether nobody hears it.
    pub muted: bool,
    /// Whether it has put the conference on hold; nobody hears it then, either.
    pub on_hold: bool,
    /// How loud the others hear it, in per cent of how loud it speaks.
    pub gain: u16,
}

impl Conference {
    /// A member by id.
    pub fn member(&self, id: u32) -> Option<&ConferenceMember> {
        self.members.iter().find(|member| member.id == id)
    }
}
