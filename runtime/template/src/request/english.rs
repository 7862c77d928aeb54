//! English words that carry no feature of their own. No template and no request is named here: what a request
//! is about is in the templates' keywords and the project's facts.

use super::words::stem;

/// Words that ask for something to be there. Compared by stem.
pub(super) const ADDING: &[&str] = &[
    "add",
    "create",
    "make",
    "build",
    "implement",
    "introduce",
    "give",
    "let",
    "have",
    "has",
    "enable",
    "support",
    "allow",
    "want",
    "need",
    "put",
    "include",
    "provide",
    "get",
    "set",
    "up",
    "integrate",
    "write",
    "develop",
    "attach",
    "like",
    "able",
    "possible",
    "keep",
    "maintain",
];

/// Verbs before which a subject stands: "articles should have …".
pub(super) const AFTER_SUBJECT: &[&str] =
    &["should", "must", "can", "could", "need", "needs", "have", "has", "get", "gets"];

/// Words that only hold a sentence together, or colour it.
pub(super) const FILLER: &[&str] = &[
    "a", "an", "the", "my", "our", "your", "this", "that", "these", "those", "some", "each", "every", "all",
    "any", "i", "we", "you", "me", "us", "it", "its", "they", "them", "their", "there", "please", "can",
    "could", "should", "would", "will", "may", "must", "with", "and", "also", "so", "be", "is", "are", "do",
    "does", "just", "as", "well", "now", "more", "hi", "hello", "thanks", "too", "many", "multiple", "but",
    "where", "pls", "plz",
];

/// Words between a preposition and the noun that it belongs to.
pub(super) const BEFORE_NOUN: &[&str] = &[
    "a", "an", "the", "my", "our", "your", "this", "that", "these", "those", "some", "each", "every", "all",
    "any", "its", "their", "existing", "new", "own",
];

/// Adjectives that ask for nothing particular.
pub(super) const ADJECTIVES: &[&str] = &[
    "new", "simple", "basic", "nice", "good", "proper", "full", "complete", "existing", "own", "small",
    "little",
];

/// Nouns for a feature as such.
pub(super) const FEATURE: &[&str] = &[
    "system",
    "feature",
    "functionality",
    "function",
    "support",
    "capability",
    "ability",
    "mechanism",
    "option",
    "facility",
    "module",
    "model",
];

/// Nouns for what a model gets, behind the name of that: "a tags field".
pub(super) const FIELD: &[&str] = &["field", "column", "relation", "relationship", "table"];

/// Nouns for the project as a whole.
pub(super) const WHOLE: &[&str] =
    &["project", "app", "application", "site", "website", "codebase", "code", "backend", "django", "python"];

/// Who uses the project.
pub(super) const ACTORS: &[&str] =
    &["user", "people", "person", "anyone", "anybody", "someone", "somebody", "everyone", "everybody"];

/// Who uses a project, where the sentence says that they do something: "let readers …".
pub(super) const READERS: &[&str] = &[
    "readers",
    "visitors",
    "customers",
    "members",
    "guests",
    "viewers",
    "students",
    "clients",
    "shoppers",
    "authors",
];

/// Words before who does something.
pub(super) const BEFORE_ACTOR: &[&str] =
    &["let", "lets", "allow", "allows", "enable", "where", "so", "that", "help"];

/// Pronouns for who does something with what was named: "orders they made".
pub(super) const SUBJECTS: &[&str] = &["they", "he", "she"];

/// What somebody is who has an account.
pub(super) const LOGGED_IN: &[&str] = &["logged", "signed", "registered", "authenticated", "verified"];

/// Nouns for what a project is used by, behind the name of a feature: "a login API".
pub(super) const INTERFACE: &[&str] = &["api", "apis", "endpoint", "endpoints"];

/// Plurals for parts of a feature, which are nothing that has rows of its own.
pub(super) const PARTS: &[&str] = &[
    "analytics",
    "permissions",
    "roles",
    "rights",
    "invitations",
    "invites",
    "settings",
    "options",
    "limits",
    "quotas",
    "subscriptions",
    "plans",
    "payments",
    "emails",
    "notifications",
    "statistics",
    "metrics",
    "reports",
    "headers",
    "cookies",
    "sessions",
    "tokens",
    "filters",
    "searches",
    "schemas",
    "databases",
    "tests",
    "migrations",
    "details",
];

/// Prepositions before what a feature is for.
pub(super) const PREPOSITIONS: &[&str] =
    &["to", "for", "on", "onto", "in", "into", "of", "from", "inside", "within"];

/// Words after which a sentence asks for something more.
pub(super) const MORE: &[&str] = &["with", "and", "plus", "including", "or", "using", "via", "through", "by"];

/// Words that turn a meaning around. A request with one that no parameter explains is never guessed at.
pub(super) const AGAINST: &[&str] = &[
    "not",
    "no",
    "without",
    "never",
    "don't",
    "dont",
    "doesn't",
    "doesnt",
    "shouldn't",
    "shouldnt",
    "won't",
    "wont",
    "can't",
    "cant",
    "cannot",
    "except",
    "instead",
    "stop",
    "remove",
    "delete",
    "drop",
    "undo",
    "revert",
    "disable",
    "lose",
    "unless",
    "only",
];

/// Words that sentences about anything have.
pub(super) const COMMON: &[&str] = &[
    "see", "know", "show", "do", "did", "go", "move", "send", "sent", "land", "log", "good", "real",
    "really", "own", "who", "what", "when", "if", "only", "then", "out", "check", "track", "record",
    "separate", "data", "flow", "process", "edit", "change", "modify", "update",
];

/// Words after what is to stay as it is: "leave the comments as they are".
pub(super) const KEPT: &[&[&str]] = &[
    &["as", "they", "are"],
    &["as", "it", "is"],
    &["as", "is"],
    &["alone"],
    &["untouched"],
    &["unchanged"],
    &["intact"],
];

/// Nouns for what is made of a project and is no row of a table, nor a column.
const WORKS: &[&str] = &[
    "search",
    "pagination",
    "sorting",
    "filtering",
    "filter",
    "ordering",
    "export",
    "import",
    "caching",
    "cache",
    "throttling",
    "documentation",
    "docs",
    "readme",
    "changelog",
    "test",
    "swagger",
    "openapi",
    "api",
    "rest",
    "graphql",
    "endpoint",
    "websocket",
    "docker",
    "dockerfile",
    "deployment",
    "ci",
    "pipeline",
    "frontend",
    "ui",
    "page",
    "dashboard",
    "form",
    "logging",
    "monitoring",
    "refactoring",
    "performance",
    "optimization",
    "bug",
    "translation",
    "i18n",
    "seo",
    "cron",
    "celery",
    "permission",
    "security",
    "validation",
    "cors",
    "https",
    "backup",
    "bot",
    "password",
    "jwt",
    "email",
    "webhook",
];

/// Whether a name is one for what is made of a project, and no field or model.
pub(super) fn is_work(name: &str) -> bool {
    name.rsplit(['_', ' '])
        .next()
        .is_some_and(|last| WORKS.contains(&last) || WORKS.iter().any(|w| stem(w) == stem(last)))
}

/// Verbs that do something to what is there, or write no code. Compared by stem.
pub(super) const DEEDS: &[&str] = &[
    "rename",
    "remove",
    "delete",
    "drop",
    "fix",
    "repair",
    "change",
    "replace",
    "update",
    "upgrade",
    "refactor",
    "optimize",
    "optimise",
    "improve",
    "move",
    "convert",
    "migrate",
    "deploy",
    "run",
    "test",
    "debug",
    "explain",
    "document",
    "translate",
    "revert",
    "undo",
    "clean",
    "format",
    "install",
    "review",
];
