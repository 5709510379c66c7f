//! Faxes on calls. Needs the capability `call.fax`, and `documents` to keep what comes.

use crate::{Call, Result, bindings::imports::jackfield::call::fax};

pub use fax::{Outcome, Report};

/// How a fax is carried: with error correction, as fast as it goes, by T.38 where the far end can.
#[derive(Clone, Debug)]
pub struct Fax(fax::Options);

impl Fax {
    /// The far end shows this as our number.
    pub fn as_station(station: &str) -> Self {
        let (station, header) = (station.to_owned(), String::new());
        Self(fax::Options { station, header, ecm: true, fastest: 14_400, t38: true })
    }

    /// With this line above every page that is sent, before date and page number.
    #[must_use]
    pub fn headed(mut self, header: &str) -> Self {
        self.0.header = header.to_owned();
        self
    }

    /// Whether errors are corrected.
    #[must_use]
    pub fn ecm(mut self, ecm: bool) -> Self {
        self.0.ecm = ecm;
        self
    }

    /// Not faster than 14,400, 9,600 or 4,800 bit/s.
    #[must_use]
    pub fn not_faster_than(mut self, fastest: u32) -> Self {
        self.0.fastest = fastest;
        self
    }

    /// Whether it may go as packets (T.38).
    #[must_use]
    pub fn t38(mut self, t38: bool) -> Self {
        self.0.t38 = t38;
        self
    }
}

impl Call {
    /// Receive a fax. It ends with a report whatever becomes of it; when the far end has hung up, the next verb says so.
    ///
    /// # Errors
    /// When the call is over before, or the house carries no faxes.
    pub fn receive_fax(&self, fax: &Fax) -> Result<Report> {
        Ok(fax::receive(&self.raw, &fax.0)?)
    }

    /// Send a document of this plugin.
    ///
    /// # Errors
    /// As [`Call::receive_fax`], or when there is no such document.
    pub fn send_fax(&self, document: &str, fax: &Fax) -> Result<Report> {
        Ok(fax::send(&self.raw, document, &fax.0)?)
    }
}
