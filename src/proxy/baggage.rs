//! Marks that travel with a request in its W3C baggage, so that one hop selects it and another faults it.
//!
//! A mark is the id of the fault that chose the request. All marks of a request are one member, `chaos=ID/ID`; what else
//! is in the baggage stays as it is (<https://www.w3.org/TR/baggage/>).

use hyper::header::{HeaderMap, HeaderName, HeaderValue};

const BAGGAGE: HeaderName = HeaderName::from_static("baggage");

/// The key of the member with the marks.
const KEY: &str = "chaos";

/// Between two marks: allowed in a value, and in no fault's id.
const BETWEEN: char = '/';

/// What a request may carry: so many members, bytes in one of them, and bytes in all.
const MEMBERS: usize = 180;
const MEMBER: usize = 4096;
const ALL: usize = 8192;

/// Whether a fault whose id is `run`, or begins with it and a dot, has marked the request.
pub(super) fn is_marked(headers: &HeaderMap, run: &str) -> bool {
    let is_of = |mark: &str| mark.strip_prefix(run).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let members = headers.get_all(BAGGAGE).into_iter().filter_map(|field| field.to_str().ok()).flat_map(members);
    members.filter_map(marks).any(|marks| marks.split(BETWEEN).any(is_of))
}

/// Whether the request can carry the mark of the fault `id` beside what it carries already.
pub(super) fn has_room(headers: &HeaderMap, id: &str) -> bool {
    marked(headers, id).is_some()
}

/// Puts the mark of the fault `id` on a request; one without room for it stays as it is.
pub(super) fn mark(headers: &mut HeaderMap, id: &str) {
    if let Some(field) = marked(headers, id).and_then(|field| HeaderValue::try_from(field).ok()) {
        headers.insert(BAGGAGE, field);
    }
}

/// The whole baggage with the mark in it.
fn marked(headers: &HeaderMap, id: &str) -> Option<String> {
    let fields: Vec<&str> =
        headers.get_all(BAGGAGE).into_iter().map(|field| field.to_str().ok()).collect::<Option<_>>()?;
    let mut all: Vec<String> = fields.into_iter().flat_map(members).map(str::to_owned).collect();
    match all.iter_mut().find(|member| marks(member).is_some()) {
        Some(own) => add(own, id),
        None => all.push(format!("{KEY}={id}")),
    }
    let whole = all.join(",");
    let fits = all.len() <= MEMBERS && all.iter().all(|member| member.len() <= MEMBER) && whole.len() <= ALL;
    fits.then_some(whole)
}

/// Adds a mark to the member with the marks, before its properties.
fn add(member: &mut String, id: &str) {
    if marks(member).is_some_and(|marks| marks.split(BETWEEN).any(|mark| mark == id)) {
        return;
    }
    let end = member.find(';').unwrap_or(member.len());
    let end = member[..end].trim_end().len();
    member.insert_str(end, &format!("{BETWEEN}{id}"));
}

/// The members of a field.
fn members(field: &str) -> impl Iterator<Item = &str> {
    field.split(',').map(str::trim).filter(|member| !member.is_empty())
}

/// The marks in a member, if they are what it holds.
fn marks(member: &str) -> Option<&str> {
    let (key, rest) = member.split_once('=')?;
    let value = rest.split(';').next().unwrap_or(rest);
    (key.trim() == KEY).then(|| value.trim())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ALL, BAGGAGE, HeaderMap, HeaderValue, MEMBERS, has_room, is_marked, mark};

    fn headers(fields: &[&str]) -> HeaderMap {
        fields.iter().map(|field| (BAGGAGE, HeaderValue::from_str(field).unwrap())).collect()
    }

    fn after(fields: &[&str], id: &str) -> String {
        let mut headers = headers(fields);
        mark(&mut headers, id);
        assert_eq!(headers.get_all(BAGGAGE).iter().count(), 1);
        headers.get(BAGGAGE).unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn a_mark_comes_behind_what_is_there() {
        assert_eq!(after(&[], "r1.sel"), "chaos=r1.sel");
        let fields = ["user=a%20b;sticky, tenant = 7", "x=1;p=\"q\""];
        assert_eq!(after(&fields, "r1.sel"), "user=a%20b;sticky,tenant = 7,x=1;p=\"q\",chaos=r1.sel");
        assert_eq!(after(&["chaos=r1.sel;p, x=1"], "r2.sel"), "chaos=r1.sel/r2.sel;p,x=1");
        assert_eq!(after(&["a=1,chaos=r1.sel"], "r1.sel"), "a=1,chaos=r1.sel", "once is enough");
    }

    #[test]
    fn a_mark_is_of_its_run_alone() {
        for (field, run, is) in [
            ("chaos=r1.sel", "r1", true),
            ("a=b, chaos = r1.sel ;p", "r1", true),
            ("chaos=r2.a/r1.b", "r1", true),
            ("chaos=r1", "r1", true),
            ("chaos=r11.sel", "r1", false),
            ("chaos=r2.r1.sel", "r1", false),
            ("chaotic=r1.sel", "r1", false),
            ("x=chaos=r1.sel", "r1", false),
            ("", "r1", false),
        ] {
            assert_eq!(is_marked(&headers(&[field]), run), is, "{field}");
        }
        assert!(is_marked(&headers(&["a=1", "chaos=r1.sel"]), "r1"));
        assert!(!is_marked(&HeaderMap::new(), "r1"));
    }

    #[test]
    fn a_full_baggage_takes_no_mark_and_stays_as_it_is() {
        let many = vec!["a=1"; MEMBERS - 1].join(",");
        assert!(has_room(&headers(&[&many]), "r1.sel"));
        let full = format!("{many},b=2");
        assert!(!has_room(&headers(&[&full]), "r1.sel"));
        let long = format!("a={},b={},c=", "x".repeat(4000), "y".repeat(4000));
        let spare = ALL - long.len() - ",chaos=r1.sel".len();
        assert!(has_room(&headers(&[&format!("{long}{}", "z".repeat(spare))]), "r1.sel"));
        let mut over = headers(&[&format!("{long}{}", "z".repeat(spare + 1))]);
        let before = over.clone();
        mark(&mut over, "r1.sel");
        assert_eq!(over, before);
        assert!(!has_room(&headers(&[&format!("chaos=r1.{}", "x".repeat(4085))]), "r1.sel"), "of one member");
        let odd: HeaderMap = [(BAGGAGE, HeaderValue::from_bytes(b"a=\xff").unwrap())].into_iter().collect();
        assert!(!has_room(&odd, "r1.sel"));
    }
}
