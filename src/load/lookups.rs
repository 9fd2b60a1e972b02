//! How enrolled factors are looked up: in the list of factors, or, if a target has no list, in the options of a further start.

use crate::contract::{Flow, Operation, Protocol};

/// One way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LookUp {
    /// The list of factors has its name.
    List,
    /// `excludeCredentials` of a further start has its id.
    Start,
    /// It can't be looked up.
    Nothing,
}

/// The ways that differ from those in the documents.
#[derive(Debug, Clone, Default)]
pub(super) struct Lookups(Vec<(Flow, Protocol, LookUp)>);

impl Lookups {
    /// The way: by the list if the documents have one, unless the preflight found another way.
    pub(super) fn of(&self, flow: Flow, protocol: Protocol) -> LookUp {
        let found = self.0.iter().find(|found| (found.0, found.1) == (flow, protocol)).map(|found| found.2);
        let documented = || if flow.endpoint(Operation::List).is_some() { LookUp::List } else { LookUp::Start };
        found.unwrap_or_else(documented)
    }

    /// The next way, if this one does not work.
    pub(super) fn fall_back(&mut self, flow: Flow, protocol: Protocol) {
        let next = match self.of(flow, protocol) {
            LookUp::List => LookUp::Start,
            LookUp::Start | LookUp::Nothing => LookUp::Nothing,
        };
        self.0.retain(|found| (found.0, found.1) != (flow, protocol));
        self.0.push((flow, protocol, next));
    }

    /// What was found, one sentence each.
    pub(super) fn notes(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(flow, protocol, way)| match way {
            LookUp::Nothing => format!(
                "{flow} over {protocol} has no way to look up enrolled factors: lookups are left out, and ordinary cycles take their place"
            ),
            _ => format!(
                "{flow} over {protocol} has no list of factors: enrolled factors are looked up in the options of a further start"
            ),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_not_be_done_is_done_in_another_way_or_left_out() {
        let mut lookups = Lookups::default();
        let of = |lookups: &Lookups| {
            [Flow::V2_PASSKEY, Flow::V2_U2F, Flow::V1_U2F].map(|flow| lookups.of(flow, Protocol::Grpc))
        };
        assert_eq!(of(&lookups), [LookUp::List, LookUp::Start, LookUp::List]);
        assert_eq!(lookups.notes().count(), 0, "as documented");
        lookups.fall_back(Flow::V2_PASSKEY, Protocol::Grpc);
        assert_eq!(of(&lookups), [LookUp::Start, LookUp::Start, LookUp::List]);
        assert_eq!(lookups.of(Flow::V2_PASSKEY, Protocol::Rest), LookUp::List, "each protocol by itself");
        assert!(lookups.notes().all(|note| note.contains("the options of a further start")));
        lookups.fall_back(Flow::V2_PASSKEY, Protocol::Grpc);
        assert_eq!(of(&lookups), [LookUp::Nothing, LookUp::Start, LookUp::List]);
        let notes: Vec<String> = lookups.notes().collect();
        assert!(notes.len() == 1 && notes[0].starts_with("v2/passkey over grpc ") && notes[0].contains("left out"));
    }
}
