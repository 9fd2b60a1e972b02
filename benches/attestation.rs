//! One attestation of each format and one verification, beside the bare key generation and signature that it contains.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{DerSignature, SigningKey};
use proofmark::authenticator::{Client, CreationRequest, Format};
use proofmark::relying_party::{Ceremony, verify_registration};
use proofmark::webauthn::cose::CoseAlgorithm;
use proofmark::webauthn::options::{PublicKeyCredentialCreationOptions, UserEntity};

fn options() -> PublicKeyCredentialCreationOptions {
    PublicKeyCredentialCreationOptions {
        user: UserEntity { id: vec![1; 16], ..UserEntity::default() },
        challenge: vec![2; 32],
        pub_key_cred_params: vec![-7],
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
        timer.iter(|| -> DerSignature { key.sign(black_box(&[7; 196])) });
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

criterion_group!(benches, bare, attestation, verification);
criterion_main!(benches);
