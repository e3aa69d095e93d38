//! `chaos explain`.

use super::REFUSED;
use crate::diagnostics::{codes, suggest};

/// Explain a code: what it means, why it matters, a wrong example and the right one.
#[derive(Debug, clap::Args)]
pub struct Explain {
    /// The code, for example E0203.
    #[arg(required_unless_present = "list")]
    code: Option<String>,
    /// List all codes.
    #[arg(long)]
    list: bool,
}

impl Explain {
    pub fn run(self) -> u8 {
        if self.list {
            for code in codes::ALL {
                say!("{code}  {}", code.title());
            }
            return 0;
        }
        let name = self.code.unwrap_or_default();
        if let Some(code) = codes::find(&name) {
            say!("{}", code.page.trim_end());
            return 0;
        }
        let help = suggest::help_for(&name, codes::ALL.iter().map(|code| code.name)).unwrap_or_default();
        complain_of!("there is no code `{name}`; {help}. `chaos explain --list` lists them all");
        REFUSED
    }
}
