//! The contract as types for TypeScript and for editors of JavaScript, in the shapes that `componentize-qjs` gives values.

use crate::contract::FILES;
use anyhow::{Context, Result, anyhow};
use std::{collections::BTreeMap, fmt::Write as _, path::Path};
use wit_parser::{
    Docs, Function, FunctionKind, Handle, InterfaceId, Resolve, SourceMap, Type, TypeDefKind, TypeId, TypeOwner,
};

/// Every interface of the contract as a module of its name: `jackfield:call/control@0.1.0`.
///
/// # Errors
/// When the contract cannot be read, which tests would show.
pub fn declarations() -> Result<String> {
    let resolve = contract()?;
    let mut names: Vec<(String, InterfaceId)> =
        resolve.interfaces.iter().filter_map(|(id, _)| Some((resolve.id_of(id)?, id))).collect();
    names.sort();
    let mut text = String::from(
        "// The contract of wit/ in the shapes that componentize-qjs gives values. Made by\n\
         // JACKFIELD_UPDATE=1 cargo test -p jackfield-pack: do not edit.\n",
    );
    for (name, id) in names {
        let _ = write!(text, "\ndeclare module \"{name}\" {{\n{}}}\n", module(&resolve, id)?);
    }
    Ok(text)
}

fn contract() -> Result<Resolve> {
    let mut packages: BTreeMap<&str, SourceMap> = BTreeMap::new();
    for (path, text) in FILES {
        let package = path.split('/').next().unwrap_or(path);
        packages.entry(package).or_default().push(Path::new(path), text);
    }
    let mut groups = Vec::new();
    for map in packages.into_values() {
        groups.push(map.parse().map_err(|(map, error)| anyhow!("{}", error.render(&map)))?);
    }
    let mut resolve = Resolve::default();
    let main = groups.pop().context("the contract has packages")?;
    resolve.push_groups(main, groups).map_err(|error| anyhow!("{error:?}"))?;
    Ok(resolve)
}

/// What stands between the braces of one interface's module.
fn module(resolve: &Resolve, id: InterfaceId) -> Result<String> {
    let interface = &resolve.interfaces[id];
    let mut text = String::new();
    for (name, ty) in &interface.types {
        doc(&mut text, &resolve.types[*ty].docs, "    ");
        text.push_str(&declared(resolve, id, name, *ty)?);
    }
    let free: Vec<&Function> =
        interface.functions.values().filter(|function| function.kind == FunctionKind::Freestanding).collect();
    if !free.is_empty() {
        text.push_str("    /** What can be called, or is to be written where a plugin exports it. */\n    export interface Functions {\n");
        for function in free {
            text.push_str(&method(resolve, function)?);
        }
        text.push_str("    }\n    const functions: Functions;\n    export default functions;\n");
    }
    Ok(text)
}

fn declared(resolve: &Resolve, interface: InterfaceId, name: &str, id: TypeId) -> Result<String> {
    let title = pascal(name);
    Ok(match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let mut text = format!("    export interface {title} {{\n");
            for field in &record.fields {
                doc(&mut text, &field.docs, "        ");
                let _ = writeln!(text, "        {}: {};", camel(&field.name), written(resolve, &field.ty)?);
            }
            text + "    }\n"
        }
        TypeDefKind::Variant(variant) => {
            let mut text = format!("    export type {title} =\n");
            for case in &variant.cases {
                doc(&mut text, &case.docs, "        ");
                let value = match &case.ty {
                    Some(ty) => format!("; val: {}", written(resolve, ty)?),
                    None => String::new(),
                };
                let _ = writeln!(text, "        | {{ tag: \"{}\"{value} }}", case.name);
            }
            text.trim_end().to_owned() + ";\n"
        }
        TypeDefKind::Enum(choice) => {
            let mut text = format!("    export type {title} =\n");
            for case in &choice.cases {
                doc(&mut text, &case.docs, "        ");
                let _ = writeln!(text, "        | \"{}\"", case.name);
            }
            text.trim_end().to_owned() + ";\n"
        }
        TypeDefKind::Resource => {
            let mut text = format!("    export class {title} {{\n        private constructor();\n");
            for function in resolve.interfaces[interface].functions.values() {
                match function.kind {
                    FunctionKind::Method(of) if of == id => text.push_str(&method(resolve, function)?),
                    _ => {}
                }
            }
            text + "        [Symbol.dispose](): void;\n    }\n"
        }
        // A name of another interface is taken over by `use`.
        TypeDefKind::Type(Type::Id(other)) if resolve.types[*other].owner != resolve.types[id].owner => {
            let TypeOwner::Interface(home) = resolve.types[*other].owner else { anyhow::bail!("{name} has no home") };
            let home = resolve.id_of(home).context("an interface has a name")?;
            let original = pascal(resolve.types[*other].name.as_deref().unwrap_or(name));
            format!("    export type {title} = import(\"{home}\").{original};\n")
        }
        kind => format!("    export type {title} = {};\n", shape(resolve, kind)?),
    })
}

fn method(resolve: &Resolve, function: &Function) -> Result<String> {
    let mut text = String::new();
    let own = usize::from(matches!(function.kind, FunctionKind::Method(_)));
    let mut arguments = Vec::new();
    for param in &function.params[own..] {
        arguments.push(format!("{}: {}", camel(&param.name), written(resolve, &param.ty)?));
    }
    let (gives, throws) = match &function.result {
        None => ("void".to_owned(), None),
        Some(ty) => match result(resolve, ty) {
            Some((ok, err)) => (
                ok.map_or(Ok("void".to_owned()), |ty| written(resolve, &ty))?,
                err.map(|ty| written(resolve, &ty)).transpose()?,
            ),
            None => (written(resolve, ty)?, None),
        },
    };
    let said = function.docs.contents.clone().unwrap_or_default();
    let said = match throws {
        Some(error) => format!("{said}\n@throws {{{error}}}"),
        None => said,
    };
    doc(&mut text, &Docs { contents: Some(said) }, "        ");
    let _ = writeln!(text, "        {}({}): {gives};", camel(function.item_name()), arguments.join(", "));
    Ok(text)
}

fn result(resolve: &Resolve, ty: &Type) -> Option<(Option<Type>, Option<Type>)> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[*id].kind {
        TypeDefKind::Result(result) => Some((result.ok, result.err)),
        _ => None,
    }
}

fn written(resolve: &Resolve, ty: &Type) -> Result<String> {
    Ok(match ty {
        Type::Bool => "boolean".into(),
        Type::String | Type::Char => "string".into(),
        Type::Id(id) => match &resolve.types[*id].name {
            Some(name) => pascal(name),
            None => shape(resolve, &resolve.types[*id].kind)?,
        },
        Type::ErrorContext => anyhow::bail!("the contract has no error contexts"),
        // Every number of the contract is exact below 2⁵³.
        _ => "number".into(),
    })
}

fn shape(resolve: &Resolve, kind: &TypeDefKind) -> Result<String> {
    Ok(match kind {
        TypeDefKind::Option(ty) => format!("{} | null", written(resolve, ty)?),
        TypeDefKind::List(Type::U8) => "Uint8Array".into(),
        TypeDefKind::List(ty) => format!("Array<{}>", written(resolve, ty)?),
        TypeDefKind::Tuple(tuple) => {
            let parts: Vec<_> = tuple.types.iter().map(|ty| written(resolve, ty)).collect::<Result<_>>()?;
            format!("[{}]", parts.join(", "))
        }
        TypeDefKind::Handle(Handle::Own(id) | Handle::Borrow(id)) => written(resolve, &Type::Id(*id))?,
        TypeDefKind::Type(ty) => written(resolve, ty)?,
        TypeDefKind::Result(result) => {
            let side = |ty: &Option<Type>| ty.as_ref().map_or(Ok("undefined".into()), |ty| written(resolve, ty));
            let (ok, err) = (side(&result.ok)?, side(&result.err)?);
            format!("{{ tag: \"ok\"; val: {ok} }} | {{ tag: \"err\"; val: {err} }}")
        }
        other => anyhow::bail!("a {} has no place here", other.as_str()),
    })
}

fn doc(text: &mut String, docs: &Docs, indent: &str) {
    let Some(said) = docs.contents.as_deref().map(str::trim).filter(|said| !said.is_empty()) else { return };
    // A comment would end there.
    let said = said.replace("*/", "* /");
    if said.lines().count() == 1 {
        let _ = writeln!(text, "{indent}/** {said} */");
        return;
    }
    let _ = writeln!(text, "{indent}/**");
    for line in said.lines() {
        let _ = writeln!(text, "{}", format!("{indent} * {line}").trim_end());
    }
    let _ = writeln!(text, "{indent} */");
}

fn pascal(name: &str) -> String {
    let part = |part: &str| part[..1].to_uppercase() + &part[1..];
    name.split('-').filter(|word| !word.is_empty()).map(part).collect()
}

fn camel(name: &str) -> String {
    let (first, rest) = name.split_once('-').unwrap_or((name, ""));
    first.to_owned() + &pascal(rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn the_declarations_in_the_sdk_are_those_of_the_contract() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../js/contract.d.ts");
        let now = declarations().unwrap();
        if std::env::var_os("JACKFIELD_UPDATE").is_some() {
            fs::write(&path, &now).unwrap();
        }
        let kept = fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == now, "sdk/js/contract.d.ts is not of this contract: run this test with JACKFIELD_UPDATE=1");
    }

    #[test]
    fn shapes_are_those_that_the_tool_gives_values() {
        let text = declarations().unwrap();
        for line in [
            "declare module \"jackfield:call/control@0.1.0\" {",
            "        | { tag: \"tone\"; val: [Tone, DurationMs] }",
            "        collect(prompts: Array<Prompt>, options: CollectOptions): Collected;",
            "    export type Party = import(\"jackfield:types/types@0.1.0\").Party;",
            "        setVars: Array<[string, string]>;",
            "        terminator: string | null;",
            "         * @throws {Error}",
        ] {
            assert!(text.lines().any(|known| known == line), "no line “{line}”");
        }
    }
}
