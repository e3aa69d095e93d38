//! Putting what a component says of itself into its file, as custom sections at its end.

use wasm_encoder::{ComponentSection, CustomSection};
use wasmparser::BinaryReader;

/// What every file of WebAssembly begins with: its mark and its version.
const PREAMBLE: usize = 8;

/// The component with these custom sections, in place of those that it has of these names.
///
/// # Errors
/// The bytes are no file of WebAssembly.
pub fn stamp(component: &[u8], sections: &[(&str, &[u8])]) -> Result<Vec<u8>, String> {
    let damaged = |error: wasmparser::BinaryReaderError| format!("it is damaged: {}", error.message());
    let (preamble, rest) = component.split_at_checked(PREAMBLE).ok_or("it is damaged: it ends early")?;
    let mut out = preamble.to_vec();
    let mut reader = BinaryReader::new(rest, 0);
    while !reader.eof() {
        let start = reader.original_position();
        let (id, size) = (reader.read_u8().map_err(damaged)?, reader.read_var_u32().map_err(damaged)?);
        let content = reader.read_bytes(size as usize).map_err(damaged)?;
        let replaced = id == 0 && name(content).is_some_and(|name| sections.iter().any(|(new, _)| *new == name));
        if !replaced {
            out.extend_from_slice(rest.get(start..reader.original_position()).unwrap_or_default());
        }
    }
    for (name, data) in sections {
        CustomSection { name: (*name).into(), data: (*data).into() }.append_to_component(&mut out);
    }
    Ok(out)
}

fn name(content: &[u8]) -> Option<&str> {
    BinaryReader::new(content, 0).read_string().ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::stamp;
    use crate::names::component::read;

    const HTTP: &[u8] = include_bytes!("../../stdlib/components/http.wasm");
    const MANIFEST: &str =
        r#"{"interface":"0.2","name":"other","version":"9","capabilities":[{"name":"http"}],"faults":[]}"#;

    #[test]
    fn a_section_takes_the_place_of_the_one_before() {
        let once = stamp(HTTP, &[("chaos:manifest", MANIFEST.as_bytes()), ("chaos:module", b"# a module")]).unwrap();
        assert_eq!(read(&once).unwrap().manifest.name, "other");
        let twice = stamp(&once, &[("chaos:manifest", MANIFEST.as_bytes()), ("chaos:module", b"# a module")]).unwrap();
        assert_eq!(once, twice);
        let without = stamp(&once, &[("chaos:module", b"")]).unwrap();
        assert!(!String::from_utf8_lossy(&without).contains("# a module"));
    }

    #[test]
    fn what_is_no_component_is_not_stamped() {
        for bytes in [&b""[..], b"\0asm", &HTTP[..HTTP.len() / 2]] {
            assert!(stamp(bytes, &[("chaos:module", b"x")]).is_err(), "{} bytes", bytes.len());
        }
    }
}
