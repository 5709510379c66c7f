//! Attributes for plugin authors: `#[router]`, `#[script]`, `#[web]`, `#[check_settings]`, `#[on_start]`,
//! `#[on_timer]`, `#[on_events]`, `#[contacts]`, `#[reducer]`.
//!
//! Each exports one interface of the contract and calls the author's function. On other targets than wasm32 the
//! function stays as it is, so that `cargo test` reaches it.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::{format_ident, quote};
use syn::{Error, Item, ItemFn, ItemMod, Visibility};

/// Decides where calls go: `fn(&Request) -> Decision`, or `-> Result<Decision, impl Display>`.
///
/// With the plugin's settings as a second parameter, `fn(&Request, &Settings) -> Decision`, they are parsed once for each
/// instance. That saves most of a decision where `plugin.toml` lets an instance make several (`decisions` in `[hooks.router]`).
#[proc_macro_attribute]
pub fn router(attribute: TokenStream, item: TokenStream) -> TokenStream {
    on_function("router", attribute, item, |function| {
        let name = &function.sig.ident;
        let way = if function.sig.inputs.len() == 2 { quote!(decide_by_settings) } else { quote!(decide) };
        let decide = quote! {
            fn decide(request: ::jackfield_sdk::Request) -> Result<contract::Answer, String> {
                ::jackfield_sdk::export::#way(&request, #name)
            }
        };
        (quote!(_), exported("router", quote!(routing::decide), decide))
    })
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
    let handle = quote! {
        fn handle(
            entry: String,
            call: ::jackfield_sdk::bindings::imports::jackfield::call::control::Call,
            args: Vec<(String, String)>,
        ) -> Result<(), ::jackfield_sdk::bindings::imports::jackfield::types::types::Error> {
            ::jackfield_sdk::export::handle(&entry, call, args, &[#((#entries, #paths)),*])
        }
    };
    let export = exported("script", quote!(script::handler), handle);
    let item = Tokens::from(item);
    quote! {
        #item

        #[cfg(not(target_arch = "wasm32"))]
        const _: &[fn(::jackfield_sdk::Call) -> ::jackfield_sdk::Result<()>] = &[#(#paths),*];

        #export
    }
    .into()
}

/// Answers the plugin's own pages: `fn(&web::Request) -> web::Response`, or `-> Result<web::Response>`.
#[proc_macro_attribute]
pub fn web(attribute: TokenStream, item: TokenStream) -> TokenStream {
    on_function("web", attribute, item, |function| {
        let name = &function.sig.ident;
        let handle = quote! {
            fn handle(request: contract::Request) -> Result<contract::Response, String> {
                ::jackfield_sdk::export::answer(request, #name)
            }
        };
        (quote!(_), exported("pages", quote!(hooks::web), handle))
    })
}

/// Has a say in the plugin's settings: `fn(&Settings) -> Vec<FieldError>`, empty when all is well.
#[proc_macro_attribute]
pub fn check_settings(attribute: TokenStream, item: TokenStream) -> TokenStream {
    on_function("check_settings", attribute, item, |function| {
        let name = &function.sig.ident;
        let validate = quote! {
            fn validate_settings(json: String) -> Result<(), Vec<contract::FieldError>> {
                ::jackfield_sdk::export::check(&json, #name)
            }
        };
        (quote!(_), exported("configured", quote!(hooks::lifecycle), validate))
    })
}

/// Called whenever the plugin begins to be used: `fn() -> Result<()>`.
#[proc_macro_attribute]
pub fn on_start(attribute: TokenStream, item: TokenStream) -> TokenStream {
    on_function("on_start", attribute, item, |function| {
        let name = &function.sig.ident;
        let started = quote! {
            fn started() -> Result<(), String> {
                ::jackfield_sdk::export::start(#name)
            }
        };
        (quote!(fn() -> ::jackfield_sdk::Result<()>), exported("starting", quote!(hooks::start), started))
    })
}

/// Called when a timer of the plugin is due: `fn(&timers::Due) -> Result<()>`. An error has it called again later.
#[proc_macro_attribute]
pub fn on_timer(attribute: TokenStream, item: TokenStream) -> TokenStream {
    on_function("on_timer", attribute, item, |function| {
        let name = &function.sig.ident;
        let on_timer = quote! {
            fn on_timer(name: String, due: u64, payload: Vec<u8>) -> Result<(), String> {
                ::jackfield_sdk::export::wake(name, due, payload, #name)
            }
        };
        let kind = quote!(fn(&::jackfield_sdk::timers::Due) -> ::jackfield_sdk::Result<()>);
        (kind, exported("woken", quote!(hooks::timer), on_timer))
    })
}

/// Takes inputs into a state: `fn(&mut State, &reducer::Input, &mut reducer::Effects)`.
///
/// `#[reducer(layout = 2, migrate = function)]`: the layout in which states are written from now on, and what brings over
/// those of other layouts.
#[proc_macro_attribute]
pub fn reducer(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut layout = quote!(1);
    let mut migrate = quote!(None);
    let parser = syn::meta::parser(|meta| {
        if meta.path.is_ident("layout") {
            let number: syn::LitInt = meta.value()?.parse()?;
            layout = quote!(#number);
            Ok(())
        } else if meta.path.is_ident("migrate") {
            let path: syn::Path = meta.value()?.parse()?;
            migrate = quote!(Some(#path));
            Ok(())
        } else {
            Err(meta.error("#[reducer] takes `layout = 2` and `migrate = function`"))
        }
    });
    syn::parse_macro_input!(arguments with parser);
    on_function("reducer", TokenStream::new(), item, |function| {
        let name = &function.sig.ident;
        let reduce = quote! {
            fn reduce(
                key: String,
                data: Option<Vec<u8>>,
                layout: u32,
                inputs: Vec<contract::Input>,
            ) -> Result<contract::Outcome, String> {
                ::jackfield_sdk::export::reduce(&key, data, layout, inputs, #name, #layout, #migrate)
            }
        };
        (
            quote!(fn(&mut _, &::jackfield_sdk::reducer::Input<'_>, &mut ::jackfield_sdk::reducer::Effects)),
            exported("reducing", quote!(reducer::reduce), reduce),
        )
    })
}

/// Called when something has happened that `plugin.toml` lists under `[hooks.events]`: `fn(&[events::Event]) -> Result<()>`. An
/// error has it called again later.
#[proc_macro_attribute]
pub fn on_events(attribute: TokenStream, item: TokenStream) -> TokenStream {
    on_function("on_events", attribute, item, |function| {
        let name = &function.sig.ident;
        let on_events = quote! {
            fn on_events(batch: Vec<contract::Event>) -> Result<(), String> {
                ::jackfield_sdk::export::inform(batch, #name)
            }
        };
        let kind = quote!(fn(&[::jackfield_sdk::events::Event]) -> ::jackfield_sdk::Result<()>);
        (kind, exported("informed", quote!(hooks::events), on_events))
    })
}

/// Is asked about contacts that were not handed over: on a module with `fn lookup(&str) -> Result<Option<Contact>>` and
/// `fn search(&str, u32) -> Result<Vec<Contact>>`.
#[proc_macro_attribute]
pub fn contacts(attribute: TokenStream, item: TokenStream) -> TokenStream {
    if let Err(error) = no_arguments(&attribute, "contacts") {
        return error;
    }
    let module: ItemMod = match syn::parse(item) {
        Ok(module) => module,
        Err(error) => return error.into_compile_error().into(),
    };
    let name = &module.ident;
    let methods = quote! {
        fn lookup(number: String) -> Result<Option<::jackfield_sdk::contacts::Contact>, String> {
            ::jackfield_sdk::export::look_up(&number, #name::lookup)
        }

        fn search(text: String, limit: u32) -> Result<Vec<::jackfield_sdk::contacts::Contact>, String> {
            ::jackfield_sdk::export::search_contacts(&text, limit, #name::search)
        }
    };
    let export = exported("knowing", quote!(hooks::contacts), methods);
    quote! {
        #module

        #[cfg(not(target_arch = "wasm32"))]
        const _: () = {
            let _: fn(&str) -> ::jackfield_sdk::Result<Option<::jackfield_sdk::contacts::Contact>> = #name::lookup;
            let _: fn(&str, u32) -> ::jackfield_sdk::Result<Vec<::jackfield_sdk::contacts::Contact>> = #name::search;
        };

        #export
    }
    .into()
}

/// An attribute that belongs on one function. `export` gives the function's type, `_` where there are several, and what
/// exports it.
fn on_function(
    attribute: &str,
    arguments: TokenStream,
    item: TokenStream,
    export: impl FnOnce(&ItemFn) -> (Tokens, Tokens),
) -> TokenStream {
    if let Err(error) = no_arguments(&arguments, attribute) {
        return error;
    }
    let function: ItemFn = match syn::parse(item) {
        Ok(function) => function,
        Err(error) => return error.into_compile_error().into(),
    };
    let name = &function.sig.ident;
    let (kind, export) = export(&function);
    quote! {
        #function

        #[cfg(not(target_arch = "wasm32"))]
        const _: () = { let _: #kind = #name; };

        #export
    }
    .into()
}

/// Export one interface of the contract: `method` implements it, with the interface's types under `contract`. `bindings` is
/// the module of `jackfield_sdk::export` that knows it.
fn exported(bindings: &str, interface: Tokens, method: Tokens) -> Tokens {
    let (module, export) = (format_ident!("{bindings}"), format_ident!("export_{bindings}"));
    quote! {
        #[cfg(target_arch = "wasm32")]
        const _: () = {
            #[allow(unused_imports, reason = "each interface needs some of them")]
            use ::std::{result::Result, string::String, vec::Vec};
            use ::jackfield_sdk::export::#module::exports::jackfield::#interface as contract;

            struct Exported;
            impl contract::Guest for Exported {
                #method
            }
            ::jackfield_sdk::export::#module::#export!(Exported with_types_in ::jackfield_sdk::export::#module);
        };
    }
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
