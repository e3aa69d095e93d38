//! The interface of version 0.1, as Rust.
#![allow(missing_docs, clippy::all)]

wasmtime::component::bindgen!({
    path: "stdlib/wit/v0.1",
    world: "plugin",
    imports: { default: async | trappable },
    exports: { default: async },
});
