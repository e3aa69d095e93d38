//! The standard components, embedded.

const COMPONENTS: &[(&str, &[u8])] = &[
    ("command", include_bytes!("../../stdlib/components/command.wasm")),
    ("http", include_bytes!("../../stdlib/components/http.wasm")),
    ("process", include_bytes!("../../stdlib/components/process.wasm")),
    ("toxiproxy", include_bytes!("../../stdlib/components/toxiproxy.wasm")),
];

/// The bytes of a standard component.
pub fn component(name: &str) -> Option<&'static [u8]> {
    COMPONENTS.iter().find(|(known, _)| *known == name).map(|(_, bytes)| *bytes)
}
