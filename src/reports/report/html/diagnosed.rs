//! The known defects that would explain what failed.

use serde::Serialize;

use crate::diagnosis::Cause;
use crate::gate::Judged;
use crate::report::diagnosis_text::of_red;
use crate::report::diagnosis_words::{explains, head, missing, nearest, same, unexplained, wrong};

/// How many are named.
const NAMED: usize = 3;

/// What the page shows of a diagnosis.
#[derive(Serialize)]
pub(super) struct Diagnosed {
    head: String,
    causes: Vec<CauseView>,
    unexplained: Option<String>,
    nearest: Option<String>,
}

#[derive(Serialize)]
struct CauseView {
    wrong: String,
    look: String,
    explains: String,
    missing: Option<String>,
    clause: String,
    defect: String,
    same: Option<String>,
}

impl Diagnosed {
    /// `None` if there is nothing to explain.
    pub(super) fn of(judged: &Judged) -> Option<Diagnosed> {
        let diagnosis = of_red(judged)?;
        Some(Diagnosed {
            head: head(&diagnosis),
            causes: diagnosis.causes.iter().take(NAMED).map(view).collect(),
            unexplained: unexplained(&diagnosis),
            nearest: nearest(&diagnosis),
        })
    }
}

fn view(cause: &Cause) -> CauseView {
    CauseView {
        wrong: wrong(cause),
        look: cause.look.clone(),
        explains: explains(cause),
        missing: missing(cause),
        clause: cause.clause.clone(),
        defect: cause.defect.clone(),
        same: same(cause),
    }
}
