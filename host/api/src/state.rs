//! What a request can reach.

use crate::{
    PluginAdmin, PluginPages, Relays, Telephony, error::Problem, ipp::Jobs, links::Links, page_files::Tickets,
    password::Hasher, rate::Rate, throttle::Throttle,
};
use jackfield_calls::events::EventBus;
use jackfield_mail::Mail;
use jackfield_model::{EventKind, Secret, TimestampMs, UserId};
use jackfield_registry::Catalogue;
use jackfield_schedules::Schedules;
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
    /// The plugins that can be had.
    pub catalogue: Catalogue,
    /// When the house is open: what is in the database, in memory.
    pub schedules: Schedules,
    /// Letters for the outside.
    pub mail: Mail,
    /// The pages that plugins bring.
    pub pages: Arc<dyn PluginPages>,
    /// The time of day in Unix milliseconds.
    pub clock: Arc<dyn Fn() -> TimestampMs + Send + Sync>,
    /// Whether browsers reach the API by HTTPS: cookies are then marked `Secure` and HSTS is sent.
    pub https: bool,
    /// A folder with a built shell, in place of the embedded one.
    pub web_dir: Option<PathBuf>,
    /// Who has it may collect figures.
    pub metrics_token: Option<Secret>,
    /// The version shown to admins.
    pub version: String,
    /// Recordings of calls.
    pub recordings: RecordingAccess,
    /// The folder of prompts and music that were uploaded.
    pub sounds: PathBuf,
    /// Relays by which telephones in browsers reach the host where nothing else is let out.
    pub relays: Relays,
}

/// Where recordings of calls are, and who hears them.
#[derive(Clone, Debug)]
pub struct RecordingAccess {
    /// The folder of their files.
    pub folder: PathBuf,
    /// Whether calls are recorded at all.
    pub on: bool,
    /// Whether people hear those of their own calls.
    pub users_listen: bool,
}

/// Shared by all requests; cheap to clone.
#[derive(Clone)]
pub struct ApiState(Arc<Shared>);

/// What [`ApiState`] gives access to.
pub struct Shared {
    pub(crate) parts: ApiParts,
    pub(crate) throttle: Throttle,
    pub(crate) hasher: Hasher,
    pub(crate) tickets: Tickets,
    pub(crate) page_rate: Rate<UserId>,
    pub(crate) links: Links,
    /// What was printed.
    pub(crate) jobs: Jobs,
    pub(crate) streams: Arc<Semaphore>,
    /// Somebody has signed out: whoever lives by a session looks whether it still holds.
    pub(crate) signed_out: Notify,
    /// Who makes an upload fit to be played; one at a time.
    pub(crate) sounds: Semaphore,
    /// When this process started; also tells its event numbers from those of another run.
    pub(crate) started: TimestampMs,
}

impl ApiState {
    /// Begins to serve on these parts.
    pub fn new(parts: ApiParts) -> Self {
        let started = (parts.clock)();
        let streams = Arc::new(Semaphore::new(STREAMS));
        Self(Arc::new(Shared {
            parts,
            throttle: Throttle::default(),
            hasher: Hasher::default(),
            tickets: Tickets::default(),
            page_rate: Rate::default(),
            links: Links::default(),
            jobs: Jobs::default(),
            streams,
            signed_out: Notify::new(),
            sounds: Semaphore::new(1),
            started,
        }))
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

    /// Tells everybody that contacts have changed; returns when new calls see it.
    pub(crate) async fn contacts_changed(&self) {
        self.parts.telephony.reload_contacts().await;
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
