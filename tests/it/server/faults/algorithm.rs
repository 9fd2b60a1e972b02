//! Checks that hold for one algorithm, format, protocol or encoding, and not for the next. Each row also tries what the check still holds
//! for: the faulty server refuses that.

use proofmark::authenticator::{Args, Client, CreationRequest, Format, Mutation};
use proofmark::contract::{Flow, Operation, Protocol};
use proofmark::webauthn::cose::CoseAlgorithm;
use serde_json::{Value, json};

use super::super::World;
use super::{Row, assert_shows, enrol, outcome, session, verify_as};

/// What becomes of a credential that is wrong in one way.
async fn judged(
    world: &World,
    protocol: Protocol,
    (format, algorithm): (Format, CoseAlgorithm),
    mutation: Option<(&str, Value)>,
) -> String {
    // U2F authenticators verify no user.
    let flow = if format == Format::FidoU2f { Flow::V1_U2F } else { Flow::V2_PASSKEY };
    let session = session(world, flow, protocol);
    let started = session.start().await;
    let mutations: Vec<_> =
        mutation.into_iter().map(|(id, args)| (Mutation::find(id).expect("listed"), Args(args))).collect();
    let mut request = CreationRequest::new(world.fresh_seed(), format);
    request.algorithm = algorithm;
    request.mutations = &mutations;
    let client = Client { honours_algorithms: false, ..Client::new("https://localhost") };
    let credential = session.create_as(&started, &client, &request).json;
    let message = session.verify_message(&started.factor_id, &credential, "a");
    outcome(&session.send(Operation::Verify, message).await).replace("WEBAUTHN-", "")
}

/// What becomes of a credential whose user was not verified.
async fn unverified(world: &World, flow: Flow) -> String {
    let session = session(world, flow, Protocol::Rest);
    let started = session.start().await;
    let mut request = CreationRequest::new(world.fresh_seed(), Format::None);
    request.user_verified = Some(false);
    let credential = session.create_as(&started, &Client::new("https://localhost"), &request).json;
    outcome(&session.verify(&started, &credential).await)
}

/// The same over REST, with this format and algorithm, and with others.
async fn only(
    world: &World,
    concerned: (Format, CoseAlgorithm),
    others: (Format, CoseAlgorithm),
    mutation: (&str, Value),
) -> String {
    let of_concerned = judged(world, Protocol::Rest, concerned, Some(mutation.clone())).await;
    let of_others = judged(world, Protocol::Rest, others, Some(mutation)).await;
    format!("{of_concerned}, {of_others}")
}

const SELF: Format = Format::PackedSelf;
const ES256: CoseAlgorithm = CoseAlgorithm::ES256;

fn off_curve() -> Value {
    json!({ "set": [[-3, { "$bytes": { "$flip": { "$value": "y" } } }]] })
}

fn respelt(member: &str) -> (&'static str, Value) {
    let pointer = format!("/response/{member}");
    ("credential-json", json!({ "set": { &pointer: { "$encoded": ["padded", &pointer] } } }))
}

const ROWS: &[Row] = &[
    (
        "algorithm-es384-signature-unchecked",
        |world| Box::pin(only(world, (SELF, CoseAlgorithm::ES384), (SELF, ES256), ("signature", json!("bit-flip")))),
        "attestation-statement, attestation-statement",
        "accepted, attestation-statement",
    ),
    (
        "algorithm-ps256-signature-unchecked",
        |world| {
            let rs256 = (SELF, CoseAlgorithm::RS256);
            Box::pin(only(world, (SELF, CoseAlgorithm::PS256), rs256, ("signature", json!("bit-flip"))))
        },
        "attestation-statement, attestation-statement",
        "accepted, attestation-statement",
    ),
    (
        "algorithm-rsa-statement-algorithm-unchecked",
        |world| {
            let other = ("statement", json!({ "set": [["alg", -37]] }));
            Box::pin(only(world, (SELF, CoseAlgorithm::RS256), (SELF, ES256), other))
        },
        "attestation-statement, attestation-statement",
        "accepted, attestation-statement",
    ),
    (
        "algorithm-eddsa-point-unchecked",
        |world| {
            // 2 is not the y of a point of Ed25519.
            let off = json!({ "set": [[-2, { "$bytes": { "$concat": ["02", { "$fill": [0, 31] }] } }]] });
            Box::pin(judged(world, Protocol::Rest, (Format::None, CoseAlgorithm::EDDSA), Some(("cose-key", off))))
        },
        "algorithm",
        "accepted",
    ),
    (
        "algorithm-es512-point-unchecked",
        |world| {
            let es512 = (Format::None, CoseAlgorithm::ES512);
            Box::pin(only(world, es512, (Format::None, ES256), ("cose-key", off_curve())))
        },
        "algorithm, algorithm",
        "accepted, algorithm",
    ),
    (
        "algorithm-ps512-refused",
        |world| Box::pin(judged(world, Protocol::Rest, (SELF, CoseAlgorithm::PS512), None)),
        "accepted",
        "algorithm",
    ),
    (
        "algorithm-packed-origin-unchecked",
        |world| {
            let other = ("origin", json!("https://attacker.example"));
            Box::pin(only(world, (SELF, ES256), (Format::None, ES256), other))
        },
        "origin, origin",
        "accepted, origin",
    ),
    (
        "algorithm-tpm-user-verified-unchecked",
        |world| Box::pin(only(world, (Format::Tpm, ES256), (SELF, ES256), ("auth-data", json!({ "flags": 65 })))),
        "user-verified, user-verified",
        "accepted, user-verified",
    ),
    (
        "algorithm-tpm-ecc-extra-data-unchecked",
        |world| {
            let other = ("tpm-cert-info", json!({ "extra-data": { "$random": 32 } }));
            Box::pin(only(world, (Format::Tpm, ES256), (Format::Tpm, CoseAlgorithm::RS256), other))
        },
        "attestation-statement, attestation-statement",
        "accepted, attestation-statement",
    ),
    (
        "algorithm-rs256-backup-state-unchecked",
        |world| {
            let backed_up = ("auth-data", json!({ "flags": 85 }));
            Box::pin(only(world, (SELF, CoseAlgorithm::RS256), (SELF, ES256), backed_up))
        },
        "backup-state, backup-state",
        "accepted, backup-state",
    ),
    (
        "algorithm-eddsa-trailing-bytes-accepted",
        |world| {
            let longer = ("attestation-object", json!({ "suffix": "00" }));
            Box::pin(only(world, (Format::None, CoseAlgorithm::EDDSA), (Format::None, ES256), longer))
        },
        "attestation-object, attestation-object",
        "accepted, attestation-object",
    ),
    (
        "algorithm-cross-origin-unchecked-over-grpc-web",
        |world| {
            Box::pin(async move {
                let framed = || Some(("client-data-member-value", json!({ "crossOrigin": true })));
                let over_web = judged(world, Protocol::GrpcWeb, (Format::None, ES256), framed()).await;
                let over_rest = judged(world, Protocol::Rest, (Format::None, ES256), framed()).await;
                format!("{over_web}, {over_rest}")
            })
        },
        "cross-origin, cross-origin",
        "accepted, cross-origin",
    ),
    (
        "algorithm-challenge-in-any-base64",
        |world| Box::pin(judged(world, Protocol::Grpc, (SELF, ES256), Some(("challenge", json!("padded"))))),
        "challenge",
        "accepted",
    ),
    (
        "algorithm-attestation-object-in-any-base64",
        |world| {
            Box::pin(async move {
                let object = judged(world, Protocol::Rest, (SELF, ES256), Some(respelt("attestationObject"))).await;
                let data = judged(world, Protocol::Rest, (SELF, ES256), Some(respelt("clientDataJSON"))).await;
                format!("{object}, {data}")
            })
        },
        "credential-json, credential-json",
        "accepted, credential-json",
    ),
    (
        "algorithm-client-data-in-any-base64",
        |world| {
            Box::pin(async move {
                let object = judged(world, Protocol::Rest, (SELF, ES256), Some(respelt("attestationObject"))).await;
                let data = judged(world, Protocol::Rest, (SELF, ES256), Some(respelt("clientDataJSON"))).await;
                format!("{object}, {data}")
            })
        },
        "credential-json, credential-json",
        "credential-json, accepted",
    ),
    (
        "algorithm-none-rp-id-hash-unchecked",
        |world| Box::pin(only(world, (Format::None, ES256), (SELF, ES256), ("rp-id-hash", json!("bit-flip")))),
        "rp-id-hash, rp-id-hash",
        "accepted, rp-id-hash",
    ),
    (
        "algorithm-packed-certificate-signature-unchecked",
        |world| Box::pin(only(world, (Format::PackedX5c, ES256), (SELF, ES256), ("signature", json!("bit-flip")))),
        "attestation-statement, attestation-statement",
        "accepted, attestation-statement",
    ),
    (
        "algorithm-user-verified-unchecked-in-v1",
        |world| {
            Box::pin(async move {
                let v1 = unverified(world, Flow::V1_PASSWORDLESS).await;
                format!("{v1}, {}", unverified(world, Flow::V2_PASSKEY).await)
            })
        },
        "WEBAUTHN-user-verified, WEBAUTHN-user-verified",
        "accepted, WEBAUTHN-user-verified",
    ),
    (
        "algorithm-byte-order-mark-refused",
        |world| {
            let marked = ("client-data-json", json!("${hex:efbbbf}${json}"));
            Box::pin(judged(world, Protocol::Rest, (Format::None, ES256), Some(marked)))
        },
        "accepted",
        "client-data-json",
    ),
    (
        "algorithm-credential-id-unique-by-kind",
        |world| {
            Box::pin(async move {
                let (_, credential_id) = enrol(&session(world, Flow::V2_U2F, Protocol::Rest), "a").await;
                let session = session(world, Flow::V1_PASSWORDLESS, Protocol::Rest);
                outcome(&verify_as(&session, &session.start().await, &credential_id, "b").await)
            })
        },
        "WEBAUTHN-credential-id-unique",
        "accepted",
    ),
    (
        "algorithm-origin-port-ignored",
        |world| {
            let other = ("origin", json!("https://localhost:8443"));
            Box::pin(judged(world, Protocol::Rest, (Format::None, ES256), Some(other)))
        },
        "origin",
        "accepted",
    ),
    (
        "algorithm-app-id-hash-accepted",
        |world| {
            let app = ("rp-id-hash", json!({ "rp-id": "https://localhost" }));
            Box::pin(only(world, (Format::FidoU2f, ES256), (Format::None, ES256), app))
        },
        "rp-id-hash, rp-id-hash",
        "accepted, rp-id-hash",
    ),
    (
        "algorithm-cross-origin-missing-refused",
        |world| {
            let without = ("client-data-member-missing", json!("crossOrigin"));
            Box::pin(judged(world, Protocol::Rest, (Format::None, ES256), Some(without)))
        },
        "accepted",
        "client-data-json",
    ),
    (
        "algorithm-hybrid-transport-refused",
        |world| {
            let hybrid = ("credential-json", json!({ "set": { "/response/transports": ["hybrid", "internal"] } }));
            Box::pin(judged(world, Protocol::Grpc, (Format::None, ES256), Some(hybrid)))
        },
        "accepted",
        "credential-json",
    ),
    (
        "algorithm-intermediate-certificate-refused",
        |world| {
            let chain = json!({ "issuer": "intermediate", "chain": ["leaf", "intermediate"] });
            Box::pin(judged(world, Protocol::Rest, (Format::PackedX5c, ES256), Some(("certificate", chain))))
        },
        "accepted",
        "attestation-trust",
    ),
];

#[tokio::test]
async fn each_defect_of_algorithms_and_encodings_shows() {
    assert_shows("Algorithms and encodings", ROWS).await;
}
