//! Who may hear messages: the owner at their own telephone, and whoever knows the PIN.

use crate::{mailbox, settings::Settings};
use jackfield_sdk::prelude::*;

/// PINs in one call.
const TRIES: usize = 3;
/// A wrong PIN costs so long.
const SLOW: u64 = 1;

/// The mailbox that a caller may open; `None` when there is none.
pub fn open(call: &Call) -> Result<Option<String>> {
    let settings: Settings = settings();
    let own = call.caller().extension.filter(|extension| settings.has_mailbox(extension));
    if let Some(own) = own {
        let asked = settings.pin_at_own_telephone && mailbox::of(&own)?.pin.is_some();
        return Ok((!asked || asks_for_pin(call, &own)?).then_some(own));
    }
    let number = call.ask("enter-mailbox", digits(8).ending_with("#").within(secs(10)))?;
    // Whether there is such a mailbox is not told.
    Ok(asks_for_pin(call, &number)?.then_some(number))
}

/// Ask for the PIN of a mailbox.
pub fn asks_for_pin(call: &Call, extension: &str) -> Result<bool> {
    for _ in 0..TRIES {
        if mailbox::of(extension)?.is_closed() {
            call.play("too-many-tries")?;
            return Ok(false);
        }
        let pin = call.ask("enter-pin", digits(12).ending_with("#").within(secs(10)))?;
        if pin.is_empty() {
            return Ok(false);
        }
        if mailbox::admits(extension, &pin)? {
            return Ok(true);
        }
        call.wait(secs(SLOW))?;
        call.play("wrong-pin")?;
    }
    Ok(false)
}
