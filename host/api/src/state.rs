//! What a request can reach.

use crate::{PluginAdmin, Telephony, error::Problem, password::Hasher, throttle::Throttle};
use jackfield_calls::events::EventBus;
use jackfield_model::{EventKind, TimestampMs};
use jackfield_store::Store;
use std::{ops::Deref, path::PathBuf, sync::Arc};
use tokio::sync::{Notify, Semaphore};

/// Most event streams open at a time.
const STREAMS: usize = 1_024;

/// What the binary hands over.
pub struct ApiParts {
    /// The database.
    pub store: Store,
    /// Where events come from, and where changes of the directory go to.
    pub bus: EventBus,
    /// The telephone side.
    pub telephony: Arc<dyn Telephony>,
    /// The plugin runtime.
    pub plugins: Arc<dyn PluginAdmin>,
    /// The time of day in Unix milliseconds.
    pub clock: Arc<dyn Fn() -> TimestampMs + Send + Sync>,
    /// Whether browsers reach the API by HTTPS: cookies are then marked `Secure` and HSTS is sent.
    pub https: bool,
    /// A folder with a built shell, in place of the embedded one.
    pub web_dir: Option<PathBuf>,
    /// The version shown to admins.
    pub version: String,
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

/// What [`ApiState`] gives access to.
pub struct Shared {
    pub(crate) parts: ApiParts,
    pub(crate) throttle: Throttle,
    pub(crate) hasher: Hasher,
    pub(crate) streams: Arc<Semaphore>,
    /// Somebody has signed out: whoever lives by a session looks whether it still holds.
    pub(crate) signed_out: Notify,
    /// When this process started; also tells its event numbers from those of another run.
    pub(crate) started: TimestampMs,
}

impl ApiState {
    /// Begins to serve on these parts.
    pub fn new(parts: ApiParts) -> Self {
        let started = (parts.clock)();
        let streams = Arc::new(Semaphore::new(STREAMS));
        let (throttle, hasher) = (Throttle::default(), Hasher::default());
        Self(Arc::new(Shared { parts, throttle, hasher, streams, signed_out: Notify::new(), started }))
    }

    pub(crate) fn now(&self) -> TimestampMs {
        (self.parts.clock)()
    }

    pub(crate) fn store(&self) -> &Store {
        &self.parts.store
    }

    /// Tells everybody that users or extensions have changed; returns when new calls see it.
    pub(crate) async fn directory_changed(&self) {
        self.parts.telephony.reload_directory().await;
        self.parts.bus.publish(self.now(), EventKind::DirectoryChanged);
    }

    /// The plugin of this id, or the problem to answer with.
    pub(crate) fn plugin(&self, id: &str) -> Result<jackfield_model::PluginStatus, Problem> {
        self.parts.plugins.status(id).ok_or_else(|| Problem::not_found("plugin", id))
    }
}

impl Deref for ApiState {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}
