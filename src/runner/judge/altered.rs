//! Tokens that differ a little from a subject's own. A token that was not issued is not valid (RFC 6750 section 3.1).

use crate::scenario::Caller;
use crate::wire::secret::Secret;

/// What is put at the end: four characters of base64, so that a server that decodes tokens sees three bytes more.
const FURTHER: &str = "AAAA";
/// Characters that are cut off; in base64 these are three bytes.
const CUT: usize = 4;
/// A shorter token is not cut: what is left might be too short to be looked for at all.
const LEAST: usize = 8;

/// The token of a caller that has altered the subject's. `None` if the token can't be altered in this way: it is too short, or has no
/// letters.
pub(crate) fn token(caller: Caller, own: &Secret) -> Option<Secret> {
    let own = own.expose();
    let altered = match caller {
        Caller::Lengthened => format!("{own}{FURTHER}"),
        Caller::Shortened => {
            let kept = own.len().checked_sub(CUT).filter(|kept| *kept >= LEAST)?;
            own.get(..kept)?.to_owned()
        }
        Caller::OtherCase => own.chars().map(in_other_case).collect(),
        _ => return None,
    };
    (altered != own).then(|| Secret::new(altered))
}

fn in_other_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// What a caller has done to the token, for a person who makes the call again; `None` for callers that send a token as it is.
pub(crate) fn words(caller: Caller) -> Option<&'static str> {
    match caller {
        Caller::SmallScheme => Some("the scheme of the header is bearer, in small letters"),
        Caller::Lengthened => Some("TOKEN is the user's token with AAAA at its end"),
        Caller::Shortened => Some("TOKEN is the user's token without its last four characters"),
        Caller::OtherCase => Some(
            "TOKEN is the user's token with capitals in place of small letters, and small letters in place of capitals",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn altered(caller: Caller, own: &str) -> Option<String> {
        token(caller, &Secret::new(own)).map(|token| token.expose().to_owned())
    }

    #[test]
    fn every_altered_token_is_another() {
        assert_eq!(altered(Caller::Lengthened, "abcDEF-123_x").as_deref(), Some("abcDEF-123_xAAAA"));
        assert_eq!(altered(Caller::Shortened, "abcDEF-123_x").as_deref(), Some("abcDEF-1"));
        assert_eq!(altered(Caller::OtherCase, "abcDEF-123_x").as_deref(), Some("ABCdef-123_X"));
    }

    #[test]
    fn what_can_not_be_altered_is_left_out() {
        assert_eq!(altered(Caller::Shortened, "abcDEF-123_"), None, "seven would be left");
        assert_eq!(altered(Caller::OtherCase, "1234567890.12"), None, "no letters");
        assert_eq!(altered(Caller::Subject, "abcDEF-123_x"), None);
    }

    #[test]
    fn exactly_those_who_alter_a_token_have_words() {
        for caller in [Caller::Subject, Caller::Lengthened, Caller::Shortened, Caller::OtherCase, Caller::Unknown] {
            assert_eq!(words(caller).is_some(), altered(caller, "abcDEF-123_x").is_some(), "{caller:?}");
        }
    }
}
