//! The floor: a plain loop on one thread, which looks at nothing but what the next call needs.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use proofmark::authenticator::BulkAuthenticator;
use serde_json::de::Deserializer;
use tokio::task::LocalSet;

use super::{Measured, Target, User, WARM_UP, authenticator, own};

pub type Http1 = Client<HttpConnector, Full<Bytes>>;

/// Where a worker sends to, and what it plays with.
pub struct Worker {
    pub base_url: String,
    pub user: User,
    pub http1: Http1,
    pub channel: tonic::transport::Channel,
    pub authenticator: BulkAuthenticator,
}

/// Has all workers play cycles until the time is up.
pub fn measure(target: &Target, time: Duration, cycle: impl AsyncFn(&mut Worker) + Copy + 'static) -> Measured {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    LocalSet::new().block_on(&runtime, async {
        let http1 = Client::builder(TokioExecutor::new()).build_http();
        let channel = tonic::transport::Channel::from_shared(target.base_url.clone()).expect("an address");
        let channel = channel.connect().await.expect("it listens");
        let cycles = Rc::new(Cell::new(0));
        let end = Instant::now() + WARM_UP + time;
        let workers = target.users.iter().enumerate().map(|(number, user)| {
            let (base_url, user) = (target.base_url.clone(), user.clone());
            let (http1, channel, cycles) = (http1.clone(), channel.clone(), Rc::clone(&cycles));
            let mut worker = Worker { base_url, user, http1, channel, authenticator: authenticator(number) };
            tokio::task::spawn_local(async move {
                while Instant::now() < end {
                    cycle(&mut worker).await;
                    cycles.set(cycles.get() + 1);
                }
            })
        });
        let workers: Vec<_> = workers.collect();
        tokio::time::sleep(WARM_UP).await;
        let (before, spent) = (cycles.get(), own());
        for worker in workers {
            worker.await.expect("no panic");
        }
        Measured { cycles: cycles.get() - before, cpu_us: own() - spent }
    })
}

/// v2's passkey over REST.
pub async fn rest(worker: &mut Worker) {
    let path = format!("{}/v2/users/{}/passkeys", worker.base_url, worker.user.id);
    let started = worker.post(&path, "application/json", Bytes::from_static(b"{}")).await;
    let started = std::str::from_utf8(&started).expect("UTF-8");
    let credential = worker.authenticator.respond(member(started, "publicKeyCredentialCreationOptions"));
    let credential = credential.expect("created");
    let id = member(started, "passkeyId").trim_matches('"');
    let body = format!(r#"{{"publicKeyCredential":{credential},"passkeyName":"floor"}}"#);
    worker.post(&format!("{path}/{id}"), "application/json", body.into()).await;
}

/// The text of a member, which is there once.
fn member<'a>(text: &'a str, name: &str) -> &'a str {
    let (_, behind) = text.split_once(&format!("\"{name}\":")).expect("the member");
    let mut values = Deserializer::from_str(behind).into_iter::<serde::de::IgnoredAny>();
    values.next().expect("a value").expect("JSON");
    &behind[..values.byte_offset()]
}

impl Worker {
    /// The body of the reply to a POST over HTTP/1.1.
    pub async fn post(&self, url: &str, content_type: &str, body: Bytes) -> Bytes {
        let request = Request::builder().method(Method::POST).uri(url).header("content-type", content_type);
        let request = request.header("authorization", &self.user.authorization);
        let reply = self.http1.request(request.body(Full::new(body)).expect("a request")).await.expect("a reply");
        assert_eq!(reply.status(), StatusCode::OK);
        reply.into_body().collect().await.expect("a body").to_bytes()
    }
}
