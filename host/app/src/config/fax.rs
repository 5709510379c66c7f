//! `[fax]`: how many faxes are carried.

use super::Bounded;
use serde::Deserialize;

/// `[fax]`
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(serde::Serialize))]
#[serde(deny_unknown_fields, default)]
pub struct Fax {
    /// Most faxes at once, gateways included; each has a process of its own. 0 for none.
    pub most: Bounded<0, 1_000>,
    /// The fax box to which a machine is led that has called an extension where somebody answered.
    pub catch_to: Option<jackfield_model::Number>,
    /// How much faster than the clock a fax by packets goes, for tests.
    pub pace: Bounded<1, 100>,
}

impl Default for Fax {
    fn default() -> Self {
        Self { most: Bounded(32), catch_to: None, pace: Bounded(1) }
    }
}
