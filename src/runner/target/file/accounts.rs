//! The `[accounts]` of a target file: tokens from outside of it, and subjects from one of four sources.

use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use super::place::{Source, TargetFileError};
use super::provisioner::{Ordered, ProvisionerTable};
use crate::contract::{Flow, Protocol};
use crate::provisioner::{Provided, ProvidedSubject, Provisioner, ProvisionerError, Tell};
use crate::runner::target::description::{Accounts, Subject};
use crate::runner::target::subject_source::{self, ProvisionError, SubjectEntry, SubjectPoolFile};
use crate::transport::{Address, Limits};
use crate::wire::secret::Secret;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AccountsTable {
    admin_token: Option<Spanned<TokenSource>>,
    no_rights_token: Option<Spanned<TokenSource>>,
    read_only_token: Option<Spanned<TokenSource>>,
    #[serde(default)]
    u2f_locks_tokens: bool,
    subjects: Option<Spanned<Vec<SubjectTable>>>,
    subjects_file: Option<Spanned<PathBuf>>,
    provision: Option<Spanned<Vec<String>>>,
    refresh: Option<Spanned<Vec<String>>>,
    provisioner: Option<Spanned<ProvisionerTable>>,
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
pub(crate) enum TokenSource {
    Text(String),
    File(TokenFile),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TokenFile {
    file: PathBuf,
}

/// What the accounts need to know about the rest of the file.
pub(crate) struct Offered<'a> {
    pub flows: &'a [Flow],
    pub protocols: &'a [Protocol],
    pub address: &'a Address,
    pub limits: &'a Limits,
    pub surroundings: &'a Surroundings<'a>,
    /// A file of subjects is left unread, and so are the tokens that may be in it.
    pub leaves_pool: bool,
}

impl AccountsTable {
    /// The file of subjects as it is named.
    pub(crate) fn subjects_file(&self) -> Option<&PathBuf> {
        self.subjects_file.as_ref().map(Spanned::get_ref)
    }
}

/// Reads the tokens and the pool, and runs the `provision` command or has the provisioner make accounts if there is one.
pub(crate) async fn read(
    source: &Source,
    table: &Spanned<AccountsTable>,
    offered: &Offered<'_>,
) -> Result<Accounts, TargetFileError> {
    let at = table.span().start;
    let table = table.get_ref();
    let named = |name: &str, token: &Option<Spanned<TokenSource>>| {
        token.as_ref().map(|token| read_token(source, name, token, offered.surroundings)).transpose()
    };
    let mut accounts = Accounts {
        admin: named("admin-token", &table.admin_token)?,
        no_rights: named("no-rights-token", &table.no_rights_token)?,
        read_only: named("read-only-token", &table.read_only_token)?,
        u2f_locks_tokens: table.u2f_locks_tokens,
        refresh: refresh(source, table.refresh.as_ref())?,
        ..Accounts::default()
    };
    let pool = match (&table.subjects, &table.subjects_file, &table.provision, &table.provisioner) {
        (Some(subjects), None, None, None) => inline(source, subjects, offered.surroundings)?,
        (None, Some(file), None, None) if offered.leaves_pool => {
            accounts.listed_in = Some(source.beside(file.get_ref()));
            return Ok(accounts);
        }
        (None, Some(file), None, None) => pool_file(source, file)?,
        // Users are made last, once nothing else can be wrong.
        (None, None, Some(command), None) => provisioned(source, command, offered).await?,
        (None, None, None, Some(ordered)) => {
            make(source, ordered, &mut accounts, offered).await?;
            return Ok(accounts);
        }
        _ => {
            let message = "accounts needs exactly one of `subjects`, `subjects-file`, `provision` and `provisioner`; \
                           write for example subjects-file = \"subjects.json\"";
            return Err(source.error(at, message));
        }
    };
    let list = table.subjects_file.as_ref().map(|file| source.beside(file.get_ref()));
    accounts.listed_in = Some(list.unwrap_or_else(|| source.path().to_owned()));
    let SubjectPoolFile { subjects, admin_token, no_rights_token, read_only_token } = pool;
    accounts.admin = accounts.admin.or(admin_token.map(Secret::new));
    accounts.no_rights = accounts.no_rights.or(no_rights_token.map(Secret::new));
    accounts.read_only = accounts.read_only.or(read_only_token.map(Secret::new));
    let subject = |entry: SubjectEntry| Subject { user_id: entry.user_id, token: Secret::new(entry.token) };
    accounts.subjects = subjects.into_iter().map(subject).collect();
    complete(source, at, &accounts, offered.flows)?;
    Ok(accounts)
}

/// The provisioner that a file names; nothing is made.
pub(crate) fn provisioner(
    source: &Source,
    table: &Spanned<AccountsTable>,
    (address, limits): (&Address, &Limits),
    surroundings: &Surroundings<'_>,
) -> Result<Arc<dyn Provisioner>, TargetFileError> {
    let accounts = table.get_ref();
    let Some(ordered) = &accounts.provisioner else {
        let message =
            "there is no accounts.provisioner in this file: proofmark does not remove accounts that it did not make";
        return Err(source.error(table.span().start, message));
    };
    let admin = accounts.admin_token.as_ref();
    let admin = admin.map(|token| read_token(source, "admin-token", token, surroundings)).transpose()?;
    let checked = ordered.get_ref().check(source)?;
    connected(source, ordered, checked, admin, (address, limits))
}

fn connected(
    source: &Source,
    table: &Spanned<ProvisionerTable>,
    ordered: Ordered,
    admin: Option<Secret>,
    (address, limits): (&Address, &Limits),
) -> Result<Arc<dyn Provisioner>, TargetFileError> {
    let at = table.span().start;
    let admin = admin.ok_or_else(|| {
        let fix = "write admin-token = \"${NAME}\" or { file = \"path\" } beside it";
        source.error(
            at,
            format!("accounts.provisioner makes users with the administrator's token, which is missing; {fix}"),
        )
    })?;
    let connected = ordered.connect((address.clone(), limits.timeout), admin);
    connected.map_err(|error| of_provisioner(source, at, &error))
}

async fn make(
    source: &Source,
    table: &Spanned<ProvisionerTable>,
    accounts: &mut Accounts,
    offered: &Offered<'_>,
) -> Result<(), TargetFileError> {
    let ordered = table.get_ref().check(source)?;
    let needed = (offered.surroundings.subjects_needed)(offered.flows, offered.protocols);
    let count = ordered.subjects(needed);
    let provisioner = connected(source, table, ordered, accounts.admin.clone(), (offered.address, offered.limits))?;
    let provided = provisioner.provide(count, offered.surroundings.tell).await;
    let provided = provided.map_err(|error| of_provisioner(source, table.span().start, &error))?;
    let Provided { subjects, no_rights, read_only } = provided;
    let subject = |ProvidedSubject { user_id, token }| Subject { user_id, token };
    accounts.subjects = subjects.into_iter().map(subject).collect();
    accounts.no_rights = accounts.no_rights.take().or(no_rights);
    accounts.read_only = accounts.read_only.take().or(read_only);
    accounts.u2f_locks_tokens |= provisioner.u2f_locks_tokens();
    accounts.provisioner = Some(provisioner);
    Ok(())
}

fn complete(source: &Source, at: usize, accounts: &Accounts, flows: &[Flow]) -> Result<(), TargetFileError> {
    let v2 = flows.iter().any(|flow| flow.names_user());
    let missing = [("admin-token", accounts.admin.is_none()), ("no-rights-token", accounts.no_rights.is_none())];
    match missing.into_iter().find(|(_, missing)| v2 && *missing) {
        Some((name, _)) => {
            let why = "the 403 and 404 cases of the v2 flows need it; write it here, or list only v1 flows in `flows`";
            Err(source.error(at, format!("accounts.{name} is missing: {why}")))
        }
        None => Ok(()),
    }
}

pub(crate) fn read_token(
    source: &Source,
    key: &str,
    token: &Spanned<TokenSource>,
    surroundings: &Surroundings<'_>,
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
                let fix = "write \"${NAME}\" and set that environment variable, or { file = \"path\" }";
                return Err(fail(format!("a token must not be written in this file; {fix}")));
            };
            let variable = (surroundings.variable)(name);
            variable.ok_or_else(|| fail(format!("the environment variable {name} is not set; export it")))?
        }
    };
    let token = text.trim();
    match subject_source::wrong_token(token) {
        Some(wrong) => Err(fail(format!("the token {wrong}"))),
        None => Ok(Secret::new(token)),
    }
}

fn inline(
    source: &Source,
    subjects: &Spanned<Vec<SubjectTable>>,
    surroundings: &Surroundings<'_>,
) -> Result<SubjectPoolFile, TargetFileError> {
    let entry = |subject: &SubjectTable| {
        let token = read_token(source, "token", &subject.token, surroundings)?;
        Ok(SubjectEntry { user_id: subject.user_id.clone(), token: token.expose().to_owned() })
    };
    let pool = SubjectPoolFile {
        subjects: subjects.get_ref().iter().map(entry).collect::<Result<_, _>>()?,
        ..SubjectPoolFile::default()
    };
    match subject_source::wrong_pool(&pool) {
        Some(wrong) => Err(source.error(subjects.span().start, format!("accounts: {wrong}"))),
        None => Ok(pool),
    }
}

fn pool_file(source: &Source, file: &Spanned<PathBuf>) -> Result<SubjectPoolFile, TargetFileError> {
    let at = file.span().start;
    let path = source.beside(file.get_ref());
    let text = std::fs::read(&path).map_err(|cause| {
        let fix = "`proofmark schema subjects` has its form";
        source.error(at, format!("accounts.subjects-file {}: {cause}; {fix}", path.display()))
    })?;
    subject_source::parse(&path.display().to_string(), &text).map_err(|cause| of_pool(source, at, &cause))
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
    subject_source::run(command.get_ref(), count).await.map_err(|cause| of_pool(source, at, &cause))
}

fn refresh(source: &Source, command: Option<&Spanned<Vec<String>>>) -> Result<Vec<String>, TargetFileError> {
    let Some(command) = command else { return Ok(Vec::new()) };
    if command.get_ref().first().is_none_or(String::is_empty) {
        let message = "accounts.refresh is empty; write [\"command\", \"{caller}\", \"{userId}\"], or leave it out";
        return Err(source.error(command.span().start, message));
    }
    Ok(command.get_ref().clone())
}

fn of_pool(source: &Source, at: usize, cause: &ProvisionError) -> TargetFileError {
    source.error(at, format!("accounts: {cause}"))
}

fn of_provisioner(source: &Source, at: usize, cause: &ProvisionerError) -> TargetFileError {
    source.error(at, format!("accounts.provisioner: {cause}"))
}

/// What is not in the file itself.
pub struct Surroundings<'a> {
    /// Reads an environment variable.
    pub variable: &'a dyn Fn(&str) -> Option<String>,
    /// How many subjects the plan needs for a target that offers these flows and protocols.
    pub subjects_needed: &'a dyn Fn(&[Flow], &[Protocol]) -> usize,
    /// Told while a provisioner makes accounts.
    pub tell: Tell<'a>,
}
