//! `attest`: creation options in, credential out.

use std::io::Read as _;

use serde_json::Value;

use super::args::{AttestArguments, seed_or_random};
use super::exit::{Exit, Failure};
use super::output;
use crate::authenticator::{
    Args, BulkAuthenticator, BulkError, Client, ClientError, CreationRequest, CredentialKey, Format, Mutation,
    attestation_root,
};
use crate::scenario::AlgorithmChoice;
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// The most that is read from standard input.
const MOST_INPUT: u64 = 4 * 1024 * 1024;

/// Credentials made in bulk are written in pieces of about this many bytes.
const PIECE: usize = 64 * 1024;

/// Reads options, prints the credential as one line of JSON.
pub fn attest(arguments: &AttestArguments) -> Result<Exit, Failure> {
    let usage = |text: String| Failure::text(Exit::Usage, text);
    if arguments.root {
        output::print(&pem(&attestation_root()));
        return Ok(Exit::Green);
    }
    let wanted = wanted(arguments)?;
    let held = arguments
        .holds
        .iter()
        .map(|id| base64::decode_any(id).map_err(|error| usage(format!("--holds {id}: {error}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let options = options()?;
    let origin = match (&arguments.origin, &options.rp.id) {
        (Some(origin), _) => origin.clone(),
        (None, Some(rp_id)) => format!("https://{rp_id}"),
        (None, None) => return Err(usage("the options have no rp.id; give --origin".to_owned())),
    };
    let seed = seed_or_random(arguments.seed);
    if arguments.seed.is_none() {
        output::note(&format!("seed {seed}"));
    }
    let mut client = Client::new(origin);
    client.honours_exclude_credentials = !arguments.ignore_exclude;
    client.honours_algorithms = !arguments.ignore_algorithms;
    client.checks_rp_id = !arguments.ignore_rp_id;
    if arguments.key_chain {
        return attest_in_bulk(client, &wanted, seed_bytes(seed), &options, arguments.count.unwrap_or(1));
    }
    let request = CreationRequest {
        algorithm: wanted.algorithm,
        key: wanted.key.as_deref().map(CredentialKey::Named),
        mutations: &wanted.mutations,
        held_credentials: &held,
        ..CreationRequest::new(seed_bytes(seed), wanted.format)
    };
    let created = client.create(&options, &request).map_err(|error| refused(&error))?;
    output::line(&String::from_utf8_lossy(&created.text));
    Ok(Exit::Green)
}

/// Prints as many credentials of a key chain, each a line.
fn attest_in_bulk(
    client: Client,
    wanted: &Wanted,
    seed: [u8; 32],
    options: &PublicKeyCredentialCreationOptions,
    count: u32,
) -> Result<Exit, Failure> {
    if wanted.algorithm != CoseAlgorithm::ES256 {
        return Err(Failure::text(Exit::Usage, "--alg: the keys of --key-chain are for ES256; leave --alg out"));
    }
    let refuse = |error: BulkError| match error {
        BulkError::Format(_) => Failure::text(Exit::Usage, format!("--format with --key-chain: {error}")),
        BulkError::Options(error) => Failure::config(error),
        BulkError::Client(error) => refused(&error),
    };
    let mut authenticator = BulkAuthenticator::with_client(client, wanted.format, seed).map_err(refuse)?;
    let options = options.to_json().to_string();
    let mut lines = String::new();
    for _ in 0..count {
        lines.push_str(&authenticator.respond(&options).map_err(refuse)?);
        lines.push('\n');
        if lines.len() >= PIECE {
            output::print(&lines);
            lines.clear();
        }
    }
    output::print(&lines);
    Ok(Exit::Green)
}

/// What is to be made.
struct Wanted {
    format: Format,
    algorithm: CoseAlgorithm,
    key: Option<String>,
    mutations: Vec<(&'static Mutation, Args)>,
}

/// What was typed; where it names a case, what the case says of format, algorithm and key unless something else was typed.
fn wanted(arguments: &AttestArguments) -> Result<Wanted, Failure> {
    let usage = |text: String| Failure::text(Exit::Usage, text);
    let algorithm = |name: &String| {
        let number = name.parse().ok().map(CoseAlgorithm);
        let known = || CoseAlgorithm::ALL.map(|(_, name, _)| name).join(", ");
        CoseAlgorithm::from_name(name)
            .or(number)
            .ok_or_else(|| usage(format!("--alg {name}: there is no such algorithm; there are {}", known())))
    };
    let format = arguments.format.as_deref().map(format_named).transpose()?;
    let algorithm = arguments.alg.as_ref().map(algorithm).transpose()?;
    let case = arguments.mutate.as_deref().filter(|text| text.contains('/') && !text.contains('='));
    let Some(id) = case else {
        let mutations = arguments.mutate.iter().map(|text| mutation(text)).collect::<Result<_, _>>()?;
        let (format, algorithm) = (format.unwrap_or(Format::None), algorithm.unwrap_or(CoseAlgorithm::ES256));
        return Ok(Wanted { format, algorithm, key: None, mutations });
    };
    let case = super::vectors::case(id)?;
    if let Some(format) =
        format.filter(|format| !case.formats.contains(&Format::None) && !case.formats.contains(format))
    {
        let known: Vec<&str> = case.formats.iter().map(|format| format.slug()).collect();
        let message =
            format!("--format {}: the case {id} is about {}; leave --format out", format.slug(), known.join(", "));
        return Err(usage(message));
    }
    let chosen = match case.algorithm {
        AlgorithmChoice::Given(chosen) => chosen,
        AlgorithmChoice::NotOffered => CoseAlgorithm::ES256K,
    };
    Ok(Wanted {
        format: format.or(case.formats.first().copied()).unwrap_or(Format::None),
        algorithm: algorithm.unwrap_or(chosen),
        mutations: case.mutations(None),
        key: case.key,
    })
}

/// The format by our name, or by that of WebAuthn's registry: `packed` is self attestation.
pub fn format_named(name: &str) -> Result<Format, Failure> {
    let found = Format::ALL.into_iter().find(|format| format.slug() == name || format.identifier() == name);
    found.ok_or_else(|| {
        let known = Format::ALL.map(Format::slug).join(", ");
        Failure::text(Exit::Usage, format!("--format {name}: there is no such format; there are {known}"))
    })
}

/// A certificate in PEM (RFC 7468).
pub fn pem(der: &[u8]) -> String {
    let text = base64::encode_standard(der);
    let lines: Vec<&str> = (0..text.len()).step_by(64).map(|at| &text[at..text.len().min(at + 64)]).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

fn options() -> Result<PublicKeyCredentialCreationOptions, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .lock()
        .take(MOST_INPUT)
        .read_to_string(&mut text)
        .map_err(|error| Failure::text(Exit::Config, format!("standard input: {error}")))?;
    if text.trim().is_empty() {
        let mend = "standard input is empty; write `proofmark attest < options.json`";
        return Err(Failure::text(Exit::Config, mend));
    }
    PublicKeyCredentialCreationOptions::from_text(&unwrapped(text.trim())).map_err(|error| {
        let mend = "give {\"publicKey\": {..}} as a v2 server sends it, or the base64 of that as a v1 server does";
        Failure::text(Exit::Config, format!("creation options on standard input: {error}; {mend}"))
    })
}

/// Base64 without its line breaks, and out of the JSON string that it may be in.
fn unwrapped(text: &str) -> String {
    if text.starts_with('{') {
        return text.to_owned();
    }
    let text = serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
    text.split_ascii_whitespace().collect()
}

/// What was typed is a matter of usage; what was read is one of input.
fn refused(error: &ClientError) -> Failure {
    match error {
        ClientError::Mutation { .. } => {
            Failure::text(Exit::Usage, format!("--mutate: {error}; `proofmark list mutations` shows what each takes"))
        }
        ClientError::Origin(_) => {
            Failure::text(Exit::Usage, format!("--origin: {error}; write for example https://example.org"))
        }
        ClientError::Security { .. } => {
            Failure::text(Exit::Config, format!("{error}; --origin names another, --ignore-rp-id ignores it"))
        }
        ClientError::NotSupported(_) => Failure::text(Exit::Config, format!("{error}; --ignore-algorithms ignores it")),
        ClientError::InvalidState => Failure::text(Exit::Config, format!("{error}; --ignore-exclude ignores it")),
        other => Failure::text(Exit::Config, other.to_string()),
    }
}

fn mutation(text: &str) -> Result<(&'static Mutation, Args), Failure> {
    let (id, argument) = text.split_once('=').map_or((text, None), |(id, argument)| (id, Some(argument)));
    let mutation = Mutation::find(id).ok_or_else(|| {
        Failure::text(Exit::Usage, format!("--mutate {id}: there is no such mutation; see `proofmark list mutations`"))
    })?;
    let value = argument
        .map_or(Value::Null, |text| serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.to_owned())));
    Ok((mutation, Args(value)))
}

/// The seed in the form of the key derivation: 32 bytes, the number at their end.
fn seed_bytes(seed: u64) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes[24..].copy_from_slice(&seed.to_be_bytes());
    bytes
}
