//! Identifies the columns. A column is recognized by the names in common exports: HubSpot, Google
//! Workspace, Microsoft Entra, Okta, Zoom. Case, spaces, punctuation and text in brackets are ignored, as
//! in `Email Address [Required]`.

use csv::StringRecord;
use shared::identifiers::PortalId;
use shared::printable::printable;
use shared::repository::users::User;
use shared::user_email::UserEmail;

use crate::error::{FileError, RowError};
use crate::native_id::native_id;
use crate::row::{COLUMNS, Row};

/// Names of the address's column, in order of preference: if an Entra export has both, mail is the
/// address that HubSpot knows.
const EMAIL: [&str; 12] = [
    "email",
    "emailaddress",
    "mail",
    "primaryemail",
    "useremail",
    "workemail",
    "businessemail",
    "emailid",
    "userprincipalname",
    "login",
    "username",
    "upn",
];
const NATIVE_ID: [&str; 2] = ["nativeid", "nativeuserid"];
const PORTAL_ID: [&str; 3] = ["portalid", "hubid", "hubspotportalid"];

/// What the values of a column say about an account's state.
#[derive(Clone, Copy, Debug)]
enum Meaning {
    /// The state in one word, such as `Suspended`.
    State,
    /// Whether the account is active, such as `accountEnabled`.
    Enabled,
    /// Whether the account is inactive, such as `deactivated`.
    Disabled,
}

const STATES: [(&str, Meaning); 13] = [
    ("status", Meaning::State),
    ("userstatus", Meaning::State),
    ("accountstatus", Meaning::State),
    ("state", Meaning::State),
    ("accountenabled", Meaning::Enabled),
    ("enabled", Meaning::Enabled),
    ("active", Meaning::Enabled),
    ("isactive", Meaning::Enabled),
    ("suspended", Meaning::Disabled),
    ("deactivated", Meaning::Disabled),
    ("isdeactivated", Meaning::Disabled),
    ("archived", Meaning::Disabled),
    ("blockcredential", Meaning::Disabled),
];

impl Meaning {
    /// Whether `value` says that the user's account is closed.
    fn is_suspended(self, value: &str) -> bool {
        let is_one_of = |words: &[&str]| words.iter().any(|word| value.eq_ignore_ascii_case(word));
        match self {
            Self::State => is_one_of(&[
                "suspended",
                "deactivated",
                "inactive",
                "disabled",
                "deprovisioned",
                "blocked",
                "archived",
                "deleted",
                "removed",
                "terminated",
            ]),
            Self::Enabled => is_one_of(&["false", "no", "n", "0", "disabled"]),
            Self::Disabled => is_one_of(&["true", "yes", "y", "1"]),
        }
    }
}

/// Names of columns that the operator gives explicitly.
#[derive(Clone, Debug, Default)]
pub struct ColumnNames {
    /// The column with the address.
    pub email: Option<String>,
    /// The column with the ID in the video system.
    pub native_id: Option<String>,
}

/// The positions of the columns.
#[derive(Debug)]
pub(super) struct Columns {
    email: usize,
    native_id: Option<usize>,
    portal_id: Option<usize>,
    states: Vec<(usize, Meaning)>,
    count: usize,
    pub(super) ignored: Vec<String>,
}

impl Columns {
    pub(super) fn new(header: &StringRecord, named: &ColumnNames) -> Result<Self, FileError> {
        let header: Vec<&str> = header.iter().collect();
        let email = match &named.email {
            Some(name) => Some(by_exact_name(&header, name)?),
            None => by_known_names(&header, &EMAIL, COLUMNS[0])?,
        };
        let native_id = match &named.native_id {
            Some(name) => Some(by_exact_name(&header, name)?),
            None => by_known_names(&header, &NATIVE_ID, COLUMNS[1])?,
        };
        let portal_id = by_known_names(&header, &PORTAL_ID, COLUMNS[2])?;
        let email = email.ok_or_else(|| FileError::NoEmail(printable(&header.join(", "))))?;
        let state = |(position, name): (usize, &&str)| {
            let name = plain(name);
            let (_, meaning) = STATES.iter().find(|(known, _)| *known == name)?;
            Some((position, *meaning))
        };
        let states: Vec<_> = header.iter().enumerate().filter_map(state).collect();
        let is_used = |position: usize| {
            [Some(email), native_id, portal_id].contains(&Some(position))
                || states.iter().any(|(state, _)| *state == position)
        };
        let others = header.iter().enumerate();
        let others = others.filter(|(position, name)| !is_used(*position) && !name.is_empty());
        Ok(Self {
            email,
            native_id,
            portal_id,
            count: header.len(),
            ignored: others.map(|(_, name)| printable(name)).collect(),
            states,
        })
    }

    pub(super) const fn has_native_id(&self) -> bool {
        self.native_id.is_some()
    }

    /// The user on `line`, and whether other columns say that the account is closed.
    pub(super) fn row(&self, line: u64, fields: &StringRecord, portal: Option<PortalId>) -> Row {
        let suspended = |(position, meaning): &(usize, Meaning)| {
            let value = fields.get(*position);
            value.is_some_and(|value| meaning.is_suspended(value))
        };
        Row {
            line,
            is_suspended: fields.len() == self.count && self.states.iter().any(suspended),
            user: self.user(fields, portal),
        }
    }

    fn user(&self, fields: &StringRecord, portal: Option<PortalId>) -> Result<User, RowError> {
        if fields.len() != self.count {
            return Err(RowError::Columns {
                found: fields.len(),
                expected: self.count,
            });
        }
        let field = |position: Option<usize>| {
            let text = position.and_then(|position| fields.get(position));
            text.filter(|text| !text.is_empty())
        };
        let email: UserEmail = field(Some(self.email)).unwrap_or_default().parse()?;
        let own_portal = field(self.portal_id).map(str::parse).transpose();
        Ok(User {
            email,
            native_id: field(self.native_id).map(native_id).transpose()?,
            portal_id: own_portal
                .map_err(RowError::Portal)?
                .or(portal)
                .ok_or(RowError::NoPortal)?,
        })
    }
}

/// A column's name, normalized across exports.
fn plain(name: &str) -> String {
    let name = name.split(['[', '(']).next().unwrap_or_default();
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

fn by_exact_name(header: &[&str], name: &str) -> Result<usize, FileError> {
    let has_name = |field: &&str| field.eq_ignore_ascii_case(name.trim());
    let mut found = header
        .iter()
        .enumerate()
        .filter(|(_, field)| has_name(field));
    match (found.next(), found.next()) {
        (Some((position, _)), None) => Ok(position),
        (None, _) => Err(FileError::NoColumn {
            name: printable(name),
            found: printable(&header.join(", ")),
        }),
        (_, Some(_)) => Err(FileError::Twice(printable(name))),
    }
}

/// The position of the column with the first of `names` that exists.
fn by_known_names(header: &[&str], names: &[&str], what: &str) -> Result<Option<usize>, FileError> {
    let header: Vec<String> = header.iter().map(|name| plain(name)).collect();
    for name in names {
        let mut found = header.iter().enumerate().filter(|(_, field)| field == name);
        match (found.next(), found.next()) {
            (_, Some(_)) => return Err(FileError::Twice(what.to_owned())),
            (Some((position, _)), None) => return Ok(Some(position)),
            (None, _) => {}
        }
    }
    Ok(None)
}
