//! Trunks are added, changed and taken away while calls go on.

use super::{Ending, News, Trunk, TrunkConfig, Trunks, keeper};
use crate::exchange::{Exchange, now_ms};
use jackfield_model::{EventKind, TrunkRegistration};
use jackfield_net::Resolver;
use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};
use tokio::{
    sync::oneshot,
    time::{timeout, timeout_at},
};

/// How long the registrations of all trunks have to be ended when the host goes down.
const FAREWELL: Duration = Duration::from_secs(1);

impl Trunks {
    /// Begin to look after all trunks. To be called where calls run.
    pub fn keep(exchange: &Arc<Exchange>, resolver: &Resolver) {
        // Whoever has come first goes on.
        let _ = exchange.trunks.resolver.set(resolver.clone());
        for trunk in &**exchange.trunks.all.load() {
            begin(exchange, trunk, None);
        }
    }

    /// Put these trunks in the place of those that there are. One whose settings are the same goes on as it is. One that is
    /// changed keeps its name for what comes back, its count of calls and, where it can, its registration. Calls by what
    /// is changed or gone go on. To be called where calls run.
    pub fn set(exchange: &Arc<Exchange>, configs: Vec<TrunkConfig>) {
        let trunks = &exchange.trunks;
        let old = trunks.all.load_full();
        let (mut all, mut begun) = (Vec::new(), Vec::new());
        for config in configs {
            let earlier = old.iter().find(|trunk| trunk.config.name == config.name);
            match earlier {
                Some(same) if same.config == config => all.push(Arc::clone(same)),
                _ => {
                    let trunk = earlier.map(|earlier| earlier.changed(config.clone()));
                    let trunk = Arc::new(trunk.unwrap_or_else(|| Trunk::new(config, trunks.bus.clone())));
                    all.push(Arc::clone(&trunk));
                    begun.push((trunk, earlier));
                }
            }
        }
        for gone in old.iter().filter(|old| !all.iter().any(|trunk| trunk.config.name == old.config.name)) {
            gone.shown.gone.store(true, Ordering::Relaxed);
            gone.ending.send_replace(Ending::Unregister);
            tracing::info!(trunk = gone.config.name, "trunk is taken away");
        }
        trunks.all.store(Arc::new(all));
        for (trunk, earlier) in begun {
            begin(exchange, &trunk, earlier);
        }
        trunks.bus.publish(now_ms(), EventKind::TrunksChanged);
    }

    /// Find out how a trunk stands now: look its names up, register, ask its servers. `None` when there is none of this name,
    /// else whether all of that has come to an end within `patience`.
    pub async fn check(&self, name: &str, patience: Duration) -> Option<bool> {
        let trunk = self.all.load().iter().find(|trunk| trunk.config.name == name).map(Arc::clone)?;
        let (done, known) = oneshot::channel();
        let asked = trunk.news.try_send(News::Check(done)).is_ok();
        Some(asked && timeout(patience, known).await.is_ok_and(|known| known.is_ok()))
    }

    /// End the registrations. Returns when they are ended, or soon.
    pub async fn stop(&self) {
        let all = self.all.load_full();
        for trunk in &*all {
            trunk.ending.send_replace(Ending::Unregister);
        }
        let end = tokio::time::Instant::now() + FAREWELL;
        for trunk in &*all {
            // Each keeper lets go of its receiver when it is done.
            let _ = timeout_at(end, trunk.ending.closed()).await;
        }
    }
}

impl Trunk {
    /// The same trunk with other settings.
    pub(super) fn changed(&self, config: TrunkConfig) -> Self {
        let same_servers =
            (&config.servers, &config.outbound_proxy) == (&self.config.servers, &self.config.outbound_proxy);
        // Until it is looked up again, calls go where they went.
        let ways = if same_servers { self.ways.load_full() } else { Arc::default() };
        self.shown.status().channels = config.channels;
        Self::with(config, self.line.clone(), ways, Arc::clone(&self.shown))
    }
}

/// Have a trunk looked after, as soon as nobody looks after what it was before.
fn begin(exchange: &Arc<Exchange>, trunk: &Arc<Trunk>, earlier: Option<&Arc<Trunk>>) {
    if let Some(earlier) = earlier {
        let registers = trunk.config.register != TrunkRegistration::No;
        let goes_on = registers && trunk.config.registers_like(&earlier.config);
        earlier.ending.send_replace(if goes_on { Ending::HandOver } else { Ending::Unregister });
    }
    let Some(resolver) = exchange.trunks.resolver.get().cloned() else { return };
    let ending = trunk.ending.subscribe();
    let (exchange, trunk, earlier) = (Arc::clone(exchange), Arc::clone(trunk), earlier.cloned());
    tokio::spawn(async move {
        if let Some(earlier) = earlier {
            earlier.ending.closed().await;
        }
        keeper::keep(exchange, trunk, resolver, ending).await;
    });
}
