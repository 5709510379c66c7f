//! A trunk as the web page sees it.

use crate::{
    ApiState,
    error::{FieldError, Problem, ProblemKind},
};
use jackfield_calls::TrunkConfig;
use jackfield_model::{Secret, TrunkSettings, TrunkStatus};
use serde::Serialize;
use utoipa::ToSchema;

/// A trunk: how it is set up, and how it stands.
#[derive(Serialize, ToSchema)]
pub(crate) struct TrunkView {
    /// How it is set up, without its password.
    pub settings: TrunkSettings,
    /// Whether there is a password.
    pub has_password: bool,
    /// It stands in the configuration file, and is changed there alone.
    pub from_file: bool,
    /// How it stands; none while it is switched off.
    pub status: Option<TrunkStatus>,
}

impl TrunkView {
    /// Every trunk, those of the configuration file first.
    pub(super) async fn all(state: &ApiState) -> Result<Vec<Self>, Problem> {
        let status = state.parts.telephony.trunks();
        let file = state.parts.telephony.trunks_of_file();
        let mut stored = state.store().trunks().await?;
        // Where both have a name, the file counts.
        stored.retain(|trunk| !file.iter().any(|other| other.name == trunk.name));
        let view = |from_file| {
            let status = &status;
            move |settings: TrunkSettings| Self {
                has_password: settings.password.as_ref().is_some_and(|password| !password.is_empty()),
                status: status.iter().find(|trunk| trunk.name == settings.name).cloned(),
                settings,
                from_file,
            }
        };
        Ok(file.into_iter().map(view(true)).chain(stored.into_iter().map(view(false))).collect())
    }

    /// The trunk of that name.
    pub(super) async fn of(state: &ApiState, name: &str) -> Result<Self, Problem> {
        let found = Self::all(state).await?.into_iter().find(|trunk| trunk.settings.name == name);
        found.ok_or_else(|| Problem::not_found("trunk", name))
    }

    /// The same, as long as it can be changed here.
    pub(super) async fn changeable(state: &ApiState, name: &str) -> Result<Self, Problem> {
        let trunk = Self::of(state, name).await?;
        if trunk.from_file {
            let detail = format!("The trunk “{name}” stands in the configuration file. Change it there and restart.");
            return Err(Problem::new(ProblemKind::Conflict, detail));
        }
        Ok(trunk)
    }
}

/// The settings as they are to be kept: those that come without a password keep the one that is there, and an empty password
/// is none.
pub(super) fn with_password(new: TrunkSettings, kept: Option<Secret>) -> TrunkSettings {
    let password = match new.password {
        None => kept,
        Some(password) => Some(password).filter(|password| !password.is_empty()),
    };
    TrunkSettings { password, ..new }
}

/// What is wrong with settings, by the rules of the configuration file.
pub(super) fn check(settings: &TrunkSettings) -> Result<(), Problem> {
    let sentence = |message: &str| {
        let mut letters = message.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
        format!("{first}{}.", letters.as_str())
    };
    let told =
        |wrong: jackfield_calls::WrongSetting| FieldError::new(&wrong.field, wrong.code, sentence(&wrong.message));
    TrunkConfig::of(settings).map(drop).map_err(|all| Problem::invalid(all.into_iter().map(told).collect()))
}

/// Refuses a name that another trunk has.
pub(super) async fn is_free(state: &ApiState, name: &str) -> Result<(), Problem> {
    let taken = "This name is in use already; choose another.";
    if TrunkView::all(state).await?.iter().any(|trunk| trunk.settings.name == name) {
        return Err(Problem::field(ProblemKind::Taken, "name", "taken", taken));
    }
    Ok(())
}
