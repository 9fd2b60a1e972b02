//! The verifier over every credential with one bit flipped: it accepts where the specification does not look, and nowhere else.

mod encodings;
mod hostile_input;

use std::collections::BTreeSet;
use std::ops::Range;

use proofmark::authenticator::{Args, Client, CreatedCredential, CreationRequest, Format, Mutation, attestation_root};
use proofmark::relying_party::{Ceremony, Refusal, verify_registration};
use proofmark::runner::offline_case::{NOW, ORIGIN, RP_ID};
use proofmark::webauthn::base64;
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::x509::Certificate;
use serde_json::{Value, json};

use crate::catalogue::options;

/// Bits of the authenticator data that no step of WebAuthn L3 §7.1 and of the format's procedure looks at.
struct Unread {
    format: Format,
    when: When,
    /// Offsets in the authenticator data (§6.1).
    bytes: Range<usize>,
    /// The bits of each of these bytes.
    mask: u8,
    /// What it is, why it is not looked at, and the section that says so.
    reason: &'static str,
}

/// The ceremonies and credentials that a line of the table is about.
#[derive(PartialEq)]
enum When {
    Always,
    UserVerificationNotRequired,
    BackupEligible,
}

/// Offsets in the authenticator data.
const FLAGS: Range<usize> = 32..33;
const SIGNATURE_COUNTER: Range<usize> = 33..37;
const AAGUID: Range<usize> = 37..53;

/// The whole list. A format that is not in it has no such bit: its statement covers the authenticator data, the certificates
/// are covered by the trust anchor's signature, and what is left (CBOR heads and member names) has one form only (§2.4).
#[rustfmt::skip]
const UNREAD: [Unread; 12] = [
    Unread { format: Format::None, when: When::Always, bytes: FLAGS, mask: 0x22, reason: "RFU1 and RFU2 are reserved and no step reads them (§6.1)" },
    Unread { format: Format::None, when: When::UserVerificationNotRequired, bytes: FLAGS, mask: 0x04, reason: "UV counts only if user verification is required (§7.1 step 16)" },
    Unread { format: Format::None, when: When::Always, bytes: FLAGS, mask: 0x08, reason: "BE is only the condition of a set BS (§7.1 step 17)" },
    Unread { format: Format::None, when: When::BackupEligible, bytes: FLAGS, mask: 0x10, reason: "BS may have either value if BE is set (§7.1 step 17)" },
    Unread { format: Format::None, when: When::Always, bytes: SIGNATURE_COUNTER, mask: 0xff, reason: "the signature counter is stored, and compared at authentication (§7.2)" },
    Unread { format: Format::None, when: When::Always, bytes: AAGUID, mask: 0xff, reason: "without attestation the AAGUID proves nothing (§8.7)" },
    Unread { format: Format::FidoU2f, when: When::Always, bytes: FLAGS, mask: 0x22, reason: "RFU1 and RFU2 are reserved (§6.1), and flags are not in verificationData (§8.6 step 5)" },
    Unread { format: Format::FidoU2f, when: When::UserVerificationNotRequired, bytes: FLAGS, mask: 0x04, reason: "UV counts only if required (§7.1 step 16), and flags are not in verificationData (§8.6 step 5)" },
    Unread { format: Format::FidoU2f, when: When::Always, bytes: FLAGS, mask: 0x08, reason: "BE is only the condition of a set BS (§7.1 step 17), and flags are not in verificationData (§8.6 step 5)" },
    Unread { format: Format::FidoU2f, when: When::BackupEligible, bytes: FLAGS, mask: 0x10, reason: "BS may have either value if BE is set (§7.1 step 17), and flags are not in verificationData (§8.6 step 5)" },
    Unread { format: Format::FidoU2f, when: When::Always, bytes: SIGNATURE_COUNTER, mask: 0xff, reason: "the signature counter is not in verificationData (§8.6 step 5)" },
    Unread { format: Format::FidoU2f, when: When::Always, bytes: AAGUID, mask: 0xff, reason: "the AAGUID is not in verificationData (§8.6 step 5)" },
];

/// A good credential and the ceremony that it answers.
#[derive(Debug, Clone, Copy)]
struct Setting {
    format: Format,
    algorithm: CoseAlgorithm,
    user_verification_required: bool,
    backup_eligible: bool,
}

impl Setting {
    /// U2F tokens know no user verification; everywhere else it is required.
    fn of(format: Format) -> Setting {
        Setting {
            format,
            algorithm: CoseAlgorithm::ES256,
            user_verification_required: format != Format::FidoU2f,
            backup_eligible: false,
        }
    }

    fn create(self) -> CreatedCredential {
        self.create_with(&[])
    }

    fn create_with(self, mutations: &[(&'static Mutation, Args)]) -> CreatedCredential {
        let request = CreationRequest {
            algorithm: self.algorithm,
            backup_eligible: self.backup_eligible,
            mutations,
            ..CreationRequest::new([5; 32], self.format)
        };
        let mut client = Client::new(ORIGIN);
        client.honours_algorithms = false;
        client.create(&options(&CHALLENGE), &request).unwrap_or_else(|error| panic!("{self:?}: {error}"))
    }

    /// Every known algorithm is offered: what was offered is the relying party's choice.
    fn verify(self, anchors: &[Certificate], credential: &Value) -> Result<(), Refusal> {
        let ceremony = Ceremony {
            challenge: &CHALLENGE,
            rp_id: RP_ID,
            origins: &[ORIGIN.to_owned()],
            top_origins: &[],
            allow_cross_origin: false,
            user_verification_required: self.user_verification_required,
            algorithms: &CoseAlgorithm::ALL.map(|(algorithm, ..)| algorithm),
            is_registered: &|_id| false,
            trust_anchors: anchors,
            now: NOW,
        };
        verify_registration(&ceremony, credential).map(|_registration| ())
    }

    /// The bits of the table, as positions in the attestation object.
    fn unread(self, made: &CreatedCredential) -> BTreeSet<usize> {
        let data = &made.authenticator_data;
        let start =
            made.attestation_object.windows(data.len()).position(|part| part == data).expect("authData is in it");
        let holds = |when: &When| match when {
            When::Always => true,
            When::UserVerificationNotRequired => !self.user_verification_required,
            When::BackupEligible => self.backup_eligible,
        };
        let lines = UNREAD.iter().filter(|line| line.format == self.format && holds(&line.when));
        let bits = |line: &'static Unread| {
            let bytes = line.bytes.clone().flat_map(|byte| (0..8).map(move |bit| (byte, bit)));
            bytes.filter(|(_, bit)| line.mask & 1 << bit != 0).map(move |(byte, bit)| (start + byte) * 8 + bit)
        };
        lines.flat_map(bits).collect()
    }
}

const CHALLENGE: [u8; 32] = [0xc3; 32];

fn anchors() -> Vec<Certificate> {
    vec![Certificate::from_der(&attestation_root()).expect("a certificate")]
}

/// The credential with another attestation object, without what repeats parts of it.
fn with_object(credential: &Value, object: &[u8]) -> Value {
    let mut credential = credential.clone();
    let response = credential["response"].as_object_mut().expect("an object");
    response.insert("attestationObject".to_owned(), base64::encode_url(object).into());
    for copy in ["authenticatorData", "publicKey", "publicKeyAlgorithm"] {
        response.remove(copy);
    }
    credential
}

/// The flips that are accepted, as positions: eight times the byte, plus the bit counted from the lowest.
fn accepted_flips(setting: Setting, made: &CreatedCredential) -> BTreeSet<usize> {
    let anchors = anchors();
    let good = setting.verify(&anchors, &with_object(&made.json, &made.attestation_object));
    assert_eq!(good, Ok(()), "{setting:?}");
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let share = |first: usize| {
        let mut object = made.attestation_object.clone();
        let mut accepted = Vec::new();
        for position in (first..object.len() * 8).step_by(threads) {
            object[position / 8] ^= 1 << (position % 8);
            if setting.verify(&anchors, &with_object(&made.json, &object)).is_ok() {
                accepted.push(position);
            }
            object[position / 8] ^= 1 << (position % 8);
        }
        accepted
    };
    std::thread::scope(|scope| {
        let share = &share;
        let shares: Vec<_> = (0..threads).map(|first| scope.spawn(move || share(first))).collect();
        shares.into_iter().flat_map(|share| share.join().expect("no panic")).collect()
    })
}

fn accepts_the_table_only(setting: Setting) {
    accepts_the_table_only_of(setting, &setting.create());
}

fn accepts_the_table_only_of(setting: Setting, made: &CreatedCredential) {
    let (accepted, unread) = (accepted_flips(setting, made), setting.unread(made));
    let show = |positions: Vec<&usize>| {
        let lines =
            positions.iter().map(|at| format!("byte {} bit {} of {}", *at / 8, *at % 8, made.attestation_object.len()));
        lines.collect::<Vec<String>>().join("\n")
    };
    let surplus = show(accepted.difference(&unread).collect());
    assert_eq!(surplus, "", "{setting:?}: accepted with a flipped bit that is not in the table");
    let missing = show(unread.difference(&accepted).collect());
    assert_eq!(missing, "", "{setting:?}: refused with a flipped bit of the table");
}

#[test]
fn a_flipped_bit_is_refused_but_where_the_specification_does_not_look() {
    for format in Format::ALL {
        accepts_the_table_only(Setting::of(format));
    }
}

/// The lines of the table that are about some ceremonies and some credentials.
#[test]
fn flipped_flags_count_by_what_is_required_and_set() {
    for (format, user_verification_required, backup_eligible) in [
        (Format::None, false, false),
        (Format::None, false, true),
        (Format::None, true, true),
        (Format::FidoU2f, false, true),
        (Format::PackedSelf, false, true),
    ] {
        accepts_the_table_only(Setting { user_verification_required, backup_eligible, ..Setting::of(format) });
    }
}

/// Authorities in x5c are covered by the signature of the next one, and the root by its own.
#[test]
fn a_flipped_bit_of_an_authority_is_refused() {
    let mutation = Mutation::find("certificate").expect("listed");
    for args in
        [json!({ "issuer": "intermediate", "chain": ["leaf", "intermediate"] }), json!({ "chain": ["leaf", "root"] })]
    {
        let setting = Setting::of(Format::PackedX5c);
        accepts_the_table_only_of(setting, &setting.create_with(&[(mutation, Args(args))]));
    }
}

/// Self attestation covers keys of every kind, also those that a flipped bit turns into another valid key.
#[test]
fn a_flipped_bit_of_a_self_attested_key_is_refused() {
    // One algorithm of each kind of key, P-256 apart.
    for algorithm in [
        CoseAlgorithm::ES384,
        CoseAlgorithm::ES512,
        CoseAlgorithm::ES256K,
        CoseAlgorithm::EDDSA,
        CoseAlgorithm::RS256,
        CoseAlgorithm::PS256,
    ] {
        accepts_the_table_only(Setting { algorithm, ..Setting::of(Format::PackedSelf) });
    }
}

/// Without attestation nothing ties an Edwards or RSA key to the credential: a flipped one that is valid is accepted. A flipped
/// coordinate of an elliptic curve key is off the curve, which is why the table has no line for keys.
#[test]
fn without_attestation_another_valid_key_is_accepted() {
    for algorithm in [CoseAlgorithm::EDDSA, CoseAlgorithm::RS256] {
        let setting = Setting { algorithm, ..Setting::of(Format::None) };
        let made = setting.create();
        let (accepted, unread) = (accepted_flips(setting, &made), setting.unread(&made));
        assert!(unread.is_subset(&accepted), "{algorithm}");
        // authData ends the attestation object, and the key ends authData.
        let key = made.attestation_object.len() - made.public_key.encode().len();
        let others: Vec<usize> = accepted.difference(&unread).copied().collect();
        assert!(others.iter().all(|position| position / 8 >= key), "{algorithm}: {others:?}");
        assert!(others.len() > 64, "{algorithm}: {} other keys", others.len());
    }
}

#[test]
fn each_line_of_the_table_has_a_section() {
    for line in &UNREAD {
        assert!(line.reason.contains('§'), "{}", line.reason);
    }
}
