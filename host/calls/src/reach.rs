//! Reaching somebody for whom no telephone of the house is off the hook: for a room, or for a script.

use crate::{
    call::{self, Caller},
    dial::{Dialled, dial},
    exchange::Exchange,
    facts::Facts,
    lines::Role,
    party::{NewParty, Party},
    router::Decision,
};
use jackfield_model::{CallId, EndCause, LiveCall, Party as Who};
use jackfield_sip::{Flow, Transport};
use std::{net::SocketAddr, sync::Arc};

/// A caller without a telephone, who stands in while somebody is rung. Calls to the outside are answered for by the
/// extension `sponsor`; without one they do not go.
pub(crate) fn standing_in(
    exchange: &Arc<Exchange>,
    id: &CallId,
    count: u64,
    facts: &Facts,
    sponsor: Option<String>,
) -> Box<Caller> {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let flow = Flow { transport: Transport::Udp, local: nowhere, remote: nowhere, connection: None };
    let LiveCall { caller, callee: remote, .. } = facts.call();
    // The telephone of whoever asks is not in use for it.
    let who = Who { extension: None, ..caller };
    let of = NewParty { who, remote, role: Role::Initiator, flow, call: count, theirs: None };
    let mut party = Party::new(Arc::clone(exchange), exchange.sip.new_leg(), of);
    // Nothing is ever told to its leg, which nobody has invited.
    party.answered = true;
    let caller = Caller::new(id.clone(), count, Arc::clone(exchange), party, facts.clone());
    Box::new(Caller { referred_by: sponsor, ..caller })
}

/// Route and ring; whoever answers takes the place of who stood in. Why nobody does is in the facts besides.
pub(crate) async fn reach(mut caller: Box<Caller>) -> Result<Box<Caller>, EndCause> {
    let (cause, why) = match caller.route().await {
        (Decision::Ring(groups), _) => match Box::pin(dial(&mut caller, &groups)).await {
            Dialled::Answered(mut party, contact) => match party.open() {
                Ok(_) => {
                    call::note_answer(&caller, &contact);
                    caller.party = *party;
                    return Ok(caller);
                }
                Err(refused) => {
                    party.hang_up(None).await;
                    (EndCause::Failed, refused.why)
                }
            },
            Dialled::Failed(status, why) => (call::cause_of(status), why),
            Dialled::CallerGone { why, .. } => (EndCause::Cancelled, why),
        },
        (Decision::Reject(status), by) => {
            let by = by.unwrap_or_else(|| String::from("the built-in rule"));
            (call::cause_of(status), format!("{by} refused with {status}"))
        }
        _ => (EndCause::NotFound, String::from("only telephones can be reached so")),
    };
    caller.facts.ends(cause, why);
    Err(cause)
}
