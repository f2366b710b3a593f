//! `conferences find`: looks up the conference of a link that somebody forwards.

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::conferences::{Conference, ListConferences, ReadConferences};

use super::forwarded_link::ForwardedLink;
use super::show::print;
use crate::busy_store::{self, Pace};
use crate::commands::CommandError;
use crate::commands::place::{Place, Table};
use crate::terminal::{Progress, waiting};

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences find --url https://meet.example.com/abcdefghijkl
  cargo run -- conferences find --url https://vc.example.com/join/abcdefghijklmnopqrstuvwx27 \\
      --stack hubspot-conference
  cargo run -- conferences find --portal 123123 --url meet.example.com/abcdefghijkl --table restored";

/// Find the conference behind a link
///
/// A join link holds the conference's ID, which is read directly. Any other link is looked for in the
/// whole table, because the link is not part of its key.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Find {
    /// The link, as it appears in the invitation, or as a mail program has changed it
    #[arg(long, value_name = "LINK")]
    url: ForwardedLink,
    /// Only in this HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: Option<PortalId>,
    #[command(flatten)]
    place: Place,
}

impl Find {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.place.conferences().await?;
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
    let read = table.right(ReadConferences::new);
    for id in link.conference_ids() {
        let found = waiting("Reading the table", read.get(&id)).await;
        let found = found.map_err(|error| table.explain(error))?;
        if found.as_ref().is_some_and(|found| is_in(found, portal)) {
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
    let mut pages = table.right(ListConferences::new).all();
    let progress = Progress::through_table();
    loop {
        let page = if pages.read() == 0 {
            pages.next().await
        } else {
            busy_store::answer(Pace::default(), async || pages.next().await).await
        };
        let Some(page) = page.map_err(|error| table.explain(error))? else {
            return Ok(None);
        };
        progress.at(pages.read());
        let found = page
            .into_iter()
            .flatten()
            .find(|found| is_in(found, portal) && link.leads_to(found.conference_url.as_str()));
        if found.is_some() {
            return Ok(found);
        }
    }
}

fn is_in(conference: &Conference, portal: Option<PortalId>) -> bool {
    portal.is_none_or(|portal| conference.portal_id == portal)
}
