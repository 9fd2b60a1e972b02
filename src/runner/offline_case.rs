//! Cases about the credential alone, made offline: fixed creation options, the credential, and the verdict of the own verifier.

use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::authenticator::{
    Args, Client, ClientError, CreatedCredential, CreationRequest, CredentialKey, Format, Mutation, MutationError,
    attestation_root,
};
use crate::relying_party::{Ceremony, Refusal, verify_registration};
use crate::scenario::{AlgorithmChoice, Case, Measure, OracleVerdict, Requirement, Sizes};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};
use crate::webauthn::x509::Certificate;

/// Algorithms that are tried if a case needs one that the options do not offer.
const UNUSUAL: [CoseAlgorithm; 5] =
    [CoseAlgorithm::ES384, CoseAlgorithm::EDDSA, CoseAlgorithm::ES256K, CoseAlgorithm::ESP256, CoseAlgorithm::RS1];

/// RP ID and origin of all vectors.
pub const RP_ID: &str = "example.org";
/// Origin of all vectors.
pub const ORIGIN: &str = "https://example.org";
/// The time at which vectors are judged, in seconds since 1970: 1 January 2026.
pub const NOW: u64 = 1_767_225_600;

/// The algorithms that the options of vectors offer; they offer another one only if the case is about it.
const OFFERED: [CoseAlgorithm; 2] = [CoseAlgorithm::ES256, CoseAlgorithm::RS256];

/// The root of the certificates that the authenticator attests with: for the own verifier.
pub(crate) static TRUST_ANCHORS: LazyLock<Vec<Certificate>> =
    LazyLock::new(|| Certificate::from_der(&attestation_root()).into_iter().collect());

/// How many credentials are made to find the shortest length.
const SIZED: u8 = 8;

/// One case, made.
#[derive(Debug)]
pub struct Vector {
    /// Name of the file: the case's id, with format, algorithm and length where the case has several.
    pub name: String,
    /// The creation options.
    pub options: PublicKeyCredentialCreationOptions,
    /// The credential.
    pub created: CreatedCredential,
    /// Attestation format.
    pub format: Format,
    /// The seed of the credential, for [`seed_bytes`].
    pub seed: u64,
    /// Name of the good credential that it is compared with.
    pub control: String,
    /// The step at which the own verifier refuses it; `Ok` if it accepts.
    pub verdict: Result<(), Refusal>,
}

impl Vector {
    /// Every credential of a case. `all` gives all lengths of a part; otherwise there are only the shortest and the longest.
    ///
    /// # Errors
    /// [`ClientError`] if the case can't be made.
    pub fn of(case: &Case, all: bool) -> Result<Vec<Vector>, ClientError> {
        let each = case.each_algorithm();
        let vectors = each.iter().map(|case| Vector::of_one(case, all));
        Ok(vectors.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn of_one(case: &Case, all: bool) -> Result<Vec<Vector>, ClientError> {
        let mut vectors = Vec::new();
        for format in &case.formats {
            let whole = match case.each {
                None => {
                    vectors.push(make(case, *format, None)?);
                    continue;
                }
                Some(measure) => measured(case, *format, measure)?,
            };
            for length in (0..whole).filter(|length| all || *length == 0 || *length + 1 == whole) {
                vectors.push(make(case, *format, Some(length))?);
            }
        }
        Ok(vectors)
    }

    /// The credential of a case that makes one.
    ///
    /// # Errors
    /// [`ClientError`] if it can't be made.
    pub fn one(case: &Case, format: Format) -> Result<Vector, ClientError> {
        make(case, format, None)
    }

    /// The good credential that a case is compared with.
    ///
    /// # Errors
    /// [`ClientError`] if it can't be made.
    pub fn control(case: &Case, format: Format) -> Result<Vector, ClientError> {
        let control = case.control_of(format);
        let mut vector = make(&control.case(Vec::new()), format, None)?;
        vector.name = control.name();
        vector.control.clone_from(&vector.name);
        Ok(vector)
    }

    /// The verdict of the own verifier, in the terms of cases.
    pub fn said(&self) -> OracleVerdict {
        said(&self.verdict)
    }
}

/// How long a part of the good credential is.
fn measured(case: &Case, format: Format, measure: Measure) -> Result<usize, ClientError> {
    let options = options(case, 0);
    let request = CreationRequest::new(seed(&case.id), format);
    let created = Client::new(ORIGIN).create(&options, &request)?;
    Ok(match measure {
        Measure::ClientData => created.client_data_json.len(),
        Measure::AttestationObject => created.attestation_object.len(),
        Measure::AuthData => created.authenticator_data.len(),
    })
}

/// The sizes of the parts that these cases measure, for a client at an origin that gets challenges of 32 bytes.
///
/// # Errors
/// [`ClientError`] if no credential can be made there.
pub fn sizes(cases: &[Case], origin: &str, rp_id: &str) -> Result<Sizes, ClientError> {
    let mut options = options_for(rp_id, &OFFERED, true);
    options.challenge = vec![0; 32];
    let client = Client::new(origin);
    let mut sizes = Sizes::default();
    let formats = cases.iter().filter(|case| case.each.is_some()).flat_map(|case| &case.formats);
    for format in formats {
        // ECDSA signatures differ by a byte or two, so the shortest of several is taken.
        for seed in 0..SIZED {
            let created = client.create(&options, &CreationRequest::new([seed; 32], *format))?;
            let object = sizes.attestation_object.entry(*format).or_insert(usize::MAX);
            *object = created.attestation_object.len().min(*object);
            sizes.client_data = created.client_data_json.len();
            sizes.auth_data = created.authenticator_data.len();
        }
    }
    Ok(sizes)
}

/// The 48-bit number from which everything in the vectors of a case is drawn: `attest --mutate CASE --seed NUMBER` makes the same
/// credential from the same options.
pub fn seed_number(id: &str) -> u64 {
    let hash = digest(id);
    hash.iter().take(6).fold(0, |number, byte| number << 8 | u64::from(*byte))
}

/// The seed of a credential that a number stands for: the number, big-endian, at the end of 32 bytes.
pub fn seed_bytes(number: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&number.to_be_bytes());
    bytes
}

fn seed(id: &str) -> [u8; 32] {
    seed_bytes(seed_number(id))
}

fn digest(id: &str) -> [u8; 32] {
    use sha2::Digest as _;
    sha2::Sha256::digest(format!("proofmark/vector/{id}")).into()
}

/// The challenge of a case: 16 to 64 bytes; 16 is the minimum (WebAuthn L3 section 13.4.3).
fn challenge(case: &Case, attempt: u8) -> Vec<u8> {
    let first = digest(&format!("challenge/{}", case.id));
    let second = digest(&format!("challenge/{}/2", case.id));
    let mut challenge = [first, second].concat();
    challenge.truncate(16 + usize::from(first[31].wrapping_add(attempt)) % 49);
    challenge[0] ^= attempt;
    challenge
}

fn options(case: &Case, attempt: u8) -> PublicKeyCredentialCreationOptions {
    let mut offered = OFFERED.to_vec();
    // The algorithm that a case writes into the key has to be offered too; otherwise step 20 would refuse it for that reason.
    let required = case.requires.iter().filter_map(|requirement| match requirement {
        Requirement::Algorithm(algorithm) => Some(*algorithm),
        _ => None,
    });
    for algorithm in case.stated_algorithm().into_iter().chain(required) {
        if !offered.contains(&algorithm) {
            offered.push(algorithm);
        }
    }
    let requires = |requirement| case.requires.contains(&requirement);
    let usually = case.formats.first() != Some(&Format::FidoU2f) && case.policy.is_none();
    let verified = requires(Requirement::UserVerificationRequired)
        || usually && !requires(Requirement::UserVerificationNotRequired);
    let mut options = options_for(RP_ID, &offered, verified);
    options.extensions = requires(Requirement::CredPropsRequested).then(|| json!({ "credProps": true }));
    options.challenge = challenge(case, attempt);
    options
}

fn options_for(rp_id: &str, offered: &[CoseAlgorithm], verified: bool) -> PublicKeyCredentialCreationOptions {
    let user = UserEntity { id: vec![7; 16], name: "user".to_owned(), display_name: "User".to_owned() };
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some(rp_id.to_owned()), name: "Example".to_owned() },
        user,
        pub_key_cred_params: offered.iter().map(|algorithm| algorithm.0).collect(),
        user_verification: Some(if verified { "required" } else { "discouraged" }.to_owned()),
        attestation: Some("direct".to_owned()),
        ..PublicKeyCredentialCreationOptions::default()
    }
}

/// The request to the authenticator for the credential of a case, in answer to these options.
pub fn request<'a>(
    case: &'a Case,
    format: Format,
    mutations: &'a [(&'static Mutation, Args)],
    options: &PublicKeyCredentialCreationOptions,
    seed: [u8; 32],
) -> CreationRequest<'a> {
    CreationRequest {
        algorithm: match case.algorithm {
            AlgorithmChoice::Given(algorithm) => algorithm,
            AlgorithmChoice::NotOffered => not_offered(options).unwrap_or(CoseAlgorithm::ES384),
        },
        key: case.key.as_deref().map(CredentialKey::Named),
        mutations,
        user_verified: (format != Format::FidoU2f).then_some(true),
        ..CreationRequest::new(seed, format)
    }
}

fn make(case: &Case, format: Format, length: Option<usize>) -> Result<Vector, ClientError> {
    let mut attempt = 0;
    loop {
        match make_once(case, format, length, attempt) {
            Err(ClientError::Mutation { source: MutationError::Chance(_), .. }) if attempt < 20 => attempt += 1,
            // One of three successive lengths of a challenge is a multiple of three.
            Err(ClientError::Mutation { source: MutationError::Impossible(_), .. }) if attempt < 1 => attempt += 1,
            made => return made,
        }
    }
}

fn make_once(case: &Case, format: Format, length: Option<usize>, attempt: u8) -> Result<Vector, ClientError> {
    let options = options(case, attempt);
    let mutations = case.mutations(length);
    let request = request(case, format, &mutations, &options, seed(&case.id));
    let mut client = Client::new(ORIGIN);
    client.honours_algorithms = false;
    let created = client.create(&options, &request)?;
    let verdict = verify(&options, &created);
    let name = format!("{}{}", case.id, case.axes_named(format, length));
    let control = case.control_of(format).name();
    let seed = seed_number(&case.id);
    Ok(Vector { name, options, created, format, seed, control, verdict })
}

/// The verdict of the own verifier on the text in the form of v1.
fn verify(options: &PublicKeyCredentialCreationOptions, created: &CreatedCredential) -> Result<(), Refusal> {
    let algorithms: Vec<CoseAlgorithm> = options.pub_key_cred_params.iter().copied().map(CoseAlgorithm).collect();
    let ceremony = Ceremony {
        challenge: &options.challenge,
        rp_id: RP_ID,
        origins: &[ORIGIN.to_owned()],
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: options.user_verification.as_deref() == Some("required"),
        algorithms: &algorithms,
        is_registered: &|_id| false,
        trust_anchors: &TRUST_ANCHORS,
        now: NOW,
    };
    let credential = serde_json::from_slice(&created.text).unwrap_or(Value::Null);
    verify_registration(&ceremony, &credential).map(|_registration| ())
}

/// The verdict of the own verifier that the case expects.
pub fn expected(case: &Case) -> OracleVerdict {
    let stated = case.steps.iter().find_map(|step| step.oracle.clone());
    let refused = case.expectation().is_some_and(|expectation| expectation.must_refuse());
    match (stated, case.primary_clause().strip_prefix("webauthn/")) {
        (Some(stated), _) => stated,
        (None, Some(clause)) if refused => OracleVerdict::RefuseAt(clause.to_owned()),
        _ => OracleVerdict::Accept,
    }
}

/// The verdict of a verifier, in the terms of cases.
pub(crate) fn said<T>(verdict: &Result<T, Refusal>) -> OracleVerdict {
    match verdict {
        Ok(_) => OracleVerdict::Accept,
        Err(refusal) => OracleVerdict::RefuseAt(refusal.clause()),
    }
}

/// An algorithm that options do not offer, if there is one.
pub(crate) fn not_offered(options: &PublicKeyCredentialCreationOptions) -> Option<CoseAlgorithm> {
    UNUSUAL.into_iter().find(|algorithm| !options.offered().contains(algorithm))
}
