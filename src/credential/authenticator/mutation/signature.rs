//! The attestation signature, and the data that it signs.

use super::given::Given;
use super::signature_encoding as encoding;
use super::stage::{Mutation, Stage};
use crate::authenticator::error::MutationError;
use crate::authenticator::keys::KeyPair;
use crate::authenticator::parts::{Message, Part, Signing};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::hash::Hash;

pub(super) const MUTATIONS: &[Mutation] = &[
    Mutation {
        id: "signature",
        summary: "another attestation signature: bit-flip (the default), first-bit-flip, empty, other-key, credential-key, cut (its last byte is missing), zeros, other-hash, sha1, sha256; of ECDSA raw-rs, der-trailing, der-padded-integer, ber-long-length, ber-indefinite, der-negative, high-s, zero, r-n, s-plus-n; of RSA other-padding, pss, salt-zero, octet-string, short, forged-e3; of Ed25519 s-plus-l; of a TPM tpmt",
        stage: Stage::Attesting(|part, given| match part {
            Part::Signature(signing) => signature(signing, given).map(|()| true),
            _ => Ok(false),
        }),
    },
    Mutation {
        id: "signed-message",
        summary: "a signature over something else: other-challenge (the default), raw-client-data, without-auth-data, other-auth-data, prehashed; of fido-u2f packed-style, no-zero-byte, other-credential-id, other-public-key",
        stage: Stage::Attesting(|part, given| match part {
            Part::Message(message) => message_of(message, given).map(|()| true),
            _ => Ok(false),
        }),
    },
];

const SIGNATURES: &str = "one of bit-flip, first-bit-flip, empty, other-key, credential-key, cut, zeros, other-hash, sha1, sha256, raw-rs, der-trailing, der-padded-integer, ber-long-length, ber-indefinite, der-negative, high-s, zero, r-n, s-plus-n, other-padding, pss, salt-zero, octet-string, short, forged-e3, s-plus-l, tpmt";

fn signature(signing: &mut Signing, given: &Given<'_>) -> Result<(), MutationError> {
    let Signing { key, credential_key, algorithm, message, signature } = signing;
    let kind = given.text_or("bit-flip")?;
    let rsa = || match &*key {
        KeyPair::Rsa(key) => Ok(key),
        _ => Err(MutationError::Impossible("the attestation key is not an RSA key".to_owned())),
    };
    *signature = match kind {
        "bit-flip" => changed(signature, |bytes| bytes.last_mut())?,
        "first-bit-flip" => changed(signature, |bytes| bytes.first_mut())?,
        "empty" => Vec::new(),
        "cut" => signature.split_last().map(|(_, rest)| rest.to_vec()).unwrap_or_default(),
        "zeros" => vec![0; signature.len()],
        "other-hash" => other_hash(key, *algorithm, message)?,
        "other-key" => other_key(key, given.seed)
            .ok_or(MutationError::Impossible("there is no other key of this kind".to_owned()))?
            .sign(*algorithm, message),
        "credential-key" => credential_key.sign(credential_key.usual_algorithm(), message),
        "sha256" => key.sign_prehash(&Hash::Sha256.digest(message)),
        "sha1" => match &*key {
            KeyPair::Rsa(_) => key.sign(CoseAlgorithm::RS1, message),
            _ => key.sign_prehash(&Hash::Sha1.digest(message)),
        },
        "other-padding" => rsa()?.sign(other_padding(*algorithm), message),
        "pss" => rsa()?.sign_pss(*algorithm, message, None),
        "salt-zero" => rsa()?.sign_pss(*algorithm, message, Some(0)),
        "octet-string" => crate::webauthn::der::octet_string(signature),
        "short" => signature.get(1..).unwrap_or_default().to_vec(),
        "forged-e3" => encoding::cube_root_forgery(message, rsa()?.modulus().len()),
        "s-plus-l" => encoding::eddsa_s_plus_order(signature)?,
        // TPM_ALG_RSASSA or ECDSA, TPM_ALG_SHA256, and for RSA a length.
        "tpmt" => match &*key {
            KeyPair::Rsa(_) => [&[0x00, 0x14, 0x00, 0x0b, 0x01, 0x00][..], signature].concat(),
            _ => [&[0x00, 0x18, 0x00, 0x0b][..], signature].concat(),
        },
        "der-negative" => {
            let length = field_length(key)?;
            // About every second signature will do.
            let signed = (0..=u8::MAX).map_while(|attempt| key.sign_again(*algorithm, message, attempt));
            let found = signed.into_iter().find_map(|signature| encoding::ecdsa_negative(&signature, length));
            found.ok_or(MutationError::Chance("the first bit of r is clear"))?
        }
        ecdsa => {
            let length = field_length(key)?;
            encoding::ecdsa(ecdsa, signature, length).ok_or(MutationError::Args(SIGNATURES))?
        }
    };
    Ok(())
}

/// The same key and kind of signature, over another digest.
fn other_hash(key: &KeyPair, algorithm: CoseAlgorithm, message: &[u8]) -> Result<Vec<u8>, MutationError> {
    use CoseAlgorithm as A;
    let hash = if Hash::of(algorithm) == Some(Hash::Sha512) { Hash::Sha384 } else { Hash::Sha512 };
    match (key, algorithm, hash) {
        (KeyPair::Ed25519(_) | KeyPair::Forgeable(_), ..) => {
            Err(MutationError::Impossible("the hash is part of the attestation key's algorithm".to_owned()))
        }
        (KeyPair::Rsa(key), A::PS256 | A::PS384, _) => Ok(key.sign(A::PS512, message)),
        (KeyPair::Rsa(key), A::PS512, _) => Ok(key.sign(A::PS384, message)),
        (KeyPair::Rsa(key), _, Hash::Sha384) => Ok(key.sign(A::RS384, message)),
        (KeyPair::Rsa(key), ..) => Ok(key.sign(A::RS512, message)),
        _ => Ok(key.sign_prehash(&hash.digest(message))),
    }
}

/// Another key of the same kind; RSA keys are drawn from a few, of which one may be the same.
fn other_key(key: &KeyPair, seed: &[u8; 32]) -> Option<KeyPair> {
    let own = key.public_key();
    let names = ["other-signing-key", "other-signing-key/2", "other-signing-key/3", "other-signing-key/4"];
    let others = names.into_iter().filter_map(|name| KeyPair::derive(key.kind(), seed, name));
    others.into_iter().find(|other| other.public_key() != own)
}

/// RSASSA-PSS for RSASSA-PKCS1-v1_5 with the same hash, and the other way round.
fn other_padding(algorithm: CoseAlgorithm) -> CoseAlgorithm {
    use CoseAlgorithm as A;
    match algorithm {
        A::RS384 => A::PS384,
        A::RS512 => A::PS512,
        A::PS256 => A::RS256,
        A::PS384 => A::RS384,
        A::PS512 => A::RS512,
        _ => A::PS256,
    }
}

fn field_length(key: &KeyPair) -> Result<usize, MutationError> {
    let length = key.kind().field_length();
    length.ok_or(MutationError::Impossible("the attestation key is not an elliptic curve key".to_owned()))
}

fn changed(signature: &[u8], which: impl FnOnce(&mut Vec<u8>) -> Option<&mut u8>) -> Result<Vec<u8>, MutationError> {
    let mut changed = signature.to_vec();
    *which(&mut changed).ok_or(MutationError::Impossible("the signature is empty".to_owned()))? ^= 1;
    Ok(changed)
}

fn piece<'a>(pieces: &'a mut [(&'static str, Vec<u8>)], name: &str) -> Result<&'a mut Vec<u8>, MutationError> {
    let found = pieces.iter_mut().find(|(known, _)| *known == name).map(|(_, piece)| piece);
    found.ok_or(MutationError::Impossible(format!("the data that this format signs have no {name}")))
}

fn message_of(message: &mut Message, given: &Given<'_>) -> Result<(), MutationError> {
    let client_data_json = message.client_data_json.clone();
    let pieces = &mut message.pieces;
    match given.text_or("other-challenge")? {
        "other-challenge" => super::bits::flip_last_bit(piece(pieces, "clientDataHash")?)?,
        "raw-client-data" => *piece(pieces, "clientDataHash")? = client_data_json,
        "without-auth-data" => piece(pieces, "authData")?.clear(),
        "other-auth-data" => super::bits::flip_last_bit(piece(pieces, "authData")?)?,
        "no-zero-byte" => piece(pieces, "reserved")?.clear(),
        "other-credential-id" => super::bits::flip_last_bit(piece(pieces, "credentialId")?)?,
        "other-public-key" => super::bits::flip_last_bit(piece(pieces, "publicKey")?)?,
        "packed-style" => {
            // The parts of U2F's message in the order of authenticator data, without the parts that U2F does not sign.
            piece(pieces, "reserved")?.clear();
            let hash = std::mem::take(piece(pieces, "clientDataHash")?);
            piece(pieces, "publicKey")?.extend(hash);
        }
        "prehashed" => {
            let whole: Vec<u8> = pieces.iter().flat_map(|(_, piece)| piece.clone()).collect();
            *pieces = vec![("digest", Hash::Sha512.digest(&whole))];
        }
        _ => {
            return Err(MutationError::Args(
                "one of other-challenge, raw-client-data, without-auth-data, other-auth-data, prehashed, packed-style, no-zero-byte, other-credential-id, other-public-key",
            ));
        }
    }
    Ok(())
}
