//! `check` and `init`: examine a set-up, with one line for each thing that was examined, and a fix for each problem. Here a wrong set-up
//! is told apart from a wrong server, before any case runs.

use crate::contract::{Flow, Operation, Protocol};
use crate::runner::preflight::line::Line;
use crate::runner::preflight::reach;
use crate::runner::preflight::start::Start;
use crate::runner::target::description::Target;
use crate::transport::probe::Place;
use crate::transport::{Address, Limits};

/// The problem if every flow gives this answer over a protocol.
pub(crate) async fn everywhere(start: &Start, protocol: Protocol, target: &Target) -> Option<Line> {
    let address = target.address(protocol);
    match start {
        Start::Silent(cause) => Some(reach::silent(protocol, address, &target.limits, cause).await),
        Start::Absent { answer } => {
            let path = target.flows.first().and_then(|flow| start_path(*flow)).unwrap_or_default();
            let hosts = other_hosts(address, Some(&target.origin));
            match host_unknown(address, &target.limits, (&path, &hosts)).await {
                Some(host) => Some(unknown_host(protocol, address, answer, &host)),
                None => start.everywhere(protocol, &address.base_url),
            }
        }
        start => start.everywhere(protocol, &address.base_url),
    }
}

/// The path of a flow's start, for a user that need not exist.
pub(crate) fn start_path(flow: Flow) -> Option<String> {
    flow.endpoint(Operation::Start).map(|endpoint| {
        endpoint
            .path_members()
            .fold(endpoint.rest.path.to_owned(), |path, name| path.replace(&format!("{{{name}}}"), "1"))
    })
}

/// Host names that a server at an address may know itself by, instead of the one in the URL: the origin's, and `localhost`.
pub(crate) fn other_hosts(address: &Address, origin: Option<&str>) -> Vec<String> {
    let Ok(place) = Place::of(address) else { return Vec::new() };
    let of_origin = origin.and_then(|origin| origin.parse::<http::Uri>().ok()?.host().map(str::to_owned));
    let is_loopback = place.host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    let local = is_loopback.then(|| "localhost".to_owned());
    // The port stays that of the URL.
    let port = place.authority().rsplit_once(':').map(|(_, port)| port).filter(|port| !port.contains(']'));
    let at_port = |host: String| port.map_or(host.clone(), |port| format!("{host}:{port}"));
    let others = of_origin.into_iter().chain(local).map(at_port);
    let mut hosts: Vec<String> = others.filter(|host| host != place.authority()).collect();
    hosts.dedup();
    hosts
}

/// The host name that the server answers to, if it does not answer to the one in the URL. No token is sent.
pub(crate) async fn host_unknown(
    address: &Address,
    limits: &Limits,
    (path, hosts): (&str, &[String]),
) -> Option<String> {
    let base = Place::of(address).map(|place| place.path()).unwrap_or_default();
    let path = format!("{base}{path}");
    for host in hosts {
        if reach::answers_to(address, limits, &path, host).await {
            return Some(host.clone());
        }
    }
    None
}

pub(crate) fn unknown_host(protocol: Protocol, address: &Address, answer: &str, host: &str) -> Line {
    let scheme = address.base_url.split("//").next().unwrap_or_default();
    let path = Place::of(address).map(|place| place.path()).unwrap_or_default();
    Line::problem(
        protocol.slug(),
        "host-unknown",
        format!(
            "{protocol} at {} answers {answer} to everything, but not under the host name {host}: the server does not know \
             the name in the URL",
            address.base_url
        ),
        format!(
            "write {scheme}//{host}{path} as the URL in the target file, and make the name resolve to this address"
        ),
    )
}
