//! What is said of rooms: how they are made, how one enters, what happens there, and how they are changed.

use crate::scripts::Prompt;
use std::time::Duration;

/// Most members of one room.
pub const MAX_MEMBERS: u8 = 32;
/// Loudest that a member can be made, in per cent.
pub const MAX_GAIN: u16 = 400;
/// Longest title and name of a room, in bytes.
pub const MAX_NAME: usize = 64;
/// How far from now the end of a room may be put.
pub const LONGEST: Duration = Duration::from_secs(24 * 3_600);

/// What a room is like. Its first member says so; of those who follow it is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomOptions {
    /// What people see as its name, at most [`MAX_NAME`] bytes.
    pub title: String,
    /// How many it takes, 2 to [`MAX_MEMBERS`].
    pub max_members: u8,
    /// Whether it may sound at 16 kHz.
    pub wideband: bool,
    /// Whether only moderators are let in from the beginning on.
    pub locked: bool,
    /// Whether members wait until a moderator has come.
    pub wait_for_moderator: bool,
    /// Whether it ends when its last moderator leaves.
    pub ends_with_moderator: bool,
    /// How long it lasts; all are warned a minute before.
    pub lasts: Option<Duration>,
    /// What all hear when somebody enters.
    pub entry: Vec<Prompt>,
    /// What all hear when somebody leaves.
    pub exit: Vec<Prompt>,
    /// The script entry of its plugin that takes up whom an administrator adds; without it they enter at once.
    pub guests: Option<String>,
}

impl Default for RoomOptions {
    fn default() -> Self {
        Self {
            title: String::new(),
            max_members: MAX_MEMBERS,
            wideband: true,
            locked: false,
            wait_for_moderator: false,
            ends_with_moderator: false,
            lasts: None,
            entry: Vec::new(),
            exit: Vec::new(),
            guests: None,
        }
    }
}

/// How a caller enters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seat {
    /// Enters a locked room, and others wait for it.
    pub moderator: bool,
    /// Is not heard until it is unmuted.
    pub muted: bool,
    /// Whether it hears music while it is alone or waits for a moderator.
    pub music: bool,
}

/// Somebody does not get in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFailure {
    /// The caller has hung up.
    #[error("the caller has hung up")]
    Gone,
    /// Only moderators get in.
    #[error("the room is locked")]
    Locked,
    /// It has all the members that it takes.
    #[error("the room is full")]
    Full,
    /// The arguments make no sense; the text says which.
    #[error("{0}")]
    Invalid(String),
    /// Not allowed for this plugin.
    #[error("not permitted: {0}")]
    Denied(String),
    /// The host could not.
    #[error("{0}")]
    Failed(String),
}

/// What ends a stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The member has pressed this key, and is in the room still.
    Pressed(char),
    /// The time was over; it is in the room still.
    TimedOut,
    /// Somebody has removed it.
    Removed,
    /// The room has ended.
    Ended,
}

/// Who is meant by a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One member.
    Member(u32),
    /// Everybody but the moderators.
    All,
}

/// A change of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Have nobody hear them, or everybody again.
    Mute(Whom, bool),
    /// How loud the others hear a member, 0 to [`MAX_GAIN`] per cent.
    Gain(u32, u16),
    /// Make it a moderator, or an ordinary member.
    Moderator(u32, bool),
    /// Remove it.
    Remove(u32),
    /// Let nobody in but moderators, or everybody.
    Lock(bool),
    /// Let it last longer, at most [`LONGEST`] from now.
    Extend(Duration),
    /// End it.
    End,
    /// Play to everybody, over what is said.
    Play(Vec<Prompt>),
}

/// Whom to ring and bring into a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invitation {
    /// A number as a phone of the house would dial it.
    pub to: String,
    /// How long it may ring.
    pub timeout: Duration,
    /// The script entry of the room's plugin that takes up whoever answers; without it they enter at once.
    pub entry: Option<String>,
    /// What that script shall know.
    pub args: Vec<(String, String)>,
}

/// A room was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// There is no such room.
    #[error("there is no such room")]
    NoRoom,
    /// Nobody in it has this number.
    #[error("the room has no member {0}")]
    NoMember(u32),
    /// Too much at a time; the text says of what.
    #[error("{0}")]
    TooMany(&'static str),
    /// It makes no sense; the text says why.
    #[error("{0}")]
    Invalid(String),
}
