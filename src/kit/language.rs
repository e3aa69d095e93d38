//! The languages that injectors are written in, and the tools that building one takes.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A language that there is a template of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Rust.
    Rust,
    /// C.
    C,
    /// JavaScript.
    JavaScript,
    /// Python.
    Python,
}

/// Something that a build takes.
#[derive(Debug)]
pub struct Tool {
    /// What it is called.
    pub name: &'static str,
    /// How it is got.
    pub how: &'static str,
    is_there: fn() -> bool,
}

const RUST: &str = "install Rust with rustup: https://rustup.rs";
const TARGET: &str = "rustup target add wasm32-unknown-unknown";
const LINKER: &str = "its linker `wasm-component-ld` comes with the toolchains of rustup: https://rustup.rs";

const RUST_TOOLS: &[Tool] = &[
    Tool { name: "cargo", how: RUST, is_there: || on_path("cargo") },
    Tool { name: "the target wasm32-unknown-unknown of Rust", how: TARGET, is_there: target },
    Tool { name: "wasm-component-ld", how: LINKER, is_there: linker },
];
const C_TOOLS: &[Tool] = &[
    Tool { name: "clang", how: "sudo apt-get install clang wasi-libc", is_there: || on_path("clang") },
    Tool { name: "wasi-libc", how: "sudo apt-get install wasi-libc", is_there: wasi_libc },
    Tool { name: "rustc", how: LINKER, is_there: || on_path("rustc") },
    Tool { name: "wasm-component-ld", how: LINKER, is_there: linker },
];
const JAVASCRIPT_TOOLS: &[Tool] = &[
    Tool { name: "node", how: "sudo apt-get install nodejs npm", is_there: || on_path("node") },
    Tool { name: "npm", how: "sudo apt-get install npm", is_there: || on_path("npm") },
];
const PYTHON_TOOLS: &[Tool] = &[
    Tool { name: "python3", how: "sudo apt-get install python3 python3-venv", is_there: || on_path("python3") },
    Tool { name: "python3-venv", how: "sudo apt-get install python3-venv", is_there: venv },
];

impl Language {
    /// All languages with their words.
    pub const ALL: &'static [(&'static str, Language)] =
        &[("rust", Language::Rust), ("c", Language::C), ("js", Language::JavaScript), ("python", Language::Python)];

    /// The language of what a folder holds; none where it is another one.
    pub fn of(folder: &Path) -> Option<Self> {
        let signs = [
            ("Cargo.toml", Language::Rust),
            ("package.json", Language::JavaScript),
            ("requirements.txt", Language::Python),
            ("injector.c", Language::C),
        ];
        signs.into_iter().find(|(sign, _)| folder.join(sign).is_file()).map(|(_, language)| language)
    }

    /// The first of its tools that is not there.
    pub fn missing(self) -> Option<&'static Tool> {
        let tools = match self {
            Language::Rust => RUST_TOOLS,
            Language::C => C_TOOLS,
            Language::JavaScript => JAVASCRIPT_TOOLS,
            Language::Python => PYTHON_TOOLS,
        };
        tools.iter().find(|tool| !(tool.is_there)())
    }
}

fn on_path(program: &str) -> bool {
    let folders = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join(program).is_file())
}

/// Where Debian and its like have the C library of WASI.
fn wasi_libc() -> bool {
    Path::new("/usr/lib/wasm32-wasi/libc.a").is_file()
}

fn venv() -> bool {
    let asked = Command::new("python3").args(["-c", "import ensurepip, venv"]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

fn target() -> bool {
    rustc(["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]).is_some_and(|folder| folder.is_dir())
}

fn linker() -> bool {
    let tools = rustc(["--print", "target-libdir"]).and_then(|folder| Some(folder.parent()?.join("bin")));
    tools.is_some_and(|tools| tools.join("wasm-component-ld").is_file())
}

/// The folder that the compiler names.
fn rustc(arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Option<PathBuf> {
    let asked = Command::new("rustc").args(arguments).output().ok().filter(|asked| asked.status.success())?;
    Some(PathBuf::from(String::from_utf8(asked.stdout).ok()?.trim()))
}
