//! `conferences find`: looks up a conference by its link.

use clap::Args;
use shared::identifiers::PortalId;
use shared::repository::conferences::ListConferences;

use super::show::{conference_id, print};
use crate::busy_store::{self, Pace};
use crate::commands::CommandError;
use crate::commands::place::Place;
use crate::terminal::Progress;

const EXAMPLES: &str = "\
Examples:
  cargo run -- conferences find --portal 123123 --url https://meet.example.com/abcdefghijkl
  cargo run -- conferences find --portal 123123 --url https://vc.example.com/join/abcdefgh --table restored";

/// Find the conference behind a link
///
/// Scans the whole table, because the link is not part of its key.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(super) struct Find {
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    portal: PortalId,
    /// The link, as it appears in the invitation
    #[arg(long, value_name = "LINK")]
    url: String,
    #[command(flatten)]
    place: Place,
}

impl Find {
    pub(super) async fn run(self) -> Result<(), CommandError> {
        let table = self.place.conferences().await?;
        let wanted = plain(&self.url);
        let mut pages = table.right(ListConferences::new).of(self.portal);
        let progress = Progress::through_table();
        loop {
            let page = if pages.read() == 0 {
                pages.next().await
            } else {
                busy_store::answer(Pace::default(), async || pages.next().await).await
            };
            let Some(page) = page.map_err(|error| table.explain(error))? else {
                let (table, portal) = (table.described(), self.portal);
                return Err(
                    format!("{table} has no conference with this link in portal {portal}").into(),
                );
            };
            progress.at(pages.read());
            let mut conferences = page.into_iter().flatten();
            let found = conferences.find(|found| {
                plain(found.conference_url.as_str()) == wanted
                    || last_segment(wanted).is_some_and(|id| {
                        conference_id(id).is_ok_and(|id| id == found.conference_id)
                    })
            });
            if let Some(conference) = found {
                progress.end();
                return print(conference);
            }
        }
    }
}

/// The link without what users and mail clients add: spaces, a trailing slash, a query, a fragment.
fn plain(url: &str) -> &str {
    let url = url.trim().trim_matches(['<', '>']);
    let url = url.split(['?', '#']).next().unwrap_or_default();
    url.trim_end_matches('/')
}

fn last_segment(url: &str) -> Option<&str> {
    url.rsplit('/').next()
}
