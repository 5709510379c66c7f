//! Contacts outside the house: searched by everybody, imported and exported by admins.

pub(crate) mod delete;
pub(crate) mod elsewhere;
pub(crate) mod export;
pub(crate) mod import;
pub(crate) mod list;
pub(crate) mod preview;
pub(crate) mod sources;
mod table;
pub(crate) mod undo;

use crate::ApiState;
use jackfield_model::SourceKind;
use jackfield_store::SourceName;
use serde::Serialize;
use utoipa::ToSchema;

/// Where contacts come from.
#[derive(Serialize, ToSchema)]
pub(crate) struct SourceView {
    /// Which kind.
    kind: SourceKind,
    /// Its name among those of its kind; of a plugin its id.
    name: String,
    /// The name that people see.
    label: String,
}

impl SourceView {
    fn of(state: &ApiState, SourceName { kind, name }: SourceName) -> Self {
        let label = match kind {
            SourceKind::File => name.clone(),
            SourceKind::Plugin => state.parts.plugins.status(&name).map_or_else(|| name.clone(), |plugin| plugin.name),
        };
        Self { kind, name, label }
    }
}

/// A source that an admin has named: a file's.
fn file(name: &str) -> SourceName {
    SourceName { kind: SourceKind::File, name: name.to_owned() }
}
