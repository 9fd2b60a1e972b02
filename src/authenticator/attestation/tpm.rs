//! TPM attestation (WebAuthn L3 §8.3). Structures are those of TPM 2.0 part 2, sections 10.12.12 and 12.2.4.

use super::{Draft, Part, certificates, members};
use crate::authenticator::certificate::Name;
use crate::authenticator::client::ClientError;
use crate::authenticator::keys::{KeyPair, derive_bytes};
use crate::webauthn::cbor::Value;
use crate::webauthn::der;
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::KeyKind;
use crate::webauthn::x509::oid;

/// TPM_ALG_SHA256
const SHA256: u16 = 0x000b;
/// TPM_ALG_NULL
const NULL: [u8; 2] = [0x00, 0x10];

/// TPMS_ATTEST with TPMS_CERTIFY_INFO.
pub struct CertInfo {
    pub(in crate::authenticator) magic: u32,
    pub(in crate::authenticator) kind: u16,
    pub(in crate::authenticator) qualified_signer: Vec<u8>,
    pub(in crate::authenticator) extra_data: Vec<u8>,
    /// Another declared length of extraData.
    pub(in crate::authenticator) extra_data_length: Option<u16>,
    pub(in crate::authenticator) clock_info: Vec<u8>,
    pub(in crate::authenticator) firmware_version: Vec<u8>,
    pub(in crate::authenticator) name: Vec<u8>,
    pub(in crate::authenticator) qualified_name: Vec<u8>,
    /// What was hashed for extraData.
    pub(in crate::authenticator) attested: Vec<u8>,
    /// The public area that is named.
    pub(in crate::authenticator) pub_area: Vec<u8>,
    /// Bytes to keep, and bytes to follow.
    pub(in crate::authenticator) keep: Option<usize>,
    pub(in crate::authenticator) suffix: Vec<u8>,
}

/// TPMT_PUBLIC.
pub struct PubArea {
    pub(in crate::authenticator) kind: u16,
    pub(in crate::authenticator) name_algorithm: u16,
    /// symmetric, scheme and what the type adds
    pub(in crate::authenticator) parameters: Parameters,
    pub(in crate::authenticator) unique: Vec<Vec<u8>>,
    pub(in crate::authenticator) prefix: Vec<u8>,
    pub(in crate::authenticator) keep: Option<usize>,
    pub(in crate::authenticator) suffix: Vec<u8>,
    attributes: u32,
}

/// Parameters of the public area, after symmetric and scheme.
pub enum Parameters {
    /// keyBits and exponent
    Rsa(u16, u32),
    /// curveID; kdf is none
    Ecc(u16),
}

/// A TPM2B.
fn sized(bytes: &[u8]) -> Vec<u8> {
    [&u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes(), bytes].concat()
}

impl PubArea {
    /// The public area of a credential key.
    fn of(key: &KeyPair, attributes: u32) -> PubArea {
        let public = key.public_key();
        let (kind, parameters, unique) = match public.rsa_parts() {
            Some((modulus, _exponent)) => {
                let bits = u16::try_from(modulus.len() * 8).unwrap_or(u16::MAX);
                (0x0001, Parameters::Rsa(bits, 0), vec![modulus])
            }
            None => {
                let curve = match public.kind {
                    KeyKind::P384 => 0x0004,
                    KeyKind::P521 => 0x0005,
                    _ => 0x0003,
                };
                let (x, y) = public.bytes[1..].split_at((public.bytes.len() - 1) / 2);
                (0x0023, Parameters::Ecc(curve), vec![x.to_vec(), y.to_vec()])
            }
        };
        let (prefix, keep, suffix) = (Vec::new(), None, Vec::new());
        PubArea { kind, name_algorithm: SHA256, parameters, unique, prefix, keep, suffix, attributes }
    }

    /// The bytes of `pubArea`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut out = [self.kind.to_be_bytes(), self.name_algorithm.to_be_bytes()].concat();
        out.extend(self.attributes.to_be_bytes());
        out.extend(sized(&[]));
        out.extend([NULL, NULL].concat());
        match self.parameters {
            Parameters::Rsa(bits, exponent) => {
                out.extend(bits.to_be_bytes());
                out.extend(exponent.to_be_bytes());
            }
            Parameters::Ecc(curve) => {
                out.extend(curve.to_be_bytes());
                out.extend(NULL);
            }
        }
        out.extend(self.unique.iter().flat_map(|part| sized(part)));
        out.truncate(self.keep.unwrap_or(out.len()));
        [&self.prefix[..], &out, &self.suffix].concat()
    }

    /// nameAlg and the digest of the public area.
    pub(in crate::authenticator) fn name(name_algorithm: u16, encoded: &[u8]) -> Vec<u8> {
        let hash = Hash::from_tpm_id(name_algorithm).unwrap_or(Hash::Sha256);
        [name_algorithm.to_be_bytes().to_vec(), hash.digest(encoded)].concat()
    }
}

impl CertInfo {
    /// The bytes of `certInfo`.
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut extra_data = sized(&self.extra_data);
        if let Some(length) = self.extra_data_length {
            extra_data[..2].copy_from_slice(&length.to_be_bytes());
        }
        let mut out = [
            self.magic.to_be_bytes().to_vec(),
            self.kind.to_be_bytes().to_vec(),
            sized(&self.qualified_signer),
            extra_data,
            self.clock_info.clone(),
            self.firmware_version.clone(),
            sized(&self.name),
            sized(&self.qualified_name),
        ]
        .concat();
        out.truncate(self.keep.unwrap_or(out.len()));
        out.extend(&self.suffix);
        out
    }
}

/// The credential key, certified by the TPM's attestation identity key.
pub(super) fn attest(draft: &Draft<'_>) -> Result<Value, ClientError> {
    let vector = draft.is_vector();
    // sign; fixedTPM, fixedParent, sensitiveDataOrigin, userWithAuth, noDA and sign
    let mut area = PubArea::of(draft.key, if vector { 0x0004_0000 } else { 0x0004_0472 });
    draft.applied.attesting(&mut Part::PubArea(&mut area))?;
    let pub_area = area.encode();
    let kind = if vector { KeyKind::P256 } else { KeyKind::Rsa };
    let certified = draft.certify(draft.model_key(kind), Name::new(), |leaf| {
        leaf.set_extension(
            oid::EXTENDED_KEY_USAGE,
            false,
            der::sequence(&[der::object_identifier(oid::TCG_AIK_CERTIFICATE)]),
        );
        leaf.set_extension(oid::SUBJECT_ALTERNATIVE_NAME, true, alternative_name(vector));
    })?;
    let attested = draft.message(draft.usual_pieces())?;
    let hash = Hash::of(certified.algorithm).unwrap_or(Hash::Sha256);
    let name = PubArea::name(area.name_algorithm, &pub_area);
    let mut info = CertInfo::usual(draft, (hash.digest(&attested), name), attested, pub_area.clone());
    draft.applied.attesting(&mut Part::CertInfo(&mut info))?;
    let cert_info = info.encode();
    let signature = draft.sign(&certified.key, certified.algorithm, cert_info.clone())?;
    Ok(members([
        ("ver", Value::Text("2.0".to_owned())),
        ("alg", Value::from(certified.algorithm.0)),
        ("sig", Value::Bytes(signature)),
        ("x5c", certificates(certified.chain)),
        ("certInfo", Value::Bytes(cert_info)),
        ("pubArea", Value::Bytes(pub_area)),
    ]))
}

impl CertInfo {
    fn usual(
        draft: &Draft<'_>,
        (extra_data, name): (Vec<u8>, Vec<u8>),
        attested: Vec<u8>,
        pub_area: Vec<u8>,
    ) -> CertInfo {
        let vector = draft.is_vector();
        let drawn = |what: &str, length| derive_bytes(&draft.request.seed, what, length);
        let named = |what: &str| if vector { Vec::new() } else { [vec![0x00, 0x0b], drawn(what, 32)].concat() };
        // clock, resetCount, restartCount and safe, which is a boolean except in the vector
        let clock = if vector {
            [&[0; 8][..], &[0x11; 4], &[0x22; 4], &[0x33]].concat()
        } else {
            [drawn("clock", 16), vec![1]].concat()
        };
        CertInfo {
            magic: 0xff54_4347,
            kind: 0x8017,
            qualified_signer: named("qualified-signer"),
            extra_data,
            extra_data_length: None,
            clock_info: clock,
            firmware_version: if vector { vec![0; 8] } else { drawn("firmware-version", 8) },
            name,
            qualified_name: named("qualified-name"),
            attested,
            pub_area,
            keep: None,
            suffix: Vec::new(),
        }
    }
}

/// The directory name that tells manufacturer, model and version (TCG EK profile, section 3.2.9). `id:49465800` is Infineon's
/// number in TCG's registry; the W3C vector has one that is not registered.
fn alternative_name(vector: bool) -> Vec<u8> {
    if !vector {
        return directory_name([
            ("2.23.133.2.1", "id:49465800"),
            ("2.23.133.2.2", "SLB9665"),
            ("2.23.133.2.3", "id:00070055"),
        ]);
    }
    // The vector's set is not in order, so that its certificate is not DER.
    let attributes =
        [("2.23.133.2.1", "id:00000000"), ("2.23.133.2.3", "id:00000000"), ("2.23.133.2.2", "WebAuthn test vectors")];
    general_names(&der::unsorted_set(&attributes.map(attribute)))
}

/// GeneralNames with one directoryName, whose attributes are one set.
pub(in crate::authenticator) fn directory_name(attributes: [(&str, &str); 3]) -> Vec<u8> {
    general_names(&der::set(&attributes.map(attribute)))
}

fn attribute((kind, text): (&str, &str)) -> Vec<u8> {
    der::sequence(&[der::object_identifier(kind), der::element(der::UTF8_STRING, text.as_bytes())])
}

fn general_names(attributes: &[u8]) -> Vec<u8> {
    der::sequence(&[der::context(4, &der::sequence(&[attributes.to_vec()]))])
}
