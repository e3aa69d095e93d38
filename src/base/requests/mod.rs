//! Which HTTP requests something is about: by method, path and header fields, as they are written.

mod field;
mod glob;
mod method;
mod path;

pub use field::FieldPattern;
pub use method::method;
pub use path::PathPattern;

/// What stands for all methods, and for all paths.
pub const ALL: &str = "*";
/// So many methods, and so many header fields, can be asked for.
pub const MOST: usize = 32;
/// The longest path or header field that can be written, in bytes.
pub const LONGEST: usize = 1024;

/// What is wrong with a text, and how it is written instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// What is wrong.
    pub headline: String,
    /// How it is written.
    pub help: &'static str,
}

/// Some of the requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requests {
    /// The methods; none: all.
    methods: Vec<String>,
    /// The path; none: all.
    path: Option<PathPattern>,
    /// Fields that a request must have, all of them.
    fields: Vec<FieldPattern>,
}

impl Requests {
    /// Those with one of the methods, with this path, and with all of the header fields.
    ///
    /// # Errors
    /// What is wrong with one of the texts.
    pub fn read(methods: &[String], path: &str, fields: &[String]) -> Result<Self, Misread> {
        self::methods(methods)?;
        most("header fields", fields.len())?;
        let all = methods.iter().any(|it| it == ALL);
        Ok(Self {
            methods: if all { Vec::new() } else { methods.to_vec() },
            path: if path == ALL { None } else { Some(PathPattern::read(path)?) },
            fields: fields.iter().map(|field| FieldPattern::read(field)).collect::<Result<_, _>>()?,
        })
    }

    /// Whether a request is one of them. `fields` gives the values of the fields with a name, which is in lower case.
    pub fn has<'v, V: Iterator<Item = &'v [u8]>>(&self, method: &str, path: &str, fields: impl Fn(&str) -> V) -> bool {
        (self.methods.is_empty() || self.methods.iter().any(|it| it == method))
            && self.path.as_ref().is_none_or(|it| it.fits(path))
            && self.fields.iter().all(|it| fields(it.name()).any(|value| it.fits(value)))
    }
}

/// A list of methods.
///
/// # Errors
/// What is wrong with it: it is empty, `*` stands beside others, or one is no method.
pub fn methods(all: &[String]) -> Result<(), Misread> {
    if all.is_empty() {
        return Err(misread(
            "no request has none of the methods",
            "name them like `[\"GET\", \"POST\"]`; `[\"*\"]` is all",
        ));
    }
    if all.len() > 1 && all.iter().any(|it| it == ALL) {
        return Err(misread("`*` is all methods, and stands beside others", "write `[\"*\"]`, or the others alone"));
    }
    most("methods", all.len())?;
    all.iter().filter(|it| *it != ALL).try_for_each(|it| method(it))
}

fn most(what: &str, count: usize) -> Result<(), Misread> {
    match count > MOST {
        true => Err(misread(format!("{count} {what} are more than {MOST}"), "name fewer")),
        false => Ok(()),
    }
}

fn misread(headline: impl Into<String>, help: &'static str) -> Misread {
    Misread { headline: headline.into(), help }
}

/// Whether a byte can be in a token of HTTP: in a method, or in a field's name (RFC 9110, 5.6.2).
fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn texts(all: &[&str]) -> Vec<String> {
        all.iter().map(|it| (*it).to_owned()).collect()
    }

    #[test]
    fn a_request_must_fit_in_all_three() {
        let some = Requests::read(&texts(&["GET", "HEAD"]), "/cart/*", &texts(&["X-Canary: yes", "cookie"])).unwrap();
        let has = |method, path, canary: &'static str, cookie: Option<&'static str>| {
            some.has(method, path, |name| {
                let value = if name == "x-canary" { Some(canary) } else { cookie.filter(|_| name == "cookie") };
                value.into_iter().map(str::as_bytes)
            })
        };
        assert!(has("GET", "/cart/1", "yes", Some("a=b")) && has("HEAD", "/cart/1", "yes", Some("")));
        assert!(!has("POST", "/cart/1", "yes", Some("a=b")) && !has("get", "/cart/1", "yes", Some("a=b")));
        assert!(!has("GET", "/cart", "yes", Some("a=b")));
        assert!(!has("GET", "/cart/1", "no", Some("a=b")) && !has("GET", "/cart/1", "yes", None));
    }

    #[test]
    fn one_of_several_fields_of_a_name_is_enough() {
        let some = Requests::read(&texts(&["*"]), "*", &texts(&["accept: text/html"])).unwrap();
        let has = |values: &'static [&'static str]| some.has("GET", "*", |_| values.iter().map(|it| it.as_bytes()));
        assert!(has(&["text/plain", "text/html"]) && !has(&["text/html, text/plain"]) && !has(&[]));
    }

    #[test]
    fn nonsense_is_refused() {
        for (methods, path, fields, says) in [
            (&[][..], "*", &[][..], "no request has none of the methods"),
            (&["*", "GET"], "*", &[], "stands beside others"),
            (&["GET "], "*", &[], "is no method"),
            (&["*"], "cart", &[], "does not begin with `/`"),
            (&["*"], "*", &["x y"], "is no header field's name"),
            (&["*"], "*", &["a"; MOST + 1], "33 header fields"),
        ] {
            let wrong = Requests::read(&texts(methods), path, &texts(fields)).unwrap_err();
            assert!(wrong.headline.contains(says), "{wrong:?}");
        }
    }
}
