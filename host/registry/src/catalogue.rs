//! What all registries of a house have.

use crate::{
    Fault,
    download::fetch,
    index::{Index, Listing},
    place::Place,
    site::Asker,
};
use jackfield_model::TimestampMs;
use rustls::RootCertStore;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{fs, sync::Mutex, time::sleep};

/// The largest index, in bytes.
const LARGEST_INDEX: usize = 16 << 20;
/// How often registries are looked at without being asked to.
const PERIOD: Duration = Duration::from_secs(24 * 60 * 60);
/// How long after a start: an office that has lost its power has other things to do first.
const AT_FIRST: Duration = Duration::from_secs(30);

/// The plugins that can be had. Cloning gives another handle to the same.
#[derive(Clone)]
pub struct Catalogue(Arc<Inner>);

struct Inner {
    places: Vec<Place>,
    asker: Asker,
    /// Where what has come of a package waits for its rest.
    folder: PathBuf,
    now: fn() -> TimestampMs,
    /// Held while registries are read: who asks meanwhile gets what is read now.
    reading: Mutex<()>,
    /// Held while a package is fetched, so that no two write to the same file.
    fetching: Mutex<()>,
    listed: RwLock<Arc<Listed>>,
}

/// What was read, and from where.
#[derive(Clone, Debug, Default)]
pub struct Listed {
    /// The registries, as configured.
    pub sources: Vec<Source>,
    /// The plugins, by id.
    pub offers: Vec<Offer>,
}

/// A registry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Its folder or address.
    pub place: String,
    /// What it calls itself; may be empty.
    pub name: String,
    /// When it was last read.
    pub read: Option<TimestampMs>,
    /// Why it could not be read the last time.
    pub fault: Option<String>,
}

/// A plugin that can be had.
#[derive(Clone, Debug)]
pub struct Offer {
    /// From which of the sources: of several that have it, the first.
    pub source: usize,
    /// What it is.
    pub listing: Listing,
}

impl Catalogue {
    /// Of the registries at `places`. What has come of a package waits for its rest in `folder`. Nothing is read yet.
    pub fn new(places: Vec<Place>, folder: PathBuf, now: fn() -> TimestampMs) -> Self {
        Self::trusting(&RootCertStore::empty(), places, folder, now)
    }

    /// The same, trusting the authorities of `roots` besides those that this machine trusts.
    pub fn trusting(roots: &RootCertStore, places: Vec<Place>, folder: PathBuf, now: fn() -> TimestampMs) -> Self {
        let sources = places.iter().map(|place| Source { place: place.to_string(), ..Source::default() }).collect();
        Self(Arc::new(Inner {
            places,
            asker: Asker::new(roots),
            folder,
            now,
            reading: Mutex::default(),
            fetching: Mutex::default(),
            listed: RwLock::new(Arc::new(Listed { sources, offers: Vec::new() })),
        }))
    }

    /// What was read last.
    pub fn listed(&self) -> Arc<Listed> {
        Arc::clone(&self.0.listed.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Read all registries anew. What one of them had stays listed while it cannot be reached.
    pub async fn refresh(&self) -> Arc<Listed> {
        let Inner { places, now, reading, .. } = &*self.0;
        let _only = reading.lock().await;
        let before = self.listed();
        let mut sources = Vec::with_capacity(places.len());
        let mut offers = BTreeMap::new();
        for (number, place) in places.iter().enumerate() {
            let mut source = before.sources[number].clone();
            let listings = match self.index(place).await {
                Ok(index) => {
                    source = Source { name: index.name, read: Some(now()), fault: None, ..source };
                    index.plugins
                }
                Err(fault) => {
                    tracing::warn!("{fault}");
                    source.fault = Some(fault.to_string());
                    let kept = before.offers.iter().filter(|offer| offer.source == number);
                    kept.map(|offer| offer.listing.clone()).collect()
                }
            };
            sources.push(source);
            for listing in listings {
                offers.entry(listing.id.clone()).or_insert(Offer { source: number, listing });
            }
        }
        let listed = Arc::new(Listed { sources, offers: offers.into_values().collect() });
        *self.0.listed.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&listed);
        listed
    }

    async fn index(&self, place: &Place) -> Result<Index, Fault> {
        let text = match place {
            Place::Site(base) => {
                let uri =
                    format!("{base}index.json").parse().map_err(|_| Fault::Unknown(format!("{base} is too long")))?;
                self.0.asker.read(&uri, LARGEST_INDEX).await?
            }
            Place::Folder(folder) => {
                let unreadable = |reason: String| Fault::Unreachable { place: place.to_string(), reason };
                let path = folder.join("index.json");
                let size = fs::metadata(&path).await.map_err(|error| unreadable(format!("index.json: {error}")))?.len();
                if size > LARGEST_INDEX as u64 {
                    return Err(unreadable(format!(
                        "index.json has {size} bytes, and at most {LARGEST_INDEX} are taken"
                    )));
                }
                fs::read(&path).await.map_err(|error| unreadable(error.to_string()))?
            }
        };
        Index::parse(&text).map_err(|error| Fault::Index { place: place.to_string(), reason: error.0 })
    }

    /// The package of a listed release, as its index describes it. Whether it can be trusted is not decided here.
    ///
    /// # Errors
    /// When it is not listed, cannot be had, or is not what the index says.
    pub async fn fetch(&self, id: &str, version: &str) -> Result<Vec<u8>, Fault> {
        let listed = self.listed();
        let unknown = || Fault::Unknown(format!("no registry has version {version} of “{id}”: refresh the catalogue"));
        let offer = listed.offers.iter().find(|offer| offer.listing.id == id).ok_or_else(unknown)?;
        let mut releases = offer.listing.releases.iter();
        let release = releases.find(|release| release.version.to_string() == version).ok_or_else(unknown)?;
        let _only = self.0.fetching.lock().await;
        forget_abandoned(&self.0.folder).await;
        fetch(&self.0.asker, &self.0.places[offer.source], release, &self.0.folder).await
    }

    /// Look at the registries once a day, for ever; ends at once when there are none.
    pub async fn keep_up(self) {
        if self.0.places.is_empty() {
            return;
        }
        sleep(AT_FIRST).await;
        loop {
            self.refresh().await;
            forget_abandoned(&self.0.folder).await;
            sleep(PERIOD).await;
        }
    }
}

/// Throw away what has come of packages that nobody has asked for again.
async fn forget_abandoned(folder: &Path) {
    let Ok(mut entries) = fs::read_dir(folder).await else { return };
    while let Ok(Some(entry)) = entries.next_entry().await {
        let age = entry.metadata().await.ok().and_then(|metadata| metadata.modified().ok()?.elapsed().ok());
        let part = entry.path().extension().is_some_and(|ending| ending == "part");
        if part && age.is_some_and(|age| age > PERIOD) {
            // It is tried again the next time.
            let _ = fs::remove_file(entry.path()).await;
        }
    }
}
