//! Attestations off the runtime that measures: signing there would make an idle target look slow.

use std::io;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::sync::oneshot;

use super::draw::Draw;
use super::negative::Negatives;
use super::plan::Plan;
use crate::authenticator::{BulkAuthenticator, Client, CreationRequest, Format};
use crate::contract::{Form, Operation, What};
use crate::outcome::load::Kind;
use crate::webauthn::base64;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// How often a thread looks for a job before it sleeps.
const LOOKS: usize = 5;

/// Threads that answer creation options; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Attester(flume::Sender<Job>);

#[derive(Debug)]
struct Job {
    options: Value,
    draw: Draw,
    queued: Instant,
    done: oneshot::Sender<Attested>,
}

/// An attestation, or why there is none.
#[derive(Debug)]
pub(super) struct Attested {
    /// The credential in the verify's message: in v1 base64 of the text, in v2 the value.
    pub(super) credential: Result<Value, String>,
    /// The credential id in base64url, as the credential says it.
    pub(super) id: Option<String>,
    /// The catalogue's case, if it is malformed.
    pub(super) case: Option<String>,
    /// How long it waited for a thread.
    pub(super) waited: Duration,
    /// How long it took to make.
    pub(super) took: Duration,
}

/// The state of one thread.
struct Bench {
    client: Client,
    format: Format,
    bulk: Option<BulkAuthenticator>,
    negatives: Negatives,
    seed: [u8; 32],
}

impl Attester {
    /// Starts the threads. At most `waiting` attestations wait at a time.
    pub(super) fn start(plan: &Plan, negatives: &Negatives, waiting: usize) -> io::Result<Attester> {
        let (sender, jobs) = flume::bounded::<Job>(waiting.max(1));
        let half = || thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        for number in 0..plan.attesters.unwrap_or_else(half).max(1) {
            let mut bench = Bench::new(plan, negatives, number);
            let jobs = jobs.clone();
            thread::Builder::new().name(format!("attest-{number}")).spawn(move || {
                while let Some(job) = next(&jobs) {
                    let begun = Instant::now();
                    let mut attested = bench.attest(&job);
                    attested.waited = begun.saturating_duration_since(job.queued);
                    attested.took = begun.elapsed();
                    // Nobody waits any more if the cycle was aborted.
                    let _ = job.done.send(attested);
                }
            })?;
        }
        Ok(Attester(sender))
    }

    /// The credential for creation options. `None` if the threads ended.
    pub(super) async fn attest(&self, options: Value, draw: Draw) -> Option<Attested> {
        let (done, made) = oneshot::channel();
        self.0.send_async(Job { options, draw, queued: Instant::now(), done }).await.ok()?;
        made.await.ok()
    }
}

impl Bench {
    fn new(plan: &Plan, negatives: &Negatives, number: usize) -> Bench {
        let client = Client { honours_exclude_credentials: false, ..Client::new(plan.origin.clone()) };
        let shard = plan.shard.map_or(0, |shard| shard.index);
        let hash = Sha256::new_with_prefix(b"load").chain_update(plan.seed.to_be_bytes());
        let hash = hash.chain_update(shard.to_be_bytes()).chain_update(number.to_string());
        let seed = hash.finalize().into();
        // Other formats can't be made in bulk.
        let bulk = BulkAuthenticator::with_client(client.clone(), plan.format, seed).ok();
        let bulk = bulk.filter(|_| !plan.fresh_keys);
        Bench { client, format: plan.format, bulk, negatives: negatives.clone(), seed }
    }

    fn attest(&mut self, job: &Job) -> Attested {
        let slot = job.draw.flow.endpoint(Operation::Verify).and_then(|verify| verify.asks(What::Credential));
        let form = slot.map_or(Form::Json, |slot| slot.form);
        let made = match (&mut self.bulk, job.draw.kind) {
            (Some(bulk), Kind::Good | Kind::Race | Kind::Lookup) => {
                let made = bulk.respond_to_json(&job.options).map_err(|why| why.to_string());
                made.map(|made| match form {
                    Form::Base64 => (wrapped(&made.text()), Some(made.id()), None),
                    Form::Json => (made.to_json(), Some(made.id()), None),
                })
            }
            _ => self.general(job).and_then(|(text, case)| {
                let credential = match form {
                    Form::Base64 => wrapped(&text),
                    Form::Json => serde_json::from_str(&text).map_err(|why| why.to_string())?,
                };
                Ok((credential, id_of(&text), case))
            }),
        };
        let (credential, id, case) = match made {
            Ok((credential, id, case)) => (Ok(credential), id, case),
            Err(why) => (Err(why), None, None),
        };
        Attested { credential, id, case, waited: Duration::ZERO, took: Duration::ZERO }
    }

    fn general(&self, job: &Job) -> Result<(String, Option<String>), String> {
        let options =
            PublicKeyCredentialCreationOptions::from_json(&job.options).map_err(|why| format!("options: {why}"))?;
        let hash = Sha256::new_with_prefix(self.seed).chain_update(job.draw.number.to_be_bytes());
        // A target may still have credentials that an earlier run with the same seed enrolled.
        let seed = hash.chain_update(&options.challenge).finalize().into();
        let (created, case) = if job.draw.kind == Kind::Negative {
            let (case, created) = self.negatives.make(&self.client, &options, (self.format, seed, job.draw.choice))?;
            (created, Some(case))
        } else {
            let created = self.client.create(&options, &CreationRequest::new(seed, self.format));
            (created.map_err(|why| why.to_string())?, None)
        };
        String::from_utf8(created.text).map(|text| (text, case)).map_err(|why| why.to_string())
    }
}

/// As v1's message has it.
fn wrapped(text: &str) -> Value {
    base64::encode_standard(text.as_bytes()).into()
}

/// The credential id of a RegistrationResponseJSON of ours, which begins with it.
fn id_of(text: &str) -> Option<String> {
    let (id, _) = text.strip_prefix("{\"id\":\"")?.split_once('"')?;
    Some(id.to_owned())
}

/// The next job; `None` if there is none any more.
fn next(jobs: &flume::Receiver<Job>) -> Option<Job> {
    // Under load the next job comes at once, and waking a thread costs both sides more than to look again.
    for _ in 0..LOOKS {
        if let Ok(job) = jobs.try_recv() {
            return Some(job);
        }
        thread::yield_now();
    }
    jobs.recv().ok()
}
