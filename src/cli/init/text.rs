//! The answers that a target file is made of, and its text.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::cli::args::InitArguments;
use crate::cli::exit::{Exit, Failure};
use crate::contract::{self, Flow, Protocol};
use crate::runner::doctor::probe::Found;
use crate::runner::target_file::{IdentityError, host_of, identity, origin_of};
use crate::transport::Address;

/// Where a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// In an environment variable.
    Variable(String),
    /// In a file of its own.
    File(PathBuf),
}

impl Token {
    /// What was named: a variable, or a file that exists. Anything else may be a token, so the error does not quote it.
    pub fn named(flag: &str, text: &str) -> Result<Token, Failure> {
        let name = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
        let is_name = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
            && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_');
        if is_name {
            return Ok(Token::Variable(name.to_owned()));
        }
        if Path::new(text).is_file() {
            return Ok(Token::File(text.into()));
        }
        let flag = if flag.is_empty() { String::new() } else { format!("{flag}: ") };
        let message = format!(
            "{flag}this is neither the name of an environment variable (capitals, digits and _, such as ADMIN_TOKEN) nor an existing \
             file; do not write the token itself on the command line"
        );
        Err(Failure::text(Exit::Usage, message))
    }

    fn value(&self, directory: Option<&Path>) -> String {
        match self {
            Token::Variable(name) => format!("\"${{{name}}}\""),
            Token::File(path) => format!("{{ file = {} }}", quoted(&relative(path, directory))),
        }
    }
}

/// Where subjects come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subjects {
    /// Not known.
    Missing,
    /// A file.
    File(PathBuf),
    /// A command that prints them.
    Command(String),
    /// A provisioner of this kind.
    Provisioner(String),
}

/// What a target file needs in addition to what was found.
#[derive(Debug, Clone)]
pub struct Answers {
    pub origin: String,
    pub is_origin_given: bool,
    pub rp_id: String,
    pub is_rp_id_given: bool,
    pub admin: Option<Token>,
    pub no_rights: Option<Token>,
    pub subjects: Subjects,
}

impl Answers {
    /// What the command line says.
    pub fn given(arguments: &InitArguments) -> Result<Answers, Failure> {
        let token =
            |flag: &str, text: &Option<String>| text.as_deref().map(|text| Token::named(flag, text)).transpose();
        let subjects = match (&arguments.subjects_file, &arguments.provision, &arguments.provisioner) {
            (Some(path), _, _) => Subjects::File(path.clone()),
            (_, Some(command), _) => Subjects::Command(command.clone()),
            (_, _, Some(kind)) => Subjects::Provisioner(kind.clone()),
            _ => Subjects::Missing,
        };
        Ok(Answers {
            origin: arguments.origin.clone().unwrap_or_default(),
            is_origin_given: arguments.origin.is_some(),
            rp_id: arguments.rp_id.clone().unwrap_or_default(),
            is_rp_id_given: arguments.rp_id.is_some(),
            admin: token("--admin-token", &arguments.admin_token)?,
            no_rights: token("--no-rights-token", &arguments.no_rights_token)?,
            subjects,
        })
    }

    /// The flags that are missing and can't be guessed, each with an example of its value.
    pub fn missing(&self) -> Vec<(&'static str, &'static str)> {
        let is_made = matches!(self.subjects, Subjects::Provisioner(_));
        // Subjects in a file, or printed by a command, can bring these tokens with them.
        let is_pooled = matches!(self.subjects, Subjects::File(_) | Subjects::Command(_));
        let mut missing = Vec::new();
        if self.subjects == Subjects::Missing {
            missing.push(("--subjects-file", "subjects.json"));
        }
        if self.admin.is_none() && !is_pooled {
            missing.push(("--admin-token", "ADMIN_TOKEN"));
        }
        if self.no_rights.is_none() && !is_pooled && !is_made {
            missing.push(("--no-rights-token", "NO_RIGHTS_TOKEN"));
        }
        missing
    }

    /// The missing flags, and those for what was recognised, as an example command line.
    pub fn example(&self) -> String {
        let recognised = match &self.subjects {
            Subjects::Provisioner(kind) => vec![("--provisioner", kind.as_str())],
            _ => Vec::new(),
        };
        let flags = recognised.into_iter().chain(self.missing());
        flags.map(|(flag, value)| format!("{flag} {value}")).collect::<Vec<_>>().join(" ")
    }

    /// Checks the form of the origin, and the RP ID against the origin, as a run would. A value that was neither given nor guessed is
    /// not checked.
    pub fn agree(&self) -> Result<(), Failure> {
        if self.origin.is_empty() {
            return Ok(());
        }
        let rp_id = if self.rp_id.is_empty() { host_of(&self.origin) } else { self.rp_id.clone() };
        identity(&self.origin, &rp_id).map_err(|wrong| {
            let flag = if matches!(wrong, IdentityError::RpId { .. }) { "--rp-id" } else { "--origin" };
            let guessed =
                if self.is_origin_given { "" } else { "; the origin was guessed, give the right one with --origin" };
            Failure::text(Exit::Usage, format!("{flag}: {wrong}{guessed}"))
        })
    }

    /// Fills in what follows from the URL, or from the server's own name.
    pub fn or_guessed(mut self, found: &Found, base_url: &str) -> Answers {
        if !self.is_origin_given {
            let named = [found.issuer.as_deref(), found.base_url.as_deref(), Some(base_url)];
            self.origin = named.into_iter().flatten().find_map(origin_of).unwrap_or_default();
        }
        if !self.is_rp_id_given {
            self.rp_id = host_of(&self.origin);
        }
        self
    }
}

/// A path relative to this directory, as a file in it has to write it.
fn relative(path: &Path, directory: Option<&Path>) -> String {
    let Some(directory) = directory else { return path.display().to_string() };
    if let Ok(beneath) = path.strip_prefix(directory) {
        return beneath.display().to_string();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned()).display().to_string()
}

/// A basic string of TOML. A JSON string is one too, except for one character.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// The file. Writing to a `String` can't fail.
pub fn target_file(
    answers: &Answers,
    found: &Found,
    (base_url, grpc): (&str, Option<&Address>),
    arguments: &InitArguments,
    directory: Option<&Path>,
) -> String {
    let mut text = String::from("# Written by `proofmark init`. `proofmark init --example` explains every key.\n");
    if let Some(name) = &arguments.name {
        writeln!(text, "name = {}", quoted(name)).unwrap_or_default();
    }
    addresses(&mut text, found, base_url, grpc);
    let guessed = |is_given| if is_given { "" } else { "   # guessed: `proofmark check` shows whether it is right" };
    writeln!(
        text,
        "\n# The RP ID of the creation options, and the origin that is expected in client data.\nrp-id = {}{}\norigin = {}{}",
        quoted(&answers.rp_id),
        guessed(answers.is_rp_id_given),
        quoted(&answers.origin),
        guessed(answers.is_origin_given)
    )
    .unwrap_or_default();
    offered(&mut text, found);
    trust(&mut text, found, arguments, directory);
    accounts(&mut text, answers, directory);
    text.push_str(
        "\n# What refusals mean: after a first run, `proofmark reasons suggest EVENTS` proposes a table [reasons].\n",
    );
    text
}

fn addresses(text: &mut String, found: &Found, base_url: &str, grpc: Option<&Address>) {
    text.push_str("\n# URL of REST and gRPC-Web, and of gRPC unless grpc-url is given.\n");
    match &found.base_url {
        Some(own) => {
            writeln!(text, "# The server does not know the host name in {base_url}.\nbase-url = {}", quoted(own))
        }
        None => writeln!(text, "base-url = {}", quoted(base_url)),
    }
    .unwrap_or_default();
    match grpc {
        Some(grpc) => writeln!(text, "grpc-url = {}", quoted(&grpc.base_url)),
        None if found.protocols.contains(&Protocol::Grpc) || found.protocols.is_empty() => Ok(()),
        None => writeln!(text, "# gRPC was not found there. If it has another URL: grpc-url = \"https://HOST:PORT\""),
    }
    .unwrap_or_default();
}

fn offered(text: &mut String, found: &Found) {
    let list = |names: Vec<&str>| names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ");
    let protocols: Vec<&str> = found.protocols.iter().map(|protocol| protocol.slug()).collect();
    if !protocols.is_empty() && protocols.len() < Protocol::ALL.len() {
        writeln!(text, "\n# The protocols that were found.\nprotocols = [{}]", list(protocols)).unwrap_or_default();
    }
    if let Some(flows) = some(found) {
        let flows = flows.iter().copied().map(Flow::slug).collect();
        writeln!(text, "\n# The flows that were found.\nflows = [{}]", list(flows)).unwrap_or_default();
    }
}

fn trust(text: &mut String, found: &Found, arguments: &InitArguments, directory: Option<&Path>) {
    if let Some(path) = &arguments.ca_file {
        writeln!(text, "\n[tls]\nca-file = {}", quoted(&relative(path, directory))).unwrap_or_default();
    } else if arguments.insecure {
        text.push_str("\n[tls]\n# Any certificate is accepted: for test machines only.\ninsecure = true\n");
    } else if found.is_distrusted {
        text.push_str(
            "\n[tls]\n# The server's certificate is not trusted. Name the certificate of its authority:\n# ca-file = \"authority.pem\"\n",
        );
    }
}

fn accounts(text: &mut String, answers: &Answers, directory: Option<&Path>) {
    text.push_str("\n[accounts]\n# Never write tokens into this file.\n");
    let tokens = [
        ("admin-token", "May act on every user (v2).", &answers.admin),
        ("no-rights-token", "Valid, but without any permission (v2).", &answers.no_rights),
    ];
    for (key, what, token) in tokens {
        if let Some(token) = token {
            writeln!(text, "# {what}\n{key} = {}", token.value(directory)).unwrap_or_default();
        }
    }
    text.push_str("# Users that enrol: use throw-away users, since credentials are added to them.\n");
    match &answers.subjects {
        Subjects::Missing => Ok(()),
        Subjects::File(path) => writeln!(text, "subjects-file = {}", quoted(&relative(path, directory))),
        Subjects::Command(command) => {
            let words = command.split_whitespace().map(quoted).collect::<Vec<_>>().join(", ");
            writeln!(text, "provision = [{words}]")
        }
        Subjects::Provisioner(kind) => writeln!(text, "provisioner = {{ kind = {} }}", quoted(kind)),
    }
    .unwrap_or_default();
}

/// The flows to be listed; empty if all are there, or if nothing is known.
fn some(found: &Found) -> Option<&[Flow]> {
    (!found.flows.is_empty() && found.flows.len() < contract::usual().flows.len()).then_some(&found.flows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_on_the_command_line_is_refused_and_not_repeated() {
        assert_eq!(
            Token::named("--admin-token", "${ADMIN_TOKEN}").ok(),
            Some(Token::Variable("ADMIN_TOKEN".to_owned()))
        );
        assert_eq!(Token::named("--admin-token", "A_1").ok(), Some(Token::Variable("A_1".to_owned())));
        for token in ["dj7Hq-secret", "1A", "", "a b"] {
            let error = Token::named("--admin-token", token).expect_err("no name and no file").to_string();
            assert!(error.starts_with("--admin-token: ") && (token.is_empty() || !error.contains(token)), "{error}");
        }
    }
}
