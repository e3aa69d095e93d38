//! `chaos plugin bench`.

use super::list::Format;
use super::named::opened;
use crate::cli::{REFUSED, block_on};
use crate::injector::{Figures, measure};

/// Measure what a component takes besides what it waits for: to be compiled, for its first call, for each further one.
///
/// It is called, and granted nothing. Exit code: 0 measured, 2 it cannot be used (E0330).
#[derive(Debug, clap::Args)]
pub struct Bench {
    /// The component: a file, a plugin of the project, or the name of a standard one.
    component: String,
    /// How it is shown.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t)]
    format: Format,
}

impl Bench {
    pub fn run(self) -> u8 {
        let (bytes, _) = match opened(&self.component) {
            Ok(opened) => opened,
            Err(code) => return code,
        };
        match figures(&self.component, &bytes) {
            Ok(figures) => {
                self.show(&figures);
                0
            }
            Err(why) => {
                complain_of!("error: {why}");
                REFUSED
            }
        }
    }

    fn show(&self, figures: &Figures) {
        if self.format == Format::Json {
            return say!("{}", serde_json::to_string_pretty(figures).unwrap_or_default());
        }
        say!("compiled, and put into the cache     {}", shown(figures.compile));
        say!("first call, code from the cache      {}", shown(figures.first_call));
        say!("a call, with its instantiation       {}", shown(figures.call));
        say!("1,000 calls that each wait 10 ms     {}", shown(figures.thousand_calls));
        figures.fails.iter().for_each(|why| say!("it fails in such a call: {why}"));
    }
}

fn figures(name: &str, bytes: &[u8]) -> Result<Figures, String> {
    let folder = std::env::temp_dir().join(format!("chaos-bench-{}", std::process::id()));
    let measured = block_on(measure(name, bytes, &folder));
    let _gone = std::fs::remove_dir_all(&folder);
    measured?.map_err(|error| error.to_string())
}

fn shown(seconds: f64) -> String {
    match seconds {
        short if short < 1e-3 => format!("{:.1} µs", short * 1e6),
        short if short < 1.0 => format!("{:.2} ms", short * 1e3),
        long => format!("{long:.2} s"),
    }
}
