//! One file per endpoint. Paths and roles are in `router.rs`.

pub(crate) mod audit_log {
    pub(crate) mod list;
}
pub(crate) mod bans {
    pub(crate) mod lift;
    pub(crate) mod list;
}
pub(crate) mod calls {
    pub(crate) mod explain;
    pub(crate) mod foresee;
    pub(crate) mod hang_up;
    pub(crate) mod list;
    pub(crate) mod record;
    pub(crate) mod start;
}
pub(crate) mod catalogue;
pub(crate) mod conferences;
pub(crate) mod contacts;
pub(crate) mod extensions {
    pub(crate) mod availability;
    pub(crate) mod check_sync;
    pub(crate) mod create;
    pub(crate) mod delete;
    pub(crate) mod list;
    pub(crate) mod password;
    pub(crate) mod read;
    pub(crate) mod restore;
    pub(crate) mod update;
}
pub(crate) mod history {
    pub(crate) mod export;
    pub(crate) mod list;
}
pub(crate) mod mail {
    pub(crate) mod letters;
    pub(crate) mod read;
    pub(crate) mod test;
    pub(crate) mod update;
    mod view;
}
pub(crate) mod me {
    pub(crate) mod availability;
    pub(crate) mod password;
    pub(crate) mod update;
}
pub(crate) mod pages {
    pub(crate) mod ask;
    pub(crate) mod list;
}
pub(crate) mod people {
    pub(crate) mod list;
}
pub(crate) mod phone;
pub(crate) mod phone_keys;
pub(crate) mod plugins {
    pub(crate) mod approve;
    pub(crate) mod disable;
    pub(crate) mod enable;
    pub(crate) mod events;
    pub(crate) mod inputs;
    pub(crate) mod inspect;
    pub(crate) mod install;
    pub(crate) mod list;
    pub(crate) mod log;
    pub(crate) mod metrics;
    pub(crate) mod order;
    pub(crate) mod permissions;
    pub(crate) mod read;
    pub(crate) mod remove;
    pub(crate) mod settings_read;
    pub(crate) mod settings_write;
    pub(crate) mod trial;
    pub(crate) mod unpin;
    pub(crate) mod versions;
}
pub(crate) mod publisher_keys;
pub(crate) mod recordings {
    pub(crate) mod delete;
    pub(crate) mod list;
    pub(crate) mod play;
}
pub(crate) mod registrations {
    pub(crate) mod list;
}
pub(crate) mod schedules;
pub(crate) mod session {
    pub(crate) mod create;
    pub(crate) mod delete;
    pub(crate) mod read;
}
pub(crate) mod sounds {
    pub(crate) mod delete;
    pub(crate) mod list;
    pub(crate) mod music;
    pub(crate) mod play;
    pub(crate) mod update;
    pub(crate) mod upload;
}
pub(crate) mod system {
    pub(crate) mod health;
    pub(crate) mod read;
}
pub(crate) mod trunks {
    pub(crate) mod check;
    pub(crate) mod create;
    pub(crate) mod delete;
    pub(crate) mod list;
    pub(crate) mod order;
    pub(crate) mod switch;
    pub(crate) mod update;
    pub(crate) mod view;
}
pub(crate) mod users {
    pub(crate) mod availability;
    pub(crate) mod create;
    pub(crate) mod delete;
    pub(crate) mod list;
    pub(crate) mod password;
    pub(crate) mod read;
    pub(crate) mod restore;
    pub(crate) mod update;
}
