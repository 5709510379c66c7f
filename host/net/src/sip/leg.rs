//! One leg, as a call task holds it.

use super::{Command, Sip};
use jackfield_sip::{LegCommand, LegEvent, LegId, Reason};
use tokio::sync::mpsc;

/// Events that may wait for one call; a call that lets more pile up is ended.
const LEG_EVENTS: usize = 32;

/// One leg: commands go down, events come up. Dropping it hangs up.
pub struct Leg {
    id: LegId,
    sip: Sip,
    events: mpsc::Receiver<LegEvent>,
    /// Goes to the driver with the INVITE; a leg without one is known there.
    listener: Option<mpsc::Sender<LegEvent>>,
    over: bool,
}

impl Leg {
    /// One to call somebody with, and what it is told by.
    pub(super) fn to_invite(sip: Sip, id: LegId) -> Self {
        let (sender, events) = mpsc::channel(LEG_EVENTS);
        Self { id, sip, events, listener: Some(sender), over: false }
    }

    /// One that somebody calls by, and where the driver tells it what happens.
    pub(super) fn invited(sip: Sip, id: LegId) -> (Self, mpsc::Sender<LegEvent>) {
        let (sender, events) = mpsc::channel(LEG_EVENTS);
        (Self { id, sip, events, listener: None, over: false }, sender)
    }

    /// The driver has ended it: dropping it must not hang up as well.
    pub(super) fn set_over(&mut self) {
        self.over = true;
    }

    /// Its id, for logs.
    pub fn id(&self) -> LegId {
        self.id
    }

    /// Tell it what to do.
    pub async fn command(&mut self, command: LegCommand) {
        let command = match (command, self.listener.take()) {
            (LegCommand::Invite(invite), Some(listener)) => Command::Invite(self.id, invite, listener),
            (command, _) => Command::Leg(self.id, command),
        };
        self.sip.send(command).await;
    }

    /// What happens next; `None` once the leg is over.
    pub async fn event(&mut self) -> Option<LegEvent> {
        if self.over {
            return None;
        }
        let event = self.events.recv().await;
        self.over = match &event {
            Some(LegEvent::Rejected { .. } | LegEvent::Cancelled { .. } | LegEvent::Ended { .. }) | None => true,
            Some(_) => false,
        };
        event
    }

    /// Whether its last event has been seen.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Hang up by whatever fits its state and let it go.
    pub async fn hang_up(mut self, reason: Option<Reason>) {
        if !std::mem::replace(&mut self.over, true) {
            self.command(LegCommand::HangUp { reason }).await;
        }
    }
}

impl Drop for Leg {
    fn drop(&mut self) {
        if !self.over && self.listener.is_none() {
            // A call task that ended without hanging up; when even this does not fit into the channel, the driver
            // notices with the leg's next event that nobody listens.
            let _ = self.sip.commands.try_send(Command::Leg(self.id, LegCommand::HangUp { reason: None }));
        }
    }
}
