//! Reading a component's file.

use super::manifest::{CAPABILITIES, Manifest};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use wasmparser::{Encoding, Parser, Payload};

/// The section that holds the manifest.
pub const SECTION: &str = "chaos:manifest";
/// The section that holds the text of its module.
pub const MODULE: &str = "chaos:module";
/// What it exports, with the version behind.
const INTERFACE: &str = "chaos:injector/injector@";
/// The package of the interface.
const PACKAGE: &str = "chaos:injector/";
/// The lines of the interface that this program speaks.
const SPOKEN: &[&str] = &["0.1", "0.2"];

/// A component, read but not compiled.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentFile {
    /// What it says of itself.
    pub manifest: Manifest,
    /// The SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// The capabilities that it imports.
    pub imports: BTreeSet<String>,
    /// The text of its module, where it brings one: its faults' declarations.
    pub module: Option<String>,
}

/// The SHA-256 of bytes, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads a component's bytes.
///
/// # Errors
/// Why it is no component that could be loaded, for a message.
pub fn read(bytes: &[u8]) -> Result<ComponentFile, String> {
    let (mut section, mut module, mut exported, mut imports) = (None, None, None, BTreeSet::new());
    // What is nested in it follows it in the same order: only what stands at the top is its own.
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        let payload = payload.map_err(|error| format!("it is damaged: {}", error.message()))?;
        match payload {
            Payload::Version { encoding, .. } if depth == 0 && encoding != Encoding::Component => {
                return Err("it is a module of WebAssembly, and no component".to_owned());
            }
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::CustomSection(custom) if depth == 0 => match custom.name() {
                SECTION => once(&mut section, custom.data(), SECTION)?,
                MODULE => once(&mut module, custom.data(), MODULE)?,
                _ => {}
            },
            Payload::ComponentImportSection(all) if depth == 0 => {
                for import in all {
                    let import = import.map_err(|error| format!("it is damaged: {}", error.message()))?;
                    imports.insert(import.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(all) if depth == 0 => {
                for export in all {
                    let export = export.map_err(|error| format!("it is damaged: {}", error.message()))?;
                    let version = export.name.name.strip_prefix(INTERFACE).map(str::to_owned);
                    exported = exported.or(version);
                }
            }
            _ => {}
        }
    }
    let section = section.ok_or("it has no manifest: the custom section `chaos:manifest` is missing")?;
    let manifest = Manifest::parse(section)?;
    if !SPOKEN.contains(&manifest.interface.as_str()) {
        let spoken = SPOKEN.join(" and ");
        return Err(format!(
            "it speaks {} of the interface; this version of chaos speaks {spoken}",
            manifest.interface
        ));
    }
    let exported: String = exported.ok_or("it exports no `chaos:injector/injector`, so it is no injector")?;
    if exported.rsplit_once('.').map(|(line, _)| line) != Some(manifest.interface.as_str()) {
        return Err(format!("its manifest says {} of the interface, and it exports {exported}", manifest.interface));
    }
    let imports = imported(&imports)?;
    if let Some(hidden) = imports.iter().find(|it| !manifest.capabilities.iter().any(|named| named.name == **it)) {
        return Err(format!("it imports `{hidden}`, which its manifest does not name"));
    }
    let module = module.map(|text| String::from_utf8(text.to_vec()));
    let module = module.transpose().map_err(|_| "its module is no UTF-8 text: the custom section `chaos:module`")?;
    Ok(ComponentFile { manifest, digest: digest(bytes), imports, module })
}

/// Two of a kind could be read either way, by whoever reads.
fn once<'d>(place: &mut Option<&'d [u8]>, data: &'d [u8], name: &str) -> Result<(), String> {
    match place.replace(data) {
        None => Ok(()),
        Some(_) => Err(format!("the custom section `{name}` stands twice in it")),
    }
}

/// The capabilities among what is imported. What belongs to the call alone, as its clock, needs none.
fn imported(names: &BTreeSet<String>) -> Result<BTreeSet<String>, String> {
    let mut all = BTreeSet::new();
    for name in names {
        let own = name.strip_prefix(PACKAGE).and_then(|rest| rest.split('@').next());
        let interface = own.ok_or_else(|| format!("it imports `{name}`, which no injector gets"))?;
        if CAPABILITIES.contains(&interface) {
            all.insert(interface.to_owned());
        }
    }
    Ok(all)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read;

    const HTTP: &[u8] = include_bytes!("../../../stdlib/components/http.wasm");

    /// A copy in which one text takes the place of another of the same length.
    fn replaced(from: &str, to: &str) -> Vec<u8> {
        assert_eq!(from.len(), to.len());
        let mut out = HTTP.to_vec();
        for at in 0..=out.len() - from.len() {
            if &out[at..at + from.len()] == from.as_bytes() {
                out[at..at + to.len()].copy_from_slice(to.as_bytes());
            }
        }
        assert_ne!(out, HTTP, "{from}");
        out
    }

    #[test]
    fn a_component_tells_what_it_is_without_being_compiled() {
        let http = read(HTTP).unwrap();
        assert_eq!(http.manifest.name, "http");
        assert_eq!(http.imports.iter().collect::<Vec<_>>(), ["http"]);
        assert_eq!(http.digest.len(), 64);
        let oldest = read(include_bytes!("../../../tests/components/http-0.1.wasm")).unwrap();
        assert_eq!(oldest.manifest.interface, "0.1");
    }

    #[test]
    fn what_cannot_be_trusted_is_refused_with_the_reason() {
        let refused = |bytes: &[u8]| read(bytes).unwrap_err();
        let wrong = [
            (Vec::new(), ""),
            (b"no component at all".to_vec(), "damaged"),
            (b"\0asm\x01\0\0\0".to_vec(), "no component"),
            (b"\0asm\x0d\0\x01\0".to_vec(), "no manifest"),
            (HTTP[..HTTP.len() / 2].to_vec(), "damaged"),
            (HTTP[..HTTP.len() - 10].to_vec(), "damaged"),
            (replaced(r#""interface":"0.2""#, r#""interface":"7.2""#), "speaks 7.2 of the interface"),
            (
                replaced(r#""interface":"0.2""#, r#""interface":"0.1""#),
                "says 0.1 of the interface, and it exports 0.2.0",
            ),
            (replaced("chaos:injector/injector@0.2.0", "chaos:injector/rejector@0.2.0"), "it is no injector"),
            (replaced(r#""capabilities":[{"name":"http""#, r#""capabilities":[{"name":"exec""#), "imports `http`"),
            (replaced("chaos:injector/http@0.2.0", "wasi:sockets9/tcp@0.2.0xx"), "which no injector gets"),
            (replaced("the status of the answer", "the status of \\r\\tanswer"), "control character"),
            (replaced(r#""kind":"integer""#, r#""kind":"integral"#), "cannot be read"),
        ];
        for (bytes, reason) in wrong {
            let why = refused(&bytes);
            assert!(why.contains(reason), "{reason}: {why}");
        }
    }

    /// Whatever a file holds, it is read or refused; nothing is taken for granted of its lengths and places.
    #[test]
    fn no_damage_is_too_much() {
        let mut seed = 1_u64;
        let mut next = |most: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % most
        };
        let (mut taken, mut refused) = (0, 0);
        for _ in 0..600 {
            let mut bytes = HTTP.to_vec();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                match next(3) {
                    0 => bytes[at] ^= 1 << next(8),
                    1 => bytes.truncate(at.max(1)),
                    _ => drop(bytes.splice(at..at, [0xff, 0x80, 0x00])),
                }
            }
            if read(&bytes).is_ok() { taken += 1 } else { refused += 1 }
        }
        assert!(taken > 0 && refused > 0, "{taken} {refused}");
    }
}
