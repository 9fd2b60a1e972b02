//! `man`: the manual pages, made from the definitions of the command line.

use std::io;
use std::path::Path;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use clap_mangen::roff::{Roff, roman};

use super::args::{Arguments, ManArguments};
use super::exit::{Exit, Failure};
use super::output;

/// The section of the manual: commands of users.
const SECTION: &str = "1";
/// What the environment decides, as `--help` of the verbs and the documents explain it.
const ENVIRONMENT: [(&str, &str); 7] = [
    ("PROOFMARK_TARGET", "the target file where --target is not given"),
    ("PROOFMARK_SEED", "the seed of a run where --seed is not given"),
    ("PROOFMARK_JOBS", "the tests at the same time where --jobs is not given"),
    ("CI, GITHUB_ACTIONS", "a service runs the command: no progress bar, and annotations on GitHub"),
    ("COLUMNS", "the width of summaries"),
    ("NO_COLOR, CLICOLOR_FORCE", "no colours, or colours also where there is no terminal"),
    ("SSL_CERT_FILE, SSL_CERT_DIR", "the certificates that TLS trusts in place of the system's"),
];

/// A page: the name of its file, and its text in roff.
struct Page {
    file: String,
    text: String,
}

/// Prints the page of `proofmark`, or writes the pages of all commands into a directory.
pub fn man(arguments: &ManArguments) -> Result<Exit, Failure> {
    let mut command = Arguments::command().disable_help_subcommand(true);
    command.build();
    let Some(directory) = &arguments.out else {
        output::print(&page(&command, true).map_err(Failure::internal)?.text);
        return Ok(Exit::Green);
    };
    let mut pages = Vec::new();
    collect(&command, true, &mut pages).map_err(Failure::internal)?;
    write(directory, &pages)
        .map_err(|error| Failure::text(Exit::Unwritten, format!("{}: {error}", directory.display())))?;
    output::line(&format!("{} pages in {}", pages.len(), directory.display()));
    Ok(Exit::Green)
}

fn write(directory: &Path, pages: &[Page]) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    pages.iter().try_for_each(|page| std::fs::write(directory.join(&page.file), &page.text))
}

/// The page of a command, then those of the commands below it.
fn collect(command: &Command, is_first: bool, pages: &mut Vec<Page>) -> io::Result<()> {
    pages.push(page(command, is_first)?);
    let shown = command.get_subcommands().filter(|below| !below.is_hide_set());
    shown.into_iter().try_for_each(|below| collect(below, false, pages))
}

/// The first page also says what the exit codes and the environment mean, which all commands share.
fn page(command: &Command, is_first: bool) -> io::Result<Page> {
    // The page of a version is the same, whichever commit it is made from.
    let source = concat!("proofmark ", env!("CARGO_PKG_VERSION"));
    let man = Man::new(command.clone()).section(SECTION).source(source).manual("proofmark");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut text)?;
    }
    if is_first {
        shared(command).to_writer(&mut text)?;
    }
    let text = String::from_utf8(text).map_err(io::Error::other)?;
    Ok(Page { file: man.get_filename(), text })
}

fn shared(command: &Command) -> Roff {
    let mut roff = Roff::new();
    let codes = command.get_after_help().map(ToString::to_string).unwrap_or_default();
    roff.control("SH", ["EXIT STATUS"]).text([roman(codes)]);
    roff.control("SH", ["ENVIRONMENT"]);
    for (name, meaning) in ENVIRONMENT {
        roff.control("TP", []).text([roman(name)]).text([roman(meaning)]);
    }
    roff.control("SH", ["SEE ALSO"]);
    let seen = command.get_subcommands().filter(|below| !below.is_hide_set());
    let names: Vec<String> = seen.map(|below| format!("proofmark-{}({SECTION})", below.get_name())).collect();
    roff.text([roman(names.join(", "))]);
    roff
}
