//! Names of the values that keys of a policy can take, once for reading, writing and messages.

use thiserror::Error;

/// A name that is none of those a key of the policy can take.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown {key} `{found}`; write one of: {}", names.join(", "))]
pub struct UnknownName {
    /// The key: `rule`, `memory`, `final` or `arithmetic`.
    pub key: &'static str,
    /// What was written.
    pub found: String,
    /// All names that the key can take.
    pub names: &'static [&'static str],
}

/// Gives a plain enum its names, once for both directions and for the error message.
macro_rules! named {
    ($(#[$doc:meta])* $name:ident, $key:literal, $($(#[$attribute:meta])* $variant:ident = $text:literal),+ $(,)?) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub enum $name { $($(#[$attribute])* $variant),+ }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &[$name] = &[$($name::$variant),+];
            /// Every name, in the order of the documentation.
            pub const NAMES: &[&str] = &[$($text),+];

            /// The name as it stands in `policy.toml`.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::decide::UnknownName;

            fn from_str(text: &str) -> Result<Self, $crate::decide::UnknownName> {
                let known = Self::ALL.iter().copied().find(|value| value.as_str() == text);
                known.ok_or_else(|| $crate::decide::UnknownName { key: $key, found: text.to_owned(), names: Self::NAMES })
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(super) use named;
