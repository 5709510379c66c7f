//! Ringing somebody for a room, and giving whoever answers to the script that brings them in.

use super::{
    ChangeError, Happening, Invitation, Seat,
    room::{Ringing, Room},
};
use crate::{
    call::{self, Caller, Next},
    exchange::{Exchange, now_ms},
    facts::Facts,
    reach::{reach, standing_in},
    router::{Decision, ScriptRef},
    script_call::LegCall,
};
use jackfield_model::{CallId, CallState, Direction, EndCause, LiveCall, Party as Who, RecordingState};
use jackfield_sip::LegCommand;
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, time::timeout};
use tracing::{Instrument, info_span};

/// How long whom an administrator adds may be rung.
const PATIENCE: Duration = Duration::from_secs(60);
/// A stay, after which the next one begins.
const STAY: Duration = Duration::from_secs(3_600);
/// The script argument that names the room.
const ROOM: &str = "room";

impl Exchange {
    /// Ring somebody, as a phone of the house would dial them, and bring them into a conference. Calls to the outside are
    /// answered for by the extension `sponsor`; without one they do not go.
    ///
    /// # Errors
    /// When there is no such conference, or too many telephones ring for it.
    pub fn add_to_conference(
        self: &Arc<Self>,
        id: u64,
        to: &str,
        sponsor: Option<&str>,
    ) -> Result<CallId, ChangeError> {
        let room = self.conferences.by_id(id).ok_or(ChangeError::NoRoom)?;
        let invitation = Invitation {
            to: to.to_owned(),
            timeout: PATIENCE,
            entry: room.options.guests.clone(),
            args: vec![(ROOM.into(), room.name.clone())],
        };
        self.ring_for(&room, invitation, sponsor.map(str::to_owned))
    }

    /// Ring somebody for a room.
    pub(super) fn ring_for(
        self: &Arc<Self>,
        room: &Arc<Room>,
        invitation: Invitation,
        sponsor: Option<String>,
    ) -> Result<CallId, ChangeError> {
        let ringing = room.rings()?;
        let (id, count) = self.next_call();
        let work = run(Arc::clone(self), id.clone(), count, Arc::clone(room), invitation, sponsor, ringing);
        tokio::spawn(work);
        Ok(id)
    }
}

async fn run(
    exchange: Arc<Exchange>,
    id: CallId,
    count: u64,
    room: Arc<Room>,
    invitation: Invitation,
    sponsor: Option<String>,
    ringing: Ringing,
) {
    let span = info_span!("call", %id);
    let number = invitation.to.strip_prefix("ext:").unwrap_or(&invitation.to);
    let callee = exchange.directory().party(number, "");
    // Who asks for somebody is who calls them: routing, and what is shown outside, are theirs.
    let caller = match &sponsor {
        Some(own) => exchange.directory().party(own, ""),
        None => Who { number: room.name.clone(), name: room.options.title.clone(), extension: None },
    };
    let entry = exchange.live.add(LiveCall {
        id: id.clone(),
        direction: Direction::Internal,
        trunk: None,
        caller,
        callee,
        state: CallState::Routing,
        script: None,
        started: now_ms(),
        answered: None,
        recording: RecordingState::Off,
    });
    let hang_up_asked = entry.hang_up_asked();
    let facts = Facts::new(entry);
    let conduct = async {
        let caller = standing_in(&exchange, &id, count, &facts, sponsor);
        let found = timeout(invitation.timeout, reach(caller));
        let found = tokio::select! {
            found = found => found.unwrap_or_else(|_| {
                facts.ends(EndCause::NoAnswer, "nobody has answered");
                Err(EndCause::NoAnswer)
            }),
            () = room.until_over() => return facts.ends(EndCause::Cancelled, "the conference has ended"),
        };
        drop(ringing);
        let Ok(guest) = found else { return };
        match invitation.entry {
            Some(entry) => {
                let script = ScriptRef { plugin: room.owner.clone(), entry, args: invitation.args };
                // The script brings them in, and the room must not outlive its members meanwhile.
                drop(room);
                call::drive(guest, Next::Do(Decision::Run(script), None)).await;
            }
            None => sit(guest, room).await,
        }
    };
    tokio::select! {
        () = Box::pin(conduct).instrument(span) => {}
        // Dropping the call's legs hangs them up.
        () = hang_up_asked.notified() => facts.ends(call::end_cause(&facts), "ended by an administrator"),
    }
    exchange.keep(&facts).await;
}

/// Have somebody in the room whom no script looks after.
async fn sit(guest: Box<Caller>, room: Arc<Room>) {
    let (name, options) = (room.name.clone(), room.options.clone());
    let (give_back, given_back) = oneshot::channel();
    let mut call = LegCall::new(guest, format!("{}/", room.owner), give_back);
    drop(room);
    let why = match call.enter_room(&name, &options, Seat::default()).await {
        Ok(_) => loop {
            match call.stay_in_room("", STAY).await {
                Ok(Happening::TimedOut | Happening::Pressed(_)) => {}
                Ok(Happening::Removed) => break String::from("removed from the conference"),
                Ok(Happening::Ended) => break String::from("the conference has ended"),
                Err(error) => break error.to_string(),
            }
        },
        Err(refused) => refused.to_string(),
    };
    drop(call);
    if let Ok((mut guest, _)) = given_back.await {
        guest.facts.ends(EndCause::Answered, why);
        if !guest.party.leg.is_over() {
            guest.party.leg.command(LegCommand::HangUp { reason: None }).await;
        }
    }
}
