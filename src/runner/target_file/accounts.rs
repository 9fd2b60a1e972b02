//! The `[accounts]` of a target file: tokens from outside of it, and subjects from one of three sources.

use std::path::PathBuf;

use serde::Deserialize;
use toml::Spanned;

use super::Surroundings;
use super::place::{Source, TargetFileError};
use crate::contract::{ApiVersion, Flow, Protocol};
use crate::runner::provision::{self, ProvisionError, SubjectEntry, SubjectPoolFile};
use crate::runner::target::{Accounts, Subject};
use crate::wire::secret::Secret;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct AccountsTable {
    admin_token: Option<Spanned<TokenSource>>,
    no_rights_token: Option<Spanned<TokenSource>>,
    subjects: Option<Spanned<Vec<SubjectTable>>>,
    subjects_file: Option<Spanned<PathBuf>>,
    provision: Option<Spanned<Vec<String>>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SubjectTable {
    user_id: String,
    token: Spanned<TokenSource>,
}

/// `"${NAME}"` or `{ file = "path" }`.
#[derive(Debug, Deserialize)]
#[serde(untagged, expecting = "write a token as \"${NAME}\" or { file = \"path\" }")]
enum TokenSource {
    Text(String),
    File(TokenFile),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenFile {
    file: PathBuf,
}

/// What the accounts need to know of the rest of the file.
pub(super) struct Offered<'a> {
    pub flows: &'a [Flow],
    pub protocols: &'a [Protocol],
    pub surroundings: &'a Surroundings<'a>,
    /// A file of subjects is left unread, and with it the tokens that may be there.
    pub leaves_pool: bool,
}

impl AccountsTable {
    /// The file of subjects as it is named.
    pub(super) fn subjects_file(&self) -> Option<&PathBuf> {
        self.subjects_file.as_ref().map(Spanned::get_ref)
    }
}

/// Reads the tokens and the pool, and runs the `provision` command if there is one.
pub(super) async fn read(
    source: &Source,
    table: &Spanned<AccountsTable>,
    offered: &Offered<'_>,
) -> Result<Accounts, TargetFileError> {
    let at = table.span().start;
    let table = table.get_ref();
    let named = |name: &str, token: &Option<Spanned<TokenSource>>| {
        token.as_ref().map(|token| read_token(source, name, token, offered)).transpose()
    };
    let mut accounts = Accounts {
        subjects: Vec::new(),
        admin: named("admin-token", &table.admin_token)?,
        no_rights: named("no-rights-token", &table.no_rights_token)?,
    };
    let pool = match (&table.subjects, &table.subjects_file, &table.provision) {
        (Some(subjects), None, None) => inline(source, subjects, offered)?,
        (None, Some(_), None) if offered.leaves_pool => return Ok(accounts),
        (None, Some(file), None) => pool_file(source, file)?,
        // The command makes users: it comes last, once nothing else can be wrong.
        (None, None, Some(command)) => provisioned(source, command, offered).await?,
        _ => {
            let message = "accounts needs exactly one of `subjects`, `subjects-file` and `provision`; \
                           write for example subjects-file = \"subjects.json\"";
            return Err(source.error(at, message));
        }
    };
    let SubjectPoolFile { subjects, admin_token, no_rights_token } = pool;
    accounts.admin = accounts.admin.or(admin_token.map(Secret::new));
    accounts.no_rights = accounts.no_rights.or(no_rights_token.map(Secret::new));
    let subject = |entry: SubjectEntry| Subject { user_id: entry.user_id, token: Secret::new(entry.token) };
    accounts.subjects = subjects.into_iter().map(subject).collect();
    complete(source, at, &accounts, offered.flows)?;
    Ok(accounts)
}

fn complete(source: &Source, at: usize, accounts: &Accounts, flows: &[Flow]) -> Result<(), TargetFileError> {
    let v2 = flows.iter().any(|flow| flow.version() == ApiVersion::V2);
    let missing = [("admin-token", accounts.admin.is_none()), ("no-rights-token", accounts.no_rights.is_none())];
    match missing.into_iter().find(|(_, missing)| v2 && *missing) {
        Some((name, _)) => {
            let why = "the v2 flows' 403 and 404 cases need it; write it here, or list only v1 flows in `flows`";
            Err(source.error(at, format!("accounts.{name} is missing: {why}")))
        }
        None => Ok(()),
    }
}

fn read_token(
    source: &Source,
    key: &str,
    token: &Spanned<TokenSource>,
    offered: &Offered<'_>,
) -> Result<Secret, TargetFileError> {
    let fail = |message: String| source.error(token.span().start, format!("{key}: {message}"));
    let text = match token.get_ref() {
        TokenSource::File(TokenFile { file }) => {
            let path = source.beside(file);
            let read = std::fs::read_to_string(&path);
            read.map_err(|cause| fail(format!("{}: {cause}; write the token into that file", path.display())))?
        }
        TokenSource::Text(text) => {
            let Some(name) = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) else {
                let mend = "write \"${NAME}\" and set that environment variable, or { file = \"path\" }";
                return Err(fail(format!("a token does not stand in this file; {mend}")));
            };
            let variable = (offered.surroundings.variable)(name);
            variable.ok_or_else(|| fail(format!("the environment variable {name} is not set; export it")))?
        }
    };
    let token = text.trim();
    match provision::wrong_token(token) {
        Some(wrong) => Err(fail(format!("the token {wrong}"))),
        None => Ok(Secret::new(token)),
    }
}

fn inline(
    source: &Source,
    subjects: &Spanned<Vec<SubjectTable>>,
    offered: &Offered<'_>,
) -> Result<SubjectPoolFile, TargetFileError> {
    let entry = |subject: &SubjectTable| {
        let token = read_token(source, "token", &subject.token, offered)?;
        Ok(SubjectEntry { user_id: subject.user_id.clone(), token: token.expose().to_owned() })
    };
    let pool = SubjectPoolFile {
        subjects: subjects.get_ref().iter().map(entry).collect::<Result<_, _>>()?,
        ..SubjectPoolFile::default()
    };
    match provision::wrong_pool(&pool) {
        Some(wrong) => Err(source.error(subjects.span().start, format!("accounts: {wrong}"))),
        None => Ok(pool),
    }
}

fn pool_file(source: &Source, file: &Spanned<PathBuf>) -> Result<SubjectPoolFile, TargetFileError> {
    let at = file.span().start;
    let path = source.beside(file.get_ref());
    let text = std::fs::read(&path).map_err(|cause| {
        let mend = "its form is in reports/schemas/subjects.schema.json";
        source.error(at, format!("accounts.subjects-file {}: {cause}; {mend}", path.display()))
    })?;
    provision::parse(&path.display().to_string(), &text).map_err(|cause| of_pool(source, at, &cause))
}

async fn provisioned(
    source: &Source,
    command: &Spanned<Vec<String>>,
    offered: &Offered<'_>,
) -> Result<SubjectPoolFile, TargetFileError> {
    let at = command.span().start;
    if command.get_ref().is_empty() {
        return Err(source.error(at, "accounts.provision is empty; write [\"command\", \"argument\"]"));
    }
    let count = (offered.surroundings.subjects_needed)(offered.flows, offered.protocols);
    provision::run(command.get_ref(), count).await.map_err(|cause| of_pool(source, at, &cause))
}

fn of_pool(source: &Source, at: usize, cause: &ProvisionError) -> TargetFileError {
    source.error(at, format!("accounts: {cause}"))
}
