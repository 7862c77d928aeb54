//! Secrets are kept out of what is shown and written down: values of variables that look secret, and passwords and
//! tokens in addresses.
//!
//! What a program prints in another form (encoded, cut in pieces) is not found: this is a courtesy, no wall. What a
//! program must not know it is not given, see [`crate::process::environment`].

use std::collections::BTreeMap;

/// What stands in the place of a secret.
const MASK: &str = "***";

/// A shorter value is found in too many words that are no secret.
const SHORTEST: usize = 6;

/// A name with one of these is that of a secret.
const WORDS: &[&str] = &["SECRET", "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "APIKEY"];
/// A name that ends so is, too.
const ENDS: &[&str] = &["_KEY", "_PWD", "_PASS"];

/// Knows the secrets of an environment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// The secrets among these variables.
    pub(crate) fn of(environment: &BTreeMap<String, String>) -> Self {
        Self::default().and(environment)
    }

    /// These, and the secrets among more variables.
    pub(crate) fn and(&self, environment: &BTreeMap<String, String>) -> Self {
        let mut all = self.0.clone();
        for (name, value) in environment {
            if looks_secret(name) {
                // A key of many lines is printed line by line.
                all.extend(value.lines().map(str::trim).map(str::to_owned));
            } else if let Some((_, password)) = user_info(value).and_then(|info| info.split_once(':')) {
                all.push(password.to_owned());
            }
        }
        all.retain(|secret| secret.len() >= SHORTEST);
        // A secret that holds another is hidden as a whole.
        all.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        all.dedup();
        Self(all)
    }

    /// The text without secrets.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut text = hide_in_addresses(text);
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), MASK);
            }
        }
        text
    }

    /// A command as it would be typed, without secrets: not in its options either.
    pub(crate) fn hide_in_command(&self, argv: &[String]) -> String {
        let mut after_secret_option = false;
        let words: Vec<String> = argv
            .iter()
            .map(|word| {
                let hidden = match word.split_once('=') {
                    _ if after_secret_option && !word.starts_with('-') => MASK.to_owned(),
                    Some((name, _)) if looks_secret(name) => format!("{name}={MASK}"),
                    _ => self.hide(word),
                };
                after_secret_option = word.starts_with('-') && !word.contains('=') && looks_secret(word);
                hidden
            })
            .collect();
        words.join(" ")
    }
}

/// Whether a variable, an option or a parameter of this name holds a secret.
pub(crate) fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase().replace('-', "_");
    WORDS.iter().any(|word| name.contains(word)) || ENDS.iter().any(|end| name.ends_with(end))
}

/// `user:password` of an address.
fn user_info(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map(|(info, _)| info)
}

fn hide_in_addresses(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("://") {
        let (before, after) = rest.split_at(at + 3);
        out.push_str(before);
        let end = after
            .find(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`' | '<' | '>'))
            .unwrap_or(after.len());
        // An address may stand in another one's query.
        let end = after[..end].find("://").unwrap_or(end);
        let (address, behind) = after.split_at(end);
        let web = before.ends_with("http://") || before.ends_with("https://");
        out.push_str(&hide_in_address(address, web));
        rest = behind;
    }
    out.push_str(rest);
    out
}

/// `address` is what follows `://`.
fn hide_in_address(address: &str, web: bool) -> String {
    let authority_end = address.find(['/', '?', '#']).unwrap_or(address.len());
    let (authority, path) = address.split_at(authority_end);
    let authority = match authority.rsplit_once('@') {
        Some((info, host)) => match info.split_once(':') {
            Some((user, _)) => format!("{user}:{MASK}@{host}"),
            // Of the web it is a token; elsewhere a name, such as git's.
            None if web => format!("{MASK}@{host}"),
            None => authority.to_owned(),
        },
        None => match authority.split_once(':') {
            // The rest of an address that was cut: no port has letters.
            // An address may end a sentence, or stand in brackets.
            Some((user, rest))
                if !user.starts_with('[')
                    && rest
                        .trim_end_matches(|c: char| c.is_ascii_punctuation())
                        .contains(|c: char| !c.is_ascii_digit()) =>
            {
                format!("{user}:{MASK}")
            }
            _ => authority.to_owned(),
        },
    };
    let Some((path, query)) = path.split_once('?') else { return format!("{authority}{path}") };
    let query: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if looks_secret(name) => format!("{name}={MASK}"),
            _ => pair.to_owned(),
        })
        .collect();
    format!("{authority}{path}?{}", query.join("&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn secrets(pairs: &[(&str, &str)]) -> Secrets {
        Secrets::of(&pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect())
    }

    #[test]
    fn values_of_variables_that_look_secret_are_hidden() {
        let known = secrets(&[
            ("DJANGO_SECRET_KEY", "s3cr3t-value"),
            ("PGPASSWORD", "hunter2"),
            ("GITHUB_TOKEN", "hunter2-and-more"),
            ("DEPLOY_PRIVATE_KEY", "-----BEGIN-----\nabcdefghijkl\n-----END-----"),
            ("DATABASE_URL", "postgres://blog:opensesame@localhost/blog"),
            ("USE_TOKENS", "true"),
            ("HOME", "/home/person"),
        ]);
        for (text, hidden) in [
            ("key=s3cr3t-value.", "key=***."),
            ("hunter2-and-more, hunter2", "***, ***"),
            ("abcdefghijkl", "***"),
            ("the password opensesame was refused", "the password *** was refused"),
            ("true in /home/person", "true in /home/person"),
        ] {
            assert_eq!(known.hide(text), hidden, "{text}");
        }
    }

    #[test]
    fn passwords_and_tokens_in_addresses_are_hidden() {
        for (text, hidden) in [
            ("postgres://blog:pw@db:5432/blog?sslmode=on", "postgres://blog:***@db:5432/blog?sslmode=on"),
            ("'https://ghp_x@github.com/a.git'", "'https://***@github.com/a.git'"),
            ("ssh://git@github.com/a.git", "ssh://git@github.com/a.git"),
            (
                "https://x.org/a?page=1&access_token=abc&b=2 c",
                "https://x.org/a?page=1&access_token=***&b=2 c",
            ),
            ("https://x.org/a@b?c=d:e@f", "https://x.org/a@b?c=d:e@f"),
            ("a://b://c:d@e", "a://b://c:***@e"),
            ("https://me:opens", "https://me:***"),
            ("http://[::1]:8000/ http://localhost:8000", "http://[::1]:8000/ http://localhost:8000"),
            ("(see http://127.0.0.1:8000).", "(see http://127.0.0.1:8000)."),
            ("://", "://"),
        ] {
            assert_eq!(Secrets::default().hide(text), hidden);
        }
    }

    #[test]
    fn secret_options_of_commands_are_hidden() {
        let argv = ["curl", "--token", "abc", "--api-key=def", "--user", "me", "SECRET_KEY=x", "-v"];
        let argv = argv.map(str::to_owned);
        assert_eq!(
            Secrets::default().hide_in_command(&argv),
            "curl --token *** --api-key=*** --user me SECRET_KEY=*** -v"
        );
    }

    proptest! {
        #[test]
        fn a_secret_is_gone_wherever_it_stands(before in "\\PC{0,40}", secret in "[!-~]{6,20}", after in "\\PC{0,40}") {
            let known = secrets(&[("API_TOKEN", &secret)]);
            let shown = known.hide(&format!("{before} {secret} {after}"));
            prop_assert!(!shown.contains(&secret) || MASK.contains(&secret), "{shown}");
        }

        #[test]
        fn text_without_secrets_stays(text in "[^:@]{0,80}") {
            prop_assert_eq!(Secrets::default().hide(&text), text);
        }
    }
}
