//! `jackfield:services/schedules`: when the house is open.

use crate::{
    bindings::imports::jackfield::{
        services::schedules::{self, Case, Hours, Span, Standing},
        types::types::Error,
    },
    grants,
    instance::{Running, State},
};
use jackfield_model::{OpenSpan, ScheduleCase};

impl schedules::Host for State {
    async fn names(&mut self) -> Result<Vec<String>, Error> {
        self.permit(grants::SCHEDULES)?;
        let all = self.host.schedules.schedules().all();
        Ok(all.iter().map(|calendar| calendar.schedule().name.clone()).collect())
    }

    async fn at(&mut self, name: String, at: u64) -> Result<Option<Standing>, Error> {
        self.permit(grants::SCHEDULES)?;
        let calendar = self.host.schedules.schedules().named(&name);
        Ok(calendar.map(|calendar| calendar.at(at).into()))
    }

    async fn ordinary(&mut self, name: String) -> Result<Option<Hours>, Error> {
        self.permit(grants::SCHEDULES)?;
        let span = |span: OpenSpan| Span { from: span.from.minutes(), to: span.to.minutes() };
        let calendar = self.host.schedules.schedules().named(&name);
        Ok(calendar.map(|calendar| Hours {
            time_zone: calendar.schedule().time_zone.clone(),
            week: calendar.week().into_iter().map(|day| day.into_iter().map(span).collect()).collect(),
        }))
    }

    async fn force(&mut self, name: String, to: Option<Case>) -> Result<bool, Error> {
        self.permit(grants::SCHEDULES)?;
        if matches!(self.running, Running::Decision | Running::Settings | Running::Reducer) {
            return Err(Error::Denied(format!("no schedule can be forced {}", self.running.while_doing())));
        }
        let (host, plugin) = (self.host.clone(), self.plugin.record.id.clone());
        host.schedules.force(&name, to.map(Into::into), &plugin).await.map_err(Error::Failed)
    }
}

impl From<jackfield_schedules::Standing> for Standing {
    fn from(standing: jackfield_schedules::Standing) -> Self {
        let jackfield_schedules::Standing { case, forced, occasion, until, opens } = standing;
        let case = match case {
            ScheduleCase::Day => Case::Day,
            ScheduleCase::Night => Case::Night,
            ScheduleCase::Weekend => Case::Weekend,
            ScheduleCase::Holiday => Case::Holiday,
            ScheduleCase::Exception => Case::Exception,
        };
        Self { case, forced, occasion, until, opens }
    }
}

impl From<Case> for ScheduleCase {
    fn from(case: Case) -> Self {
        match case {
            Case::Day => Self::Day,
            Case::Night => Self::Night,
            Case::Weekend => Self::Weekend,
            Case::Holiday => Self::Holiday,
            Case::Exception => Self::Exception,
        }
    }
}
