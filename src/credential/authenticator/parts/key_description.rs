//! What Android says of a key (WebAuthn L3 §8.4).

use crate::webauthn::der;

/// A field of an AuthorizationList: its tag and its encoded value.
pub(in crate::authenticator) type Field = (u32, Vec<u8>);

/// Tags of fields that the procedure looks at.
pub(in crate::authenticator) const PURPOSE: u32 = 1;
pub(in crate::authenticator) const ORIGIN: u32 = 702;

/// Android's KeyDescription.
pub struct KeyDescription {
    pub(in crate::authenticator) version: u16,
    /// 0 software, 1 trusted execution environment, 2 StrongBox
    pub(in crate::authenticator) key_mint_version: u16,
    pub(in crate::authenticator) security_level: u8,
    pub(in crate::authenticator) challenge: Vec<u8>,
    pub(in crate::authenticator) software: Vec<Field>,
    pub(in crate::authenticator) hardware: Vec<Field>,
    /// The extension's whole value, if it is not to be made from the fields.
    pub(in crate::authenticator) value: Option<Vec<u8>>,
}

impl KeyDescription {
    /// What a phone says of an ES256 signing key in its trusted execution environment.
    pub(in crate::authenticator) fn usual(challenge: Vec<u8>) -> KeyDescription {
        let number = |number: u8| der::unsigned(&[number]);
        KeyDescription {
            version: 300,
            key_mint_version: 300,
            security_level: 1,
            challenge,
            // creationDateTime
            software: vec![(701, der::unsigned(&1_735_689_600_000_u64.to_be_bytes()))],
            hardware: vec![
                (PURPOSE, der::set(&[number(2)])),
                // algorithm EC, keySize, digest SHA-256, ecCurve P-256, noAuthRequired
                (2, number(3)),
                (3, der::unsigned(&256_u16.to_be_bytes())),
                (5, der::set(&[number(4)])),
                (10, number(1)),
                (503, der::element(5, &[])),
                (ORIGIN, number(0)),
            ],
            value: None,
        }
    }

    /// What the W3C vector says: nothing but the challenge.
    pub(in crate::authenticator) fn of_vector(challenge: Vec<u8>) -> KeyDescription {
        KeyDescription {
            key_mint_version: 0,
            security_level: 0,
            software: Vec::new(),
            hardware: Vec::new(),
            ..KeyDescription::usual(challenge)
        }
    }

    /// The extension's value.
    pub(in crate::authenticator) fn encode(&self) -> Vec<u8> {
        if let Some(value) = &self.value {
            return value.clone();
        }
        let list = |fields: &[Field]| {
            let fields: Vec<Vec<u8>> = fields.iter().map(|(tag, value)| der::context(*tag, value)).collect();
            der::sequence(&fields)
        };
        let version = |number: u16| der::unsigned(&number.to_be_bytes());
        let level = der::element(der::ENUMERATED, &[self.security_level]);
        der::sequence(&[
            version(self.version),
            level.clone(),
            version(self.key_mint_version),
            level,
            der::octet_string(&self.challenge),
            der::octet_string(&[]),
            list(&self.software),
            list(&self.hardware),
        ])
    }
}
