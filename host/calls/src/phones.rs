//! What the host asks of a phone by itself.

use crate::{dial::Contact, exchange::Exchange, ways};
use jackfield_model::Number;
use jackfield_sip::{Method, OutOfDialog, Party as SipParty};
use std::sync::Arc;

impl Exchange {
    /// Ask every registered phone of an extension to read its settings again, and to restart if `reboot`. That is a NOTIFY
    /// outside any dialog with the event `check-sync`, as phones of all makers take it. Tells how many were asked; whether they
    /// obey is their business.
    pub fn check_sync(self: &Arc<Self>, number: &Number, reboot: bool) -> usize {
        let contacts = self.registrar.contacts(number.as_str());
        let asked = contacts.len();
        for contact in contacts {
            let host = contact.house();
            let own = SipParty { display: None, uri: format!("sip:{number}@{host}") };
            let request = move |contact: &Contact| OutOfDialog {
                method: Method::Notify,
                target: contact.target.clone(),
                flow: contact.flow,
                from: own.clone(),
                to: own.clone(),
                headers: vec![
                    (String::from("Event"), format!("check-sync;reboot={reboot}")),
                    (String::from("Subscription-State"), String::from("terminated;reason=noresource")),
                ],
                body: None,
                call_id: None,
                cseq: None,
                account: None,
            };
            let exchange = Arc::clone(self);
            tokio::spawn(async move {
                let answer = ways::request(&exchange, contact, request).await;
                let status = answer.ok().and_then(|answer| answer.status());
                tracing::info!(status, "a phone was asked to read its settings again");
            });
        }
        asked
    }
}
