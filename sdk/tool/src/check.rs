//! Whether a package can be installed, what it may do, and what its author should still mend.

use anyhow::{Context, Result};
use jackfield_calls::events::EventBus;
use jackfield_model::Language;
use jackfield_pack::Packed;
use jackfield_runtime::{Consent, MemoryStore, Plugins, Preview, RuntimeConfig, SystemClock};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    fmt::{self, Write as _},
    sync::Arc,
};

/// What a check has found.
pub struct Report {
    /// What the host would say about it before it is installed.
    pub preview: Preview,
    /// What is not wrong, but should be mended.
    pub advice: Vec<String>,
}

/// Install a package in a host of its own and see what it says.
///
/// # Errors
/// When a host would refuse it, with the host's own words.
pub fn check(packed: &Packed) -> Result<Report> {
    on_a_host(async |plugins| {
        let preview = plugins.inspect(&packed.archive).await?;
        plugins.install(&packed.archive, Consent::everything()).await?;
        let mut advice = Vec::new();
        for declared in packed.manifest.capabilities.keys() {
            if !preview.permissions.iter().any(|permission| permission.capability == *declared) {
                advice.push(format!("plugin.toml asks for “{declared}”, which the component does not use: remove it"));
            }
        }
        if let Some(settings) = plugins.settings(&preview.id) {
            let mut texts = BTreeSet::from([preview.name.clone(), preview.description.clone()]);
            texts.extend(packed.manifest.pages.iter().map(|page| page.title.clone()));
            collect_texts(&settings.schema, &mut texts);
            for (language, known) in &settings.locales {
                for text in texts.iter().filter(|text| !known.contains_key(*text)) {
                    advice.push(format!("locales/{language}.json has no translation of “{text}”"));
                }
                for text in known.keys().filter(|text| !texts.contains(*text)) {
                    advice.push(format!("locales/{language}.json translates “{text}”, which is nowhere used"));
                }
            }
        }
        Ok(Report { preview, advice })
    })
}

/// What a host says about a package.
///
/// # Errors
/// When a host would refuse it, with the host's own words.
pub(crate) fn look_at(archive: &[u8]) -> Result<Preview> {
    on_a_host(async |plugins| Ok(plugins.inspect(archive).await?))
}

/// Do something with a host without plugins, which is gone afterwards.
fn on_a_host<T>(work: impl AsyncFnOnce(Plugins) -> Result<T>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let folder = tempfile::tempdir().context("no temporary folder")?;
        let config = RuntimeConfig { slots: Some(16), ..RuntimeConfig::new(folder.path()) };
        let store = Arc::new(MemoryStore::default());
        work(Plugins::start(config, store, EventBus::new(), Arc::new(SystemClock)).await?).await
    })
}

/// Texts of a schema that people see.
fn collect_texts(schema: &Value, texts: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if matches!(name.as_str(), "title" | "description") => {
                        texts.insert(text.clone());
                    }
                    // Values are the admin's, not texts of the form.
                    _ if matches!(name.as_str(), "default" | "examples" | "const" | "enum") => {}
                    _ => collect_texts(value, texts),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_texts(item, texts)),
        _ => {}
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let preview = &self.preview;
        let mut text = format!("{} {} ({}) by {}\n", preview.name, preview.version, preview.id, preview.publisher);
        let shapes: Vec<_> = preview.shapes.iter().map(|shape| format!("{shape:?}").to_lowercase()).collect();
        let _ = writeln!(text, "  runs as {}, {} kB", shapes.join(" and "), preview.size.div_ceil(1_000));
        for permission in &preview.permissions {
            let _ = writeln!(text, "  may: {} ({})", permission.sentence(Language::En), permission.capability);
            let _ = writeln!(text, "       because: {}", permission.reason);
        }
        if !preview.prompt_languages.is_empty() {
            let _ = writeln!(text, "  prompts in {}", preview.prompt_languages.join(", "));
        }
        for advice in &self.advice {
            let _ = writeln!(text, "  advice: {advice}");
        }
        f.write_str(text.trim_end())
    }
}
