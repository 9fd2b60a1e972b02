//! proofmark's own verifier judges each credential before it is sent.

use super::case_run::CaseRun;
use crate::authenticator::CreatedCredential;
use crate::contract::{Form, Operation, What};
use crate::outcome::{Finding, Reason};
use crate::relying_party::{Ceremony, verify_registration};
use crate::runner::offline_case::{self, said};
use crate::scenario::{Made, OperationRef, OracleVerdict, Step};
use crate::webauthn::options::PublicKeyCredentialCreationOptions;

/// The verdict that the verifier has to give. If the step states none, a mutated credential that has to be refused is refused at the step
/// of the case's primary clause, and every other credential is accepted.
pub(crate) fn expected(run: &CaseRun<'_>, step: &Step, made: Made, following: &[Step]) -> OracleVerdict {
    if let Some(oracle) = &step.oracle {
        return oracle.clone();
    }
    let verify =
        following.iter().find(|step| matches!(step.call, Some(OperationRef::Verify | OperationRef::Operation)));
    let must_refuse = verify.and_then(|step| step.expect).is_some_and(|expectation| expectation.must_refuse());
    match run.clause().strip_prefix("webauthn/") {
        Some(slug) if must_refuse && made != Made::Good && run.test.case.is_wrong(step) => {
            OracleVerdict::RefuseAt(slug.to_owned())
        }
        _ => OracleVerdict::Accept,
    }
}

/// A finding if the verifier's verdict is another.
pub(crate) fn consult(
    run: &CaseRun<'_>,
    options: &PublicKeyCredentialCreationOptions,
    credential: &CreatedCredential,
    expected: &OracleVerdict,
) -> Option<Finding> {
    let target = &run.shared.target;
    let rp_id = options.rp.id.as_deref().unwrap_or(&target.rp_id);
    let origins = [target.origin_for(options.rp.id.as_deref())];
    let algorithms = options.offered();
    let is_registered = |id: &[u8]| run.state.enrolled.iter().chain(&run.state.elsewhere).any(|known| known == id);
    let ceremony = Ceremony {
        challenge: &options.challenge,
        rp_id,
        origins: &origins,
        top_origins: &[],
        allow_cross_origin: false,
        user_verification_required: options.user_verification.as_deref() == Some("required"),
        algorithms: &algorithms,
        is_registered: &is_registered,
        trust_anchors: &offline_case::TRUST_ANCHORS,
        now: run.shared.settings.now,
    };
    // A base64 credential carries the text, others the value; they differ if a mutation changed the text.
    let slot = run.test.flow.endpoint(Operation::Verify).and_then(|verify| verify.asks(What::Credential));
    let text = match slot.map(|slot| slot.form) {
        Some(Form::Base64) => serde_json::from_slice(&credential.text).unwrap_or_default(),
        _ => credential.json.clone(),
    };
    let verdict = verify_registration(&ceremony, &text);
    let received = said(&verdict);
    let detail = verdict.err().map(|refusal| format!(": {}", refusal.detail)).unwrap_or_default();
    let words = |verdict: &OracleVerdict| match verdict {
        OracleVerdict::Accept => "our own verifier accepts it".to_owned(),
        OracleVerdict::RefuseAt(slug) => format!("our own verifier refuses it at {slug}"),
    };
    (!expected.includes(&received)).then(|| {
        let clause = run.clause();
        let received = format!("{}{detail}", words(&received));
        Finding::new("oracle", clause, Reason::OracleDisagrees, words(expected), received)
    })
}
