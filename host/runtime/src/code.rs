//! From bytes to something that can be asked: compile, see what it needs, link what is granted.
//!
//! How a component is compiled, and where compiled code is kept, is `compiler.rs` and `cache.rs`.

use crate::{
    bindings::{
        imports::jackfield as contract, informed::InformedPre, knowing::KnowingPre, lifecycle::ConfiguredPre,
        pages::PagesPre, reducer::ReducerPre, script::ScriptPre, start::StartingPre, timer::WokenPre,
    },
    compiler::{Compiler, Machined},
    engine::Wasm,
    filter::Pattern,
    grants::{self, Need},
    instance::State,
    interfaces::decide::{AnswerTuple, RequestTuple},
    manifest::Manifest,
    origins::Origin,
};
use jackfield_model::Shape;
use semver::Version;
use wasmtime::{
    Engine,
    component::{Component, ComponentExportIndex, HasSelf, InstancePre, Linker},
};

const DECIDE: &str = "jackfield:routing/decide";
const HANDLER: &str = "jackfield:script/handler";
const LIFECYCLE: &str = "jackfield:hooks/lifecycle";
const WEB: &str = "jackfield:hooks/web";
const START: &str = "jackfield:hooks/start";
const TIMER: &str = "jackfield:hooks/timer";
const EVENTS: &str = "jackfield:hooks/events";
const CONTACTS: &str = "jackfield:hooks/contacts";
const REDUCE: &str = "jackfield:reducer/reduce";
/// Pages of 64 KiB that a component may start with.
const MOST_INITIAL_PAGES: u64 = 512;

/// A component that is compiled and understood, but not linked yet.
pub(crate) struct Compiled {
    component: Component,
    /// What it needs beyond the base, read from its imports and exports.
    pub(crate) capabilities: Vec<&'static str>,
    pub(crate) shapes: Vec<Shape>,
    /// The topics that it wants to learn of.
    pub(crate) topics: Vec<String>,
    /// The web services that its author has named.
    services: Vec<String>,
    /// Whether compiled code that was kept was damaged or forged.
    pub(crate) distrusted: bool,
    hooks: Hooks,
}

/// The optional hooks that it exports.
#[derive(Clone, Copy, Default)]
struct Hooks {
    lifecycle: bool,
    start: bool,
    timer: bool,
    events: bool,
    contacts: bool,
    reduce: bool,
}

/// A component linked to what it is granted: new work begins here.
pub(crate) struct Code {
    pub(crate) pre: InstancePre<State>,
    pub(crate) decide: Option<ComponentExportIndex>,
    pub(crate) handle: Option<ScriptPre<State>>,
    pub(crate) lifecycle: Option<ConfiguredPre<State>>,
    pub(crate) web: Option<PagesPre<State>>,
    pub(crate) start: Option<StartingPre<State>>,
    pub(crate) timer: Option<WokenPre<State>>,
    pub(crate) events: Option<InformedPre<State>>,
    pub(crate) contacts: Option<KnowingPre<State>>,
    pub(crate) reduce: Option<ReducerPre<State>>,
}

/// A component that this host cannot run: why, with the next step.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CodeError(String);

impl Compiled {
    /// Compile, and check that the component is what `plugin.toml` says. Takes long: never on a signalling thread.
    pub(crate) fn new(
        machine: &Wasm,
        compiler: &Compiler,
        wasm: &[u8],
        manifest: &Manifest,
    ) -> Result<Self, CodeError> {
        let contract = Version::parse(grants::CONTRACT).expect("a constant that is a version");
        if !manifest.api.matches(&contract) {
            let text =
                format!("it is made for version {} of the plugin contract; this host has {contract}", manifest.api);
            return Err(CodeError(text));
        }
        let engine = &machine.engine;
        if wasm.starts_with(b"\0asm\x01\0\0\0") {
            let text = "component.wasm is a core module, not a component: build it with `jackfield-plugin build`";
            return Err(CodeError(text.into()));
        }
        let Machined { component, distrusted } = compiler.compile(machine, wasm).map_err(CodeError)?;
        fits(&component)?;
        let kind = component.component_type();
        let mut capabilities = Vec::new();
        for (name, _) in kind.imports(engine) {
            match grants::need(name) {
                Need::Base => {}
                Need::Capability(id) => capabilities.push(id),
                Need::Unknown => return Err(unknown_import(name)),
            }
            newer_than(name, &contract)?;
        }
        let (mut shapes, mut hooks) = (Vec::new(), Hooks::default());
        for (name, _) in kind.exports(engine) {
            match name.split('@').next() {
                Some(DECIDE) => {
                    shapes.push(Shape::Router);
                    capabilities.push(grants::ROUTING_DECIDE);
                }
                Some(HANDLER) => shapes.push(Shape::Script),
                Some(WEB) => {
                    shapes.push(Shape::Web);
                    capabilities.push(grants::WEB_PAGES);
                }
                Some(LIFECYCLE) => hooks.lifecycle = true,
                Some(START) => hooks.start = true,
                Some(TIMER) => hooks.timer = true,
                Some(EVENTS) => {
                    hooks.events = true;
                    capabilities.push(grants::EVENTS);
                }
                Some(CONTACTS) => {
                    hooks.contacts = true;
                    capabilities.push(grants::CONTACTS);
                }
                Some(REDUCE) => {
                    hooks.reduce = true;
                    capabilities.push(grants::REDUCER);
                }
                // A plain function, such as engines of other languages leave: nobody calls it.
                _ if !name.contains(':') => continue,
                _ => {
                    return Err(CodeError(format!(
                        "it exports {name}, which this host does not know: update Jackfield"
                    )));
                }
            }
            newer_than(name, &contract)?;
        }
        if !manifest.pages.is_empty() {
            capabilities.push(grants::WEB_PAGES);
        }
        if manifest.links.is_some() {
            capabilities.push(grants::WEB_LINKS);
        }
        if hooks.reduce && manifest.capabilities.contains_key(grants::CALL_ORIGINATE) {
            capabilities.push(grants::CALL_ORIGINATE);
        }
        if hooks.reduce && manifest.capabilities.contains_key(grants::CALL_OUTSIDE) {
            capabilities.push(grants::CALL_OUTSIDE);
        }
        capabilities.sort_unstable();
        capabilities.dedup();
        shapes.sort_by_key(|shape| *shape != Shape::Router);
        if capabilities.contains(&grants::TIMERS) && !hooks.timer {
            return Err(CodeError(format!("it sets timers and does not export {TIMER}, so it could not be woken")));
        }
        if capabilities.contains(&grants::REDUCER) && !hooks.reduce {
            return Err(CodeError(format!(
                "it uses a state and does not export {REDUCE}, so nobody could take its inputs"
            )));
        }
        let topics = manifest.hooks.events.as_ref().map_or_else(Vec::new, |hook| hook.topics.clone());
        let services = services(manifest);
        let compiled = Self { component, capabilities, shapes, topics, services, distrusted, hooks };
        compiled.agrees_with(manifest)?;
        Ok(compiled)
    }

    /// Everything that an admin approves: the capabilities, each topic, and each web service that its author has named.
    pub(crate) fn needs(&self) -> Vec<String> {
        let topics = self.topics.iter().map(|topic| grants::of_topic(topic));
        let services = self.services.iter().map(|origin| grants::of_service(origin));
        self.capabilities.iter().map(|capability| (*capability).to_owned()).chain(topics).chain(services).collect()
    }

    /// Link what is granted; everything it needs must be.
    pub(crate) fn link(&self, engine: &Engine) -> Result<Code, CodeError> {
        let mut linker = Linker::<State>::new(engine);
        let failed = |error: wasmtime::Error| CodeError(format!("it cannot be linked: {error:#}"));
        contract::types::types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        contract::services::settings::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        contract::services::log::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        contract::services::clock::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        contract::services::pins::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        contract::services::metrics::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        contract::services::secrets::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state).map_err(failed)?;
        for capability in &self.capabilities {
            match *capability {
                grants::CALL_CONTROL => {
                    contract::call::control::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::CALL_RECORDING => {
                    contract::call::recording::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::CALL_FAX => contract::call::fax::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::DOCUMENTS => {
                    contract::services::documents::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::BLOBS => contract::services::blobs::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::CONFERENCE => {
                    contract::conference::rooms::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::KV => contract::services::kv::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::TIMERS => {
                    contract::services::timers::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::EVENTS_PUBLISH => {
                    contract::services::events::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::MAIL => contract::services::mail::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::DIRECTORY => {
                    contract::services::directory::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::PRESENCE => {
                    contract::services::presence::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::KEYS => contract::services::keys::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::MESSAGE_WAITING => {
                    contract::services::message_waiting::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::ANALYTICS => {
                    contract::services::analytics::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::SCHEDULES => {
                    contract::services::schedules::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::FACTS => contract::services::facts::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::CONTACTS => {
                    contract::services::contacts::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                }
                grants::HTTP => contract::services::http::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::TCP => contract::services::tcp::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state),
                grants::REDUCER => contract::reducer::state::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                    .and_then(|()| {
                        contract::reducer::waiting::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)
                    }),
                _ => Ok(()),
            }
            .map_err(failed)?;
        }
        let pre = linker.instantiate_pre(&self.component).map_err(failed)?;
        let script = self.shapes.contains(&Shape::Script).then(|| ScriptPre::new(pre.clone())).transpose();
        let lifecycle = self.hooks.lifecycle.then(|| ConfiguredPre::new(pre.clone())).transpose();
        let start = self.hooks.start.then(|| StartingPre::new(pre.clone())).transpose();
        let timer = self.hooks.timer.then(|| WokenPre::new(pre.clone())).transpose();
        let contacts = self.hooks.contacts.then(|| KnowingPre::new(pre.clone())).transpose();
        let reduce = self.hooks.reduce.then(|| ReducerPre::new(pre.clone())).transpose();
        let events = self.hooks.events.then(|| InformedPre::new(pre.clone())).transpose();
        let web = self.shapes.contains(&Shape::Web).then(|| PagesPre::new(pre.clone())).transpose();
        Ok(Code {
            decide: self.decide_index(),
            handle: script.map_err(failed)?,
            lifecycle: lifecycle.map_err(failed)?,
            web: web.map_err(failed)?,
            start: start.map_err(failed)?,
            timer: timer.map_err(failed)?,
            events: events.map_err(failed)?,
            contacts: contacts.map_err(failed)?,
            reduce: reduce.map_err(failed)?,
            pre,
        })
    }

    fn decide_index(&self) -> Option<ComponentExportIndex> {
        let name = format!("{DECIDE}@{}", grants::CONTRACT);
        let interface = self.component.get_export_index(None, &name)?;
        self.component.get_export_index(Some(&interface), "decide")
    }

    fn agrees_with(&self, manifest: &Manifest) -> Result<(), CodeError> {
        let refuse = |text: String| Err(CodeError(text));
        for needed in &self.capabilities {
            if !manifest.capabilities.contains_key(*needed) {
                let line = format!("[capabilities]\n\"{needed}\" = {{ reason = \"…\" }}");
                return refuse(format!("it needs “{needed}”, which plugin.toml does not ask for: add\n{line}"));
            }
        }
        for declared in manifest.capabilities.keys() {
            if !grants::capabilities().any(|known| known == declared) {
                let known: Vec<_> = grants::capabilities().collect();
                let text = format!("plugin.toml asks for “{declared}”, which this host does not know; it knows");
                return refuse(format!("{text} {}", known.join(", ")));
            }
        }
        for (shape, table, says, export) in [
            (Shape::Router, "[hooks.router]", manifest.hooks.router.is_some(), DECIDE),
            (Shape::Script, "[script]", manifest.script.is_some(), HANDLER),
        ] {
            match (says, self.shapes.contains(&shape)) {
                (true, false) => {
                    return refuse(format!("plugin.toml has {table}, but the component does not export {export}"));
                }
                (false, true) => {
                    return refuse(format!("the component exports {export}, but plugin.toml has no {table}"));
                }
                _ => {}
            }
        }
        match (manifest.hooks.events.is_some(), self.hooks.events) {
            (true, false) => {
                return refuse(format!("plugin.toml has [hooks.events], but the component does not export {EVENTS}"));
            }
            (false, true) => {
                return refuse(format!("the component exports {EVENTS}, but plugin.toml has no [hooks.events]"));
            }
            _ => {}
        }
        if self.shapes.is_empty() && manifest.pages.is_empty() && !self.hooks.events {
            return refuse(format!(
                "the component exports none of {DECIDE}, {HANDLER} and {WEB}, so there is nothing to ask it"
            ));
        }
        Ok(())
    }
}

impl Code {
    /// Look up in a fresh instance what will be called, so that a wrong signature shows at install.
    pub(crate) async fn check(&self, store: &mut wasmtime::Store<State>) -> wasmtime::Result<()> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        if let Some(index) = &self.decide {
            instance.get_typed_func::<RequestTuple<'_>, AnswerTuple>(&mut *store, index)?;
        }
        Ok(())
    }
}

/// The web services that stand in the manifest itself. Those of settings are an administrator's to name.
fn services(manifest: &Manifest) -> Vec<String> {
    let hosts = manifest.capabilities.get(grants::HTTP).map_or(&[][..], |used| &used.hosts);
    let given = |host: &Pattern| match host {
        Pattern::Given(text) => Origin::parse(text).map(|origin| origin.to_string()),
        Pattern::Setting { .. } => None,
    };
    hosts.iter().filter_map(given).collect()
}

fn fits(component: &Component) -> Result<(), CodeError> {
    let Some(needs) = component.resources_required() else {
        return Err(CodeError("it imports core modules, which plugins may not".into()));
    };
    let pages = needs.max_initial_memory_size.unwrap_or(0);
    if needs.num_memories > 4 || needs.num_tables > 64 || pages > MOST_INITIAL_PAGES {
        return Err(CodeError(format!(
            "it wants {} memories (at most 4), {} tables (at most 64) and {} MiB to start with (at most 32)",
            needs.num_memories,
            needs.num_tables,
            pages / 16
        )));
    }
    Ok(())
}

fn unknown_import(name: &str) -> CodeError {
    CodeError(if name.starts_with("wasi:") {
        format!(
            "it imports {name}: plugins have no WASI; for Rust build for wasm32-unknown-unknown, as `jackfield-plugin build` does"
        )
    } else {
        format!("it imports {name}, which this host does not have: update Jackfield")
    })
}

fn newer_than(name: &str, contract: &Version) -> Result<(), CodeError> {
    let version = name.split_once('@').and_then(|(_, version)| Version::parse(version).ok());
    match version {
        Some(version) if version > *contract => {
            Err(CodeError(format!("it needs {name}, and this host has {contract}: update Jackfield")))
        }
        _ => Ok(()),
    }
}
