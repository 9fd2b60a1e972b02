//! `verify`: one registration response, taken apart and judged at every step.

use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::args::{VerifyArguments, VerifyForm};
use super::exit::{Exit, Failure};
use super::{attest, embedded, output, pem};
use crate::contract::clause;
use crate::outcome::CredentialRecord;
use crate::relying_party::{Ceremony, Examination, Examined, Known, Refusal, Standing, examine};
use crate::report::{printable, tree};
use crate::runner::target_file::host_of;
use crate::webauthn::base64;
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::webauthn::received::{self, Received};
use crate::webauthn::x509::Certificate;

/// The most that is read: a response with a credential id and an attestation of a megabyte each, in base64 in JSON in base64.
const MOST_INPUT: u64 = 8 * 1024 * 1024;
/// The version of the JSON form.
const FORMAT: u32 = 1;

/// Reads the response, prints it and every step, and says by the exit code whether it is accepted.
pub fn verify(arguments: &VerifyArguments) -> Result<Exit, Failure> {
    let expected = Expected::new(arguments)?;
    let name =
        arguments.credential.as_ref().map_or_else(|| "standard input".to_owned(), |path| path.display().to_string());
    let bytes = read(arguments.credential.as_deref(), &name)?;
    let received =
        received::registration(&bytes).map_err(|error| Failure::text(Exit::Config, format!("{name}: {error}")))?;
    let examination = expected.examine(&received);
    match arguments.format {
        VerifyForm::Text => output::print(&in_words(&received, &examination, &expected)),
        VerifyForm::Json => output::line(&as_json(&received, &examination, &expected).to_string()),
    }
    Ok(if examination.refusal().is_some() { Exit::Red } else { Exit::Green })
}

/// A file, or standard input.
fn read(path: Option<&Path>, name: &str) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read = match path {
        Some(path) => std::fs::File::open(path).and_then(|file| file.take(MOST_INPUT + 1).read_to_end(&mut bytes)),
        None => std::io::stdin().lock().take(MOST_INPUT + 1).read_to_end(&mut bytes),
    };
    let length = read.map_err(|error| Failure::text(Exit::Config, format!("{name}: {error}")))?;
    if u64::try_from(length).unwrap_or(u64::MAX) > MOST_INPUT {
        return Err(Failure::text(Exit::Config, format!("{name}: it has more than {MOST_INPUT} bytes")));
    }
    Ok(bytes)
}

/// What the response is held to; `None` for what nobody said.
struct Expected {
    challenge: Option<Vec<u8>>,
    rp_id: Option<String>,
    origins: Vec<String>,
    algorithms: Option<Vec<CoseAlgorithm>>,
    user_verification_required: bool,
    allow_cross_origin: bool,
    trust_anchors: Vec<Certificate>,
    at: u64,
    /// The user of the options, if it may be shown.
    user: Option<String>,
}

impl Expected {
    fn new(arguments: &VerifyArguments) -> Result<Expected, Failure> {
        let options = arguments.options.as_deref().map(options).transpose()?;
        let decode = |text: &String| {
            base64::decode_any(text).map_err(|error| Failure::text(Exit::Usage, format!("--challenge {text}: {error}")))
        };
        let given = arguments.challenge.as_ref().map(decode).transpose()?;
        let of_origin =
            || arguments.origins.first().and_then(|origin| Some(host_of(origin)).filter(|host| !host.is_empty()));
        let of_options = || options.as_ref()?.rp.id.clone();
        let rp_id = arguments.rp_id.clone().or_else(of_options).or_else(of_origin);
        let usual = || options.as_ref()?.rp.id.as_ref().map(|rp_id| format!("https://{rp_id}"));
        let origins =
            if arguments.origins.is_empty() { usual().into_iter().collect() } else { arguments.origins.clone() };
        let user = options.as_ref().filter(|_| arguments.show_user).map(|options| {
            let user = &options.user;
            format!("{} ({}), user handle {}", user.name, user.display_name, base64::encode_url(&user.id))
        });
        Ok(Expected {
            challenge: given.or_else(|| Some(options.as_ref()?.challenge.clone())),
            rp_id,
            origins,
            algorithms: options.as_ref().map(PublicKeyCredentialCreationOptions::offered),
            user_verification_required: options
                .is_some_and(|options| options.user_verification.as_deref() == Some("required")),
            allow_cross_origin: arguments.allow_cross_origin,
            trust_anchors: arguments.trust_anchors.as_deref().map(anchors).transpose()?.unwrap_or_default(),
            at: arguments.at.unwrap_or_else(embedded::now),
            user,
        })
    }

    fn examine(&self, received: &Received) -> Examination {
        let known = Known {
            challenge: self.challenge.is_some(),
            origin: !self.origins.is_empty(),
            rp_id: self.rp_id.is_some(),
            algorithms: self.algorithms.is_some(),
            client_data: received.has_client_data,
        };
        let ceremony = Ceremony {
            challenge: self.challenge.as_deref().unwrap_or_default(),
            rp_id: self.rp_id.as_deref().unwrap_or_default(),
            origins: &self.origins,
            top_origins: &[],
            allow_cross_origin: self.allow_cross_origin,
            user_verification_required: self.user_verification_required,
            algorithms: self.algorithms.as_deref().unwrap_or_default(),
            is_registered: &|_| false,
            trust_anchors: &self.trust_anchors,
            now: self.at,
        };
        examine(&ceremony, &received.credential, known)
    }
}

fn options(path: &Path) -> Result<PublicKeyCredentialCreationOptions, Failure> {
    let named = |error: String| Failure::text(Exit::Config, format!("--options {}: {error}", path.display()));
    let bytes = read(Some(path), &format!("--options {}", path.display()))?;
    let text = received::text(&bytes).map_err(|error| named(error.to_string()))?;
    attest::read_options(text).map_err(|error| named(error.to_string()))
}

fn anchors(path: &Path) -> Result<Vec<Certificate>, Failure> {
    let name = format!("--trust-anchors {}", path.display());
    let bytes = read(Some(path), &name)?;
    let read = pem::certificates(&String::from_utf8_lossy(&bytes));
    read.map_err(|error| Failure::text(Exit::Config, format!("{name}: {error}")))
}

/// The tree, which is also that of a finding.
fn taken_apart(received: &Received) -> tree::Tree {
    let text = received.credential.to_string();
    tree::decoded(&CredentialRecord { sent: text.clone(), good: text, mutations: Vec::new() })
}

fn in_words(received: &Received, examination: &Examination, expected: &Expected) -> String {
    let mut lines: Vec<String> = received.notes.iter().map(|note| format!("note      {}", printable(note))).collect();
    lines.extend(expected.user.iter().map(|user| format!("user      {}", printable(user))));
    let mut text = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    text.push_str(&tree::text(&taken_apart(received)));
    text.push('\n');
    for examined in &examination.steps {
        let (word, detail) = standing(&examined.standing);
        let item = examined.item.map_or_else(|| "   ".to_owned(), |item| format!("{item:>2}."));
        let line = format!("{word:<10} {item} {:<22} {}", examined.step.slug(), printable(&detail));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push('\n');
    text.push_str(&verdict(examination));
    text
}

/// The last lines: the verdict, and of a refusal the promise that is not kept.
fn verdict(examination: &Examination) -> String {
    let not_judged =
        examination.steps.iter().filter(|examined| matches!(examined.standing, Standing::NotJudged(_))).count();
    let Some(refusal) = examination.refusal() else {
        let rest = match not_judged {
            0 => String::new(),
            1 => ", as far as it was judged (1 step was not)".to_owned(),
            more => format!(", as far as it was judged ({more} steps were not)"),
        };
        return format!("verdict   accepted{rest}\n");
    };
    let id = clause_of(refusal);
    let mut lines = vec![format!("verdict   refused: {id}"), format!("          {}", printable(&refusal.detail))];
    if let Some(clause) = clause::find(&id) {
        lines.push(format!("promise   {} {}", clause.basis.word(), clause.text));
        lines.push(format!("source    {}", clause.source));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn clause_of(refusal: &Refusal) -> String {
    format!("webauthn/{}", refusal.clause())
}

/// The word for a standing, and the detail.
fn standing(standing: &Standing) -> (&'static str, String) {
    match standing {
        Standing::Passed => ("passed", String::new()),
        Standing::Remarked(refusal) => ("passed", format!("but: {}", refusal.detail)),
        Standing::Refused(refusal) => ("REFUSED", format!("{} ({})", refusal.detail, clause_of(refusal))),
        Standing::NotJudged(why) => ("not judged", why.clone()),
    }
}

fn as_json(received: &Received, examination: &Examination, expected: &Expected) -> Value {
    let step = |examined: &Examined| {
        let (word, detail) = standing(&examined.standing);
        let standing = if word == "REFUSED" { "refused" } else { word };
        json!({ "step": examined.step.slug(), "item": examined.item, "standing": standing, "detail": detail })
    };
    let refusal = examination
        .refusal()
        .map(|refusal| json!({ "clause": clause_of(refusal), "step": refusal.step.slug(), "detail": refusal.detail }));
    json!({
        "format": FORMAT,
        "verdict": if refusal.is_some() { "refused" } else { "accepted" },
        "refusal": refusal,
        "notes": received.notes,
        "user": expected.user,
        "steps": examination.steps.iter().map(step).collect::<Vec<_>>(),
        "credential": taken_apart(received).root,
    })
}
