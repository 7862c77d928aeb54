//! The only clock: read once when a plan or a run begins, then passed on as data.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment, in UTC, to the millisecond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Instant(OffsetDateTime);

impl Instant {
    pub(crate) fn now() -> Self {
        Self(OffsetDateTime::now_utc())
    }

    /// The beginning of time, for what must come out the same on every day.
    pub(crate) fn epoch() -> Self {
        Self(OffsetDateTime::UNIX_EPOCH)
    }

    /// `2026-11-22T14:30:05Z`.
    pub(crate) fn rfc3339(&self) -> String {
        let second = self.0.replace_nanosecond(0).unwrap_or(self.0);
        // Every second of the years 0 to 9999 has such a form.
        second.format(&Rfc3339).unwrap_or_else(|_| "1970-01-01T00:00:00Z".to_owned())
    }

    /// `20261122-143005-512`, the last three digits being milliseconds.
    pub(crate) fn compact(&self) -> String {
        let t = self.0;
        format!(
            "{:04}{:02}{:02}-{:02}{:02}{:02}-{:03}",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second(),
            t.millisecond()
        )
    }

    /// Seconds since 1970.
    pub(crate) fn unix(&self) -> i64 {
        self.0.unix_timestamp()
    }

    /// Seconds since 1970 of an RFC 3339 text.
    pub(crate) fn parse_unix(text: &str) -> Option<i64> {
        OffsetDateTime::parse(text, &Rfc3339).ok().map(OffsetDateTime::unix_timestamp)
    }
}
