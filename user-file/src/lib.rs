//! The users in a CSV file, a row at a time: columns `email`, `nativeId` and `portalId`, of which only
//! the first has to be there.
//!
//! One row is one line. So a quote that is never closed spoils its own row and not the rest of the
//! file, every refusal has an exact line number, and no file needs more memory than its longest line.

use std::io::{self, BufRead, Cursor, Read, SeekFrom};

use csv::{Position, ReaderBuilder, StringRecord, Trim};
use shared::identifiers::PortalId;
use shared::repository::users::User;
use shared::user_email::UserEmailError;

/// Far more than the longest address and id.
const LONGEST_LINE: usize = 64 * 1024;
/// The id goes back to HubSpot as text; nothing of this length is an id any more.
const LONGEST_NATIVE_ID: usize = 1024;
/// The columns, as HubSpot and `users list` spell them.
pub const COLUMNS: [&str; 3] = ["email", "nativeId", "portalId"];

/// Why a file can't be read at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file has no line.
    #[error("the file is empty: its first line has to name the columns, email,nativeId")]
    Empty,
    /// The first line isn't CSV.
    #[error("the first line {0}")]
    Unreadable(RowError),
    /// The first line names no `email`.
    #[error(
        "the first line has to name the columns, separated by commas, and one has to be email; there \
         is: {0}"
    )]
    NoEmail(String),
    /// It names a column twice.
    #[error("the first line names the column {0} twice")]
    Twice(&'static str),
    /// The file breaks off.
    #[error("the file can't be read")]
    Read(#[from] io::Error),
}

/// Why a row is refused.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum RowError {
    /// Longer than any row is.
    #[error("is longer than {LONGEST_LINE} bytes")]
    TooLong,
    /// Not text.
    #[error("is not UTF-8: save the file as CSV UTF-8")]
    NotUtf8,
    /// A quote without its counterpart.
    #[error("opens a quote that is not closed on the same line")]
    OpenQuote,
    /// A line that ends as on old Macs, so that it isn't one line.
    #[error("has a carriage return in it: save the file with the line ends of Unix or Windows")]
    CarriageReturn,
    /// Another number of columns than the first line has.
    #[error("has {found} columns, and the first line has {expected}")]
    Columns {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The address is none.
    #[error("email {0}")]
    Email(#[from] UserEmailError),
    /// The id can't be used.
    #[error("nativeId {0}")]
    NativeId(#[from] NativeIdError),
    /// The portal is none.
    #[error("portalId {0}")]
    Portal(&'static str),
    /// Nothing says whose user it is.
    #[error("has no portalId: fill in that column, or add --portal")]
    NoPortal,
}

/// Why a text is no id in the video system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativeIdError {
    /// It would be no text on one line.
    #[error("must not contain control characters")]
    Control,
    /// It is no id any more.
    #[error("must not be longer than {LONGEST_NATIVE_ID} bytes")]
    TooLong,
    /// Nothing is left of it.
    #[error("must not be empty")]
    Empty,
}

/// Reads the id by which the video system knows a user.
///
/// # Errors
/// [`NativeIdError`]
pub fn native_id(text: &str) -> Result<String, NativeIdError> {
    let text = text.trim();
    if text.is_empty() {
        Err(NativeIdError::Empty)
    } else if text.len() > LONGEST_NATIVE_ID {
        Err(NativeIdError::TooLong)
    } else if text.chars().any(char::is_control) {
        Err(NativeIdError::Control)
    } else {
        Ok(text.to_owned())
    }
}

/// One row of the file.
#[derive(Debug, PartialEq, Eq)]
pub struct Row {
    /// Its line, counted from 1, which is the header's.
    pub line: u64,
    /// The user, or why there is none.
    pub user: Result<User, RowError>,
}

/// The rows of a file.
#[derive(Debug)]
pub struct UserRows<R> {
    lines: Lines<R>,
    columns: Columns,
    portal: Option<PortalId>,
}

impl<R: BufRead> UserRows<R> {
    /// Reads the first line of `input`. Rows without a portal belong to `portal`.
    ///
    /// # Errors
    /// [`FileError`]
    pub fn new(input: R, portal: Option<PortalId>) -> Result<Self, FileError> {
        let mut lines = Lines::new(input);
        let header = lines.next()?.ok_or(FileError::Empty)?;
        let columns = Columns::new(&header.map_err(FileError::Unreadable)?)?;
        Ok(Self {
            lines,
            columns,
            portal,
        })
    }

    /// Columns that nobody asked for, and which don't count.
    #[must_use]
    pub fn ignored(&self) -> &[String] {
        &self.columns.ignored
    }

    /// How many bytes are read.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// How many lines are read.
    #[must_use]
    pub fn line(&self) -> u64 {
        self.lines.number
    }

    /// The next row that has something in it; `None` at the end.
    ///
    /// # Errors
    /// [`FileError::Read`]
    pub fn next_row(&mut self) -> Result<Option<Row>, FileError> {
        while let Some(fields) = self.lines.next()? {
            if let Ok(fields) = &fields
                && fields.iter().all(str::is_empty)
            {
                continue;
            }
            let user = fields.and_then(|fields| self.columns.user(&fields, self.portal));
            let line = self.lines.number;
            return Ok(Some(Row { line, user }));
        }
        Ok(None)
    }
}

/// Where the columns are.
#[derive(Debug)]
struct Columns {
    email: usize,
    native_id: Option<usize>,
    portal_id: Option<usize>,
    number: usize,
    ignored: Vec<String>,
}

impl Columns {
    fn new(header: &StringRecord) -> Result<Self, FileError> {
        let position = |name: &'static str| {
            let is_it = |field: &str| field.eq_ignore_ascii_case(name);
            let mut found = header.iter().enumerate().filter(|(_, field)| is_it(field));
            match (found.next(), found.next()) {
                (_, Some(_)) => Err(FileError::Twice(name)),
                (first, None) => Ok(first.map(|(position, _)| position)),
            }
        };
        let [email, native_id, portal_id] = COLUMNS.map(position);
        let email = email?.ok_or_else(|| {
            let names: Vec<_> = header.iter().collect();
            FileError::NoEmail(names.join(", ").escape_debug().to_string())
        })?;
        let known = |field: &&str| COLUMNS.iter().any(|name| field.eq_ignore_ascii_case(name));
        let others = header.iter().filter(|field| !known(field));
        Ok(Self {
            email,
            native_id: native_id?,
            portal_id: portal_id?,
            number: header.len(),
            ignored: others.map(|name| name.escape_debug().to_string()).collect(),
        })
    }

    fn user(&self, fields: &StringRecord, portal: Option<PortalId>) -> Result<User, RowError> {
        if fields.len() != self.number {
            return Err(RowError::Columns {
                found: fields.len(),
                expected: self.number,
            });
        }
        let field = |position: Option<usize>| {
            let text = position.and_then(|position| fields.get(position));
            text.filter(|text| !text.is_empty())
        };
        let own_portal = field(self.portal_id).map(str::parse).transpose();
        Ok(User {
            email: field(Some(self.email)).unwrap_or_default().parse()?,
            native_id: field(self.native_id).map(native_id).transpose()?,
            portal_id: own_portal
                .map_err(RowError::Portal)?
                .or(portal)
                .ok_or(RowError::NoPortal)?,
        })
    }
}

/// Lines, split into fields.
#[derive(Debug)]
struct Lines<R> {
    input: R,
    line: Vec<u8>,
    splitter: Splitter,
    number: u64,
    bytes: u64,
}

impl<R: BufRead> Lines<R> {
    fn new(input: R) -> Self {
        Self {
            input,
            line: Vec::new(),
            splitter: Splitter::new(),
            number: 0,
            bytes: 0,
        }
    }

    fn next(&mut self) -> io::Result<Option<Result<StringRecord, RowError>>> {
        if !self.read_line()? {
            return Ok(None);
        }
        self.number += 1;
        if !self.line.ends_with(b"\n") && self.line.len() >= LONGEST_LINE {
            let skipped = self.input.skip_until(b'\n')?;
            self.bytes += skipped as u64;
            return Ok(Some(Err(RowError::TooLong)));
        }
        Ok(Some(self.splitter.split(&self.line)))
    }

    fn read_line(&mut self) -> io::Result<bool> {
        self.line.clear();
        let mut limited = self.input.by_ref().take(LONGEST_LINE as u64);
        let read = limited.read_until(b'\n', &mut self.line)?;
        self.bytes += read as u64;
        Ok(read > 0)
    }
}

/// Splits one line after the other. The reader is kept, because making one takes longer than a line. It
/// leaves out the byte order mark that spreadsheets put first, also where such files were put together.
#[derive(Debug)]
struct Splitter(csv::Reader<Cursor<Vec<u8>>>);

impl Splitter {
    fn new() -> Self {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(Trim::All);
        Self(builder.from_reader(Cursor::default()))
    }

    fn split(&mut self, line: &[u8]) -> Result<StringRecord, RowError> {
        // Before quotes are taken off, because what is left could be text by chance.
        if std::str::from_utf8(line).is_err() {
            return Err(RowError::NotUtf8);
        }
        let open = line.iter().fold(false, |open, byte| open ^ (*byte == b'"'));
        if open {
            return Err(RowError::OpenQuote);
        }
        // For the reader the line would end there, and the rest would be lost.
        if line.trim_ascii_end().contains(&b'\r') {
            return Err(RowError::CarriageReturn);
        }
        let input = self.0.get_mut().get_mut();
        input.clear();
        input.extend_from_slice(line);
        let mut fields = StringRecord::new();
        let read = self
            .0
            .seek_raw(SeekFrom::Start(0), Position::new())
            .and_then(|()| self.0.read_record(&mut fields));
        // Of what is in memory, all that can't be read is what isn't text.
        read.map(|_| fields).map_err(|_| RowError::NotUtf8)
    }
}

#[cfg(test)]
mod tests;
