//! The first files of a plugin: the example injectors themselves, with another name.

use super::errors::awkward_folder;
use super::language::Language;
use crate::diagnostics::Diagnostic;
use std::path::{Path, PathBuf};

/// A file to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// Where, within the plugin's folder.
    pub path: PathBuf,
    /// What it holds.
    pub content: Vec<u8>,
    /// Whether it is a program.
    pub program: bool,
}

/// An example: the name that it has, and its files.
struct Example {
    name: &'static str,
    files: &'static [(&'static str, &'static [u8])],
}

macro_rules! example {
    ($name:literal, $folder:literal: $($file:literal)*) => {
        Example {
            name: $name,
            files: &[$(($file, include_bytes!(concat!("../../", $folder, "/", $file)))),*],
        }
    };
}

/// By links to `examples/injectors/rust`: cargo leaves a folder with a `Cargo.toml` of its own out of this package.
const RUST: Example = example!("redis-lock", "templates/rust":
    "gitignore" "Cargo.lock" "Cargo.toml.txt" "README.md" "build" "conformance.toml" "held.chaos.txt" "manifest.json"
    "module.chaos.txt" "src/lib.rs" "src/redis.rs" "wit/deps/injector.wit" "wit/world.wit");
const C: Example = example!("flag-file", "examples/injectors/c":
    ".gitignore" "README.md" "bindings/plugin.c" "bindings/plugin.h" "bindings/plugin_component_type.o" "build"
    "conformance.toml" "flags/.gitignore" "injector.c" "maintenance.chaos.txt" "manifest.json" "module.chaos.txt"
    "nginx.conf" "wit/injector.wit");
const JAVASCRIPT: Example = example!("web-setting", "examples/injectors/javascript":
    ".gitignore" "README.md" "build" "conformance.toml" "flags/.gitignore" "injector.js" "maintenance.chaos.txt"
    "manifest.json" "module.chaos.txt" "nginx.conf" "package-lock.json" "package.json" "wit/deps/injector.wit"
    "wit/world.wit");
const PYTHON: Example = example!("redis-setting", "examples/injectors/python":
    ".gitignore" "README.md" "build" "conformance.toml" "full.chaos.txt" "injector.py" "manifest.json"
    "module.chaos.txt" "requirements.txt" "wit/deps/injector.wit" "wit/world.wit");

/// The module that declares an example's faults, in its folder.
const MODULE: &str = "module.chaos.txt";
/// A `.chaos` file of an example has this behind its name: what it names is there only where it was built.
const RESTING: &str = ".txt";

/// The files of a new plugin of this name in this folder.
///
/// # Errors
/// The folder's path cannot stand in commands.
pub fn files(language: Language, name: &str, folder: &Path) -> Result<Vec<Template>, Diagnostic> {
    let path = folder.to_str().filter(|path| path.chars().all(is_plain)).ok_or_else(|| awkward_folder(folder))?;
    let example = match language {
        Language::Rust => RUST,
        Language::C => C,
        Language::JavaScript => JAVASCRIPT,
        Language::Python => PYTHON,
    };
    let written = |(file, content): &(&str, &[u8])| Template {
        path: place(file, name),
        content: named(content, example.name, name, path),
        program: *file == "build",
    };
    Ok(example.files.iter().map(written).collect())
}

fn is_plain(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '/' | '.' | '_' | '-')
}

fn place(file: &str, name: &str) -> PathBuf {
    match file {
        MODULE => PathBuf::from(format!("{name}.chaos")),
        "gitignore" => PathBuf::from(".gitignore"),
        "Cargo.toml.txt" => PathBuf::from("Cargo.toml"),
        file => PathBuf::from(if file.ends_with(".chaos.txt") { file.trim_end_matches(RESTING) } else { file }),
    }
}

/// A text with the name and the folder of the new plugin in place of those of the example.
fn named(content: &[u8], example: &str, name: &str, folder: &str) -> Vec<u8> {
    match std::str::from_utf8(content) {
        Ok(text) => {
            let place = format!("/tmp/{example}");
            let outside = text.split(&place).map(|part| part.replace(example, name));
            outside.collect::<Vec<_>>().join(folder).into_bytes()
        }
        Err(_) => content.to_vec(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Language, files};
    use std::path::Path;

    #[test]
    fn nothing_of_the_example_is_left_but_what_it_does() {
        for (word, language) in Language::ALL {
            let made = files(*language, "cut-cable", Path::new("/srv/plugins/cut-cable")).unwrap();
            let own = made.iter().find(|file| file.path == Path::new("cut-cable.chaos")).unwrap();
            assert!(String::from_utf8_lossy(&own.content).contains("component \"cut-cable\""), "{word}");
            assert_eq!(made.iter().filter(|file| file.program).count(), 1, "{word}");
            for file in &made {
                let text = String::from_utf8_lossy(&file.content);
                for old in ["redis-lock", "flag-file", "web-setting", "redis-setting", "/tmp/"] {
                    assert!(!text.contains(old), "{word}: {} holds {old}", file.path.display());
                }
            }
        }
    }

    /// The folder's path may hold the example's name, and so may the plugin's.
    #[test]
    fn names_that_hold_the_examples_name_are_put_in_once() {
        let made = files(Language::C, "my-flag-file", Path::new("/srv/my-flag-file")).unwrap();
        let text: String = made.iter().map(|file| String::from_utf8_lossy(&file.content).into_owned()).collect();
        assert!(text.contains("/srv/my-flag-file/nginx.conf") && !text.contains("my-my-"), "{text}");
    }

    #[test]
    fn every_file_of_an_example_is_in_its_template() {
        for (folder, language) in [
            ("rust", Language::Rust),
            ("c", Language::C),
            ("javascript", Language::JavaScript),
            ("python", Language::Python),
        ] {
            let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/injectors").join(folder);
            let listed = std::process::Command::new("git").arg("-C").arg(example).arg("ls-files").output().unwrap();
            let listed = String::from_utf8(listed.stdout).unwrap();
            // How the bindings are known to be those of the interface is the repository's affair.
            let kept = listed.lines().filter(|file| *file != "bindings/wit.sha256").count();
            assert_eq!(files(language, "x", Path::new("/x")).unwrap().len(), kept, "{folder}: {listed}");
        }
    }
}
