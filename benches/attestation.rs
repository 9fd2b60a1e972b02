//! One attestation of each format and one verification, beside the bare key generation and signature that it contains;
//! and attestations in bulk.

use std::hint::black_box;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use criterion::{Criterion, criterion_group, criterion_main};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use proofmark::authenticator::{BulkAuthenticator, Client, CreationRequest, Format};
use proofmark::relying_party::{Ceremony, verify_registration};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, RpEntity, UserEntity};

/// The length of authenticator data with the hash of the client data behind them.
const MESSAGE: [u8; 196] = [7; 196];

/// Options as a server sends them: ten algorithms, an excluded credential.
fn options() -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        rp: RpEntity { id: Some("example.org".to_owned()), name: "Example".to_owned() },
        user: UserEntity { id: vec![1; 16], name: "alice@example.org".to_owned(), display_name: "Alice".to_owned() },
        challenge: vec![2; 32],
        pub_key_cred_params: vec![-7, -35, -36, -257, -258, -259, -37, -38, -39, -8],
        timeout: Some(300_000),
        exclude_credentials: vec![vec![3; 32]],
        attestation: Some("none".to_owned()),
        user_verification: Some("required".to_owned()),
        ..PublicKeyCredentialCreationOptions::default()
    }
}

fn bare(bench: &mut Criterion) {
    let scalar = [0x42; 32];
    bench.bench_function("p256 key generation", |timer| {
        timer.iter(|| SigningKey::from_slice(black_box(&scalar)).expect("a scalar"));
    });
    let key = SigningKey::from_slice(&scalar).expect("a scalar");
    bench.bench_function("p256 signature", |timer| {
        timer.iter(|| -> DerSignature { key.sign(black_box(&MESSAGE)) });
    });
    let random = SystemRandom::new();
    let generate = || EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("generated");
    bench.bench_function("aws-lc-rs key generation", |timer| timer.iter(generate));
    bench.bench_function("aws-lc-rs key generation and signature", |timer| {
        timer.iter(|| generate().sign(&random, black_box(&MESSAGE)).expect("signed"));
    });
}

fn attestation(bench: &mut Criterion) {
    let (client, options) = (Client::new("https://example.org"), options());
    for format in Format::ALL {
        bench.bench_function(&format!("attestation {}", format.slug()), |timer| {
            timer.iter(|| client.create(black_box(&options), &CreationRequest::new([3; 32], format)).expect("created"));
        });
    }
}

/// From the text of the options to the text of the credential.
fn bulk(bench: &mut Criterion) {
    let options = options().to_json().to_string();
    for format in [Format::None, Format::PackedSelf] {
        let mut authenticator = BulkAuthenticator::new("https://example.org", format, [3; 32]).expect("a bulk format");
        bench.bench_function(&format!("bulk {}", format.slug()), |timer| {
            timer.iter(|| authenticator.respond(black_box(&options)).expect("created"));
        });
    }
}

fn verification(bench: &mut Criterion) {
    let (client, options) = (Client::new("https://example.org"), options());
    let origins = [client.origin.clone()];
    let ceremony = Ceremony {
        challenge: &options.challenge,
        rp_id: "example.org",
        origins: &origins,
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: false,
        algorithms: &[CoseAlgorithm::ES256],
        is_registered: &|_id| false,
        trust_anchors: &[],
        now: 1_800_000_000,
    };
    for format in Format::ALL {
        let json = client.create(&options, &CreationRequest::new([3; 32], format)).expect("created").json;
        bench.bench_function(&format!("verification {}", format.slug()), |timer| {
            timer.iter(|| verify_registration(&ceremony, black_box(&json)).expect("verified"));
        });
    }
}

criterion_group!(benches, bare, attestation, bulk, verification);
criterion_main!(benches);
