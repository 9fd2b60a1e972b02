//! A permutation under way: what its steps share.

use std::collections::HashMap;

use sha2::{Digest as _, Sha256};

use super::Shared;
use super::ceremony::{CeremonyState, Started};
use super::control::Form;
use super::factor_state::{FactorState, Held, SeenDetails};
use super::kept::Kept;
use super::ledger::{Ended, Ledger, Lines};
use super::listed::SentFactor;
use super::model::Book;
use super::subject::Lease;
use crate::contract::{Flow, Protocol};
use crate::outcome::{Finding, Reason};
use crate::scenario::Permutation;

/// A permutation under way.
pub(super) struct CaseRun<'a> {
    pub(super) shared: &'a Shared,
    pub(super) permutation: &'a Permutation,
    pub(super) lease: Lease,
    pub(super) ledger: Ledger,
    pub(super) ceremony: CeremonyState,
    /// The starts, in order.
    pub(super) starts: Vec<Started>,
    pub(super) state: FactorState,
    /// The form of good credentials, where it is not the case's.
    pub(super) good_form: Option<Form>,
    /// What the case has sent, for the lists.
    pub(super) sent: Vec<SentFactor>,
    /// Ids that were listed before the case.
    pub(super) before: Vec<String>,
    /// User handles by user: the subject's own (`true`) and the other's.
    pub(super) user_handles: Vec<(bool, Vec<u8>)>,
    /// What `details` said last of a user's factors of a flow: of the subject's own (`true`), or the other's.
    pub(super) details: HashMap<(bool, Flow), SeenDetails>,
    /// What the users have, of a watched case.
    pub(super) book: Book,
    /// What the subjects hold besides what the case is about.
    pub(super) held: Vec<Held>,
    /// Whether the case presupposes something of the target that it has not.
    pub(super) unmet: bool,
    /// How often a challenge did not allow for the mutation.
    pub(super) unlucky: u8,
    /// Registrations of others that were seen.
    pub(super) foreign: usize,
    pub(super) seed: [u8; 32],
    /// How many credentials were made.
    pub(super) made: u8,
    /// Whether the case was tried before.
    pub(super) is_again: bool,
    /// Connections of the case's own.
    pub(super) kept: Kept,
}

impl<'a> CaseRun<'a> {
    pub(super) fn new(shared: &'a Shared, permutation: &'a Permutation, lease: Lease, attempt: u8) -> CaseRun<'a> {
        let mut hash = Sha256::new_with_prefix(shared.settings.seed.to_be_bytes());
        hash.update([attempt]);
        hash.update(permutation.id.as_bytes());
        CaseRun {
            shared,
            permutation,
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
    pub(super) fn clause(&self) -> &'a str {
        self.permutation.case.primary_clause()
    }

    /// Records a finding.
    pub(super) fn find(&mut self, finding: Finding) {
        self.ledger.find(finding);
    }

    /// Records a finding and ends the case.
    pub(super) fn end<T>(
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
    pub(super) fn lines(&self) -> Lines {
        let target = &self.shared.target;
        let has_grpc = target.protocols.contains(&Protocol::Grpc);
        self.ledger.lines(has_grpc.then_some(target.grpc.base_url.as_str()))
    }
}
