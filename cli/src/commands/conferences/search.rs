//! Selects conferences for `list` and `purge`: all of a portal's, or one host's.

use std::fmt;
use std::str::FromStr;

use clap::Args;
use shared::identifiers::{PortalId, UserId};
use shared::repository::conferences::{ConferencePages, Found, ListConferences};
use shared::timestamp::Timestamp;
use shared::user_email::UserEmail;

use super::readable_time::readable;
use crate::commands::error::CommandError;
use crate::commands::table::Table;
use crate::commands::time::parse_time;
use crate::store_retries::{self, Backoff};

/// The portal, and optionally the host and the time range.
#[derive(Args, Clone, Debug)]
pub(super) struct Selection {
    /// HubSpot account
    #[arg(long, value_name = "NUMBER")]
    pub(super) portal: PortalId,
    /// Only the host with this email address, or with this ID that verify returned
    #[arg(long, value_name = "TEXT", conflicts_with = "user_id")]
    user_email: Option<HostName>,
    /// Only the host with this HubSpot user ID
    #[arg(long, value_name = "NUMBER")]
    user_id: Option<UserId>,
    /// Only conferences that start at or after this time: 2026-11-25, or 2026-11-25T09:00:00+01:00
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    from: Option<Timestamp>,
    /// Only conferences that start before this time
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    to: Option<Timestamp>,
}

/// What HubSpot sends as a host's `userEmail`.
#[derive(Clone, Debug)]
enum HostName {
    /// An email address; letter case doesn't matter.
    Address(UserEmail),
    /// An ID in the video system, compared exactly.
    Id(String),
}

impl FromStr for HostName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err("must not be empty");
        }
        match text.parse::<UserEmail>() {
            Ok(address) if address.as_str().starts_with("*@") => {
                Err("must be one host, not a whole domain")
            }
            Ok(address) => Ok(Self::Address(address)),
            Err(_) => Ok(Self::Id(text.to_owned())),
        }
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address(address) => address.fmt(f),
            Self::Id(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for Selection {
    /// A description for prompts and results.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.user_email {
            write!(f, "of host {name} in portal {}", self.portal)?;
        } else if let Some(id) = self.user_id {
            write!(f, "of the host with user ID {id} in portal {}", self.portal)?;
        } else {
            write!(f, "of portal {}", self.portal)?;
        }
        match (self.from.map(readable), self.to.map(readable)) {
            (Some(from), Some(to)) => write!(f, ", starting from {from} and before {to}"),
            (Some(from), None) => write!(f, ", starting from {from}"),
            (None, Some(to)) => write!(f, ", starting before {to}"),
            (None, None) => Ok(()),
        }
    }
}

impl HostName {
    fn is(&self, user_email: &str) -> bool {
        match self {
            Self::Address(address) => user_email.parse().is_ok_and(|email| *address == email),
            Self::Id(id) => id == user_email,
        }
    }
}

impl Selection {
    /// Whether this selects all of the portal's conferences.
    pub(super) const fn is_everything(&self) -> bool {
        self.user_email.is_none()
            && self.user_id.is_none()
            && self.from.is_none()
            && self.to.is_none()
    }

    /// Starts the scan of `table`.
    pub(super) fn search<'a>(&'a self, table: &'a Table) -> Search<'a> {
        Search {
            selection: self,
            table,
            pages: table.access(ListConferences::new).in_portal(self.portal),
        }
    }

    /// A conference without host details matches no host.
    fn matches(&self, found: &Found) -> bool {
        let (user_id, user_email, start) = match found {
            Ok(conference) => (
                Some(conference.user_id),
                Some(&conference.user_email),
                Some(conference.start_time),
            ),
            Err(unreadable) => (unreadable.user_id, unreadable.user_email.as_ref(), None),
        };
        let by_name = self.user_email.as_ref();
        by_name.is_none_or(|name| user_email.is_some_and(|email| name.is(email)))
            && self.user_id.is_none_or(|id| user_id == Some(id))
            && self
                .from
                .is_none_or(|from| start.is_some_and(|start| start >= from))
            && self
                .to
                .is_none_or(|to| start.is_some_and(|start| start < to))
    }
}

/// The next page of a scan of `table`, or `None` after the last one. Transient errors are retried.
pub(super) async fn next_page(
    pages: &mut ConferencePages,
    table: &Table,
) -> Result<Option<Vec<Found>>, CommandError> {
    // Don't retry the first request: report a missing store immediately.
    let page = if pages.read() == 0 {
        pages.next().await
    } else {
        store_retries::with_retries(Backoff::default(), async || pages.next().await).await
    };
    Ok(page.map_err(|error| table.explain(error))?)
}

/// The scan of the table.
pub(super) struct Search<'a> {
    selection: &'a Selection,
    table: &'a Table,
    pages: ConferencePages,
}

impl Search<'_> {
    /// The matches on the next page, or `None` after the last page.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<Found>>, CommandError> {
        let page = next_page(&mut self.pages, self.table).await?;
        Ok(page.map(|mut conferences| {
            conferences.retain(|found| self.selection.matches(found));
            conferences
        }))
    }

    /// How many items have been read so far.
    pub(super) const fn read(&self) -> u64 {
        self.pages.read()
    }
}
