//! `jackfield:services/keys`: lamps of keys that dial a plugin's code.

use crate::{
    bindings::imports::jackfield::{
        services::keys::{self, Lamp},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::arguments::shortened,
};
use jackfield_calls::KeyLamp;

impl keys::Host for State {
    fn set(&mut self, key: String, extension: Option<String>, lamp: Lamp) -> Result<(), Error> {
        self.permit(grants::KEYS)?;
        let house = self.house()?;
        let plugin = &self.plugin;
        let Some(known) = plugin.keys.iter().find(|known| known.id == key) else {
            let text = format!("there is no key “{}”: plugin.toml declares them in [[keys]]", shortened(&key));
            return Err(Error::Invalid(text));
        };
        if let Some(extension) = &extension
            && house.extension(extension).is_none()
        {
            return Err(Error::Invalid(format!("there is no extension “{}”", shortened(extension))));
        }
        let lamp = match lamp {
            Lamp::Off => KeyLamp::Off,
            Lamp::Flashing => KeyLamp::Flashing,
            Lamp::On => KeyLamp::On,
        };
        for code in &known.codes {
            // Whoever watches an extension watches its telephones, whatever an administrator has set as a code.
            if house.extension(code).is_some() {
                return Err(Error::Invalid(format!("the code {code} is an extension: set another one")));
            }
            if !house.set_lamp(&plugin.record.id, code, extension.as_deref(), lamp) {
                return Err(Error::Failed("2,000 lamps are set already".into()));
            }
        }
        Ok(())
    }
}
