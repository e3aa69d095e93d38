//! Programs that may be started, with the arguments they may be given.

use serde::Serialize;
use std::fmt;

/// `/usr/bin/systemctl restart *`: a program by its absolute path, and a pattern for each argument. No shell is involved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProgramPattern {
    /// The program's absolute path.
    pub program: String,
    arguments: Vec<String>,
    /// Whether more arguments may follow, none of which is an option.
    open: bool,
}

/// What stands for any arguments that are no options.
const REST: &str = "...";

impl ProgramPattern {
    /// Reads a pattern: words as a shell splits them. `*` in a word stands for any text, and does not make an option of an
    /// argument; `...` as the last word stands for further arguments.
    ///
    /// # Errors
    /// What is wrong with it, for a message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let words = shell_words::split(text).map_err(|_| format!("`{text}` cannot be split into words"))?;
        let mut words = words.into_iter();
        let program = words.next().ok_or("it names no program")?;
        if !program.starts_with('/') || program.contains('*') || program.split('/').any(|part| part == "..") {
            return Err(format!("`{program}` is no absolute path of a program"));
        }
        let mut arguments: Vec<String> = words.collect();
        let open = arguments.last().is_some_and(|last| last == REST);
        arguments.truncate(arguments.len() - usize::from(open));
        Ok(Self { program, arguments, open })
    }

    /// Whether the program may be started with these arguments.
    pub fn allows(&self, program: &str, arguments: &[String]) -> bool {
        let (fixed, rest) = arguments.split_at(self.arguments.len().min(arguments.len()));
        program == self.program
            && fixed.len() == self.arguments.len()
            && self.arguments.iter().zip(fixed).all(|(pattern, argument)| fits(pattern, argument))
            && (rest.is_empty() || self.open)
            && rest.iter().all(|argument| is_plain(argument))
    }
}

/// Whether an argument is no option and holds nothing that could end it.
fn is_plain(argument: &str) -> bool {
    !argument.is_empty() && !argument.starts_with('-') && !argument.contains(char::is_control)
}

fn fits(pattern: &str, argument: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == argument };
    // What the author wrote before the star makes an option or not; the star never does.
    if argument.contains(char::is_control) || (first.is_empty() && !is_plain(argument)) {
        return false;
    }
    let Some(mut left) = argument.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let last = parts.pop().unwrap_or("");
    for part in parts {
        match left.split_once(part) {
            Some((_, behind)) => left = behind,
            None => return false,
        }
    }
    left.ends_with(last)
}

impl fmt::Display for ProgramPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        write!(f, "{}", shell_words::join(words).replace("'*'", "*"))?;
        if self.open { write!(f, " {REST}") } else { Ok(()) }
    }
}

impl Serialize for ProgramPattern {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ProgramPattern;

    fn allows(pattern: &str, arguments: &[&str]) -> bool {
        let arguments: Vec<String> = arguments.iter().map(|it| (*it).to_owned()).collect();
        ProgramPattern::parse(pattern).unwrap().allows("/opt/pause", &arguments)
    }

    #[test]
    fn arguments_are_held_against_their_patterns() {
        assert!(allows("/opt/pause", &[]) && !allows("/opt/pause", &["now"]));
        assert!(allows("/opt/pause inject *", &["inject", "payment"]));
        assert!(!allows("/opt/pause inject *", &["revert", "payment"]));
        assert!(!allows("/opt/pause inject *", &["inject"]) && !allows("/opt/pause inject *", &["inject", "a", "b"]));
        assert!(allows("/opt/pause --for=*s *-1", &["--for=10s", "payment-1"]));
        assert!(allows("/opt/pause ...", &["a", "b"]) && allows("/opt/pause ...", &[]));
        assert!(allows("/opt/pause 'two words'", &["two words"]));
    }

    #[test]
    fn no_argument_becomes_an_option_or_another_program() {
        for injected in ["--config=/etc/passwd", "-x", "", "a\nb", "a\0b"] {
            assert!(!allows("/opt/pause inject *", &["inject", injected]), "{injected:?}");
            assert!(!allows("/opt/pause inject ...", &["inject", injected]), "{injected:?}");
        }
        let pattern = ProgramPattern::parse("/opt/pause ...").unwrap();
        for program in ["/opt/pause ", "pause", "/opt/../opt/pause", "/bin/sh", "/opt//pause"] {
            assert!(!pattern.allows(program, &[]), "{program}");
        }
        // A shell's words are one argument, for there is no shell.
        assert!(allows("/opt/pause *", &["a; rm -rf /"]));
    }

    #[test]
    fn a_pattern_names_its_program_by_its_absolute_path() {
        for wrong in ["", "pause", "./pause", "/opt/*", "/opt/../bin/sh", "'/opt"] {
            assert!(ProgramPattern::parse(wrong).is_err(), "{wrong}");
        }
        let shown = |text: &str| ProgramPattern::parse(text).unwrap().to_string();
        assert_eq!(shown("/opt/pause  inject * ..."), "/opt/pause inject * ...");
    }
}
