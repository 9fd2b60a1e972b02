//! `attest`: creation options in, credential out.

use std::io::Read as _;

use serde_json::Value;

use super::args::AttestArguments;
use super::exit::{Exit, Failure};
use super::values::{format_named, seed_or_random};
use super::vectors::Named;
use super::{output, pem};
use crate::authenticator::{
    Args, BulkAuthenticator, BulkError, Client, ClientError, CreatedCredential, CreationRequest, Format, Mutation,
    attestation_root,
};
use crate::runner::offline_case::{self, seed_bytes};
use crate::scenario::{AlgorithmChoice, Case};
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::{OptionsError, PublicKeyCredentialCreationOptions};
use crate::webauthn::received::{self, ReceivedError};

/// The most that is read from standard input.
const MOST_INPUT: u64 = 4 * 1024 * 1024;

/// Credentials that are made in bulk are written in pieces of about this many bytes.
const PIECE: usize = 64 * 1024;

/// Reads options, prints the credential as one line of JSON.
pub fn attest(arguments: &AttestArguments) -> Result<Exit, Failure> {
    if arguments.root {
        output::print(&pem::pem(&attestation_root()));
        return Ok(Exit::Green);
    }
    let wanted = wanted(arguments)?;
    let options = options()?;
    let seed = seed_or_random(arguments.seed);
    if arguments.seed.is_none() {
        output::note(&format!("seed {seed}"));
    }
    if arguments.key_chain {
        let client = client(arguments, &wanted, &options)?;
        return attest_in_bulk(client, &wanted, seed_bytes(seed), &options, arguments.count.unwrap_or(1));
    }
    let created = create(arguments, &wanted, &options, seed)?;
    output::line(&String::from_utf8_lossy(&created.text));
    Ok(Exit::Green)
}

fn client(
    arguments: &AttestArguments,
    wanted: &Wanted,
    options: &PublicKeyCredentialCreationOptions,
) -> Result<Client, Failure> {
    let origin = match (&arguments.origin, &options.rp.id) {
        (Some(origin), _) => origin.clone(),
        (None, Some(rp_id)) => format!("https://{rp_id}"),
        (None, None) => return Err(Failure::text(Exit::Usage, "the options have no rp.id; give --origin")),
    };
    let mut client = Client::new(origin);
    client.honours_exclude_credentials = !arguments.ignore_exclude;
    // The case may be about just that, or its key may state another algorithm than its own.
    let is_about_it = |case: &Case| match (case.algorithm, case.stated_algorithm()) {
        (AlgorithmChoice::Given(own), Some(stated)) => own != stated,
        _ => true,
    };
    client.honours_algorithms = !arguments.ignore_algorithms && !wanted.case.as_ref().is_some_and(is_about_it);
    client.checks_rp_id = !arguments.ignore_rp_id;
    Ok(client)
}

/// The credential that was asked for.
fn create(
    arguments: &AttestArguments,
    wanted: &Wanted,
    options: &PublicKeyCredentialCreationOptions,
    seed: u64,
) -> Result<CreatedCredential, Failure> {
    let held = arguments
        .holds
        .iter()
        .map(|id| base64::decode_any(id).map_err(|error| Failure::text(Exit::Usage, format!("--holds {id}: {error}"))))
        .collect::<Result<Vec<_>, _>>()?;
    let seed = seed_bytes(seed);
    let mut request = match &wanted.case {
        Some(case) => offline_case::request(case, wanted.format, &wanted.mutations, options, seed),
        None => CreationRequest { mutations: &wanted.mutations, ..CreationRequest::new(seed, wanted.format) },
    };
    request.algorithm = wanted.algorithm.unwrap_or(request.algorithm);
    request.held_credentials = &held;
    client(arguments, wanted, options)?.create(options, &request).map_err(|error| refused(&error))
}

/// Prints as many credentials of a key chain, each a line.
fn attest_in_bulk(
    client: Client,
    wanted: &Wanted,
    seed: [u8; 32],
    options: &PublicKeyCredentialCreationOptions,
    count: u32,
) -> Result<Exit, Failure> {
    if wanted.algorithm.is_some_and(|algorithm| algorithm != CoseAlgorithm::ES256) {
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
    /// What was typed.
    algorithm: Option<CoseAlgorithm>,
    /// The case that was named.
    case: Option<Case>,
    mutations: Vec<(&'static Mutation, Args)>,
}

/// What was typed. If it names a case, format, algorithm and key come from the case unless something else was typed.
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
        return Ok(Wanted { format: format.unwrap_or(Format::None), algorithm, case: None, mutations });
    };
    let Named { case, format: named, length } = super::vectors::named(id)?;
    if let Some(format) =
        format.filter(|format| !case.formats.contains(&Format::None) && !case.formats.contains(format))
    {
        let known: Vec<&str> = case.formats.iter().map(|format| format.slug()).collect();
        let message =
            format!("--format {}: the case {id} is about {}; leave --format out", format.slug(), known.join(", "));
        return Err(usage(message));
    }
    Ok(Wanted {
        format: format.or(named).or(case.formats.first().copied()).unwrap_or(Format::None),
        algorithm,
        mutations: case.mutations(length),
        case: Some(case),
    })
}

fn options() -> Result<PublicKeyCredentialCreationOptions, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .lock()
        .take(MOST_INPUT)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::text(Exit::Config, format!("standard input: {error}")))?;
    let text = received::text(&bytes).map_err(|error| match error {
        ReceivedError::Empty => {
            Failure::text(Exit::Config, "standard input is empty; write `proofmark attest < options.json`")
        }
        error => Failure::text(Exit::Config, format!("creation options on standard input: {error}")),
    })?;
    read_options(text).map_err(|error| {
        let fix = "give {\"publicKey\": {..}} as a v2 server sends it, or its base64 as a v1 server sends it";
        Failure::text(Exit::Config, format!("creation options on standard input: {error}; {fix}"))
    })
}

/// Creation options, alone or anywhere in the reply of a server.
pub fn read_options(text: &str) -> Result<PublicKeyCredentialCreationOptions, OptionsError> {
    match received::creation_options(text) {
        Some(options) => PublicKeyCredentialCreationOptions::from_json(&options),
        None => PublicKeyCredentialCreationOptions::from_text(&unwrapped(text)),
    }
}

/// Base64 without line breaks, and without the JSON string that it may be in.
fn unwrapped(text: &str) -> String {
    if text.starts_with('{') {
        return text.to_owned();
    }
    let text = serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
    text.split_ascii_whitespace().collect()
}

/// Errors in what was typed are usage errors; errors in what was read are input errors.
fn refused(error: &ClientError) -> Failure {
    match error {
        ClientError::Mutation { .. } => {
            Failure::text(Exit::Usage, format!("--mutate: {error}; `proofmark list mutations` shows what each takes"))
        }
        ClientError::Origin(_) => {
            Failure::text(Exit::Usage, format!("--origin: {error}; write for example https://example.org"))
        }
        ClientError::Security { .. } => Failure::text(
            Exit::Config,
            format!("{error}; give another origin with --origin, or ignore this with --ignore-rp-id"),
        ),
        ClientError::NotSupported(_) => {
            Failure::text(Exit::Config, format!("{error}; ignore this with --ignore-algorithms"))
        }
        ClientError::InvalidState => Failure::text(Exit::Config, format!("{error}; ignore this with --ignore-exclude")),
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

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::runner::offline_case::Vector;
    use crate::scenario;

    #[derive(Parser)]
    struct Command {
        #[command(flatten)]
        arguments: AttestArguments,
    }

    #[test]
    fn every_exported_vector_is_made_again_by_its_name_and_seed() {
        let mut other = Vec::new();
        let cases = scenario::embedded().expect("valid suites").into_iter().filter(|case| case.sampled);
        // Two algorithms of an axis are enough.
        for case in cases.flat_map(|case| case.each_algorithm().into_iter().take(2)) {
            for vector in Vector::of(&case, false).expect("made") {
                let Command { arguments } = Command::parse_from(["attest", "--mutate", &vector.name]);
                let wanted = wanted(&arguments).unwrap_or_else(|failure| panic!("{}: {failure:?}", vector.name));
                // As an export writes them.
                let options =
                    PublicKeyCredentialCreationOptions::from_json(&vector.options.to_json()).expect("options");
                let made = create(&arguments, &wanted, &options, vector.seed);
                if made.map(|made| made.text).ok() != Some(vector.created.text) {
                    other.push(vector.name);
                }
            }
        }
        assert_eq!(other, [""; 0]);
    }

    #[test]
    fn a_name_of_a_vector_is_its_case_with_format_and_length() {
        let refusal = |name: &str| match super::super::vectors::named(name) {
            Ok(_) => String::new(),
            Err(failure) => format!("{failure:?}"),
        };
        assert_eq!(refusal("none/valid"), "");
        let each = scenario::embedded().expect("valid suites").into_iter().find(|case| case.each.is_some());
        let id = each.expect("a case about every length").id;
        assert!(refusal(&id).contains("every length"), "{}", refusal(&id));
        assert_eq!(refusal(&format!("{id}/3")), "");
        for wrong in ["none/vali", "none/valid/", "none/valid/3", "none/valid/tpm", "none/valid-or-not"] {
            assert!(refusal(wrong).contains("there is no case"), "{wrong}: {}", refusal(wrong));
        }
    }
}
