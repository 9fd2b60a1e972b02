//! The target file: TOML, checked as a whole before the first request, every error with its line and the fix.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use toml::Spanned;

use futures_util::future::LocalBoxFuture;

use super::accounts::{self, AccountsTable, Offered, Surroundings, TokenSource};
use super::identity::{IdentityError, has_credentials, identity, port_is_valid};
use super::network::{NetworkTable, TlsTable, Way};
use super::place::{Source, TargetFileError};
use crate::contract::{self, Flow, Protocol, clause};
use crate::outcome::Profile;
use crate::outcome::load::{Threshold, ThresholdError};
use crate::provisioner::Provisioner;
use crate::runner::target::description::Target;
use crate::runner::target::reason_map::ReasonMap;
use crate::scenario::Policy;
use crate::transport::Address;
use crate::webauthn::attestation;

/// Registered attestation statement formats that no case tests.
const OTHER_FORMATS: [&str; 1] = ["android-safetynet"];

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct File {
    name: Option<String>,
    base_url: Spanned<String>,
    grpc_url: Option<Spanned<String>>,
    rp_id: Spanned<String>,
    #[serde(default)]
    domains: Vec<Spanned<String>>,
    origin: Spanned<String>,
    flows: Option<Spanned<Vec<Spanned<String>>>>,
    protocols: Option<Spanned<Vec<Spanned<String>>>>,
    timeout_seconds: Option<Spanned<f64>>,
    pub(crate) retries: Option<Spanned<u32>>,
    pub(crate) retry_budget: Option<Spanned<String>>,
    pub(crate) rate: Option<Spanned<String>>,
    #[serde(default)]
    tls: TlsTable,
    #[serde(default)]
    network: NetworkTable,
    #[serde(default)]
    headers: BTreeMap<String, Spanned<TokenSource>>,
    accounts: Spanned<AccountsTable>,
    known: Option<Spanned<PathBuf>>,
    profile: Option<Spanned<String>>,
    #[serde(default)]
    reasons: BTreeMap<String, Spanned<toml::Value>>,
    #[serde(default)]
    attestation_formats: Vec<Spanned<String>>,
    #[serde(default)]
    policy: BTreeMap<String, Spanned<bool>>,
    #[serde(default)]
    load: LoadTable,
    run: Option<RunTable>,
}

/// What `run` does unless its command line says otherwise.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct RunTable {
    /// Globs over ids of tests, cases or clauses.
    pub patterns: Vec<String>,
    /// Globs of what is left out.
    pub exclude: Vec<String>,
    /// Reports to write, as `NAME=PATH`.
    pub reports: Vec<String>,
    /// What makes the exit code 1 too: `deviation`, `flaky`.
    pub deny: Vec<String>,
    /// Seed of keys and ids.
    pub seed: Option<u64>,
    /// Tests that run at the same time.
    pub jobs: Option<u16>,
}

/// The criteria of `load`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct LoadTable {
    #[serde(default)]
    thresholds: Vec<Spanned<String>>,
}

/// The base URL that a target file names, as far as it can be read. Nothing else is checked, and nothing is provisioned.
pub fn base_url(path: &Path) -> Option<String> {
    let file = std::fs::read_to_string(path).ok()?.parse::<toml::Table>().ok()?;
    file.get("base-url")?.as_str().map(str::to_owned)
}

/// The known-deviations file that a target file names, beside it. Nothing else is checked, and nothing is provisioned.
pub fn known(path: &Path) -> Option<PathBuf> {
    let file = std::fs::read_to_string(path).ok()?.parse::<toml::Table>().ok()?;
    Some(path.parent().unwrap_or(Path::new("")).join(file.get("known")?.as_str()?))
}

/// The reason map that a target file holds. Nothing else is checked, and nothing is provisioned.
///
/// # Errors
/// [`TargetFileError`]
pub fn reasons(path: &Path) -> Result<ReasonMap, TargetFileError> {
    let source = Source::read(path)?;
    let file: File = source.parse()?;
    source.reasons(&file.reasons)
}

/// What a target file says of runs. Nothing else is checked, and nothing is provisioned.
///
/// # Errors
/// [`TargetFileError`]
pub fn run_table(path: &Path) -> Result<Option<RunTable>, TargetFileError> {
    let file: File = Source::read(path)?.parse()?;
    Ok(file.run)
}

/// What determines a plan.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Flows that the target offers.
    pub flows: Vec<Flow>,
    /// Protocols that it offers.
    pub protocols: Vec<Protocol>,
    /// RP ID.
    pub rp_id: String,
    /// Origin.
    pub origin: String,
}

/// Reads the parts of a target file that determine a plan. The accounts are not read, and nothing is provisioned.
///
/// # Errors
/// [`TargetFileError`]
pub fn offer(path: &Path) -> Result<Offer, TargetFileError> {
    let source = Source::read(path)?;
    let file: File = source.parse()?;
    let (flows, protocols) = source.offered(&file)?;
    source.origin(&file)?;
    Ok(Offer { flows, protocols, rp_id: file.rp_id.into_inner(), origin: file.origin.into_inner() })
}

/// Whether a target file has a provisioner, which makes accounts. Nothing else is checked, and nothing is provisioned.
pub fn has_provisioner(path: &Path) -> bool {
    let file = std::fs::read_to_string(path).ok().and_then(|text| text.parse::<toml::Table>().ok());
    file.is_some_and(|file| file.get("accounts").is_some_and(|accounts| accounts.get("provisioner").is_some()))
}

/// The provisioner that a target file names. Nothing is made, and only the address is checked in the rest of the file.
///
/// # Errors
/// [`TargetFileError`], also if it names none.
pub fn provisioner(path: &Path, surroundings: &Surroundings<'_>) -> Result<Arc<dyn Provisioner>, TargetFileError> {
    let source = Source::read(path)?;
    let file: File = source.parse()?;
    let way = source.way((&file.tls, &file.network, &file.headers), surroundings)?;
    let web = source.address(&file.base_url, &way)?;
    let limits = source.limits(file.timeout_seconds.as_ref())?;
    accounts::provisioner(&source, &file.accounts, (&web, &limits), surroundings)
}

/// Reads and checks a target file; runs its `provision` command, if any, or has its provisioner make accounts, which are then
/// the caller's to remove ([`Provisioner::remove`]).
///
/// # Errors
/// [`TargetFileError`]
pub fn load<'r>(
    path: &'r Path,
    surroundings: &'r Surroundings<'_>,
) -> LocalBoxFuture<'r, Result<Target, TargetFileError>> {
    Box::pin(async move { read(path, surroundings, false).await.map(|read| read.target) })
}

/// A target for `load`.
#[derive(Debug, Clone)]
pub struct LoadTarget {
    /// The target; without subjects if they are in a file of their own.
    pub target: Target,
    /// The file of subjects, which may be too large for memory.
    pub subjects_file: Option<PathBuf>,
    /// The criteria that it has to meet.
    pub thresholds: Vec<Threshold>,
}

/// As [`load`], but leaves a `subjects-file` unread.
///
/// # Errors
/// [`TargetFileError`]
pub fn load_for_attack<'r>(
    path: &'r Path,
    surroundings: &'r Surroundings<'_>,
) -> LocalBoxFuture<'r, Result<LoadTarget, TargetFileError>> {
    Box::pin(read(path, surroundings, true))
}

async fn read(path: &Path, surroundings: &Surroundings<'_>, leaves_pool: bool) -> Result<LoadTarget, TargetFileError> {
    let source = Source::read(path)?;
    let file: File = source.parse()?;
    let (flows, protocols) = source.offered(&file)?;
    let way = source.way((&file.tls, &file.network, &file.headers), surroundings)?;
    let web = source.address(&file.base_url, &way)?;
    let grpc = file.grpc_url.as_ref().map_or(Ok(web.clone()), |url| source.address(url, &way))?;
    source.origin(&file)?;
    let domains = source.domains(&file.domains)?;
    let limits = source.limits(file.timeout_seconds.as_ref())?;
    let resending = source.resending(&file)?;
    let reasons = source.reasons(&file.reasons)?;
    let policy = source.policy(&file)?;
    let profile = source.profile(file.profile.as_ref())?;
    source.known(file.known.as_ref())?;
    let thresholds = source.thresholds(&file.load)?;
    let offered =
        Offered { flows: &flows, protocols: &protocols, address: &web, limits: &limits, surroundings, leaves_pool };
    let subjects_file = file.accounts.get_ref().subjects_file().filter(|_| leaves_pool).map(|file| source.beside(file));
    let accounts = accounts::read(&source, &file.accounts, &offered).await?;
    let name = file.name.unwrap_or_else(|| web.base_url.clone());
    let (rp_id, origin) = (file.rp_id.into_inner(), file.origin.into_inner());
    let target = Target {
        name,
        web,
        grpc,
        rp_id,
        domains,
        origin,
        flows,
        protocols,
        accounts,
        reasons,
        policy,
        profile,
        limits,
        resending,
        secrets: way.secrets,
    };
    Ok(LoadTarget { target, subjects_file, thresholds })
}

/// What a list may hold: its name in messages, how an item is found, and the name of an item.
type Kind<T> = (&'static str, fn(&str) -> Option<T>, fn(T) -> &'static str);

impl Source {
    fn offered(&self, file: &File) -> Result<(Vec<Flow>, Vec<Protocol>), TargetFileError> {
        let flows = self.list(file.flows.as_ref(), contract::usual().flows, ("flow", Flow::from_slug, Flow::slug))?;
        let protocols =
            self.list(file.protocols.as_ref(), &Protocol::ALL, ("protocol", Protocol::from_slug, Protocol::slug))?;
        Ok((flows, protocols))
    }

    fn list<T: Copy>(
        &self,
        written: Option<&Spanned<Vec<Spanned<String>>>>,
        all: &[T],
        (what, find, slug): Kind<T>,
    ) -> Result<Vec<T>, TargetFileError> {
        let Some(written) = written else { return Ok(all.to_vec()) };
        let names = || all.iter().map(|item| slug(*item)).collect::<Vec<_>>().join(", ");
        let known = |text: &Spanned<String>| {
            find(text.get_ref()).ok_or_else(|| {
                let message = format!("there is no {what} `{}`; write some of {}", text.get_ref(), names());
                self.error(text.span().start, message)
            })
        };
        let items: Vec<T> = written.get_ref().iter().map(known).collect::<Result<_, _>>()?;
        if items.is_empty() {
            let message = format!("the list of {what}s is empty; leave it out to have all of {}", names());
            return Err(self.error(written.span().start, message));
        }
        Ok(items)
    }

    fn address(&self, url: &Spanned<String>, way: &Way) -> Result<Address, TargetFileError> {
        let text = url.get_ref();
        let at = url.span().start;
        if has_credentials(text) {
            // Not quoted: it holds a password.
            let message = "the URL has a user name or password in it; take it out: tokens belong under [accounts]";
            return Err(self.error(at, message));
        }
        let fail =
            |message: &str| self.error(at, format!("`{text}` {message}; write for example \"https://id.example.org\""));
        let parsed: http::Uri = text.parse().map_err(|_| fail("is not a URL"))?;
        if !matches!(parsed.scheme_str(), Some("http" | "https")) {
            return Err(fail("begins with neither http:// nor https://"));
        }
        if parsed.host().is_none_or(str::is_empty) {
            return Err(fail("has no host"));
        }
        if !port_is_valid(&parsed) {
            return Err(fail("has a port that is not a number from 1 to 65535"));
        }
        if parsed.query().is_some() || text.contains('#') {
            return Err(fail("has a query or a fragment"));
        }
        Ok(way.to(text.trim_end_matches('/')))
    }

    fn origin(&self, file: &File) -> Result<(), TargetFileError> {
        identity(file.origin.get_ref(), file.rp_id.get_ref()).map_err(|wrong| {
            let at = if matches!(wrong, IdentityError::RpId { .. }) { file.rp_id.span() } else { file.origin.span() };
            self.error(at.start, wrong.to_string())
        })
    }

    fn thresholds(&self, table: &LoadTable) -> Result<Vec<Threshold>, TargetFileError> {
        let parse = |text: &Spanned<String>| {
            text.get_ref().parse().map_err(|why: ThresholdError| self.error(text.span().start, format!("load: {why}")))
        };
        table.thresholds.iter().map(parse).collect()
    }

    /// Its contents are read elsewhere.
    fn known(&self, known: Option<&Spanned<PathBuf>>) -> Result<(), TargetFileError> {
        let Some(file) = known else { return Ok(()) };
        let path = self.beside(file.get_ref());
        if path.is_file() {
            return Ok(());
        }
        Err(self.error(
            file.span().start,
            format!("known: there is no file {}; write that file, or leave `known` out", path.display()),
        ))
    }

    fn profile(&self, written: Option<&Spanned<String>>) -> Result<Profile, TargetFileError> {
        let Some(name) = written else { return Ok(Profile::default()) };
        Profile::from_name(name.get_ref()).map_err(|why| self.error(name.span().start, why))
    }

    fn policy(&self, file: &File) -> Result<Policy, TargetFileError> {
        let mut policy = Policy::default();
        for format in &file.attestation_formats {
            let known = || attestation::FORMATS.iter().map(|format| format.identifier()).chain(OTHER_FORMATS);
            if !known().any(|name| name == format.get_ref()) {
                let message = format!(
                    "there is no attestation statement format `{}`; write some of {}",
                    format.get_ref(),
                    known().collect::<Vec<_>>().join(", ")
                );
                return Err(self.error(format.span().start, message));
            }
            policy.formats.push(format.get_ref().clone());
        }
        for (name, holds) in &file.policy {
            policy
                .set(name, *holds.get_ref())
                .map_err(|why| self.error(holds.span().start, format!("policy: {why}")))?;
        }
        Ok(policy)
    }

    fn reasons(&self, written: &BTreeMap<String, Spanned<toml::Value>>) -> Result<ReasonMap, TargetFileError> {
        let mut reasons = ReasonMap::default();
        for (pattern, value) in written {
            let fail = |message: String| self.error(value.span().start, format!("reasons: {message}"));
            let fix = "`proofmark list clauses` shows all";
            let ids = match value.get_ref() {
                toml::Value::Array(several) => several.iter().map(toml::Value::as_str).collect(),
                one => one.as_str().map(|id| vec![Some(id)]).unwrap_or_default(),
            };
            let Some(ids) = ids.into_iter().collect::<Option<Vec<_>>>().filter(|ids| !ids.is_empty()) else {
                return Err(fail(format!(
                    "the value of `{pattern}` has to be the id of a clause, or a list of ids; {fix}"
                )));
            };
            for id in ids {
                if clause::find(id).is_none() {
                    return Err(fail(format!("there is no clause `{id}`; {fix}")));
                }
                reasons
                    .add(pattern, id)
                    .map_err(|why| fail(format!("`{pattern}` is not a pattern of refusals: {why}")))?;
            }
        }
        Ok(reasons)
    }
}
