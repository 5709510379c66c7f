//! The way through menus, for callers and for whoever tries what would become of one.

use crate::plan::{Action, Key, Menu, Plan};

/// How deep menus may follow one another before the way back is forgotten.
const DEEPEST: usize = 20;

/// What a key leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step<'a> {
    Transfer(&'a str),
    Play(&'a str),
    Hours,
    Language(&'a str),
    /// Let them spell a name.
    Name,
    /// Into a menu; the way has gone there already.
    Menu,
    HangUp,
}

/// The menus that were entered, the last one at the end.
pub struct Way<'a> {
    plan: &'a Plan,
    entered: Vec<&'a str>,
}

impl<'a> Way<'a> {
    /// Begin at a menu.
    pub fn new(plan: &'a Plan, first: &'a str) -> Self {
        Self { plan, entered: vec![first] }
    }

    /// Where the caller is; `None` when there is no such menu.
    pub fn menu(&self) -> Option<&'a Menu> {
        self.entered.last().and_then(|name| self.plan.menu_named(name))
    }

    /// Take a step.
    pub fn step(&mut self, key: &'a Key) -> Step<'a> {
        match key.does {
            Action::Transfer => Step::Transfer(&key.to),
            Action::Operator => Step::Transfer(&self.plan.operator),
            Action::Announce => Step::Play(&key.to),
            Action::Hours => Step::Hours,
            Action::HangUp => Step::HangUp,
            Action::Name => Step::Name,
            Action::Language => {
                self.back();
                Step::Language(&key.to)
            }
            Action::Repeat => Step::Menu,
            Action::Back => {
                self.back();
                Step::Menu
            }
            Action::Menu => {
                if self.entered.len() == DEEPEST {
                    self.entered.remove(0);
                }
                self.entered.push(&key.to);
                Step::Menu
            }
        }
    }

    fn back(&mut self) {
        if self.entered.len() > 1 {
            self.entered.pop();
        }
    }
}
