//! A test under way: what its steps share.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::ceremony::{CeremonyState, Started};
use super::factor_state::{FactorState, Held, SeenDetails};
use super::kept::Kept;
use super::ledger::{Ended, Ledger};
use super::listed::SentFactor;
use crate::contract::{Flow, Protocol};
use crate::outcome::{Finding, Reason};
use crate::runner::judge::played::Lines;
use crate::runner::memory::controls::Form;
use crate::runner::model::book::Book;
use crate::runner::state::Shared;
use crate::runner::subjects::pool::Lease;
use crate::scenario::{ProtocolRef, Step, Test, Whom};

/// A test under way.
pub(crate) struct CaseRun<'a> {
    pub(crate) shared: &'a Shared,
    pub(crate) test: &'a Test,
    pub(crate) lease: Lease,
    pub(crate) ledger: Ledger,
    pub(crate) ceremony: CeremonyState,
    /// The starts, in order.
    pub(crate) starts: Vec<Started>,
    pub(crate) state: FactorState,
    /// The form of good credentials, if it is not the case's.
    pub(crate) good_form: Option<Form>,
    /// What the case has sent, for the lists.
    pub(crate) sent: Vec<SentFactor>,
    /// Ids that were listed before the case.
    pub(crate) before: Vec<String>,
    /// User handles by user: the subject's own (`true`) and the other's.
    pub(crate) user_handles: Vec<(bool, Vec<u8>)>,
    /// What `details` last said about a user's factors of a flow: those of the subject (`true`), or of the other user.
    pub(crate) details: HashMap<(bool, Flow), SeenDetails>,
    /// What the users have, of a watched case.
    pub(crate) book: Book,
    /// What the subjects hold in addition to what the case is about.
    pub(crate) held: Vec<Held>,
    /// Whether the case presupposes something that the target does not have.
    pub(crate) unmet: bool,
    /// How often the mutation could not be applied because of the challenge.
    pub(crate) unlucky: u8,
    /// Registrations of others that were seen.
    pub(crate) foreign: usize,
    pub(crate) seed: [u8; 32],
    /// How many credentials were made.
    pub(crate) made: u8,
    /// Whether the case was tried before.
    pub(crate) is_again: bool,
    /// The case's own connections.
    pub(crate) kept: Kept,
}

impl<'a> CaseRun<'a> {
    pub(crate) fn new(shared: &'a Shared, test: &'a Test, lease: Lease, attempt: u8) -> CaseRun<'a> {
        let mut hash = Sha256::new_with_prefix(shared.settings.seed.to_be_bytes());
        hash.update([attempt]);
        hash.update(test.id.as_bytes());
        CaseRun {
            shared,
            test,
            lease,
            ledger: Ledger::default(),
            ceremony: CeremonyState::default(),
            starts: Vec::new(),
            state: FactorState::default(),
            good_form: None,
            sent: Vec::new(),
            before: Vec::new(),
            user_handles: Vec::new(),
            details: HashMap::new(),
            book: Book::default(),
            held: Vec::new(),
            unmet: false,
            unlucky: 0,
            foreign: 0,
            seed: hash.finalize().into(),
            made: 0,
            is_again: attempt > 0,
            kept: Kept::default(),
        }
    }

    /// The case's primary clause.
    pub(crate) fn clause(&self) -> &'a str {
        self.test.case.primary_clause()
    }

    /// Records a finding.
    pub(crate) fn find(&mut self, finding: Finding) {
        self.ledger.find(finding);
    }

    /// Records a finding and ends the case.
    pub(crate) fn end<T>(
        &mut self,
        check: &str,
        clause: &str,
        reason: Reason,
        expected: impl Into<String>,
        received: impl Into<String>,
    ) -> Result<T, Ended> {
        self.ledger.find(Finding::new(check, clause, reason, expected, received));
        Err(Ended)
    }

    /// The lines of the call that decided.
    pub(crate) fn lines(&self) -> Lines {
        let target = &self.shared.target;
        let has_grpc = target.protocols.contains(&Protocol::Grpc);
        self.ledger.lines(has_grpc.then_some(target.grpc.base_url.as_str()))
    }

    /// What a subject holds in addition to the case.
    pub(crate) fn held_by(&self, whom: Whom) -> Option<&Held> {
        self.held.iter().rev().find(|held| held.whom == whom)
    }

    pub(crate) fn flow(&self, step: &Step) -> Flow {
        step.flow.of(self.test.flow)
    }

    pub(crate) fn protocol(&self, step: &Step) -> Protocol {
        let offered = &self.shared.target.protocols;
        let own = offered.iter().position(|protocol| *protocol == self.test.protocol).unwrap_or_default();
        let further = match step.over {
            ProtocolRef::Own => return self.test.protocol,
            ProtocolRef::Named(protocol) => return protocol,
            ProtocolRef::Next => 1,
            ProtocolRef::Last => 2,
        };
        offered[(own + further) % offered.len()]
    }

    /// An id that does not exist: digits, derived from the test.
    pub(crate) fn unknown_id(&self, length: usize) -> String {
        let digits = self.seed.into_iter().map(|byte| char::from(b'0' + byte % 10));
        std::iter::once('9').chain(digits.cycle()).take(length).collect()
    }
}
