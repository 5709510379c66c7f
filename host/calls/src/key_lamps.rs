//! Lamps of keys that dial a plugin's code, as the plugin lights them: day and night, a queue that is full.
//!
//! A telephone watches the code as it would watch a line (`dialog`, RFC 4235), so whatever has lamps for lines has them for codes.

use crate::lines::{LineState, LineUse, Lines, Role};
use jackfield_model::Party as Who;
use jackfield_sip::LegId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// Lamps that one plugin may have set.
const MOST_OF_PLUGIN: usize = 2_000;
/// No leg is ever numbered so.
const NO_LEG: LegId = LegId(u64::MAX);

/// What a lamp does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyLamp {
    /// It is dark.
    #[default]
    Off,
    /// It flashes.
    Flashing,
    /// It shines.
    On,
}

/// The lamps of codes; cheap to clone. They are in memory only: plugins set them again after a start.
#[derive(Clone)]
pub struct KeyLamps {
    /// By code.
    set: Arc<Mutex<HashMap<String, Vec<Lamp>>>>,
    lines: Lines,
}

struct Lamp {
    plugin: String,
    /// Whose telephones see it so; none: everybody's.
    extension: Option<String>,
    lamp: KeyLamp,
}

impl KeyLamps {
    pub(crate) fn new(lines: Lines) -> Self {
        Self { set: Arc::default(), lines }
    }

    /// What the telephones of an extension see at a code. What is their own counts before what is everybody's.
    pub fn of(&self, code: &str, extension: Option<&str>) -> KeyLamp {
        let set = self.set();
        let Some(lamps) = set.get(code) else { return KeyLamp::Off };
        let own = lamps.iter().rev().find(|lamp| lamp.extension.is_some() && lamp.extension.as_deref() == extension);
        let shown = own.or_else(|| lamps.iter().rev().find(|lamp| lamp.extension.is_none()));
        shown.map_or(KeyLamp::Off, |lamp| lamp.lamp)
    }

    /// The same as a line that somebody uses, or nobody.
    pub(crate) fn shown(&self, code: &str, extension: Option<&str>) -> Option<LineUse> {
        let state = match self.of(code, extension) {
            KeyLamp::Off => return None,
            KeyLamp::Flashing => LineState::Early,
            KeyLamp::On => LineState::Confirmed,
        };
        // Nobody is called at it, so that no telephone takes it for a call to pick up.
        let remote = Who { number: code.to_owned(), ..Who::default() };
        Some(LineUse { leg: NO_LEG, role: Role::Initiator, state, remote })
    }

    /// A plugin sets a lamp: for everybody, or for the telephones of one extension. `false` when it has set too many.
    pub fn set_for(&self, plugin: &str, code: &str, extension: Option<&str>, lamp: KeyLamp) -> bool {
        let mut set = self.set();
        let taken = set.values().flatten().filter(|lamp| lamp.plugin == plugin).count();
        let lamps = set.entry(code.to_owned()).or_default();
        let same = lamps.iter_mut().find(|lamp| lamp.plugin == plugin && lamp.extension.as_deref() == extension);
        match same {
            Some(same) if same.lamp == lamp => return true,
            Some(same) => same.lamp = lamp,
            None if taken >= MOST_OF_PLUGIN => return false,
            None => {
                let (plugin, extension) = (plugin.to_owned(), extension.map(str::to_owned));
                lamps.push(Lamp { plugin, extension, lamp });
            }
        }
        drop(set);
        self.lines.touch(code);
        true
    }

    /// A plugin has these codes from now on: its lamps at others are dark.
    pub fn keep(&self, plugin: &str, codes: &[String]) {
        let mut changed = Vec::new();
        self.set().retain(|code, lamps| {
            if !codes.contains(code) {
                let before = lamps.len();
                lamps.retain(|lamp| lamp.plugin != plugin);
                if lamps.len() != before {
                    changed.push(code.clone());
                }
            }
            !lamps.is_empty()
        });
        changed.iter().for_each(|code| self.lines.touch(code));
    }

    fn set(&self) -> MutexGuard<'_, HashMap<String, Vec<Lamp>>> {
        // Held for a look-up or an insert, which cannot panic half-way.
        self.set.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::EventBus;

    fn lamps() -> (KeyLamps, Lines) {
        let lines = Lines::new(EventBus::new());
        (KeyLamps::new(lines.clone()), lines)
    }

    #[tokio::test]
    async fn a_lamp_is_everybodys_or_ones_own_and_each_change_is_told_to_who_watches() {
        let (lamps, lines) = lamps();
        lines.watch("*282");
        assert!(lamps.set_for("org.a", "*282", None, KeyLamp::On));
        assert_eq!(lines.changed().await.into_iter().collect::<Vec<_>>(), ["*282"]);
        assert_eq!((lamps.of("*282", None), lamps.of("*282", Some("100"))), (KeyLamp::On, KeyLamp::On));
        assert!(lamps.set_for("org.a", "*282", Some("100"), KeyLamp::Flashing));
        assert!(lamps.set_for("org.a", "*282", Some("101"), KeyLamp::Off));
        lines.changed().await;
        let seen = [None, Some("100"), Some("101"), Some("102")].map(|extension| lamps.of("*282", extension));
        assert_eq!(seen, [KeyLamp::On, KeyLamp::Flashing, KeyLamp::Off, KeyLamp::On]);
        assert!(lamps.set_for("org.a", "*282", None, KeyLamp::On));
        let silent = tokio::time::timeout(std::time::Duration::from_millis(20), lines.changed()).await;
        assert!(silent.is_err(), "it was on already");
        let shown = lamps.shown("*282", Some("100")).map(|used| (used.role, used.state));
        assert_eq!(shown, Some((Role::Initiator, LineState::Early)));
        assert_eq!(lamps.shown("*282", Some("101")), None);
    }

    #[test]
    fn a_plugin_loses_its_lamps_with_its_codes_and_has_so_many() {
        let (lamps, _) = lamps();
        for (plugin, code) in [("org.a", "*281"), ("org.a", "*282"), ("org.b", "*282")] {
            assert!(lamps.set_for(plugin, code, None, KeyLamp::On));
        }
        lamps.keep("org.a", &["*281".into()]);
        assert_eq!((lamps.of("*281", None), lamps.of("*282", None)), (KeyLamp::On, KeyLamp::On));
        lamps.keep("org.b", &[]);
        assert_eq!(lamps.of("*282", None), KeyLamp::Off);
        let set = |n: usize| lamps.set_for("org.a", "*281", Some(&n.to_string()), KeyLamp::On);
        assert!((1..MOST_OF_PLUGIN).all(set) && !set(MOST_OF_PLUGIN));
        assert!(set(1) && lamps.set_for("org.b", "*281", None, KeyLamp::Off));
    }
}
