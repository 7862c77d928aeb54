//! What a name that ends in `time` holds: a time of day ("opening time"), or how long something takes ("cooking time").

use aksara_protocol::params::FieldType;

/// Words for a moment that a clock shows. The last word before `time` counts: "check in time".
const MOMENTS: &[&str] = &[
    "start",
    "starting",
    "begin",
    "beginning",
    "end",
    "ending",
    "finish",
    "open",
    "opening",
    "close",
    "closing",
    "departure",
    "arrival",
    "departing",
    "arriving",
    "in",
    "out",
    "up",
    "off",
    "checkin",
    "checkout",
    "pickup",
    "dropoff",
    "boarding",
    "landing",
    "takeoff",
    "appointment",
    "meeting",
    "kickoff",
    "wake",
    "bed",
    "sunrise",
    "sunset",
    "reminder",
    "alarm",
    "cutoff",
    "due",
    "scheduled",
    "show",
    "event",
    "local",
    "from",
    "to",
    "until",
];
/// Words for what goes on for a while.
const SPANS: &[&str] = &[
    "reading",
    "read",
    "writing",
    "prep",
    "preparation",
    "cooking",
    "cook",
    "baking",
    "bake",
    "boiling",
    "frying",
    "rising",
    "proofing",
    "marinating",
    "cooling",
    "chilling",
    "resting",
    "rest",
    "brewing",
    "response",
    "reaction",
    "reply",
    "resolution",
    "lead",
    "delivery",
    "shipping",
    "handling",
    "transit",
    "travel",
    "traveling",
    "travelling",
    "driving",
    "walking",
    "flight",
    "commute",
    "commuting",
    "waiting",
    "wait",
    "queue",
    "total",
    "processing",
    "execution",
    "execute",
    "run",
    "running",
    "elapsed",
    "remaining",
    "spent",
    "build",
    "load",
    "loading",
    "render",
    "turnaround",
    "cycle",
    "setup",
    "assembly",
    "production",
    "manufacturing",
    "working",
    "work",
    "training",
    "playing",
    "play",
    "viewing",
    "watch",
    "screen",
    "idle",
    "recovery",
    "buffer",
    "estimated",
    "average",
    "billable",
];

/// What is known of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Time {
    /// A time of day.
    OfDay,
    /// How long something takes.
    Span,
    /// It may be either.
    Open,
}

impl Time {
    /// What the words of a name say, the last of which is `time`.
    pub(super) fn of(words: &[&str]) -> Self {
        let before = words.len().checked_sub(2).and_then(|at| words.get(at));
        match before {
            None => Self::OfDay,
            Some(word) if MOMENTS.contains(word) => Self::OfDay,
            Some(word) if SPANS.contains(word) => Self::Span,
            Some(_) => Self::Open,
        }
    }

    /// The type that the field gets.
    pub(super) fn kind(self) -> FieldType {
        if self == Self::Span { FieldType::Duration } else { FieldType::Time }
    }
}
