//! TPM attestation (WebAuthn L3 §8.3).

use super::draft::{Draft, certificates, members};
use crate::authenticator::certificate::Name;
use crate::authenticator::error::ClientError;
use crate::authenticator::keys::derive_bytes;
use crate::authenticator::parts::{CertInfo, Part, PubArea, attribute, directory_name, general_names};
use crate::webauthn::cbor::Value;
use crate::webauthn::der;
use crate::webauthn::hash::Hash;
use crate::webauthn::public_key::KeyKind;
use crate::webauthn::x509::oid;

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
