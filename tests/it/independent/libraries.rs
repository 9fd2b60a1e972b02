//! The two libraries: what they know, and how they are asked.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proofmark::authenticator::Format;
use proofmark::runner::offline_case::{ORIGIN, RP_ID, Vector};
use proofmark::scenario::Case;
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::PublicKeyCredentialCreationOptions;

use super::list::{CORE, RP, Says};

/// What a library says of a credential, with its reason.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Accepts,
    Refuses(String),
    Panics(String),
}

impl Answer {
    pub fn says(&self) -> Says {
        match self {
            Answer::Accepts => Says::Accepts,
            Answer::Refuses(_) => Says::Refuses,
            Answer::Panics(_) => Says::Panics,
        }
    }
}

/// A credential to judge, with the case that it was made for.
pub struct Subject<'a> {
    pub case: &'a Case,
    pub vector: Vector,
}

pub struct Library {
    pub name: &'static str,
    /// Formats, each with the algorithms of credential keys, whose good credentials it accepts. Where it accepts none,
    /// its refusals say nothing.
    pub knows: &'static [(Format, &'static [CoseAlgorithm])],
    judge: fn(&Subject<'_>) -> Result<(), String>,
}

use CoseAlgorithm as Cose;

pub const LIBRARIES: [Library; 2] = [
    Library {
        name: RP,
        // Of attestation it verifies self attestation alone; a statement with certificates is refused for having them.
        knows: &[
            (Format::None, &[Cose::ES256, Cose::ES384, Cose::EDDSA, Cose::RS256]),
            (Format::PackedSelf, &[Cose::ES256, Cose::ES384, Cose::EDDSA, Cose::RS256]),
        ],
        judge: rp::judge,
    },
    Library {
        name: CORE,
        // No TPM statement passes, however it is configured: of the hashes for extraData it knows SHA-1 alone, and
        // refuses that. It reads keys on P-521 but verifies no signature with them. It does not know compound.
        knows: &[
            (Format::None, &[Cose::ES256, Cose::ES384, Cose::ES512, Cose::RS256]),
            (Format::PackedSelf, &[Cose::ES256, Cose::ES384, Cose::RS256]),
            (Format::PackedX5c, &[Cose::ES256, Cose::ES384, Cose::ES512, Cose::RS256]),
            (Format::FidoU2f, &[Cose::ES256]),
            (Format::AndroidKey, &[Cose::ES256, Cose::ES384]),
            (Format::Apple, &[Cose::ES256, Cose::ES384, Cose::ES512]),
        ],
        judge: core::judge,
    },
];

impl Library {
    pub fn knows(&self, format: Format, algorithm: CoseAlgorithm) -> bool {
        self.knows.iter().any(|(known, algorithms)| *known == format && algorithms.contains(&algorithm))
    }

    /// Whether it accepts the good credential that the case is set against.
    pub fn can_judge(&self, subject: &Subject<'_>) -> bool {
        let format = subject.vector.format;
        self.knows(format, subject.case.control_algorithm(format))
    }

    pub fn judge(&self, subject: &Subject<'_>) -> Answer {
        match catch_unwind(AssertUnwindSafe(|| (self.judge)(subject))) {
            Ok(Ok(())) => Answer::Accepts,
            Ok(Err(reason)) => Answer::Refuses(reason),
            Err(panic) => {
                let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
                Answer::Panics(text.or_else(|| panic.downcast_ref().cloned()).unwrap_or_default())
            }
        }
    }
}

fn requires_user_verification(options: &PublicKeyCredentialCreationOptions) -> bool {
    options.user_verification.as_deref() == Some("required")
}

mod rp {
    use proofmark::authenticator::{
        Client, ClientError, CreatedCredential, CreationRequest, CredentialKey, MutationError, Stage,
    };
    use proofmark::scenario::AlgorithmChoice;
    use webauthn_rp::request::register::{
        CoseAlgorithmIdentifier as Known, CoseAlgorithmIdentifiers, Extension,
        PublicKeyCredentialCreationOptions as Options, RegistrationVerificationOptions, UserHandle64,
    };
    use webauthn_rp::request::{AsciiDomain, RpId, UserVerificationRequirement};
    use webauthn_rp::response::register::{AuthenticatorAttestation, ClientExtensionsOutputs};
    use webauthn_rp::response::{AuthTransports, AuthenticatorAttachment};
    use webauthn_rp::{Registration, RegistrationServerState};

    use super::*;

    const ALGORITHMS: [(Cose, Known); 4] = [
        (Cose::ES256, Known::Es256),
        (Cose::ES384, Known::Es384),
        (Cose::EDDSA, Known::Eddsa),
        (Cose::RS256, Known::Rs256),
    ];

    /// The length of a part, for cases about every length.
    const LENGTH: usize = 100;

    pub fn judge(subject: &Subject<'_>) -> Result<(), String> {
        let rp_id = RpId::Domain(AsciiDomain::try_from(RP_ID.to_owned()).expect("a domain"));
        let user = UserHandle64::new();
        let (state, made) = make(subject, &rp_id, &user);
        let registration = read(subject, made)?;
        let options = RegistrationVerificationOptions::<&str, &str> {
            error_on_unsolicited_extensions: false,
            ..RegistrationVerificationOptions::default()
        };
        state.verify(&rp_id, &registration, &options).map(drop).map_err(|error| error.to_string())
    }

    /// The library draws the challenge itself, so the credential is made from its options; where the mutation can't be
    /// applied with it, another is drawn.
    fn make(
        subject: &Subject<'_>,
        rp_id: &RpId,
        user: &UserHandle64,
    ) -> (RegistrationServerState<64>, CreatedCredential) {
        for _attempt in 0..20 {
            let (state, sent) = start(rp_id, user, &subject.vector.options);
            match create(subject.case, subject.vector.format, &sent) {
                Err(ClientError::Mutation { source: MutationError::Chance(_), .. }) => {}
                made => return (state, made.unwrap_or_else(|error| panic!("{}: {error}", subject.case.id))),
            }
        }
        panic!("{}: no challenge will do", subject.case.id)
    }

    /// Options of the library that ask for what ours ask for, as far as it knows the algorithms.
    fn start(
        rp_id: &RpId,
        user: &UserHandle64,
        ours: &PublicKeyCredentialCreationOptions,
    ) -> (RegistrationServerState<64>, PublicKeyCredentialCreationOptions) {
        let mut options = Options::first_passkey_with_blank_user_info(rp_id, user);
        options.extensions = Extension::default();
        let absent = ALGORITHMS.iter().filter(|(algorithm, _)| !ours.pub_key_cred_params.contains(&algorithm.0));
        options.pub_key_cred_params =
            absent.fold(CoseAlgorithmIdentifiers::default(), |offered, (_, known)| offered.remove(*known));
        if !requires_user_verification(ours) {
            options.authenticator_selection.user_verification = UserVerificationRequirement::Discouraged;
        }
        let (state, client) = options.start_ceremony().expect("good options");
        let sent = serde_json::to_value(&client).expect("JSON");
        (state, PublicKeyCredentialCreationOptions::from_json(&sent).expect("readable options"))
    }

    /// As [`Vector::of`] makes it, from other options.
    fn create(
        case: &Case,
        format: Format,
        options: &PublicKeyCredentialCreationOptions,
    ) -> Result<CreatedCredential, ClientError> {
        let mutations = case.mutations(case.each.map(|_part| LENGTH));
        let request = CreationRequest {
            algorithm: match case.algorithm {
                AlgorithmChoice::Given(algorithm) => algorithm,
                AlgorithmChoice::NotOffered => Cose::ES384,
            },
            key: case.key.as_deref().map(CredentialKey::Named),
            mutations: &mutations,
            user_verified: Some(true),
            ..CreationRequest::new([3; 32], format)
        };
        let client = Client { honours_algorithms: false, ..Client::new(ORIGIN) };
        client.create(options, &request)
    }

    fn read(subject: &Subject<'_>, made: CreatedCredential) -> Result<Registration, String> {
        let about_json = |stage: &Stage| matches!(stage, Stage::Credential(_) | Stage::CredentialText(_));
        let read = serde_json::from_slice(&made.text).map_err(|error| error.to_string());
        read.or_else(|reason: String| {
            if !looks_at_copies(&reason) || subject.case.mutations(None).iter().any(|(it, _)| about_json(&it.stage)) {
                return Err(reason);
            }
            let (client_data, object) = (made.client_data_json, made.attestation_object);
            let response = AuthenticatorAttestation::new(client_data, object, AuthTransports::NONE);
            let extensions = ClientExtensionsOutputs { cred_props: None, prf: None };
            Ok(Registration::new(response, AuthenticatorAttachment::None, extensions))
        })
    }

    /// Whether it is refused for the copies of what the attestation object holds, before that is decoded.
    fn looks_at_copies(reason: &str) -> bool {
        reason.contains("expected authenticator data to match") || reason.contains("missing field `publicKey`")
    }
}

mod core {
    use std::time::Duration;

    use proofmark::webauthn::base64::encode_url;
    use serde_json::json;
    use webauthn_rs_core::WebauthnCore;
    use webauthn_rs_core::proto::{
        COSEAlgorithm, RegisterPublicKeyCredential, RegistrationState, UserVerificationPolicy,
    };

    use super::*;

    /// The state is data, so it can be given our challenge.
    pub fn judge(subject: &Subject<'_>) -> Result<(), String> {
        let Vector { options, created, .. } = &subject.vector;
        let origins = vec![ORIGIN.parse().expect("a URL")];
        let timeout = Duration::from_secs(60);
        let library = WebauthnCore::new_unsafe_experts_only("Example", RP_ID, origins, timeout, None, None);
        let known = |number: &i64| COSEAlgorithm::try_from(i128::from(*number)).ok();
        let offered = options.pub_key_cred_params.iter().filter_map(known);
        let verification = if requires_user_verification(options) {
            UserVerificationPolicy::Required
        } else {
            UserVerificationPolicy::Discouraged_DO_NOT_USE
        };
        let builder = library.new_challenge_register_builder(&[7; 16], "a", "A").expect("a user");
        let builder = builder.user_verification_policy(verification).credential_algorithms(offered.collect());
        let (_sent, state) = library.generate_challenge_register(builder).expect("good options");
        let mut state = serde_json::to_value(&state).expect("JSON");
        state["challenge"] = json!(encode_url(&options.challenge));
        let state: RegistrationState = serde_json::from_value(state).expect("a state");
        let credential: RegisterPublicKeyCredential =
            serde_json::from_slice(&created.text).map_err(|error| error.to_string())?;
        library.register_credential(&credential, &state, None).map(drop).map_err(|error| format!("{error:?}"))
    }
}
