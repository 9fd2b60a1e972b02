//! Algorithms of credential keys, by their names in suites.

use serde::Deserialize;

use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::public_key::KeyKind;

/// The algorithm of a credential key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub enum AlgorithmChoice {
    /// This one.
    Given(CoseAlgorithm),
    /// One that the options do not offer.
    NotOffered,
}

impl TryFrom<String> for AlgorithmChoice {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        if name == "not-offered" {
            return Ok(AlgorithmChoice::NotOffered);
        }
        CoseAlgorithm::from_name(&name).map(AlgorithmChoice::Given).ok_or_else(|| {
            let known: Vec<&str> = CoseAlgorithm::ALL.iter().map(|(_, name, _)| *name).collect();
            format!("there is no algorithm `{name}`; write not-offered, {}", known.join(", "))
        })
    }
}

/// One or several algorithms by a name: that of an algorithm, or `offered` (each one that a key can be made for), `others` (the same
/// without ES256, which another case covers), `ec`, `rsa`.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct AlgorithmGroup(pub Vec<CoseAlgorithm>);

impl TryFrom<String> for AlgorithmGroup {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let of = |fits: fn(CoseAlgorithm, KeyKind) -> bool| {
            let made = CoseAlgorithm::ALL.iter().filter(|(.., kind)| *kind != KeyKind::Ed448);
            AlgorithmGroup(made.filter(|(one, _, kind)| fits(*one, *kind)).map(|(one, ..)| *one).collect())
        };
        Ok(match name.as_str() {
            "offered" => of(|_, _| true),
            "others" => of(|one, _| one != CoseAlgorithm::ES256),
            "ec" => of(|_, kind| kind.is_elliptic()),
            "rsa" => of(|_, kind| kind == KeyKind::Rsa),
            _ => match AlgorithmChoice::try_from(name.clone()) {
                Ok(AlgorithmChoice::Given(one)) => AlgorithmGroup(vec![one]),
                _ => {
                    return Err(format!(
                        "there are no algorithms `{name}`; write offered, others, ec, rsa or the name of one"
                    ));
                }
            },
        })
    }
}
