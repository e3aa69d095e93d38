//! The interface of version 0.2, as Rust.
#![allow(missing_docs, clippy::all)]

wasmtime::component::bindgen!({
    path: "stdlib/wit/v0.2",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
    with: { "chaos:injector/tcp.connection": crate::injector::imports::Connection },
});
