//! The certificates of all cases, read and judged by others: by a strict reader of DER, and by two validators of paths.

mod openssl;
mod strict;

use std::collections::BTreeMap;
use std::time::Duration;

use proofmark::authenticator::{Stage, attestation_root};
use proofmark::runner::offline_case::{NOW, Vector};
use proofmark::webauthn::attestation::AttestationObject;
use proofmark::webauthn::cbor::{Form, Value, member};
use proofmark::webauthn::x509::Certificate;
use rustls::pki_types::{CertificateDer, UnixTime};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};

use crate::mutations::cases;

/// tcg-kp-AIKCertificate (2.23.133.8.3), which only TPM's leaves have.
const AIK: &[u8] = &[0x67, 0x81, 0x05, 0x08, 0x03];

/// A credential's certificates.
struct Chain {
    name: String,
    /// Whether they are as they were issued: a change of the encoded statement may have put anything there.
    is_issued: bool,
    certificates: Vec<Vec<u8>>,
}

/// The certificates of `x5c`, also within the statements of a compound one.
fn certificates(statement: &Value) -> Vec<Vec<u8>> {
    if let Some(statements) = statement.as_array() {
        let inner = |one: &Value| one.as_map().and_then(|map| member(map, "attStmt")).map(certificates);
        return statements.iter().filter_map(inner).flatten().collect();
    }
    let chain = statement.as_map().and_then(|map| member(map, "x5c")).and_then(Value::as_array);
    chain.into_iter().flatten().filter_map(|one| one.as_bytes().cloned()).collect()
}

fn chain(vector: &Vector, is_issued: bool) -> Option<Chain> {
    let object = AttestationObject::decode(&vector.created.attestation_object, Form::Any).ok()?;
    let certificates = certificates(&object.statement);
    (!certificates.is_empty()).then(|| Chain { name: vector.name.clone(), is_issued, certificates })
}

/// The chains of all cases, and of their controls.
fn chains() -> Vec<Chain> {
    let mut chains = BTreeMap::new();
    for case in cases() {
        let edits = |stage: &Stage| matches!(stage, Stage::Encoded(_));
        let is_issued = !case.mutations(None).iter().any(|(mutation, _)| edits(&mutation.stage));
        for vector in Vector::of(&case, false).unwrap_or_else(|error| panic!("{}: {error}", case.id)) {
            let control = Vector::control(&case, vector.format).expect("a control");
            for chain in [chain(&control, true), chain(&vector, is_issued)].into_iter().flatten() {
                chains.insert(chain.name.clone(), chain);
            }
        }
    }
    chains.into_values().collect()
}

/// The cases that are about bytes which are not what they should be, each with the part that is not DER.
const NOT_DER: &[&str] = &[
    "android-key/extension-malformed",
    "apple/extension-bare-octets",
    "apple/extension-malformed",
    "packed-x5c/aaguid-extension-not-wrapped",
];

#[test]
fn every_certificate_is_der_except_where_a_case_is_about_that() {
    let (mut wrong, mut good) = (Vec::new(), 0);
    for chain in chains().iter().filter(|chain| chain.is_issued) {
        let read: Result<(), String> =
            chain.certificates.iter().take(3).try_for_each(|certificate| strict::certificate(certificate));
        good += usize::from(read.is_ok());
        if read.is_err() != NOT_DER.contains(&chain.name.as_str()) {
            wrong.push(format!("{}: {read:?}", chain.name));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(good > 150, "{good} chains");
    assert_eq!(strict::certificate(&attestation_root()), Ok(()));
}

/// A reader that takes everything would say nothing.
#[test]
fn the_strict_reader_refuses_what_is_not_der() {
    let hex = |digits: &str| -> Vec<u8> {
        (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).expect("hex")).collect()
    };
    for (good, bad) in [
        ("3106020102020103", "3106020103020102"),
        ("0101ff", "010101"),
        ("02020080", "02020001"),
        ("03020780", "030207ff"),
        ("0403010203", "048103010203"),
        ("0500", "050000"),
    ] {
        assert_eq!(strict::element(&hex(good)), Ok(()), "{good}");
        assert!(strict::element(&hex(bad)).is_err(), "{bad}");
    }
}

/// What rustls's validator says of a path.
fn webpki(chain: &[Vec<u8>]) -> Result<(), String> {
    let root = attestation_root();
    let (root, chain): (CertificateDer<'_>, Vec<CertificateDer<'_>>) =
        (root.as_slice().into(), chain.iter().map(|der| der.as_slice().into()).collect());
    let anchors = [anchor_from_trusted_cert(&root).map_err(|error| error.to_string())?];
    let leaf = EndEntityCert::try_from(&chain[0]).map_err(|error| format!("{error:?}"))?;
    let time = UnixTime::since_unix_epoch(Duration::from_secs(NOW));
    let usage = KeyUsage::required_if_present(AIK);
    let algorithms = webpki::ALL_VERIFICATION_ALGS;
    let found = leaf.verify_for_usage(algorithms, &anchors, &chain[1..], time, usage, None, None);
    found.map(drop).map_err(|error| format!("{error:?}"))
}

/// Where a path is refused, and by which words: of rustls-webpki, then of OpenSSL; empty where one accepts it. Every other path
/// is good.
const REFUSED: &[(&str, &str, &str)] = &[
    ("android-key/untrusted-root", "UnknownIssuer", "error 20 at 0 depth lookup: unable to get local issuer"),
    ("android-key/x5c-wrong-order", "CaUsedAsEndEntity", ""),
    ("apple/untrusted-root", "UnknownIssuer", "error 20 at 0 depth lookup: unable to get local issuer"),
    ("fido-u2f/leaf-expired", "CertExpired", "error 10 at 0 depth lookup: certificate has expired"),
    ("packed-x5c/aaguid-extension-critical", "UnsupportedCriticalExtension", "error 34 at 0 depth lookup"),
    ("packed-x5c/basic-constraints-ca-true", "CaUsedAsEndEntity", ""),
    ("packed-x5c/cert-explicit-curve", "", "error 94 at 0 depth lookup: Certificate public key has explicit ECC"),
    ("packed-x5c/cert-sha1-signature", "UnsupportedSignatureAlgorithm", ""),
    ("packed-x5c/cert-version-1", "UnsupportedCertVersion", ""),
    ("packed-x5c/chain-attacker-root", "UnknownIssuer", "error 19 at 2 depth lookup: self-signed certificate"),
    ("packed-x5c/chain-curveball-root", "InvalidSignature", "error 7 at 0 depth lookup: certificate signature failure"),
    ("packed-x5c/chain-unverifiable", "InvalidSignature", "error 7 at 1 depth lookup: certificate signature failure"),
    ("packed-x5c/chain-wrong-order", "CaUsedAsEndEntity", ""),
    ("packed-x5c/extended-key-usage-server-auth", "RequiredEkuNotFound", ""),
    ("packed-x5c/intermediate-expired", "CertExpired", "error 10 at 1 depth lookup: certificate has expired"),
    // rustls-webpki leaves key usages out of account.
    ("packed-x5c/intermediate-key-usage", "", "error 32 at 1 depth lookup: key usage does not include certificate"),
    ("packed-x5c/leaf-as-issuer", "EndEntityUsedAsCa", "error 79 at 1 depth lookup: invalid CA certificate"),
    ("packed-x5c/leaf-expired", "CertExpired", "error 10 at 0 depth lookup: certificate has expired"),
    ("packed-x5c/leaf-not-yet-valid", "CertNotValidYet", "error 9 at 0 depth lookup: certificate is not yet valid"),
    ("packed-x5c/leaf-self-signed", "UnknownIssuer", "error 18 at 0 depth lookup: self-signed certificate"),
    ("packed-x5c/path-length-exceeded", "PathLenConstraintViolated", "error 25 at 2 depth lookup: path length"),
    ("packed-x5c/unknown-critical-extension", "UnsupportedCriticalExtension", "error 34 at 0 depth lookup"),
    ("packed-x5c/untrusted-root", "UnknownIssuer", "error 20 at 0 depth lookup: unable to get local issuer"),
    // An authority has a subject (RFC 5280, section 4.1.2.6).
    ("tpm/aik-ca-true", "CaUsedAsEndEntity", "error 84 at 0 depth lookup: Subject name empty"),
    ("tpm/aik-eku-other", "RequiredEkuNotFound", ""),
    ("tpm/aik-expired", "CertExpired", "error 10 at 0 depth lookup: certificate has expired"),
    // Without a subject and, as in version 1, without another name.
    ("tpm/aik-san-missing", "", "error 84 at 0 depth lookup: Subject name empty"),
    ("tpm/aik-san-not-critical", "", "error 88 at 0 depth lookup: Subject empty and Subject Alt Name"),
    ("tpm/aik-version-1", "UnsupportedCertVersion", "error 84 at 0 depth lookup: Subject name empty"),
    ("tpm/x5c-wrong-order", "CaUsedAsEndEntity", ""),
];

/// Where OpenSSL finds a second thing that follows from the fault: a key that may not sign certificates is not an authority's.
const TWICE: [&str; 1] = ["packed-x5c/intermediate-key-usage"];

#[test]
fn every_path_is_good_for_two_validators_except_for_its_own_fault() {
    let mut wrong = Vec::new();
    let mut refused = 0;
    for chain in chains().iter().filter(|chain| chain.is_issued) {
        let says = [webpki(&chain.certificates), openssl::verify(&chain.certificates)];
        let says = says.map(|said| said.err().unwrap_or_default());
        let listed = REFUSED.iter().find(|(name, ..)| *name == chain.name);
        let (_, first, second) = listed.copied().unwrap_or((&chain.name, "", ""));
        let fits = |said: &str, wanted: &str| said.contains(wanted) && said.is_empty() == wanted.is_empty();
        refused += usize::from(listed.is_some());
        let is_one_fault = says[1].matches(" depth lookup: ").count() <= 1 || TWICE.contains(&chain.name.as_str());
        if !fits(&says[0], first) || !fits(&says[1], second) || !is_one_fault {
            wrong.push(format!("{}: {says:?}", chain.name));
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert_eq!(refused, REFUSED.len(), "a listed case has no path");
}

/// RFC 5280, section 4.1.2.2: issuer and serial number identify a certificate.
#[test]
fn no_two_good_certificates_of_an_issuer_have_one_serial_number() {
    let mut known: BTreeMap<(String, Vec<u8>), Vec<u8>> = BTreeMap::new();
    let good = |chain: &&Chain| chain.name.starts_with("control/") || chain.name.ends_with("/valid");
    let chains = chains();
    for chain in chains.iter().filter(good) {
        for der in &chain.certificates {
            let certificate = Certificate::from_der(der).expect("a certificate");
            let parts = certificate.parts();
            let serial = parts.iter().find(|part| part.name == "serialNumber").expect("a serial number");
            let first = known.entry((certificate.issuer(), serial.der.clone())).or_insert_with(|| der.clone());
            assert_eq!(first, der, "{}: two certificates of {} are {}", chain.name, certificate.issuer(), serial.value);
        }
    }
    assert!(known.len() > 5, "{} certificates", known.len());
}
