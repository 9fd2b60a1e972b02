//! The values in creation options: they are values that clients know, and the handle reveals nothing about the user (WebAuthn L3
//! sections 5.4, 5.8.5 and 14.6.1).

use std::borrow::Cow;

use serde_json::Value;

use super::check::Check;
use super::observation::{Observation, Wrong, brief};
use super::options::{decoded, integer, is_unsigned_long, public_key};
use crate::contract::dialect::member;
use crate::outcome::Reason;
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::hash::Hash;

/// A time that is enough for a user.
pub const TIMEOUT: Check =
    Check { id: "options-timeout", clause: "webauthn/5.4/timeout", reason: Reason::ShouldUnmet, examine: timeout };

/// Members that have one of a few values.
pub const ENUMERATIONS: Check = Check {
    id: "options-enumerations",
    clause: "webauthn/5.4/enumerations",
    reason: Reason::ShouldUnmet,
    examine: enumerations,
};

/// The two members that say whether a credential has to be discoverable.
pub const RESIDENT_KEY: Check = Check {
    id: "options-resident-key",
    clause: "webauthn/5.4.4/require-resident-key",
    reason: Reason::ShouldUnmet,
    examine: resident_key,
};

/// Algorithms that authenticators have.
pub const ALGORITHMS: Check = Check {
    id: "options-algorithms",
    clause: "webauthn/5.8.5/algorithms",
    reason: Reason::ShouldUnmet,
    examine: algorithms,
};

/// No extension that makes a client refuse the options.
pub const EXTENSIONS: Check = Check {
    id: "options-extensions",
    clause: "webauthn/5.4/extensions",
    reason: Reason::WrongShape,
    examine: extensions,
};

/// A user handle without personal data.
pub const PERSONAL: Check = Check {
    id: "user-handle-personal",
    clause: "webauthn/5.4.3/user-handle-personal",
    reason: Reason::WrongShape,
    examine: personal,
};

/// Inputs of extensions with which `create()` ends in a NotSupportedError: appid (section 10.1.1), and those of largeBlob (10.1.5) and
/// prf (10.1.4) that are for authentication.
const NOT_AT_CREATION: [&str; 4] = ["/appid", "/largeBlob/read", "/largeBlob/write", "/prf/evalByCredential"];
/// In milliseconds: nobody can touch an authenticator in less time. Section 15.1 recommends 300,000 to 600,000.
const LEAST_TIMEOUT: f64 = 1_000.0;
/// A day.
const MOST_TIMEOUT: f64 = 86_400_000.0;

fn extensions(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let inputs = options.get("extensions").unwrap_or(&Value::Null);
    let wrong = |pointer: &&str| {
        let value = member(inputs, pointer).filter(|value| !value.is_null())?;
        let name = pointer.trim_start_matches('/').replace('/', ".");
        Some(Wrong::new(format!("no extension input {name} at creation"), format!("{name}: {}", brief(Some(value)))))
    };
    Some(NOT_AT_CREATION.iter().filter_map(wrong).collect())
}

fn timeout(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    // The check of members reports a number that is out of range.
    let timeout = options.get("timeout").and_then(integer).filter(|number| is_unsigned_long(*number))?;
    if (LEAST_TIMEOUT..=MOST_TIMEOUT).contains(&timeout) {
        return Some(Vec::new());
    }
    let received = format!("publicKey.timeout: {}", brief(options.get("timeout")));
    Some(vec![Wrong::new("publicKey.timeout: at least one second and at most one day, in milliseconds", received)])
}

/// Members with the values of their enumerations (sections 5.4.4 to 5.4.7 and 5.8.6).
const VALUES: [(&str, &[&str]); 4] = [
    ("/attestation", &["none", "indirect", "direct", "enterprise"]),
    ("/authenticatorSelection/userVerification", &["required", "preferred", "discouraged"]),
    ("/authenticatorSelection/residentKey", &["required", "preferred", "discouraged"]),
    ("/authenticatorSelection/authenticatorAttachment", &["platform", "cross-platform"]),
];

/// The check of members reports a value that is not text.
fn enumerations(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let there =
        VALUES.iter().filter_map(|(pointer, values)| Some((pointer, values, member(options, pointer)?.as_str()?)));
    let there: Vec<_> = there.collect();
    let wrong = there.iter().filter(|(_, values, value)| !values.contains(value)).map(|(pointer, values, _)| {
        let name = pointer.trim_start_matches('/').replace('/', ".");
        let received = format!("publicKey.{name}: {}", brief(member(options, pointer)));
        Wrong::new(format!("publicKey.{name}: one of {}", values.join(", ")), received)
    });
    (!there.is_empty()).then(|| wrong.collect())
}

/// If only one of the two is present, nothing is wrong: without residentKey, requireResidentKey decides, and it is false by default.
fn resident_key(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let wanted = member(options, "/authenticatorSelection/residentKey")?.as_str()?;
    let required = member(options, "/authenticatorSelection/requireResidentKey")?.as_bool()?;
    let fits = required == (wanted == "required");
    let expected = "requireResidentKey: true if, and only if, residentKey is required";
    let received = || format!("requireResidentKey: {required}, residentKey: {}", brief(Some(&Value::from(wanted))));
    Some(if fits { Vec::new() } else { vec![Wrong::new(expected, received())] })
}

/// Whether the registry has no signature algorithm with this number: positive ones encrypt, authenticate messages or are reserved, and
/// some negative ones wrap keys, agree on them, or are hashes (IANA COSE Algorithms). An unregistered number may be registered later.
fn is_no_signature(number: i64) -> bool {
    matches!(number, 0.. | -6..=-3 | -18..=-10 | -34..=-25 | -45..=-40)
}

/// An empty list stands for ES256 and RS256 (section 5.4, pubKeyCredParams).
fn algorithms(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let listed = options.get("pubKeyCredParams")?.as_array()?.iter();
    let offered: Vec<i64> = listed.filter_map(|entry| whole(entry.get("alg")?)).collect();
    if offered.is_empty() {
        return None;
    }
    let is_known = |number: &&i64| CoseAlgorithm(**number).kind().is_some();
    let foreign = offered.iter().find(|number| is_no_signature(**number));
    let wrong = match (foreign, offered.iter().find(is_known)) {
        (Some(foreign), _) => Wrong::new("alg: a signature algorithm", format!("alg: {foreign}")),
        (None, None) => Wrong::new(
            "at least one algorithm that clients support, such as -7",
            brief(options.get("pubKeyCredParams")),
        ),
        (None, Some(_)) => return Some(Vec::new()),
    };
    Some(vec![wrong])
}

/// A whole number, also one that is written as a double.
fn whole(value: &Value) -> Option<i64> {
    format!("{:.0}", integer(value)?).parse().ok()
}

/// Section 14.6.1: no user names, no e-mail addresses, and no hashes of them that anybody can compute.
fn personal(observation: &Observation<'_>) -> Option<Vec<Wrong>> {
    let options = public_key(observation)?.ok()?;
    let handle = member(options, "/user/id").and_then(decoded)?;
    let named = ["name", "displayName"].into_iter().find_map(|name| {
        let text = options.get("user")?.get(name)?.as_str()?;
        Some(format!("{} user.{name}, {}", told(&handle, text)?, brief(options.get("user")?.get(name))))
    });
    let received = named.or_else(|| email(&handle).then(|| "holds an e-mail address".to_owned()));
    let wrong = received.map(|received| {
        Wrong::new(
            "publicKey.user.id: bytes that reveal nothing about the user",
            format!("publicKey.user.id {received}"),
        )
    });
    Some(wrong.into_iter().collect())
}

/// Shorter texts may be part of anything.
const LEAST_PART: usize = 5;
const LEAST_WHOLE: usize = 2;
/// So many bytes of a digest do not occur by chance.
const LEAST_DIGEST: usize = 16;

/// How a handle reveals a text about the user; `None` if it does not, or if the text is itself an id.
fn told(handle: &[u8], text: &str) -> Option<&'static str> {
    let lower = text.to_lowercase();
    let length = lower.chars().count();
    if length < LEAST_WHOLE || is_id(text) {
        return None;
    }
    let tells = |reading: String| reading == lower || (length >= LEAST_PART && reading.contains(&lower));
    if readings(handle).into_iter().any(tells) {
        return Some("holds");
    }
    let parts = digests_in(handle);
    if parts.is_empty() {
        return None;
    }
    let hashes = [Hash::Sha1, Hash::Sha256, Hash::Sha384, Hash::Sha512];
    let mut digests = hashes.iter().flat_map(|hash| [hash.digest(text.as_bytes()), hash.digest(lower.as_bytes())]);
    digests.any(|digest| parts.iter().any(|part| digest.starts_with(part))).then_some("is a hash of")
}

/// The parts of a handle that may be a digest, or its beginning: the bytes, or the bytes that they encode in hexadecimal or base64.
fn digests_in(handle: &[u8]) -> Vec<Vec<u8>> {
    let text = std::str::from_utf8(handle).ok();
    let decoded = [text.and_then(unhex), text.and_then(|text| base64::decode_any(text).ok())];
    let all = std::iter::once(handle.to_vec()).chain(decoded.into_iter().flatten());
    all.filter(|part| part.len() >= LEAST_DIGEST).collect()
}

/// The texts that a handle may stand for: itself, or the text that it encodes in hexadecimal or base64; in small letters.
fn readings(handle: &[u8]) -> Vec<String> {
    let Ok(text) = std::str::from_utf8(handle) else { return Vec::new() };
    let further = [unhex(text), base64::decode_any(text).ok()].into_iter().flatten();
    let further = further.filter_map(|bytes| String::from_utf8(bytes).ok());
    std::iter::once(text.to_owned()).chain(further).map(|text| text.to_lowercase()).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Cow<'_, str> = if text.contains('-') { text.replace('-', "").into() } else { text.into() };
    let is_hex = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let pair = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    is_hex.then(|| (0..digits.len()).step_by(2).map(pair).collect::<Option<Vec<u8>>>()).flatten()
}

/// Whether a text is an id rather than a name: one word with several digits. Servers without names show ids in their place.
fn is_id(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    digits >= 4 && !text.contains('@') && !text.contains(char::is_whitespace)
}

/// Whether a handle holds an e-mail address of a person, in which the part before the @ is not an id.
fn email(handle: &[u8]) -> bool {
    let is_address = |reading: &String| {
        let Some((before, after)) = reading.split_once('@') else { return false };
        let local = before.rsplit(|c: char| !(c.is_alphanumeric() || "._%+-".contains(c))).next().unwrap_or_default();
        let host = after.split(|c: char| !(c.is_alphanumeric() || ".-".contains(c))).next().unwrap_or_default();
        let top = host.trim_end_matches('.').rsplit_once('.').map_or("", |(_, top)| top);
        local.contains(char::is_alphabetic) && !is_id(local) && top.len() >= 2 && top.chars().all(char::is_alphabetic)
    };
    readings(handle).iter().any(is_address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::hex;

    #[test]
    fn a_handle_tells_a_name_in_any_spelling() {
        let digest = |hash: Hash| hash.digest(b"minnie@mouse.example");
        for handle in [
            b"minnie@mouse.example".to_vec(),
            b"MINNIE@Mouse.Example".to_vec(),
            b"tenant/minnie@mouse.example".to_vec(),
            base64::encode_url(b"minnie@mouse.example").into_bytes(),
            hex(b"minnie@mouse.example").into_bytes(),
            digest(Hash::Sha256),
            digest(Hash::Sha256)[..16].to_vec(),
            hex(&digest(Hash::Sha1)).into_bytes(),
            base64::encode_standard(&digest(Hash::Sha512)).into_bytes(),
        ] {
            assert!(
                told(&handle, "Minnie@mouse.example").is_some() || told(&handle, "minnie@mouse.example").is_some(),
                "{handle:?}"
            );
        }
    }

    #[test]
    fn ids_and_chance_tell_nothing() {
        for (handle, text) in [
            ("163840776835432705", "minnie@mouse.example"),
            ("163840776835432705", "163840776835432705"),
            ("163840776835432705", "163840776835432705@mouse.example"),
            ("2f1c9f0e-5a41-4d3e-9d1b-0c6a6c7f2a11", "2f1c9f0e-5a41-4d3e-9d1b-0c6a6c7f2a11"),
            ("user-93", "user"),
            ("minnie", ""),
        ] {
            assert_eq!(told(handle.as_bytes(), text), None, "{text}");
        }
        assert_eq!(told(&[0xff; 32], "Minnie"), None);
        assert_eq!(told(b"Bob", "bob"), Some("holds"));
    }

    #[test]
    fn an_address_is_one_of_a_person() {
        assert!(email(b"minnie@mouse.example") && email(b"u:minnie.m+1@mouse.example:1"));
        for other in ["163840776835432705@mouse.example", "minnie", "minnie@host", "@mouse.example", "a@b.1"] {
            assert!(!email(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn numbers_that_sign_nothing_are_known() {
        for number in [0, 1, 7, 249, 65_529, 4_294_967_289, -3, -6, -10, -14, -16, -25, -31, -44] {
            assert!(is_no_signature(number), "{number}");
        }
        for (algorithm, ..) in CoseAlgorithm::ALL {
            assert!(!is_no_signature(algorithm.0), "{algorithm}");
        }
        assert!([-46, -48, -49, -260, -65_540, -70_000].into_iter().all(|number| !is_no_signature(number)));
    }
}
