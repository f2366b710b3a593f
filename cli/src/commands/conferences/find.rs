//! `conferences find`: finds the conference behind a link that a user forwards.

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::conferences::{Conference, ListConferences, ReadConferences};

use super::forwarded_link::ForwardedLink;
use super::search::next_page;
use super::show::print;
use crate::commands::error::CommandError;
use crate::commands::table::{Table, TableOptions};
use crate::terminal::{Progress, waiting};

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences find --url https://meet.example.com/abcdefghijkl
  cargo run -- conferences find --url https://vc.example.com/join/abcdefghijklmnopqrstuvwx27 \\
      --stack hubspot-conference
  cargo run -- conferences find --portal 123123 --url meet.example.com/abcdefghijkl --table restored";

/// Find the conference behind a link
///
/// A join link contains the conference's ID, so one read finds it. For any other link this scans the whole
/// table, because the link is not part of its key.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Find {
    /// The link, as in the invitation or as a mail program has rewritten it
    #[arg(long, value_name = "LINK")]
    url: ForwardedLink,
    /// Only in this HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: Option<PortalId>,
    #[command(flatten)]
    table: TableOptions,
}

impl Find {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.table.conferences().await?;
        let (link, portal) = (&self.url, self.portal);
        let mut found = by_id(&table, link, portal).await?;
        if found.is_none() {
            found = by_link(&table, link, portal).await?;
        }
        if let Some(conference) = found {
            return print(conference);
        }
        let portal = portal.map_or_else(String::new, |id| format!(" in portal {id}"));
        let table = table.described();
        Err(format!("{table} has no conference with this link{portal}").into())
    }
}

/// The conference whose ID is in the link, if there is one.
async fn by_id(
    table: &Table,
    link: &ForwardedLink,
    portal: Option<PortalId>,
) -> Result<Option<Conference>, CommandError> {
    let read = table.access(ReadConferences::new);
    for id in link.conference_ids() {
        let found = waiting("Reading the table", read.get(&id)).await;
        let found = found.map_err(|error| table.explain(error))?;
        let found = found.filter(|found| portal.is_none_or(|portal| found.portal_id == portal));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// The conference with this link, if there is one.
async fn by_link(
    table: &Table,
    link: &ForwardedLink,
    portal: Option<PortalId>,
) -> Result<Option<Conference>, CommandError> {
    let list = table.access(ListConferences::new);
    let mut pages = portal.map_or_else(|| list.all(), |portal| list.in_portal(portal));
    let progress = Progress::through_table();
    while let Some(page) = next_page(&mut pages, table).await? {
        progress.at(pages.read());
        let mut conferences = page.into_iter().flatten();
        let found = conferences.find(|found| link.leads_to(found.conference_url.as_str()));
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
