//! Attributes for plugin authors: `#[router]`, `#[script]`, `#[web]`, `#[check_settings]`, `#[on_start]`,
//! `#[on_timer]`.
//!
//! Each exports one interface of the contract and calls the author's function. On other targets than wasm32 the
//! function stays as it is, so that `cargo test` reaches it.

use proc_macro::TokenStream;
use quote::quote;
use syn::{Error, Item, ItemFn, ItemMod, Visibility, parse_macro_input};

/// Decides where calls go: `fn(&Request) -> Decision`, or `-> Result<Decision, impl Display>`.
#[proc_macro_attribute]
pub fn router(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "router") {
        return error;
    }
    let function = parse_macro_input!(item as ItemFn);
    let name = &function.sig.ident;
    quote! {
        #function

        #[cfg(not(target_arch = "wasm32"))]
        const _: () = { let _ = #name; };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl ::jackfield_sdk::export::router::exports::jackfield::routing::decide::Guest for Exported {
                fn decide(
                    request: ::jackfield_sdk::Request,
                ) -> ::core::result::Result<
                    ::jackfield_sdk::export::router::exports::jackfield::routing::decide::Answer,
                    ::std::string::String,
                > {
                    ::jackfield_sdk::export::decide(&request, #name)
                }
            }
            ::jackfield_sdk::export::router::export_router!(Exported with_types_in ::jackfield_sdk::export::router);
        };
    }
    .into()
}

/// Talks to callers: on a function `fn(Call) -> Result<()>`, or on a module whose public functions are all scripts.
///
/// A function's name is the name of its entry in `plugin.toml`, with `-` for `_`.
#[proc_macro_attribute]
pub fn script(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "script") {
        return error;
    }
    let (entries, paths) = match syn::parse::<Item>(item.clone()) {
        Ok(Item::Fn(function)) => {
            let name = &function.sig.ident;
            (vec![entry(&name.to_string())], vec![quote!(#name)])
        }
        Ok(Item::Mod(module)) => scripts_of(&module),
        _ => {
            let message = "#[script] belongs on a function `fn(Call) -> Result<()>`, or on a module of such functions";
            return Error::new(proc_macro2::Span::call_site(), message).into_compile_error().into();
        }
    };
    let item = proc_macro2::TokenStream::from(item);
    quote! {
        #item

        #[cfg(not(target_arch = "wasm32"))]
        const _: &[fn(::jackfield_sdk::Call) -> ::jackfield_sdk::Result<()>] = &[#(#paths),*];

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl ::jackfield_sdk::export::script::exports::jackfield::script::handler::Guest for Exported {
                fn handle(
                    entry: ::std::string::String,
                    call: ::jackfield_sdk::bindings::imports::jackfield::call::control::Call,
                    args: ::std::vec::Vec<(::std::string::String, ::std::string::String)>,
                ) -> ::core::result::Result<(), ::jackfield_sdk::bindings::imports::jackfield::types::types::Error> {
                    ::jackfield_sdk::export::handle(&entry, call, args, &[#((#entries, #paths)),*])
                }
            }
            ::jackfield_sdk::export::script::export_script!(Exported with_types_in ::jackfield_sdk::export::script);
        };
    }
    .into()
}

/// Answers the plugin's own pages: `fn(&web::Request) -> web::Response`, or `-> Result<web::Response>`.
#[proc_macro_attribute]
pub fn web(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "web") {
        return error;
    }
    let function = parse_macro_input!(item as ItemFn);
    let name = &function.sig.ident;
    quote! {
        #function

        #[cfg(not(target_arch = "wasm32"))]
        const _: () = { let _ = #name; };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl ::jackfield_sdk::export::pages::exports::jackfield::hooks::web::Guest for Exported {
                fn handle(
                    request: ::jackfield_sdk::export::pages::exports::jackfield::hooks::web::Request,
                ) -> ::core::result::Result<
                    ::jackfield_sdk::export::pages::exports::jackfield::hooks::web::Response,
                    ::std::string::String,
                > {
                    ::jackfield_sdk::export::answer(request, #name)
                }
            }
            ::jackfield_sdk::export::pages::export_pages!(Exported with_types_in ::jackfield_sdk::export::pages);
        };
    }
    .into()
}

/// Has a say in the plugin's settings: `fn(&Settings) -> Vec<FieldError>`, empty when all is well.
#[proc_macro_attribute]
pub fn check_settings(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "check_settings") {
        return error;
    }
    let function = parse_macro_input!(item as ItemFn);
    let name = &function.sig.ident;
    quote! {
        #function

        #[cfg(not(target_arch = "wasm32"))]
        const _: () = { let _ = #name; };

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl ::jackfield_sdk::export::configured::exports::jackfield::hooks::lifecycle::Guest for Exported {
                fn validate_settings(
                    json: ::std::string::String,
                ) -> ::core::result::Result<
                    (),
                    ::std::vec::Vec<::jackfield_sdk::export::configured::exports::jackfield::hooks::lifecycle::FieldError>,
                > {
                    ::jackfield_sdk::export::check(&json, #name)
                }
            }
            ::jackfield_sdk::export::configured::export_configured!(
                Exported with_types_in ::jackfield_sdk::export::configured
            );
        };
    }
    .into()
}

/// Called whenever the plugin begins to be used: `fn() -> Result<()>`.
#[proc_macro_attribute]
pub fn on_start(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "on_start") {
        return error;
    }
    let function = parse_macro_input!(item as ItemFn);
    let name = &function.sig.ident;
    quote! {
        #function

        #[cfg(not(target_arch = "wasm32"))]
        const _: fn() -> ::jackfield_sdk::Result<()> = #name;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl ::jackfield_sdk::export::starting::exports::jackfield::hooks::start::Guest for Exported {
                fn started() -> ::core::result::Result<(), ::std::string::String> {
                    ::jackfield_sdk::export::start(#name)
                }
            }
            ::jackfield_sdk::export::starting::export_starting!(
                Exported with_types_in ::jackfield_sdk::export::starting
            );
        };
    }
    .into()
}

/// Called when a timer of the plugin is due: `fn(&timers::Due) -> Result<()>`. An error has it called again later.
#[proc_macro_attribute]
pub fn on_timer(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "on_timer") {
        return error;
    }
    let function = parse_macro_input!(item as ItemFn);
    let name = &function.sig.ident;
    quote! {
        #function

        #[cfg(not(target_arch = "wasm32"))]
        const _: fn(&::jackfield_sdk::timers::Due) -> ::jackfield_sdk::Result<()> = #name;

        #[cfg(target_arch = "wasm32")]
        const _: () = {
            struct Exported;
            impl ::jackfield_sdk::export::woken::exports::jackfield::hooks::timer::Guest for Exported {
                fn on_timer(
                    name: ::std::string::String,
                    due: u64,
                    payload: ::std::vec::Vec<u8>,
                ) -> ::core::result::Result<(), ::std::string::String> {
                    ::jackfield_sdk::export::wake(name, due, payload, #name)
                }
            }
            ::jackfield_sdk::export::woken::export_woken!(Exported with_types_in ::jackfield_sdk::export::woken);
        };
    }
    .into()
}

/// The public functions of a module, as entries and paths.
fn scripts_of(module: &ItemMod) -> (Vec<String>, Vec<proc_macro2::TokenStream>) {
    let within = &module.ident;
    let items = module.content.iter().flat_map(|(_, items)| items);
    let functions = items.filter_map(|item| match item {
        Item::Fn(function) if !matches!(function.vis, Visibility::Inherited) => Some(&function.sig.ident),
        _ => None,
    });
    functions.map(|name| (entry(&name.to_string()), quote!(#within::#name))).unzip()
}

/// A function's name as an entry's.
fn entry(function: &str) -> String {
    function.trim_start_matches("r#").replace('_', "-")
}

fn no_arguments(attribute: &TokenStream, name: &str) -> Result<(), TokenStream> {
    if attribute.is_empty() {
        return Ok(());
    }
    let message = format!("#[{name}] takes no arguments");
    Err(Error::new(proc_macro2::Span::call_site(), message).into_compile_error().into())
}
