//! Looks at the server and asks questions before a target file is written.

use std::convert::Infallible;
use std::fmt::Display;
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use super::text::{self, Answers, Subjects, Token};
use crate::cli::args::InitArguments;
use crate::cli::check::line_of;
use crate::cli::exit::{Exit, Failure};
use crate::cli::{interrupt, output};
use crate::provisioner::KINDS;
use crate::runner::doctor::probe::{self, Found};
use crate::runner::preflight::Line;
use crate::runner::target_file::{host_of, identity};
use crate::transport::probe::Place;
use crate::transport::{Address, ProxyVariables, TlsOptions};

/// Looks at the URL, asks the user for what can't be found, and writes the file.
pub async fn init(arguments: InitArguments) -> Result<Exit, Failure> {
    let Some(url) = arguments.url.as_deref() else {
        output::print(proofmark_fixtures::EXAMPLE);
        return Ok(Exit::Green);
    };
    let given = Answers::given(&arguments)?;
    given.agree()?;
    let tls = tls(&arguments)?;
    let address = |url: &str| checked(url, &tls);
    let web = address(url)?;
    let grpc = arguments.grpc_url.as_deref().map(address).transpose()?;
    writable(&arguments.out, arguments.force)?;
    let is_asked = std::io::stdin().is_terminal() && output::is_watched();
    // Without a terminal it is printed only once no error can follow: an error is printed alone.
    let mut kept = String::new();
    let mut tell = |line: Line| if is_asked { output::print(&line_of(&line)) } else { kept.push_str(&line_of(&line)) };
    let found = probe::look(&web, grpc.as_ref(), &probe::limits(), &mut tell).await;
    let mut answers = given.or_guessed(&found, &web.base_url);
    if is_asked {
        let watch = tokio::spawn(interrupted());
        ask(&mut answers, &found, &mut prompt)?;
        // From here on a signal does not end the process, so that the file is written as a whole.
        watch.abort();
    } else if let (Subjects::Missing, Some(kind)) = (&answers.subjects, found.provisioner) {
        answers.subjects = Subjects::Provisioner(kind.to_owned());
    }
    answers.agree()?;
    complete(&answers, &found, url)?;
    output::print(&kept);
    if found.protocols.is_empty() {
        output::note("no known API was found at this URL; the file is written anyway, so that you can correct it");
    }
    let out = &arguments.out;
    let directory = out.parent().filter(|parent| !parent.as_os_str().is_empty());
    let text = text::target_file(&answers, &found, (&web.base_url, grpc.as_ref()), &arguments, directory);
    write(out, arguments.force, &text)?;
    output::line(&format!("wrote {0}; now: proofmark check --target {0}", out.display()));
    Ok(Exit::Green)
}

/// Ends the process at a signal. While it waits for a line of input, nothing else can end it.
async fn interrupted() {
    interrupt::asked().await;
    output::note("\ninterrupted; nothing was written");
    interrupt::leave()
}

fn tls(arguments: &InitArguments) -> Result<TlsOptions, Failure> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read(path)
            .map_err(|error| Failure::text(Exit::Config, format!("--ca-file {}: {error}", path.display())))
    };
    let extra_roots_pem = arguments.ca_file.as_ref().map(read).transpose()?;
    Ok(TlsOptions { extra_roots_pem, insecure: arguments.insecure, client: None })
}

fn checked(url: &str, tls: &TlsOptions) -> Result<Address, Failure> {
    let base_url = url.trim_end_matches('/');
    let proxy = ProxyVariables::of(&|name| std::env::var(name).ok()).proxy(base_url);
    let address = Address { tls: tls.clone(), proxy, ..Address::new(base_url) };
    match Place::of(&address) {
        Ok(_) => Ok(address),
        Err(error) => Err(Failure::text(Exit::Usage, format!("{error}; write for example https://id.example.org"))),
    }
}

fn writable(path: &Path, force: bool) -> Result<(), Failure> {
    if path.exists() && !force {
        let message =
            format!("--out {}: this file exists already; name another, or replace it with --force", path.display());
        return Err(Failure::text(Exit::Usage, message));
    }
    Ok(())
}

/// The error for values that can't be guessed, if there is no terminal to ask at.
fn complete(answers: &Answers, found: &Found, url: &str) -> Result<(), Failure> {
    let missing = answers.missing();
    if missing.is_empty() {
        return Ok(());
    }
    let flags = missing.iter().map(|(flag, _)| *flag).collect::<Vec<_>>().join(", ");
    let kinds = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(", ");
    let others = match &answers.subjects {
        // The recognised kind comes first: then nobody has to make users.
        Subjects::Provisioner(kind) => {
            let is_found = found.provisioner == Some(kind.as_str());
            let found = if is_found { format!("The server was recognised as {kind}. ") } else { String::new() };
            format!(
                "{found}The provisioner {kind} makes the users of a run, with the administrator's token. To use users that you have made, \
                 write --subjects-file FILE or --provision COMMAND instead."
            )
        }
        _ => format!(
            "Instead of --subjects-file, --provision COMMAND or --provisioner KIND ({kinds}) makes subjects. The server at this URL was \
             not recognised as one of these kinds."
        ),
    };
    let message = format!(
        "missing: {flags}; there is no terminal to ask at. Write for example\n  proofmark init {url} {}\n{others} Name tokens by an \
         environment variable or a file; they are never written into the target file",
        answers.example()
    );
    Err(Failure::text(Exit::Usage, message))
}

/// Asks for what is missing; an empty line takes the guessed answer. If an answer can't be used, it asks again.
fn ask(answers: &mut Answers, found: &Found, prompt: &mut Prompt<'_>) -> Result<(), Failure> {
    if !answers.is_origin_given {
        let rp_id = answers.is_rp_id_given.then(|| answers.rp_id.clone());
        let fits = |origin: &str| identity(origin, &rp_id.clone().unwrap_or_else(|| host_of(origin)));
        answers.origin = answered(prompt, "origin of the login pages", &answers.origin, |text| {
            fits(text).map(|()| text.to_owned())
        })?;
    }
    if !answers.is_rp_id_given {
        let guess = host_of(&answers.origin);
        let fits = |rp_id: &str| identity(&answers.origin, rp_id).map(|()| rp_id.to_owned());
        answers.rp_id = answered(prompt, "RP ID", &guess, fits)?;
    }
    if answers.subjects == Subjects::Missing {
        let file = "file of subjects with their tokens (`proofmark schema subjects`)";
        let is_kind = |text: &str| KINDS.iter().any(|kind| kind.name == text);
        let kinds = KINDS.iter().map(|kind| kind.name).collect::<Vec<_>>().join(" or ");
        let (question, guess) = match found.provisioner {
            Some(kind) => (format!("{kind} to make users for each run, or a {file}"), kind),
            None => (format!("{file}, or {kinds} to make users"), "subjects.json"),
        };
        let named = |text: &str| {
            let is_made = is_kind(text);
            Ok::<_, Infallible>(if is_made {
                Subjects::Provisioner(text.to_owned())
            } else {
                Subjects::File(text.into())
            })
        };
        answers.subjects = answered(prompt, &question, guess, named)?;
    }
    let has_v2 = found.flows.is_empty() || found.flows.iter().any(|flow| flow.names_user());
    let is_made = matches!(answers.subjects, Subjects::Provisioner(_));
    let questions = [
        (&mut answers.admin, has_v2 || is_made, "the administrator's token", "PROOFMARK_ADMIN_TOKEN"),
        (&mut answers.no_rights, has_v2 && !is_made, "a token without any permission", "PROOFMARK_NO_RIGHTS_TOKEN"),
    ];
    for (token, is_needed, what, guess) in questions {
        if is_needed && token.is_none() {
            let question = format!("variable or file that holds {what} (never the token itself)");
            *token = Some(answered(prompt, &question, guess, |text| Token::named("", text))?);
        }
    }
    Ok(())
}

/// Asks a question, with the answer that an empty line stands for. Returns the line, or nothing at the end of the input.
type Prompt<'a> = dyn FnMut(&str, &str) -> Option<String> + 'a;

/// Asks until the answer is accepted, and says each time why it was not.
fn answered<T, E: Display>(
    prompt: &mut Prompt<'_>,
    question: &str,
    guess: &str,
    take: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Failure> {
    loop {
        let ended = || Failure::text(Exit::Usage, format!("the input ended before an answer: {question}"));
        let line = prompt(question, guess).ok_or_else(ended)?;
        let own = Some(line.trim()).filter(|text| !text.is_empty());
        match take(own.unwrap_or(guess)) {
            Ok(taken) => return Ok(taken),
            Err(why) => output::note(&why.to_string()),
        }
    }
}

/// A question on standard error, and a line of standard input; `None` at its end.
fn prompt(question: &str, guess: &str) -> Option<String> {
    // Not locked while waiting for the line: an interrupt has to print a message.
    write!(std::io::stderr(), "{question} [{guess}]: ").unwrap_or_default();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).ok().filter(|read| *read > 0).map(|_| line)
}

fn write(path: &Path, force: bool, text: &str) -> Result<(), Failure> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(force).create_new(!force);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| Failure::text(Exit::Config, format!("--out {}: {error}", path.display())))
}
