//! gRPC over HTTP/2. tonic gives the connection; frames and status are read here, since tonic's client folds away what a judge must see.

use std::io;
use std::sync::OnceLock;

use async_trait::async_trait;
use bytes::Bytes;
use http::Uri;
use http::header::{HeaderName, HeaderValue, TE};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;
use tonic::transport::{Channel, Endpoint as Target};
use tower::{BoxError, Service, ServiceExt as _};

use super::attempt::{self, Attempt, Received};
use super::grpc_reply::{self, Outcome};
use super::outgoing::{self, Draft};
use super::{Address, Call, Exchange, Limits, Reply, SentRequest, Transport, TransportError, tls};
use crate::contract::{Endpoint, Protocol};
use crate::wire::framing::{self, FLAG_MESSAGE};
use crate::wire::schema;
use crate::wire::status::GRPC_STATUS;

type Stream = <HttpsConnector<HttpConnector> as Service<Uri>>::Response;

/// The gRPC transport. The channel starts a task and is therefore made by the first call, which runs on a runtime.
#[derive(Debug)]
pub(super) struct Grpc {
    channel: OnceLock<Channel>,
    target: Target,
    connector: HttpsConnector<HttpConnector>,
    base_url: String,
    limits: Limits,
}

impl Grpc {
    /// Connects at the first call.
    pub fn new(address: &Address, limits: &Limits) -> Result<Self, TransportError> {
        let base_url = outgoing::base_url(address)?;
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls::configuration(address)?)
            .https_or_http()
            .enable_http2()
            .wrap_connector(tcp);
        let target = Target::from_shared(base_url.clone())
            .and_then(|target| target.user_agent(concat!("proofmark/", env!("CARGO_PKG_VERSION"))))
            .map_err(|e| TransportError::Address(format!("{base_url}: {e}")))?
            .http2_max_header_list_size(outgoing::http2_header_bytes(limits));
        Ok(Self { channel: OnceLock::new(), target, connector, base_url, limits: limits.clone() })
    }

    fn channel(&self) -> Channel {
        self.channel.get_or_init(|| self.target.connect_with_connector_lazy(self.bounded_connector())).clone()
    }

    /// The connector under its own deadline. tonic's would not say that connecting was what took too long.
    fn bounded_connector(&self) -> impl Service<Uri, Response = Stream, Error = BoxError, Future: Send> + Send + use<> {
        let (connector, limit) = (self.connector.clone(), self.limits.connect_timeout);
        tower::service_fn(move |uri| {
            let connecting = connector.clone().oneshot(uri);
            async move {
                let connected = tokio::time::timeout(limit, connecting).await;
                connected.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
            }
        })
    }

    fn draft(&self, call: &Call) -> Result<Draft, TransportError> {
        let message = Value::Object(outgoing::members(call)?);
        let timeout = HeaderValue::try_from(attempt::grpc_timeout(self.limits.timeout));
        let timeout = timeout.map_err(|e| TransportError::Other(e.to_string()))?;
        Ok(Draft {
            method: "POST",
            url: format!("{}{}", self.base_url, call.endpoint.grpc.path()),
            content_type: Some(Protocol::Grpc.content_type()),
            headers: vec![
                (TE, HeaderValue::from_static("trailers")),
                (HeaderName::from_static("grpc-timeout"), timeout),
            ],
            body: framing::frame(FLAG_MESSAGE, &schema::encode(call.endpoint.grpc.request, &message)?),
        })
    }
}

#[async_trait]
impl Transport for Grpc {
    fn protocol(&self) -> Protocol {
        Protocol::Grpc
    }

    fn prepare(&self, call: &Call) -> Result<SentRequest, TransportError> {
        Ok(self.draft(call)?.finish(call)?.sent)
    }

    async fn send(&self, call: &Call) -> Result<Exchange, TransportError> {
        let outgoing = self.draft(call)?.finish(call)?;
        let attempt = Attempt::start(&self.base_url, &self.limits);
        let request = outgoing.request.map(|body: Bytes| tonic::body::Body::new(Full::new(body)));
        let received = attempt.run(self.channel().oneshot(request)).await?;
        let reply = interpret(call.endpoint, &received, &attempt)?;
        Ok(received.into_exchange(Protocol::Grpc, call.endpoint, outgoing.sent, reply))
    }
}

/// The status is in the trailers, or in the headers of a reply that has nothing else ("Trailers-Only").
pub(super) fn interpret(
    endpoint: &Endpoint,
    received: &Received,
    attempt: &Attempt<'_>,
) -> Result<Reply, TransportError> {
    let in_trailers = received.trailers.contains_key(GRPC_STATUS);
    let status = if in_trailers { &received.trailers } else { &received.headers };
    match grpc_reply::outcome(received.http_status, status, &received.body) {
        Outcome::Done(reply) => Ok(reply),
        Outcome::Ok => {
            let frames = framing::parse(&received.body).map_err(|e| attempt.bad_frame(e))?;
            grpc_reply::only_messages(&frames).map_err(|why| attempt.bad_frame(why))?;
            Ok(grpc_reply::message(endpoint, &frames))
        }
    }
}
