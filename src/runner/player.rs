//! A permutation under way: what its steps share.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest as _, Sha256};

use super::attempts::Try;
use super::control::Form;
use super::details::SeenDetails;
use super::hold::Held;
use super::kept::Kept;
use super::listed::SentFactor;
use super::model::Book;
pub(super) use super::starts::Started;
use super::subject::Lease;
use super::{Shared, present};
use crate::authenticator::{CreatedCredential, Format};
use crate::checks::Observation;
use crate::contract::{Endpoint, Flow, Protocol};
use crate::outcome::{CaseRecord, Expected, Finding, Reason, gravest};
use crate::scenario::Permutation;
use crate::transport::{Exchange, grpcurl};
use crate::webauthn::cose::CoseAlgorithm;
use crate::webauthn::options::PublicKeyCredentialCreationOptions;
use crate::wire::secret::{Masker, Secret};

/// Calls at the beginning of a case, and at its end, that records keep.
const KEPT: usize = 24;

/// What ends a permutation early. The finding that says why was already recorded.
#[derive(Debug)]
pub(super) struct Ended;

/// A permutation under way.
pub(super) struct Player<'a> {
    pub(super) shared: &'a Shared,
    pub(super) permutation: &'a Permutation,
    pub(super) lease: Lease,
    pub(super) exchanges: Vec<Played>,
    /// The exchange that decided, for the curl line: the one of the first finding that is no pass.
    pub(super) decisive: Option<usize>,
    /// The last exchange that a step judged.
    pub(super) judged: Option<usize>,
    pub(super) findings: Vec<Finding>,
    /// Clauses that checks looked at.
    pub(super) checked: BTreeSet<&'static str>,
    /// Where an expectation was last met that takes one answer only.
    pub(super) met_at: Option<&'static Endpoint>,
    /// Where an expectation was last met.
    pub(super) answered_at: Option<&'static Endpoint>,
    pub(super) observed: String,
    pub(super) options: Option<PublicKeyCredentialCreationOptions>,
    pub(super) factor_id: Option<String>,
    /// The id of the first start.
    pub(super) first_factor_id: Option<String>,
    pub(super) credential: Option<MadeCredential>,
    /// The form of good credentials, where it is not the case's.
    pub(super) good_form: Option<Form>,
    /// The credential made first.
    pub(super) first_credential: Option<MadeCredential>,
    /// What the case has sent, for the lists.
    pub(super) sent: Vec<SentFactor>,
    /// Ids that were listed before the case.
    pub(super) before: Vec<String>,
    /// User handles by user: the subject's own (`true`) and the other's.
    pub(super) user_handles: Vec<(bool, Vec<u8>)>,
    /// What `details` said last of a user's factors of a flow: of the subject's own (`true`), or the other's.
    pub(super) details: HashMap<(bool, Flow), SeenDetails>,
    /// The starts, in order.
    pub(super) starts: Vec<Started>,
    /// What the users have, of a watched case.
    pub(super) book: Book,
    /// Whether the case presupposes something of the target that it has not.
    pub(super) unmet: bool,
    /// How often a challenge did not allow for the mutation.
    pub(super) unlucky: u8,
    pub(super) state: FactorState,
    /// What the subjects hold besides what the case is about.
    pub(super) held: Vec<Held>,
    /// The last call that said two things of one: its exchange, and which.
    pub(super) carried: Option<(usize, String)>,
    /// Registrations of others that were seen.
    pub(super) foreign: usize,
    pub(super) seed: [u8; 32],
    pub(super) made: u8,
    /// Authorizations with a token that is almost the subject's own: as secret as that.
    pub(super) altered: Vec<Secret>,
    /// Whether the case was tried before.
    pub(super) is_again: bool,
    /// Connections of the case's own.
    pub(super) kept: Kept,
}

/// An exchange, and what it was judged by.
#[derive(Debug)]
pub(super) struct Played {
    pub(super) exchange: Exchange,
    /// `None` for what is not judged.
    pub(super) context: Option<Context>,
    /// What the caller had done to the token.
    pub(super) token: Option<&'static str>,
    /// The tries before it.
    pub(super) tries: Vec<Try>,
}

/// What a judgement depends on besides the exchange.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) undocumented_request: bool,
    pub(super) malformed: bool,
    pub(super) rp_id: Option<String>,
    pub(super) attachment: Option<String>,
    pub(super) expected: Expected,
}

impl Context {
    /// What checks were given of an exchange besides it, and what was expected.
    pub(super) fn of(observation: &Observation<'_>, expected: Expected) -> Context {
        Context {
            undocumented_request: !observation.documented_request,
            malformed: observation.malformed,
            rp_id: observation.rp_id.map(str::to_owned),
            attachment: observation.attachment.map(str::to_owned),
            expected,
        }
    }
}

impl Played {
    /// A call that came to no verdict.
    pub(super) fn unjudged(exchange: Exchange, tries: Vec<Try>) -> Played {
        Played { exchange, context: None, token: None, tries }
    }
}

/// What makes a call again in a shell; empty where there was none, or where it can't be written so.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines {
    pub(super) curl: String,
    pub(super) grpcurl: String,
}

/// A credential that was made, and the ids by which a server may know it.
#[derive(Debug, Clone)]
pub(super) struct MadeCredential {
    pub(super) created: CreatedCredential,
    pub(super) ids: Vec<Vec<u8>>,
    pub(super) seed: [u8; 32],
    pub(super) recipe: Recipe,
}

/// What a credential was made from, besides its seed.
#[derive(Debug, Clone)]
pub(super) struct Recipe {
    pub(super) options: PublicKeyCredentialCreationOptions,
    pub(super) format: Format,
    pub(super) algorithm: CoseAlgorithm,
    /// Whether the key is the one that the case names.
    pub(super) keyed: bool,
    /// Ids of the mutations.
    pub(super) mutations: Vec<String>,
}

/// What the target should hold for the subject after the steps.
#[derive(Debug, Default)]
pub(super) struct FactorState {
    /// Credential ids of the subject's accepted registrations.
    pub(super) enrolled: Vec<Vec<u8>>,
    /// Credential ids that were accepted for another subject.
    pub(super) elsewhere: Vec<Vec<u8>>,
    /// Credential ids of refused registrations and removed factors, with the clause they would violate if present.
    pub(super) absent: Vec<(Vec<u8>, &'static str)>,
    /// Whether a registration was refused.
    pub(super) refused: bool,
    /// Factor ids, as far as they are known, by the credential ids of the subject's accepted registrations.
    pub(super) factor_ids: Vec<(Vec<u8>, String)>,
}

impl<'a> Player<'a> {
    pub(super) fn new(shared: &'a Shared, permutation: &'a Permutation, lease: Lease, attempt: u8) -> Player<'a> {
        let mut hash = Sha256::new_with_prefix(shared.settings.seed.to_be_bytes());
        hash.update([attempt]);
        hash.update(permutation.id.as_bytes());
        Player {
            shared,
            permutation,
            lease,
            exchanges: Vec::new(),
            decisive: None,
            judged: None,
            findings: Vec::new(),
            checked: BTreeSet::new(),
            met_at: None,
            answered_at: None,
            observed: String::new(),
            options: None,
            factor_id: None,
            first_factor_id: None,
            credential: None,
            good_form: None,
            first_credential: None,
            sent: Vec::new(),
            before: Vec::new(),
            user_handles: Vec::new(),
            details: HashMap::new(),
            starts: Vec::new(),
            book: Book::default(),
            unmet: false,
            unlucky: 0,
            state: FactorState::default(),
            held: Vec::new(),
            carried: None,
            foreign: 0,
            seed: hash.finalize().into(),
            made: 0,
            altered: Vec::new(),
            is_again: attempt > 0,
            kept: Kept::default(),
        }
    }

    /// The case's primary clause.
    pub(super) fn clause(&self) -> &'a str {
        self.permutation.case.primary_clause()
    }

    /// Records a finding; remembers the last exchange as the decisive one if it is the first that is no pass.
    pub(super) fn find(&mut self, mut finding: Finding) {
        finding.exchange = self.exchanges.len().checked_sub(1);
        // What has changed was changed by the call that said two things.
        if let Some((exchange, words)) = self.carried.as_ref().filter(|_| finding.reason == Reason::StateChanged) {
            finding.received = format!("{}; {words}", finding.received);
            self.decisive.get_or_insert(*exchange);
        }
        if !finding.reason.is_pass() && self.decisive.is_none() {
            self.decisive = self.exchanges.len().checked_sub(1);
        }
        self.findings.push(finding);
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
        self.find(Finding::new(check, clause, reason, expected, received));
        Err(Ended)
    }

    /// The lines of the call that decided.
    pub(super) fn lines(&self) -> Lines {
        let shown = self.decisive.or(self.judged).and_then(|index| self.exchanges.get(index));
        let note = shown.and_then(|played| played.token).map(|words| format!(" # {words}"));
        let noted = |line: String| if line.is_empty() { line } else { line + note.as_deref().unwrap_or_default() };
        let shown = shown.map(|played| &played.exchange);
        let grpc = self.shared.target.protocols.contains(&Protocol::Grpc).then_some(&self.shared.target.grpc.base_url);
        Lines {
            curl: noted(shown.map(crate::transport::curl).unwrap_or_default()),
            grpcurl: noted(shown.zip(grpc).and_then(|(shown, url)| grpcurl(shown, url)).unwrap_or_default()),
        }
    }

    /// Masks what the target file does not name and is as secret: tokens that are almost the subject's own.
    pub(super) fn own_masker(&self) -> Option<Masker> {
        let tokens: Vec<Secret> = self.altered.iter().map(Secret::without_scheme).collect();
        (!tokens.is_empty()).then(|| Masker::new(&tokens))
    }

    pub(super) fn into_record(self, record: &mut CaseRecord) {
        Lines { curl: record.curl, grpcurl: record.grpcurl } = self.lines();
        let passed =
            gravest(&self.findings, self.shared.target.profile).is_some_and(|finding| finding.reason.is_pass());
        let sent = self.credential.as_ref().filter(|_| !passed);
        record.credential = sent.map(|made| present::credential(made, self.good(made)));
        let checked: BTreeSet<&str> = self.checked.iter().copied().chain(self.established()).collect();
        record.checked = checked.into_iter().map(str::to_owned).collect();
        // A case of very many calls shows its beginning and its end.
        let left_out = KEPT..self.exchanges.len().saturating_sub(KEPT);
        let kept: Vec<usize> = (0..self.exchanges.len()).filter(|index| !left_out.contains(index)).collect();
        let shown = |index: &usize| present::exchange(&self.exchanges[*index], &self.shared.masker);
        record.exchanges = kept.iter().map(shown).collect();
        record.findings = self.findings;
        for finding in &mut record.findings {
            finding.exchange = finding.exchange.and_then(|index| kept.iter().position(|kept| *kept == index));
        }
        record.observed = self.observed;
    }
}
