//! A plugin's settings: the schema, the defaults, and what the admin has set.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// How deep settings may nest; a schema may refer to itself.
const DEEPEST: usize = 16;
/// Settings of one plugin, as JSON text.
pub(crate) const LARGEST: usize = 256 << 10;

/// A plugin's settings with all that a form needs.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// JSON Schema 2020-12, texts in English. `x-widget` names a form field where the type does not say enough.
    pub schema: Value,
    /// What is in force, defaults included; a word in the place of each secret.
    pub values: Value,
    /// By language: English text of the schema → translated text.
    pub locales: BTreeMap<String, BTreeMap<String, String>>,
}

/// What is wrong with one setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    /// JSON pointer (RFC 6901); empty for the whole.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: String,
}

/// Settings were not taken.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SettingsError {
    /// There is no such plugin.
    #[error("no plugin “{0}” is installed")]
    Unknown(String),
    /// They are not valid, by the schema or by the plugin's own check.
    #[error("{} setting(s) are not valid", fields.len())]
    Invalid {
        /// What is wrong, by field.
        fields: Vec<FieldError>,
    },
    /// The plugin could not check them.
    #[error("the plugin could not check its settings: {0}")]
    Check(String),
    /// They could not be kept.
    #[error("the settings could not be stored: {0}")]
    Store(String),
}

/// A compiled schema.
pub(crate) struct Schema {
    pub(crate) value: Value,
    validator: jsonschema::Validator,
}

impl Schema {
    /// Compile a schema. Its defaults must satisfy it, so that a plugin always has settings to work with.
    pub(crate) fn new(value: Value) -> Result<Self, String> {
        if value.get("type").and_then(Value::as_str) != Some("object") {
            return Err("its “type” must be “object”".into());
        }
        let validator = jsonschema::draft202012::new(&value).map_err(|e| format!("it is no valid schema: {e}"))?;
        let schema = Self { value, validator };
        let defaults = schema.effective(&Value::Null);
        match schema.validate(&defaults).into_iter().next() {
            None => Ok(schema),
            Some(error) => {
                let at = if error.path.is_empty() { "settings" } else { &error.path };
                Err(format!("every setting needs a default that is valid: {at}: {}", error.message))
            }
        }
    }

    /// The schema of a plugin without settings.
    pub(crate) fn empty() -> Self {
        let value = serde_json::json!({ "type": "object", "properties": {}, "additionalProperties": false });
        let validator = jsonschema::draft202012::new(&value).expect("a constant schema that the tests compile");
        Self { value, validator }
    }

    /// What is wrong with these settings.
    pub(crate) fn validate(&self, values: &Value) -> Vec<FieldError> {
        if values.to_string().len() > LARGEST {
            return vec![FieldError { path: String::new(), message: format!("more than {} kB", LARGEST >> 10) }];
        }
        let mut secret = Vec::new();
        self.visit_secrets(&mut values.clone(), &mut |path, _| secret.push(path.to_owned()));
        let described = |error: jsonschema::ValidationError<'_>| {
            let path = error.instance_path().to_string();
            // The text quotes the value.
            let message = if secret.contains(&path) { error.masked().to_string() } else { error.to_string() };
            FieldError { path, message }
        };
        self.validator.iter_errors(values).take(50).map(described).collect()
    }

    /// `values` with every default filled in that the schema has for what is missing.
    pub(crate) fn effective(&self, values: &Value) -> Value {
        let mut whole = if values.is_object() { values.clone() } else { Value::Object(Map::new()) };
        self.fill(&mut whole, &self.value, 0);
        whole
    }

    /// What an admin has set under an older schema, less the top-level settings that this one refuses. Gives their
    /// names too.
    pub(crate) fn migrate(&self, values: &Value) -> (Value, Vec<String>) {
        let mut kept = values.as_object().cloned().unwrap_or_default();
        let mut dropped = Vec::new();
        // Each round drops at least one setting, so this ends.
        loop {
            let errors = self.validate(&self.effective(&Value::Object(kept.clone())));
            let Some(error) = errors.into_iter().next() else { break };
            let named = error.path.strip_prefix('/').and_then(|path| path.split('/').next()).map(str::to_owned);
            let named = named.filter(|name| kept.contains_key(name));
            // An error about the whole (an unknown setting, say) names none: drop what the schema does not know,
            // and when it knows them all, start from the defaults.
            let victim = named.or_else(|| kept.keys().find(|name| !self.knows(name)).cloned());
            match victim {
                Some(name) => {
                    kept.remove(&name);
                    dropped.push(name);
                }
                None => {
                    dropped.extend(std::mem::take(&mut kept).into_iter().map(|(name, _)| name));
                    break;
                }
            }
        }
        (Value::Object(kept), dropped)
    }

    /// Call `visit` with the path (RFC 6901) and the text of each secret: a text whose schema says `"x-widget": "secret"`. It may
    /// be called twice about the same, where several branches of the schema know it.
    pub(crate) fn visit_secrets(&self, settings: &mut Value, visit: &mut dyn FnMut(&str, &mut String)) {
        self.visit(settings, &self.value, "", 0, &mut |path, _, text| visit(path, text));
    }

    /// The same, with whether the plugin is not to know the secret: where the schema says `"x-sealed": true` besides.
    pub(crate) fn visit_seals(&self, settings: &mut Value, visit: &mut dyn FnMut(&str, bool, &mut String)) {
        self.visit(settings, &self.value, "", 0, visit);
    }

    fn visit(
        &self,
        value: &mut Value,
        schema: &Value,
        path: &str,
        depth: usize,
        visit: &mut dyn FnMut(&str, bool, &mut String),
    ) {
        if depth > DEEPEST {
            return;
        }
        let schema = self.resolve(schema);
        let branches = ["allOf", "anyOf", "oneOf"].iter().filter_map(|of| schema.get(*of)?.as_array()).flatten();
        for branch in branches {
            self.visit(value, branch, path, depth + 1, visit);
        }
        match value {
            Value::String(text) if schema.get("x-widget").is_some_and(|widget| widget == "secret") => {
                visit(path, schema.get("x-sealed").is_some_and(|sealed| *sealed == true), text);
            }
            Value::Object(fields) => {
                let others = schema.get("additionalProperties").filter(|others| others.is_object());
                for (name, field) in fields {
                    let own = schema.get("properties").and_then(|properties| properties.get(name)).or(others);
                    if let Some(own) = own {
                        let path = format!("{path}/{}", name.replace('~', "~0").replace('/', "~1"));
                        self.visit(field, own, &path, depth + 1, visit);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(of) = schema.get("items") {
                    for (at, item) in items.iter_mut().enumerate() {
                        self.visit(item, of, &format!("{path}/{at}"), depth + 1, visit);
                    }
                }
            }
            _ => {}
        }
    }

    fn knows(&self, name: &str) -> bool {
        self.value.get("properties").and_then(|p| p.get(name)).is_some()
    }

    fn fill(&self, value: &mut Value, schema: &Value, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let schema = self.resolve(schema);
        match value {
            Value::Object(fields) => {
                let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
                for (name, property) in properties {
                    if !fields.contains_key(name)
                        && let Some(default) = property.get("default").or_else(|| self.resolve(property).get("default"))
                    {
                        fields.insert(name.clone(), default.clone());
                    }
                    if let Some(field) = fields.get_mut(name) {
                        self.fill(field, property, depth + 1);
                    }
                }
            }
            Value::Array(items) => {
                if let Some(of) = schema.get("items") {
                    items.iter_mut().for_each(|item| self.fill(item, of, depth + 1));
                }
            }
            _ => {}
        }
    }

    /// Follow a `$ref` within the schema.
    fn resolve<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let reference = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
        reference.and_then(|pointer| self.value.pointer(pointer)).unwrap_or(schema)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        Schema::new(json!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "ring": { "type": "integer", "minimum": 1, "default": 30 },
                "menus": {
                    "type": "array", "default": [{ "name": "main" }],
                    "items": { "$ref": "#/$defs/menu" }
                }
            },
            "$defs": { "menu": { "type": "object", "properties": {
                "name": { "type": "string" }, "retries": { "type": "integer", "default": 3 }
            } } }
        }))
        .unwrap()
    }

    #[test]
    fn defaults_are_filled_in_at_every_depth() {
        assert_eq!(
            schema().effective(&Value::Null),
            json!({ "ring": 30, "menus": [{ "name": "main", "retries": 3 }] })
        );
        assert_eq!(
            schema().effective(&json!({ "ring": 5, "menus": [] })),
            json!({ "ring": 5, "menus": [] }),
            "what is set stays"
        );
    }

    #[test]
    fn errors_name_the_field() {
        let errors = schema().validate(&json!({ "ring": 0 }));
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].path, "/ring");
    }

    #[test]
    fn settings_of_an_older_version_are_kept_as_far_as_they_still_fit() {
        let (kept, dropped) = schema().migrate(&json!({ "ring": "long", "gone": 1, "menus": [{ "name": "x" }] }));
        assert_eq!(kept, json!({ "menus": [{ "name": "x" }] }));
        assert_eq!(dropped.len(), 2);
    }

    #[test]
    fn a_schema_without_usable_defaults_is_refused() {
        let refused = |value| Schema::new(value).err().unwrap();
        assert!(refused(json!({ "type": "array" })).contains("object"));
        let no_default = json!({ "type": "object", "required": ["x"], "properties": { "x": { "type": "string" } } });
        assert!(refused(no_default).contains("default"));
        assert!(refused(json!({ "type": "object", "properties": 5 })).contains("no valid schema"));
    }

    #[test]
    fn the_schema_of_no_settings_takes_none() {
        assert!(Schema::empty().validate(&json!({})).is_empty());
        assert_eq!(Schema::empty().validate(&json!({ "x": 1 })).len(), 1);
    }
}
