//! Remembering what admins do.

use crate::{ApiState, auth::SignedIn};
use jackfield_store::NewAuditEntry;
use serde_json::Value;

impl ApiState {
    /// Adds an entry to the audit log: `<resource>.<verb>`, what it was done to, and what changed (never a secret).
    ///
    /// The act has been done by now, so a fault here is an error in the host's log and not in the answer.
    pub(crate) async fn audit(&self, who: &SignedIn, action: &str, target: impl ToString, detail: Value) {
        self.audit_as(&who.user.login, &who.source, action, target, detail).await;
    }

    /// The same for somebody who is not signed in.
    pub(crate) async fn audit_as(&self, actor: &str, source: &str, action: &str, target: impl ToString, detail: Value) {
        let entry = NewAuditEntry {
            at: self.now(),
            actor: actor.to_owned(),
            source: source.to_owned(),
            action: action.to_owned(),
            target: target.to_string(),
            detail,
        };
        if let Err(error) = self.store().append_audit(&entry).await {
            tracing::error!(%error, actor, action, target = entry.target, "this act is missing in the audit log");
        }
    }
}
