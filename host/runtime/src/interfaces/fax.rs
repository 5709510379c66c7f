//! `jackfield:call/fax`: faxes on calls.

use crate::{
    bindings::imports::jackfield::{
        call::fax::{self, Options, Outcome, Report},
        types::types::Error,
    },
    grants,
    instance::State,
    interfaces::{control::Handle, documents},
};
use jackfield_calls::scripts::FaxOrder;
use jackfield_fax::{Cause, Direction, Job};
use jackfield_model::Level;
use tokio::time::Instant;
use wasmtime::component::Resource;

const LONGEST_STATION: usize = 20;
const LONGEST_HEADER: usize = 50;
const RATES: [u32; 3] = [4_800, 9_600, 14_400];

impl fax::Host for State {
    async fn receive(&mut self, call: Resource<Handle>, options: Options) -> wasmtime::Result<Result<Report, Error>> {
        self.carry(&call, options, Direction::Receive, None).await
    }

    async fn send(
        &mut self,
        call: Resource<Handle>,
        document: String,
        options: Options,
    ) -> wasmtime::Result<Result<Report, Error>> {
        self.carry(&call, options, Direction::Send, Some(document)).await
    }
}

impl State {
    async fn carry(
        &mut self,
        call: &Resource<Handle>,
        options: Options,
        direction: Direction,
        document: Option<String>,
    ) -> wasmtime::Result<Result<Report, Error>> {
        if let Err(denied) = self.permit(grants::CALL_FAX) {
            return Ok(Err(denied));
        }
        let Options { station, header, ecm, fastest, t38 } = options;
        if station.len() > LONGEST_STATION || !station.chars().all(|c| c.is_ascii_digit() || "+ ".contains(c)) {
            let text = format!("a station is named by up to {LONGEST_STATION} digits, + and spaces");
            return Ok(Err(Error::Invalid(text)));
        }
        if header.chars().count() > LONGEST_HEADER || header.chars().any(char::is_control) {
            return Ok(Err(Error::Invalid(format!("the line above has up to {LONGEST_HEADER} characters"))));
        }
        if !RATES.contains(&fastest) {
            return Ok(Err(Error::Invalid(format!("{fastest} bit/s: {RATES:?} are possible"))));
        }
        let plugin = self.plugin.record.id.clone();
        let document = match document {
            None => None,
            Some(id) => match documents::load(&self.host, &plugin, &id).await {
                Ok(tiff) => Some(tiff.into()),
                Err(why) => return Ok(Err(Error::Failed(why))),
            },
        };
        let began = Instant::now();
        let order = FaxOrder { job: Job { direction, station, header, ecm, fastest }, document, t38 };
        let finished = match self.carry_fax(call, order).await? {
            Ok(finished) => finished,
            Err(error) => return Ok(Err(error)),
        };
        let took = u32::try_from(began.elapsed().as_millis()).unwrap_or(u32::MAX);
        let mut report = finished.report;
        let kept = match finished.document {
            None => None,
            Some(tiff) => match self.keep_document(tiff).await {
                Ok(document) => Some(document.id),
                Err(why) => {
                    (report.cause, report.explanation) = (Cause::Document, why);
                    None
                }
            },
        };
        if report.cause == Cause::Engine {
            let life = &self.plugin.life;
            self.host.find(
                life,
                Level::Error,
                &format!("a fax has failed: {}", report.explanation),
                self.call.as_ref(),
            );
        }
        Ok(Ok(Report {
            outcome: report.cause.into(),
            explanation: report.explanation,
            pages: report.pages,
            station: report.station,
            bit_rate: report.bit_rate,
            ecm: report.ecm,
            t38: report.t38,
            took,
            document: kept,
        }))
    }
}

impl From<Cause> for Outcome {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::Complete => Self::Complete,
            Cause::NoFax => Self::NoFax,
            Cause::LineDropped => Self::LineDropped,
            Cause::NotTrained => Self::NotTrained,
            Cause::Incompatible => Self::Incompatible,
            Cause::Refused => Self::Refused,
            Cause::Document => Self::Document,
            Cause::Protocol => Self::Protocol,
            Cause::Engine => Self::Failed,
        }
    }
}
