//! Who is who in the house, where they are, and the lamps of their messages.

/// Who has which number.
pub mod directory {
    use crate::{Result, bindings::imports::jackfield::services::directory};
    pub use directory::Entry;

    /// The extension of a number.
    ///
    /// # Errors
    /// When it is not permitted.
    pub fn extension(number: &str) -> Result<Option<Entry>> {
        Ok(directory::extension(number)?)
    }

    /// Extensions whose number begins with `query` or whose name holds all its words; at most `limit`, 100 at most.
    ///
    /// # Errors
    /// When it is not permitted.
    pub fn search(query: &str, limit: u32) -> Result<Vec<Entry>> {
        Ok(directory::search(query, limit)?)
    }
}

/// Where people are, as they say themselves.
pub mod presence {
    use crate::{Result, bindings::imports::jackfield::services::presence};
    pub use presence::{Availability, State};

    /// Where the person of an extension is; `None` when there is no such extension.
    ///
    /// # Errors
    /// When it is not permitted.
    pub fn of(extension: &str) -> Result<Option<Availability>> {
        Ok(presence::get(extension)?)
    }
}

/// Lamps for messages that wait.
pub mod message_waiting {
    use crate::{Result, bindings::imports::jackfield::services::message_waiting};
    pub use message_waiting::Counts;

    /// So many messages wait at this extension. The host forgets it when it ends: say it again in `#[on_start]`.
    ///
    /// # Errors
    /// When it is not permitted, or there is no such extension.
    pub fn set(extension: &str, counts: Counts) -> Result<()> {
        Ok(message_waiting::set(extension, counts)?)
    }
}
