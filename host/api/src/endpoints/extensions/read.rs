//! `GET /extensions/{number}`.

use crate::{ApiState, auth::Admin, error::Problem, input::Path};
use axum::extract::State;
use jackfield_model::{Extension, Number, Registration};
use serde::Serialize;
use utoipa::ToSchema;

/// An extension with its owner's name and its phones.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExtensionView {
    /// The extension.
    #[serde(flatten)]
    pub extension: Extension,
    /// The owner's name.
    pub owner_name: Option<String>,
    /// The phones registered now.
    pub phones: Vec<Registration>,
}

impl ExtensionView {
    pub(crate) async fn of(state: &ApiState, extension: Extension) -> Result<Self, Problem> {
        let owner = match extension.owner {
            Some(owner) => state.store().user(owner).await?,
            None => None,
        };
        Ok(Self::with(&state.parts.telephony.registrations(), extension, owner.map(|owner| owner.name)))
    }

    pub(crate) fn with(registrations: &[Registration], extension: Extension, owner_name: Option<String>) -> Self {
        let phones = registrations.iter().filter(|r| r.extension == extension.number).cloned().collect();
        Self { extension, owner_name, phones }
    }
}

/// Shows one extension.
#[utoipa::path(get, path = "/extensions/{number}", tag = "extensions",
    params(("number" = String, Path, description = "The extension's number.")),
    responses((status = 200, description = "The extension.", body = ExtensionView)))]
pub(crate) async fn read(
    State(state): State<ApiState>,
    _admin: Admin,
    Path(number): Path<Number>,
) -> Result<axum::Json<ExtensionView>, Problem> {
    let extension = state.store().extension(&number).await?.ok_or_else(|| Problem::not_found("extension", &number))?;
    Ok(axum::Json(ExtensionView::of(&state, extension).await?))
}
