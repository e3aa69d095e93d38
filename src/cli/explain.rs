//! `chaos explain`.

use super::REFUSED;
use crate::diagnostics::{codes, lints, suggest};

/// Explain a code or a lint: what it means, why it matters, a wrong example and the right one.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The code, for example E0203, or the lint, for example no-recovery.
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// List all codes and lints.
    #[arg(long)]
    list: bool,
}

impl Explain {
    pub fn run(self) -> u8 {
        if self.list {
            for code in codes::ALL.iter().chain(lints::ALL) {
                say!("{code}  {}", code.title());
            }
            return 0;
        }
        let name = self.code.unwrap_or_default();
        if let Some(code) = codes::find(&name).or_else(|| lints::find(&name)) {
            say!("{}", code.page.trim_end());
            return 0;
        }
        let known = codes::ALL.iter().chain(lints::ALL).map(|code| code.name);
        let help = suggest::help_for(&name, known).unwrap_or_default();
        complain_of!("there is no code or lint `{name}`; {help}. `chaos explain --list` lists them all");
        REFUSED
    }
}
