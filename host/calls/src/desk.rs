//! Where calls hand parties to each other: attended transfer, pickup and retrieving a parked call are one act, putting a
//! party of one call into the place of a party of another.

use crate::{party::Party, router::Part};
use jackfield_model::Party as Who;
use jackfield_sip::{ConnectionId, LegId};
use std::{
    collections::HashMap,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{mpsc, oneshot};

/// Parties that may wait for one call to take them.
const WAITING: usize = 4;

/// Which place in a call a party wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// That of the party with this leg.
    Of(LegId),
    /// Opposite the party that waits there.
    Opposite,
    /// Beside the party with this leg, as a guest of its conversation.
    Beside(LegId, Part),
}

/// A party that wants into a call.
pub(crate) struct Entrant {
    pub place: Place,
    pub party: Box<Party>,
    pub who: Who,
    /// Told when it is in; it comes back when it cannot be taken.
    pub taken: oneshot::Sender<Result<(), Box<Party>>>,
    /// Kept for as long as it is a guest.
    pub stays: oneshot::Sender<Infallible>,
}

/// Ends when a party that was handed over has left as a guest.
pub(crate) struct Stay(oneshot::Receiver<Infallible>);

impl Stay {
    pub(crate) async fn ends(self) {
        // Nothing is ever sent.
        let _ = self.0.await;
    }
}

/// Which call has which leg, and how to reach it; cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct Desk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// The call of each leg, and the connection that the leg goes by.
    legs: HashMap<LegId, (u64, Option<ConnectionId>)>,
    calls: HashMap<u64, mpsc::Sender<Entrant>>,
}

/// A leg's entry; leaves when dropped.
pub(crate) struct LegEntry {
    desk: Desk,
    leg: LegId,
}

/// A call's entry, with the parties that want in; leaves when dropped.
pub(crate) struct CallEntry {
    desk: Desk,
    call: u64,
    entrants: mpsc::Receiver<Entrant>,
}

impl Desk {
    pub(crate) fn open_call(&self, call: u64) -> CallEntry {
        let (sender, entrants) = mpsc::channel(WAITING);
        self.state().calls.insert(call, sender);
        CallEntry { desk: self.clone(), call, entrants }
    }

    pub(crate) fn enter_leg(&self, leg: LegId, call: u64, by: Option<ConnectionId>) -> LegEntry {
        self.state().legs.insert(leg, (call, by));
        LegEntry { desk: self.clone(), leg }
    }

    /// The call that has this leg.
    pub(crate) fn call_of(&self, leg: LegId) -> Option<u64> {
        self.state().legs.get(&leg).map(|(call, _)| *call)
    }

    /// The legs that go by a connection.
    pub(crate) fn legs_by(&self, connection: ConnectionId) -> Vec<LegId> {
        let state = self.state();
        state.legs.iter().filter(|(_, (_, by))| *by == Some(connection)).map(|(leg, _)| *leg).collect()
    }

    /// Put a party into a call. It comes back when that call is gone or does not want it. How long it stays is known of guests
    /// alone; everybody else has a place of another's and has left at once.
    pub(crate) async fn hand_over(
        &self,
        call: u64,
        place: Place,
        party: Box<Party>,
        who: Who,
    ) -> Result<Stay, Option<Box<Party>>> {
        let ((taken, answer), (stays, left)) = (oneshot::channel(), oneshot::channel());
        let sender = self.state().calls.get(&call).cloned();
        let Some(sender) = sender else { return Err(Some(party)) };
        if let Err(refused) = sender.try_send(Entrant { place, party, who, taken, stays }) {
            return Err(Some(refused.into_inner().party));
        }
        // The call ended with the party in its channel: both are gone.
        answer.await.map_err(|_| None)?.map_err(Some)?;
        Ok(Stay(left))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LegEntry {
    /// The leg belongs to another call from now on.
    pub(crate) fn move_to(&self, call: u64) {
        if let Some((of, _)) = self.desk.state().legs.get_mut(&self.leg) {
            *of = call;
        }
    }
}

impl CallEntry {
    /// The next party that wants in.
    pub(crate) async fn next(&mut self) -> Entrant {
        match self.entrants.recv().await {
            Some(entrant) => entrant,
            // The desk keeps a sender as long as this entry lives.
            None => std::future::pending().await,
        }
    }
}

impl Entrant {
    /// It cannot be taken.
    pub(crate) fn refuse(self) {
        // Whoever asked may be gone; then the party is dropped, which hangs up.
        let _ = self.taken.send(Err(self.party));
    }
}

impl Drop for LegEntry {
    fn drop(&mut self) {
        self.desk.state().legs.remove(&self.leg);
    }
}

impl Drop for CallEntry {
    fn drop(&mut self) {
        self.desk.state().calls.remove(&self.call);
    }
}
