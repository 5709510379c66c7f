//! What `wit/` becomes on the host's side.
//!
//! The imports are one world, bound once; each export is a world of its own, because a component has any of them.
//! `routing/decide` is bound by hand in `interfaces/decide.rs`, so that a request is lowered from borrowed data.

/// The interfaces that plugins import.
pub(crate) mod imports {
    wasmtime::component::bindgen!({
        inline: "
            package jackfield:host;
            world imports {
                import jackfield:services/settings@0.1.0;
                import jackfield:services/log@0.1.0;
                import jackfield:services/clock@0.1.0;
                import jackfield:call/control@0.1.0;
                import jackfield:call/recording@0.1.0;
                import jackfield:call/fax@0.1.0;
                import jackfield:conference/rooms@0.1.0;
                import jackfield:services/kv@0.1.0;
                import jackfield:services/pins@0.1.0;
                import jackfield:services/timers@0.1.0;
                import jackfield:services/directory@0.1.0;
                import jackfield:services/presence@0.1.0;
                import jackfield:services/message-waiting@0.1.0;
                import jackfield:services/keys@0.1.0;
                import jackfield:services/tcp@0.1.0;
                import jackfield:services/http@0.1.0;
                import jackfield:services/secrets@0.1.0;
                import jackfield:services/metrics@0.1.0;
                import jackfield:services/contacts@0.1.0;
                import jackfield:services/mail@0.1.0;
                import jackfield:services/documents@0.1.0;
                import jackfield:services/blobs@0.1.0;
                import jackfield:services/events@0.1.0;
                import jackfield:services/facts@0.1.0;
                import jackfield:services/analytics@0.1.0;
                import jackfield:services/schedules@0.1.0;
                import jackfield:reducer/state@0.1.0;
                import jackfield:reducer/waiting@0.1.0;
            }
        ",
        path: ["../../wit/types", "../../wit/call", "../../wit/services", "../../wit/conference", "../../wit/reducer"],
        imports: {
            "jackfield:call/control.[method]call.id": trappable,
            "jackfield:call/control.[method]call.caller": trappable,
            "jackfield:call/control.[method]call.callee": trappable,
            "jackfield:call/control.[method]call.get-var": trappable,
            "jackfield:call/control.[method]call.set-var": trappable,
            "jackfield:call/control": async | trappable,
            "jackfield:call/recording": async | trappable,
            "jackfield:call/fax": async | trappable,
            "jackfield:conference/rooms": async | trappable,
            "jackfield:services/analytics": async,
            "jackfield:services/facts": async,
            "jackfield:reducer/state": async,
            "jackfield:reducer/waiting": async | trappable,
            "jackfield:services/events": async,
            "jackfield:services/kv": async,
            "jackfield:services/mail": async,
            "jackfield:services/documents": async,
            "jackfield:services/blobs": async | trappable,
            "jackfield:services/pins": async,
            "jackfield:services/schedules": async,
            "jackfield:services/timers": async,
            "jackfield:services/tcp": async | trappable,
            "jackfield:services/http": async,
            "jackfield:services/contacts": async | trappable,
        },
        with: {
            "jackfield:call/control.call": crate::interfaces::control::Handle,
            "jackfield:services/blobs.writing": crate::interfaces::blobs::BlobWriting,
            "jackfield:services/tcp.connection": crate::interfaces::tcp::Connection,
            "jackfield:services/contacts.replacement": crate::interfaces::contacts::Replacing,
        },
    });
}

/// `jackfield:script/handler`.
pub(crate) mod script {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world script { export jackfield:script/handler@0.1.0; }",
        path: ["../../wit/types", "../../wit/call", "../../wit/script"],
        exports: { default: async },
        with: {
            "jackfield:types/types": super::imports::jackfield::types::types,
            "jackfield:call/control": super::imports::jackfield::call::control,
        },
    });
}

/// `jackfield:hooks/lifecycle`.
pub(crate) mod lifecycle {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world configured { export jackfield:hooks/lifecycle@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        exports: { default: async },
    });
}

/// `jackfield:hooks/start`.
pub(crate) mod start {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world starting { export jackfield:hooks/start@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        exports: { default: async },
    });
}

/// `jackfield:hooks/timer`.
pub(crate) mod timer {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world woken { export jackfield:hooks/timer@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        exports: { default: async },
    });
}

/// `jackfield:hooks/web`.
pub(crate) mod pages {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world pages { export jackfield:hooks/web@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        exports: { default: async },
    });
}

/// `jackfield:reducer/reduce`.
pub(crate) mod reducer {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world reducer { export jackfield:reducer/reduce@0.1.0; }",
        path: ["../../wit/types", "../../wit/call", "../../wit/reducer"],
        exports: { default: async },
        with: { "jackfield:types/types": super::imports::jackfield::types::types },
    });
}

/// `jackfield:hooks/events`.
pub(crate) mod informed {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world informed { export jackfield:hooks/events@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        exports: { default: async },
    });
}

/// `jackfield:hooks/contacts`.
pub(crate) mod knowing {
    wasmtime::component::bindgen!({
        inline: "package jackfield:host; world knowing { export jackfield:hooks/contacts@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        exports: { default: async },
        with: {
            "jackfield:types/types": super::imports::jackfield::types::types,
            "jackfield:services/contacts": super::imports::jackfield::services::contacts,
        },
    });
}
