//! Ways to the outside: how they stand, and the words in which they are set up.

use crate::TimestampMs;
use serde::{Deserialize, Serialize};

/// A trunk as of one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrunkStatus {
    /// Its name in the configuration.
    pub name: String,
    /// Whether calls can go by it.
    pub state: TrunkState,
    /// What is wrong with it; it may be up all the same.
    pub trouble: Option<TrunkTrouble>,
    /// Since when it is in this state.
    pub since: TimestampMs,
    /// When its registration ends unless it is renewed; none when it does not register or is not registered.
    pub registered_until: Option<TimestampMs>,
    /// Its servers, the one that is tried first first.
    pub servers: Vec<TrunkServer>,
    /// Calls that go by it now.
    pub calls: u32,
    /// Most calls at once; none when there is no limit.
    pub channels: Option<u32>,
}

/// What is wrong with a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrunkTrouble {
    /// What.
    pub fault: TrunkFault,
    /// The SIP status that says so.
    pub status: Option<u16>,
}

/// What can be wrong with a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TrunkFault {
    /// Its address is none that can be called from here: another scheme, or a transport that is not listened for.
    UnusableAddress,
    /// DNS has no address for its name.
    NoAddress,
    /// The name server does not answer.
    NameServerSilent,
    /// No server answers.
    ServersSilent,
    /// The registrar does not answer.
    RegistrarSilent,
    /// The registrar says that it cannot now.
    RegistrarBusy,
    /// The registrar refuses user or password.
    WrongPassword,
    /// The registrar does not know the user.
    UnknownUser,
    /// The registrar does not take this kind of registration.
    KindRefused,
    /// The registrar refuses for another reason.
    Refused,
}

impl From<TrunkFault> for TrunkTrouble {
    fn from(fault: TrunkFault) -> Self {
        Self { fault, status: None }
    }
}

impl std::fmt::Display for TrunkTrouble {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.fault {
            TrunkFault::UnusableAddress => "its address cannot be called from here",
            TrunkFault::NoAddress => "there is no address for its name",
            TrunkFault::NameServerSilent => "the name server does not answer",
            TrunkFault::ServersSilent => "no server answers",
            TrunkFault::RegistrarSilent => "the registrar does not answer",
            TrunkFault::RegistrarBusy => "the registrar cannot now",
            TrunkFault::WrongPassword => "the registrar refuses user or password",
            TrunkFault::UnknownUser => "the registrar does not know the user",
            TrunkFault::KindRefused => "the registrar does not take this kind of registration",
            TrunkFault::Refused => "the registrar refuses",
        })?;
        self.status.map_or(Ok(()), |status| write!(f, " ({status})"))
    }
}

/// One server of a trunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TrunkServer {
    /// Transport, address and port, such as `UDP 192.0.2.1:5060`.
    pub address: String,
    /// The name that has led to it.
    pub host: String,
    /// Whether it answers.
    pub answers: bool,
}

/// Whether calls can go by a trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TrunkState {
    /// It is being looked up or registered for the first time.
    Starting,
    /// It is there.
    Up,
    /// It cannot be found, does not answer, or refuses the registration.
    Down,
}

/// Whether we register at a trunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TrunkRegistration {
    /// It knows where we are.
    #[default]
    No,
    /// One address.
    Single,
    /// All its numbers at once (RFC 6140).
    Bulk,
}

/// Where an INVITE says which number was called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum CalledIn {
    /// In the Request-URI.
    #[default]
    RequestUri,
    /// In To: the Request-URI repeats the contact that was registered.
    To,
    /// In P-Called-Party-ID (RFC 7315 §4.2).
    PCalledPartyId,
}

/// How a trunk tells keys that are pressed, and takes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum TrunkDtmf {
    /// As events beside the sound (RFC 4733), or as tones where it agrees on none.
    #[default]
    Rtp,
    /// By SIP INFO, `application/dtmf-relay`.
    Info,
    /// As tones in the sound.
    Inband,
    /// As events, or by SIP INFO where it agrees on none.
    Auto,
}

/// Which header field names the line that calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IdentityField {
    /// From alone.
    From,
    /// P-Asserted-Identity (RFC 3325).
    #[default]
    PAssertedIdentity,
    /// P-Preferred-Identity (RFC 3325).
    PPreferredIdentity,
    /// Remote-Party-ID, which older gateways read.
    RemotePartyId,
}

/// How a carrier writes numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum NumberFormat {
    /// `+49301234`.
    #[default]
    E164,
    /// `49301234`.
    E164Digits,
    /// `0049301234`: with the international prefix.
    International,
    /// `0301234` within the country, `0043…` elsewhere.
    National,
    /// As dialled.
    AsDialled,
}

/// Whether the calls of a trunk have session timers (RFC 4028).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SessionTimer {
    /// Never asked for; granted only to who insists.
    Off,
    /// Asked for and granted; who does not know them is called all the same.
    #[default]
    Offered,
    /// No call without one.
    Required,
}
