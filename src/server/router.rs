//! Routes each request, and adds what is common to all answers.

use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::Version;
use http::header::HOST;

use super::service::Service;
use super::{around, carriers, grpc, infrastructure, management, rest, timing_faults};

pub(super) fn router(service: Arc<Service>, slower: f64) -> Router {
    let (unknown, wrong_method, switched) = (service.clone(), service.clone(), service.clone());
    let router = rest::routes(&service)
        .merge(management::routes(&service))
        .merge(grpc::routes(&service))
        .merge(infrastructure::routes())
        .fallback(move |request: Request| nothing_here(unknown.clone(), request))
        .method_not_allowed_fallback(
            move |request: Request| async move { rest::refuse_method(&wrong_method, &request) },
        )
        .layer(middleware::from_fn(move |request: Request, next: Next| {
            let service = switched.clone();
            async move {
                service.conditions.wait().await;
                let (version, begun) = (request.version(), Instant::now());
                let mut response = if !names_host(&request) {
                    rest::refuse(&service, "REQUEST-host")
                } else if service.conditions.is_named(&request) {
                    next.run(request).await
                } else {
                    nothing_here(service.clone(), request).await
                };
                timing_faults::compute_on(begun, slower);
                around::vary_headers(&service.site, version, &mut response);
                response
            }
        }));
    let switches = &service.site.switches;
    carriers::rerouted(switches, around::stripped(switches, router))
}

/// Whether a request has the one Host that HTTP/1.1 asks for (RFC 9112 section 3.2); HTTP/2 has another place for it.
fn names_host(request: &Request) -> bool {
    request.version() != Version::HTTP_11 || request.headers().get_all(HOST).iter().count() == 1
}

/// The answer to a path or a host name that is not known.
async fn nothing_here(service: Arc<Service>, request: Request) -> Response {
    if grpc::protocol_of(request.headers()).is_some() {
        grpc::answer(service, None, request).await
    } else {
        rest::refuse(&service, "NOTFOUND-path")
    }
}
