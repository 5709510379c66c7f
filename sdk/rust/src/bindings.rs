//! What `wit/` becomes on the guest's side. Authors never see this: the modules beside it wrap it.

/// Everything a plugin may import. What it does not use is not imported, and needs no approval.
pub mod imports {
    wit_bindgen::generate!({
        inline: "
            package jackfield:sdk;
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
        generate_all,
    });
}

/// `jackfield:routing/decide`, for `#[router]`.
pub mod router {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world router { export jackfield:routing/decide@0.1.0; }",
        path: ["../../wit/types", "../../wit/routing"],
        with: { "jackfield:types/types@0.1.0": super::imports::jackfield::types::types },
        pub_export_macro: true,
        export_macro_name: "export_router",
    });
}

/// `jackfield:script/handler`, for `#[script]`.
pub mod script {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world script { export jackfield:script/handler@0.1.0; }",
        path: ["../../wit/types", "../../wit/call", "../../wit/script"],
        with: {
            "jackfield:types/types@0.1.0": super::imports::jackfield::types::types,
            "jackfield:call/control@0.1.0": super::imports::jackfield::call::control,
        },
        pub_export_macro: true,
        export_macro_name: "export_script",
    });
}

/// `jackfield:hooks/lifecycle`, for `#[check_settings]`.
pub mod configured {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world configured { export jackfield:hooks/lifecycle@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        pub_export_macro: true,
        export_macro_name: "export_configured",
    });
}

/// `jackfield:hooks/web`, for `#[web]`.
pub mod pages {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world pages { export jackfield:hooks/web@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        pub_export_macro: true,
        export_macro_name: "export_pages",
    });
}

/// `jackfield:hooks/start`, for `#[on_start]`.
pub mod starting {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world starting { export jackfield:hooks/start@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        pub_export_macro: true,
        export_macro_name: "export_starting",
    });
}

/// `jackfield:hooks/timer`, for `#[on_timer]`.
pub mod woken {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world woken { export jackfield:hooks/timer@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        with: { "jackfield:types/types@0.1.0": super::imports::jackfield::types::types },
        pub_export_macro: true,
        export_macro_name: "export_woken",
    });
}

/// `jackfield:reducer/reduce`, for `#[reducer]`.
pub mod reducing {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world reducing { export jackfield:reducer/reduce@0.1.0; }",
        path: ["../../wit/types", "../../wit/call", "../../wit/reducer"],
        with: { "jackfield:types/types@0.1.0": super::imports::jackfield::types::types },
        pub_export_macro: true,
        export_macro_name: "export_reducing",
    });
}

/// `jackfield:hooks/events`, for `#[on_events]`.
pub mod informed {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world informed { export jackfield:hooks/events@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        with: { "jackfield:types/types@0.1.0": super::imports::jackfield::types::types },
        pub_export_macro: true,
        export_macro_name: "export_informed",
    });
}

/// `jackfield:hooks/contacts`, for `#[contacts]`.
pub mod knowing {
    wit_bindgen::generate!({
        inline: "package jackfield:sdk; world knowing { export jackfield:hooks/contacts@0.1.0; }",
        path: ["../../wit/types", "../../wit/services", "../../wit/hooks"],
        with: {
            "jackfield:types/types@0.1.0": super::imports::jackfield::types::types,
            "jackfield:services/contacts@0.1.0": super::imports::jackfield::services::contacts,
        },
        pub_export_macro: true,
        export_macro_name: "export_knowing",
    });
}
