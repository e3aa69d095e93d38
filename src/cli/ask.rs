//! Questions on the terminal, for what was not given on the command line.

use std::io::{BufRead, Write};

/// Where answers come from.
pub enum Answers<I, O> {
    /// Somebody at a terminal.
    Asked(I, O),
    /// The defaults.
    Defaults,
    /// The command line alone.
    Given,
}

/// One thing to know.
pub struct Question<'q> {
    /// The option that answers it.
    pub option: &'q str,
    /// How it is asked.
    pub text: &'q str,
    /// What is taken if nothing is answered.
    pub default: Option<String>,
}

impl<I: BufRead, O: Write> Answers<I, O> {
    /// The answer: as given on the command line, else asked for or by default. Somebody is asked again until `check`
    /// takes the answer.
    ///
    /// # Errors
    /// Why there is none.
    pub fn to<T>(
        &mut self,
        question: &Question,
        given: Option<&str>,
        check: impl Fn(&str) -> Result<T, String>,
    ) -> Result<T, String> {
        let Question { option, default, .. } = question;
        match (given, self, default) {
            (Some(given), ..) => check(given).map_err(|reason| format!("{option}: {reason}")),
            (None, Answers::Asked(input, output), _) => ask(question, input, output, check),
            (None, Answers::Defaults, Some(default)) => check(default).map_err(|reason| format!("{option}: {reason}")),
            (None, Answers::Defaults, None) => Err(format!("{option} has no default: write it")),
            (None, Answers::Given, _) => {
                Err(format!("{option} is missing, and standard input is no terminal, so nobody can be asked for it"))
            }
        }
    }
}

fn ask<T>(
    question: &Question,
    input: &mut impl BufRead,
    output: &mut impl Write,
    check: impl Fn(&str) -> Result<T, String>,
) -> Result<T, String> {
    let default = question.default.as_deref();
    let shown = default.map_or(String::new(), |default| format!(" [{default}]"));
    loop {
        let _nobody_reads = write!(output, "{}{shown}: ", question.text).and_then(|()| output.flush());
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(1..) => {}
            Ok(0) => return Err("nothing more was answered".to_owned()),
            Err(error) => return Err(format!("the answer cannot be read: {error}")),
        }
        let answer = Some(line.trim()).filter(|line| !line.is_empty()).or(default).unwrap_or("");
        match check(answer) {
            Ok(answer) => return Ok(answer),
            Err(reason) => drop(writeln!(output, "  {reason}")),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Answers, Question};

    fn number(text: &str) -> Result<u8, String> {
        text.parse().map_err(|_| format!("`{text}` is no number"))
    }

    fn question(default: Option<&str>) -> Question<'static> {
        Question { option: "--age", text: "How old", default: default.map(str::to_owned) }
    }

    #[test]
    fn somebody_is_asked_until_the_answer_fits() {
        let mut said = Vec::new();
        let mut answers = Answers::Asked(&b"x\n\n 7 \n"[..], &mut said);
        assert_eq!(answers.to(&question(None), None, number), Ok(7));
        let said = String::from_utf8(said).unwrap();
        assert_eq!(said, "How old:   `x` is no number\nHow old:   `` is no number\nHow old: ");
    }

    #[test]
    fn an_empty_answer_is_the_default_and_no_answer_none() {
        let mut answers = Answers::Asked(&b"\n"[..], Vec::new());
        assert_eq!(answers.to(&question(Some("3")), None, number), Ok(3));
        assert!(answers.to(&question(Some("3")), None, number).unwrap_err().contains("nothing more"));
    }

    #[test]
    fn what_is_given_is_not_asked_for() {
        let mut answers = Answers::Asked(&b""[..], Vec::new());
        assert_eq!(answers.to(&question(None), Some("5"), number), Ok(5));
        assert_eq!(answers.to(&question(None), Some("x"), number), Err("--age: `x` is no number".to_owned()));
        let mut defaults: Answers<&[u8], Vec<u8>> = Answers::Defaults;
        assert_eq!(defaults.to(&question(Some("3")), None, number), Ok(3));
        assert!(defaults.to(&question(None), None, number).unwrap_err().contains("--age"));
        let mut given: Answers<&[u8], Vec<u8>> = Answers::Given;
        assert!(given.to(&question(Some("3")), None, number).unwrap_err().contains("no terminal"));
    }
}
