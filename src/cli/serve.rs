//! `serve`: the reference server as a process of its own.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::args::ServeArguments;
use super::exit::{Exit, Failure};
use super::values::{duration, seed_or_random, share};
use super::{embedded, interrupt, output, private};
use crate::provisioner::KINDS;
use crate::runner::target::subject_source::{SubjectEntry, SubjectPoolFile};
use crate::server::refusal;
use crate::server::{Conditions, Management, RunningServer, Server, ServerConfig};

/// Serves until Ctrl-C or until the time is up.
pub async fn serve(arguments: ServeArguments) -> Result<Exit, Failure> {
    let stop_after = arguments.stop_after.as_deref().map(|text| duration("--stop-after", text)).transpose()?;
    let config = configuration(&arguments)?;
    let started = if arguments.null { Server::start_null(config).await } else { Server::start(config).await };
    let server = started.map_err(|error| {
        Failure::text(
            Exit::Config,
            format!("--listen {}: {error}; choose another port, or 0 for a free one", arguments.listen),
        )
    })?;
    announce(&arguments, &server);
    match &arguments.target_out {
        Some(path) => {
            write_target(path, &server, arguments.management)?;
            output::line(&format!("target file: {0}; now: proofmark run --target {0}", path.display()));
        }
        None => output::line("its tokens are written nowhere; --target-out FILE writes them"),
    }
    output::line("Ctrl-C stops it");
    let end = async {
        match stop_after {
            Some(time) => tokio::time::sleep(time).await,
            None => std::future::pending().await,
        }
    };
    let exit = tokio::select! {
        () = interrupt::asked() => Exit::Interrupted,
        () = end => Exit::Green,
    };
    let counts = Arc::clone(&server.counts);
    server.shutdown().await;
    output::line(&counts.to_string());
    Ok(exit)
}

/// The kind of server that was asked for.
fn configuration(arguments: &ServeArguments) -> Result<ServerConfig, Failure> {
    let defects = embedded::find_defects(&arguments.defects)?;
    let variants = embedded::find_variants(&arguments.variants)?;
    let users = usize::try_from(arguments.users).unwrap_or(usize::MAX);
    let usual = ServerConfig::default();
    let delay = arguments.delay.as_deref().map(|text| duration("--delay", text)).transpose()?.unwrap_or_default();
    let challenge_timeout = arguments.challenge_timeout.as_deref();
    let challenge_timeout = challenge_timeout.map(|text| duration("--challenge-timeout", text)).transpose()?;
    let management = management(arguments)?;
    let (off, host) = (arguments.off.clone(), arguments.host.clone());
    Ok(ServerConfig {
        conditions: Conditions { delay, off, host, challenge_timeout },
        listen: arguments.listen,
        users,
        // Under load each user keeps a connection; other users would wait until it ends.
        max_connections: usual.max_connections.max(users),
        seed: seed_or_random(arguments.seed),
        defects,
        variants,
        trust_anchors: vec![crate::authenticator::attestation_root()],
        management,
        slower: share("--slower", &arguments.slower)?,
        ..usual
    })
}

/// Prints its URL, and what is special about it.
fn announce(arguments: &ServeArguments, server: &RunningServer) {
    let name = if arguments.null { "null server" } else { "reference server" };
    output::line(&format!("{name} on {} with {} users", server.base_url(), arguments.users));
    for defect in &arguments.defects {
        output::line(&format!("with the defect {defect}"));
    }
    for flow in &arguments.off {
        output::line(&format!("without {flow}"));
    }
    for variant in &arguments.variants {
        output::line(&format!("with the variant {variant}"));
    }
    if arguments.slower != "0%" {
        output::line(&format!("with answers that take {} longer", arguments.slower));
    }
}

/// Whether users can be made over the network, and how slow that is.
fn management(arguments: &ServeArguments) -> Result<Option<Management>, Failure> {
    let time = |option: &str, text: &Option<String>| {
        text.as_deref().map(|text| duration(option, text)).transpose().map(Option::unwrap_or_default)
    };
    let password_delay = time("--password-delay", &arguments.password_delay)?;
    let list_delay = time("--list-delay", &arguments.list_delay)?;
    let lag = time("--lag", &arguments.lag)?;
    Ok(arguments.management.then_some(Management { password_delay, list_delay, lag }))
}

fn write_target(path: &Path, server: &RunningServer, makes_users: bool) -> Result<(), Failure> {
    let beside = |path: &Path| PathBuf::from(path.file_name().unwrap_or_default()).display().to_string();
    if let Some(kind) = KINDS.first().filter(|_| makes_users) {
        let token_path = path.with_extension("admin-token");
        write_private(&token_path, server.accounts.admin.expose().as_bytes())?;
        let accounts = format!(
            "# Users are made for each run, with the administrator's token, and removed after it.\n\
             admin-token = {{ file = \"{}\" }}\n\
             provisioner = {{ kind = \"{}\" }}",
            beside(&token_path),
            kind.name
        );
        return write_private(path, target_text(server, &accounts).as_bytes());
    }
    let pool_path = path.with_extension("subjects.json");
    let entry = |account: &crate::server::Account| SubjectEntry {
        user_id: account.user_id.clone(),
        token: account.token.expose().to_owned(),
    };
    let pool = SubjectPoolFile {
        subjects: server.accounts.subjects.iter().map(entry).collect(),
        admin_token: Some(server.accounts.admin.expose().to_owned()),
        no_rights_token: Some(server.accounts.no_rights.token.expose().to_owned()),
        read_only_token: Some(server.accounts.read_only.token.expose().to_owned()),
    };
    let json = serde_json::to_vec_pretty(&pool).map_err(Failure::internal)?;
    write_private(&pool_path, &json)?;
    let accounts = format!(
        "# The users with their tokens, the administrator's token, one without rights, and one that may only read.\n\
         subjects-file = \"{}\"",
        beside(&pool_path)
    );
    write_private(path, target_text(server, &accounts).as_bytes())
}

fn target_text(server: &RunningServer, accounts: &str) -> String {
    let base_url = server.base_url();
    let policy = embedded::policy_of(server);
    let mut text = format!(
        "# Written by `proofmark serve`: the reference server as a target.\n\
         name = \"reference server\"\n\
         base-url = \"{base_url}\"\n\
         rp-id = \"{}\"\n\
         origin = \"{}\"\n\
         domains = {:?}\n\
         attestation-formats = {:?}\n\n\
         [accounts]\n\
         {accounts}\n\n\
         # What the server's error ids mean. A run uses them to tell for which reason a request was refused.\n\
         [reasons]\n",
        server.rp_id, server.origin, server.domains, policy.formats
    );
    for (id, clause) in refusal::meanings() {
        // Writing to a `String` can't fail.
        writeln!(text, "\"{id}\" = \"{clause}\"").unwrap_or_default();
    }
    text.push_str("\n# How the server behaves where the specification leaves a choice.\n[policy]\n");
    for (name, holds) in policy.stated() {
        writeln!(text, "{name} = {holds}").unwrap_or_default();
    }
    text
}

/// Files with tokens are readable by their owner only.
fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let written = private::write(path, bytes);
    written.map_err(|error| Failure::text(Exit::Config, format!("--target-out {}: {error}", path.display())))
}
