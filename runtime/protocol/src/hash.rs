//! Identities of contents.

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes a text that is already known to be such an identity.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The identity as hexadecimal text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

hex_id! {
    /// The id that git gives to a file's content.
    BlobId
}

hex_id! {
    /// What a step removes and adds, without where: equal for the same change at another offset.
    ChangeHash
}

hex_id! {
    /// What a plan is to do: equal while nobody edits its steps, their params or their code.
    WorkHash
}

hex_id! {
    /// The hash of a step's code as it was generated; code that no longer has it was edited.
    CodeHash
}
