//! How findings and other documents leave the program: `--format`.

use super::{counted, print};
use crate::diagnostics::format::{Format, Report, Totals};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use std::io::Write;

/// The option that chooses the format.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct FormatOption {
    /// How findings are written. `full` and `concise` are for people, on standard error; the others are for machines, one
    /// document on standard output.
    #[arg(long, value_name = "FORMAT", default_value = "full", value_parser = formats())]
    pub format: Format,
}

/// The formats, by their names.
pub fn formats() -> impl TypedValueParser<Value = Format> {
    let names = Format::ALL.iter().map(|(name, _)| *name);
    PossibleValuesParser::new(names).map(|name| Format::named(&name).unwrap_or(Format::Full))
}

impl FormatOption {
    /// Writes a report.
    pub fn write(self, report: &Report) {
        match self.format {
            Format::Full => print(report.findings, report.sources),
            Format::Concise => complain_of!("{}", report.document(Format::Concise).trim_end()),
            machines => write_out(&report.document(machines)),
        }
    }
}

/// How anything but findings is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum TextOrJson {
    /// For people.
    #[default]
    Text,
    /// One document for machines, on standard output.
    Json,
}

/// Writes a text to standard output as it is.
pub fn write_out(text: &str) {
    let mut out = std::io::stdout().lock();
    let _nobody_reads = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// What the counts mean for the exit code: 2 where something cannot be read, else 1 where something fails, else 0.
pub fn exit_code(totals: Totals, deny_warnings: bool) -> u8 {
    match totals {
        Totals { unreadable: 1.., .. } => super::REFUSED,
        Totals { errors: 1.., .. } => 1,
        Totals { warnings: 1.., .. } if deny_warnings => 1,
        _ => 0,
    }
}

/// The counts in a line for people, such as `2 errors and 1 warning in 3 files`; none where nothing was found.
pub fn summary(totals: Totals) -> Option<String> {
    let kinds = [(totals.errors, "error"), (totals.warnings, "warning"), (totals.notes, "note")];
    let found: Vec<String> = kinds.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| counted(n, what)).collect();
    let found = match found.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        [some @ .., last] => Some(format!("{} and {last}", some.join(", "))),
    };
    let found = found.map(|found| format!("{found} in {}", counted(totals.files, "file")));
    let unreadable = (totals.unreadable > 0).then(|| match totals.unreadable {
        1 => "1 path cannot be read".to_owned(),
        more => format!("{more} paths cannot be read"),
    });
    let parts: Vec<String> = found.into_iter().chain(unreadable).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}
