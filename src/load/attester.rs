//! Attestations off the runtime that measures: signing there would make an idle target look slow.

use std::io;
use std::thread;

use serde_json::Value;
use tokio::sync::oneshot;

use crate::authenticator::{Client, ClientError, CreationRequest, Format};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// Threads that answer creation options; they end when this is dropped.
#[derive(Debug)]
pub(super) struct Attester(flume::Sender<Job>);

#[derive(Debug)]
struct Job {
    options: PublicKeyCredentialCreationOptions,
    seed: [u8; 32],
    done: oneshot::Sender<Result<Value, ClientError>>,
}

impl Attester {
    /// Starts a thread for every second core. At most `waiting` attestations wait at a time.
    pub(super) fn start(client: &Client, format: Format, waiting: usize) -> io::Result<Attester> {
        let (sender, jobs) = flume::bounded::<Job>(waiting);
        let threads = thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
        for number in 0..threads {
            let (client, jobs) = (client.clone(), jobs.clone());
            thread::Builder::new().name(format!("attest-{number}")).spawn(move || work(&client, format, &jobs))?;
        }
        Ok(Attester(sender))
    }

    /// The credential for these options, as RegistrationResponseJSON.
    ///
    /// # Errors
    /// A text that says why there is none.
    pub(super) async fn attest(
        &self,
        options: PublicKeyCredentialCreationOptions,
        seed: [u8; 32],
    ) -> Result<Value, String> {
        let (done, made) = oneshot::channel();
        let gone = || "the attestation thread ended".to_owned();
        self.0.send_async(Job { options, seed, done }).await.map_err(|_| gone())?;
        made.await.map_err(|_| gone())?.map_err(|error| error.to_string())
    }
}

fn work(client: &Client, format: Format, jobs: &flume::Receiver<Job>) {
    while let Ok(job) = jobs.recv() {
        let created = client.create(&job.options, &CreationRequest::new(job.seed, format));
        // Nobody waits any more if the cycle was cut off.
        let _ = job.done.send(created.map(|created| created.json));
    }
}
