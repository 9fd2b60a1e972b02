//! The flow and protocol of a step's call.

use serde::{Deserialize, Serialize};

use crate::contract::{self, Flow, Protocol};

/// The flow of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum FlowRef {
    /// The test's.
    #[default]
    Own,
    /// The flow of the other factor kind, of the same version.
    OtherFactor,
    /// The flow of the same factor kind, of the other version.
    OtherVersion,
    /// This one.
    Named(Flow),
}

impl FlowRef {
    const NAMES: [(&'static str, FlowRef); 3] =
        [("own", FlowRef::Own), ("other-factor", FlowRef::OtherFactor), ("other-version", FlowRef::OtherVersion)];

    /// The flow, if `own` is the test's.
    pub fn of(self, own: Flow) -> Flow {
        match self {
            FlowRef::Named(flow) => flow,
            FlowRef::Own => own,
            FlowRef::OtherFactor => own.of_other_kind().unwrap_or(own),
            FlowRef::OtherVersion => own.of_other_family().unwrap_or(own),
        }
    }
}

impl TryFrom<String> for FlowRef {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let relative = FlowRef::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, flow)| flow);
        relative.or_else(|| Flow::from_slug(&name).map(FlowRef::Named)).ok_or_else(|| {
            let flows = contract::slugs().join(", ");
            format!("there is no flow `{name}`; write other-factor, other-version, {flows}")
        })
    }
}

impl From<FlowRef> for String {
    fn from(flow: FlowRef) -> String {
        let relative = FlowRef::NAMES.into_iter().find(|(_, known)| *known == flow).map(|(name, _)| name);
        match flow {
            FlowRef::Named(flow) => flow.slug().to_owned(),
            _ => relative.unwrap_or_default().to_owned(),
        }
    }
}

/// The protocol of a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub enum ProtocolRef {
    /// The test's.
    #[default]
    Own,
    /// The next one that the target offers.
    Next,
    /// The one after that.
    Last,
    /// This one.
    Named(Protocol),
}

impl ProtocolRef {
    const NAMES: [(&'static str, ProtocolRef); 3] =
        [("own", ProtocolRef::Own), ("next", ProtocolRef::Next), ("last", ProtocolRef::Last)];
}

impl TryFrom<String> for ProtocolRef {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let relative = ProtocolRef::NAMES.into_iter().find(|(known, _)| *known == name).map(|(_, protocol)| protocol);
        relative.or_else(|| Protocol::from_slug(&name).map(ProtocolRef::Named)).ok_or_else(|| {
            let protocols = Protocol::ALL.map(Protocol::slug).join(", ");
            format!("there is no protocol `{name}`; write next, last, {protocols}")
        })
    }
}

impl From<ProtocolRef> for String {
    fn from(protocol: ProtocolRef) -> String {
        let relative = ProtocolRef::NAMES.into_iter().find(|(_, known)| *known == protocol).map(|(name, _)| name);
        match protocol {
            ProtocolRef::Named(protocol) => protocol.slug().to_owned(),
            _ => relative.unwrap_or_default().to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_and_protocols_are_relative_or_named() {
        for name in ["own", "other-factor", "other-version", "v1/u2f", "v2/passkey"] {
            let flow = FlowRef::try_from(name.to_owned()).expect("a flow");
            assert_eq!(String::from(flow), name);
        }
        for name in ["own", "next", "last", "rest", "grpc-web"] {
            let protocol = ProtocolRef::try_from(name.to_owned()).expect("a protocol");
            assert_eq!(String::from(protocol), name);
        }
        assert_eq!(FlowRef::OtherVersion.of(Flow::V1_U2F), Flow::V2_U2F);
        assert_eq!(FlowRef::Named(Flow::V2_U2F).of(Flow::V1_PASSWORDLESS), Flow::V2_U2F);
        assert!(FlowRef::try_from("v3/u2f".to_owned()).expect_err("none").contains("v1/u2f"));
        assert!(ProtocolRef::try_from("soap".to_owned()).expect_err("none").contains("grpc-web"));
    }
}
