//! Tokens that open one webhook and nothing else, to be given to other programs.
//!
//! A hook's token is a keyed hash of its path under the owner's token, so nothing has to be kept, and a new token of the
//! owner's ends all of them. Whoever holds one learns nothing of the others.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

/// Keeps these hashes apart from all others that may ever be made of the token.
const CONTEXT: &str = "SARAi 2026-11-27 token of a webhook";
const PREFIX: &str = "/v1/hooks/";
/// The longest name, in characters.
pub(crate) const NAME_MAX: usize = 100;
/// RFC 3986, section 2.3: what needs no encoding.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// What opens one webhook.
#[derive(Debug)]
pub struct Hook {
    /// `/v1/hooks/NAME`, as it stands in a URL.
    pub path: String,
    pub token: SecretString,
}

impl Hook {
    /// None if no webhook can have this name.
    #[must_use]
    pub fn new(owner: &SecretString, name: &str) -> Option<Self> {
        if !is_name(name) {
            return None;
        }
        let path = format!("{PREFIX}{}", utf8_percent_encode(name, ENCODED));
        let token = token(owner, &path)?;
        Some(Self { path, token })
    }
}

pub(crate) fn is_name(name: &str) -> bool {
    let right = |c: char| !c.is_whitespace() && !c.is_control();
    !name.is_empty() && name.chars().count() <= NAME_MAX && name.chars().all(right)
}

/// The token of a path, letter by letter: the same name in another spelling is another path. None for what is no
/// webhook's path.
pub(crate) fn token(owner: &SecretString, path: &str) -> Option<SecretString> {
    let name = path.strip_prefix(PREFIX).filter(|name| !name.is_empty())?;
    let key = blake3::derive_key(CONTEXT, owner.expose_secret().as_bytes());
    Some(blake3::keyed_hash(&key, name.as_bytes()).to_hex().to_string().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hook_has_its_own_token() {
        let (owner, other) = (SecretString::from("a".repeat(64)), SecretString::from("b".repeat(64)));
        let shown = |owner: &SecretString, name: &str| {
            Hook::new(owner, name).map(|hook| (hook.path, hook.token.expose_secret().to_owned()))
        };
        let (path, oven) = shown(&owner, "horno").unwrap();
        assert_eq!((path.as_str(), oven.len()), ("/v1/hooks/horno", 64));
        assert_ne!(Some(&oven), shown(&owner, "puerta").map(|(_, token)| token).as_ref());
        assert_ne!(Some(&oven), shown(&other, "horno").map(|(_, token)| token).as_ref());
        assert_eq!(shown(&owner, "cañón/2").unwrap().0, "/v1/hooks/ca%C3%B1%C3%B3n%2F2");
        for name in ["", "a b", "a\n", &"x".repeat(101)] {
            assert!(Hook::new(&owner, name).is_none(), "{name:?}");
        }
        for path in ["/v1/hooks/", "/v1/hook/a", "/v1/chat/completions", "/"] {
            assert!(token(&owner, path).is_none(), "{path}");
        }
    }
}
