//! `message-summary` (RFC 3842): messages that wait.

use super::Document;
use crate::mailboxes::Messages;

/// The document about a mailbox; each count is new/old, urgent ones in brackets.
pub(crate) fn document(entity: &str, messages: Messages) -> Document {
    let Messages { new, old, urgent_new, urgent_old } = messages;
    let waiting = if new + urgent_new > 0 { "yes" } else { "no" };
    let text = format!(
        "Messages-Waiting: {waiting}\r\nMessage-Account: {entity}\r\nVoice-Message: {new}/{old} ({urgent_new}/{urgent_old})\r\n"
    );
    Document::new("application/simple-message-summary", text)
}
