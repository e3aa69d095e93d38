//! `chaos plugin build`: from a plugin's folder to a component that can be used.

use super::inspect;
use crate::cli::{REFUSED, print};
use crate::kit;
use std::path::PathBuf;

/// Build an injector: run the script `build` of its folder, put its manifest and its module into the component, and check it.
///
/// Exit code: 0 it can be used, 2 it cannot: a tool is missing (E0862), the build fails (E0863), or what was built does not
/// keep what it says (E0330 to E0334).
#[derive(Debug, clap::Args)]
pub struct Build {
    /// The plugin's folder.
    #[arg(default_value = ".")]
    dir: PathBuf,
}

impl Build {
    pub fn run(&self) -> u8 {
        match kit::build(&self.dir) {
            Ok(built) => {
                say!("{}: {} bytes", built.path.display(), built.size);
                if let Some(module) = &built.module {
                    say!("  with the module {}", module.display());
                }
                say!("");
                inspect::show(&built.component);
                0
            }
            Err((findings, sources)) => {
                print(&findings, &sources);
                REFUSED
            }
        }
    }
}
