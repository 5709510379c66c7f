//! What is set about a trunk.

use super::{NumberRange, Numbering};
use ipnet::IpNet;
use jackfield_model::{CalledIn, IdentityField, TrunkDtmf, TrunkRegistration};
use jackfield_sip::{Account, SessionPolicy};
use std::time::Duration;

/// A way to the outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkConfig {
    /// Its name: in routing, in records, on the web page.
    pub name: String,
    /// SIP URIs of its servers, best first; each may lead to several by DNS.
    pub servers: Vec<String>,
    /// Where everything is sent instead, a SIP URI; the servers then only name the destination.
    pub outbound_proxy: Option<String>,
    /// The host of our addresses there.
    pub domain: String,
    /// The user part of our address there.
    pub user: String,
    /// Who answers challenges; none for a peer that knows us by our address.
    pub account: Option<Account>,
    /// Whether we register there.
    pub register: TrunkRegistration,
    /// How long a registration is asked for.
    pub expires: Duration,
    /// Where an INVITE says which number was called.
    pub called_in: CalledIn,
    /// From where its calls come, besides the addresses of its servers.
    pub sources: Vec<IpNet>,
    /// Most calls at once.
    pub channels: Option<u32>,
    /// Its numbering plan.
    pub numbering: Numbering,
    /// Its numbers.
    pub numbers: Vec<NumberRange>,
    /// What is said of who calls.
    pub identity: Identity,
    /// How often its servers are asked whether they are there; `None` for never.
    pub ping: Option<Duration>,
    /// How long a server may be silent before the next one is tried.
    pub patience: Duration,
    /// Names of the codecs that it is offered, as in SDP; all when empty.
    pub codecs: Vec<String>,
    /// How sound travels; as the host has it for all when nothing is said.
    pub encryption: Option<jackfield_media::sdp::Encryption>,
    /// How keys go to it and come from it.
    pub dtmf: TrunkDtmf,
    /// Whether calls must be renewed to last, and how often.
    pub session_timer: SessionPolicy,
}

impl TrunkConfig {
    /// Most trunks of a house.
    pub const MOST: usize = 64;

    /// Whether a registration that this one holds is held by the other one too: at the same place, in the same way.
    pub(crate) fn registers_like(&self, other: &Self) -> bool {
        let place = |config: &Self| {
            (config.servers.clone(), config.outbound_proxy.clone(), config.domain.clone(), config.user.clone())
        };
        self.register == other.register && place(self) == place(other)
    }
}

/// What a trunk is told of who calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The header field that names the line that calls, besides From.
    pub field: IdentityField,
    /// The number of whoever has none of their own, in E.164; the user part of our address when there is none.
    pub default: Option<String>,
    /// Whether From may show a number that is not ours, as that of somebody whose call is passed on.
    pub foreign: bool,
}
