//! Splits a file into records ([RFC 4180](https://www.rfc-editor.org/rfc/rfc4180)): a record is one line,
//! or several lines if a line break is inside quotes. The `csv` crate splits each record into fields.
//!
//! Splitting into records first gives every record its exact line number, keeps an unreadable record from
//! affecting the next one, and bounds the memory. Text inside quotes never starts a record, not even if a
//! quote is never closed or a record is too long.

use std::io::{self, BufRead, Cursor, Read, SeekFrom};

use csv::{Position, ReaderBuilder, StringRecord, Trim};

use crate::error::{FileError, RowError};

/// The maximum length of a record, in bytes. Far more than a row with notes and picture URLs needs.
const MAX_RECORD_BYTES: usize = 1024 * 1024;
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The records of a file.
#[derive(Debug)]
pub(super) struct Records<R> {
    input: Text<R>,
    splitter: Splitter,
    /// The first line, which was read to detect the separator.
    first: Option<Vec<u8>>,
    record: Vec<u8>,
    delimiter: u8,
    line: u64,
    lines: u64,
}

impl<R: BufRead> Records<R> {
    /// Detects the separator: from `sep=;` (Excel), or else from the first line. Skips blank lines and
    /// PowerShell's `#TYPE` before it.
    ///
    /// # Errors
    /// [`FileError::Empty`] if the file has no line, and [`FileError::Read`] if reading it fails.
    pub(super) fn new(input: R) -> Result<Self, FileError> {
        let mut input = Text::new(input)?;
        let (mut line, mut lines, mut declared) = (Vec::new(), 0, None);
        loop {
            line.clear();
            if !read_line(&mut input, &mut line)? {
                return Err(FileError::Empty);
            }
            lines += 1;
            if line.starts_with(BYTE_ORDER_MARK) {
                line.drain(..BYTE_ORDER_MARK.len());
            }
            let text = line.trim_ascii();
            match text {
                [] | [b'#', b'T', b'Y', b'P', b'E', ..] => {}
                [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', rest @ ..] => {
                    // `sep=` with a tab: the tab was trimmed as whitespace.
                    let name = rest.first().copied().unwrap_or(b'\t');
                    declared = b",;\t|".contains(&name).then_some(name);
                }
                _ => break,
            }
        }
        let delimiter = declared.unwrap_or_else(|| detect_delimiter(&line));
        Ok(Self {
            input,
            splitter: Splitter::new(delimiter),
            first: Some(line),
            record: Vec::new(),
            delimiter,
            line: 0,
            lines: lines - 1,
        })
    }

    /// The number of bytes read so far.
    pub(super) const fn bytes(&self) -> u64 {
        self.input.bytes
    }

    /// The line on which the last record started, counted from 1.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// The number of lines read so far.
    pub(super) const fn lines(&self) -> u64 {
        self.lines
    }

    /// The fields of the next record; `None` at the end.
    pub(super) fn next(&mut self) -> io::Result<Option<Result<StringRecord, RowError>>> {
        let Some(framed) = self.frame()? else {
            return Ok(None);
        };
        Ok(Some(
            framed.and_then(|()| self.splitter.split(&self.record)),
        ))
    }

    /// Reads one record, including its line ending.
    fn frame(&mut self) -> io::Result<Option<Result<(), RowError>>> {
        self.record.clear();
        let mut scan = Scan::new(self.delimiter);
        let mut piece = self.first.take().unwrap_or_default();
        if piece.is_empty() && !read_line(&mut self.input, &mut piece)? {
            return Ok(None);
        }
        self.line = self.lines + 1;
        let mut too_long = false;
        loop {
            let ends_line = piece.ends_with(b"\n");
            self.lines += u64::from(ends_line);
            if self.record.is_empty() && piece.starts_with(BYTE_ORDER_MARK) {
                piece.drain(..BYTE_ORDER_MARK.len());
            }
            for byte in &piece {
                scan.take(*byte);
            }
            too_long |= self.record.len() + piece.len() > MAX_RECORD_BYTES;
            if !too_long {
                self.record.extend_from_slice(&piece);
            }
            if ends_line && !scan.is_quoted() {
                break;
            }
            piece.clear();
            if !read_line(&mut self.input, &mut piece)? {
                self.lines += u64::from(!ends_line);
                break;
            }
        }
        Ok(Some(match scan.fault() {
            _ if too_long => Err(RowError::TooLong),
            // Check before the quotes are removed, because the rest could be valid UTF-8 by chance.
            _ if std::str::from_utf8(&self.record).is_err() => Err(RowError::NotUtf8),
            Some(fault) => Err(fault),
            None => Ok(()),
        }))
    }
}

/// Reads to the end of a line, or a part of a very long line.
fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    let mut limited = input.take(MAX_RECORD_BYTES as u64);
    Ok(limited.read_until(b'\n', line)? > 0)
}

/// The separator of a first line: the most frequent of comma, semicolon and tab.
fn detect_delimiter(line: &[u8]) -> u8 {
    let mut scan = Scan::new(b',');
    let (mut commas, mut semicolons, mut tabs) = (0, 0, 0);
    for byte in line {
        if !scan.is_quoted() {
            match byte {
                b',' => commas += 1,
                b';' => semicolons += 1,
                b'\t' => tabs += 1,
                _ => {}
            }
        }
        // Every separator ends a field here.
        scan.take(if matches!(byte, b';' | b'\t') {
            b','
        } else {
            *byte
        });
    }
    if semicolons > commas && semicolons >= tabs {
        b';'
    } else if tabs > commas {
        b'\t'
    } else {
        b','
    }
}

/// The position of a byte in a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before the first byte of a field.
    Start,
    Plain,
    Quoted,
    /// After a quote inside quotes, which closes them unless another quote follows.
    Quote,
    /// After a carriage return outside quotes.
    Return,
}

/// Tracks quotes through a record.
#[derive(Debug)]
struct Scan {
    delimiter: u8,
    at: At,
    stray_quote: bool,
    stray_return: bool,
}

impl Scan {
    const fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            at: At::Start,
            stray_quote: false,
            stray_return: false,
        }
    }

    const fn is_quoted(&self) -> bool {
        matches!(self.at, At::Quoted)
    }

    fn take(&mut self, byte: u8) {
        self.stray_return |= self.at == At::Return && !matches!(byte, b'\n' | b'\r');
        self.at = match (self.at, byte) {
            (At::Quoted, b'"') => At::Quote,
            (At::Quoted, _) | (At::Start | At::Quote, b'"') => At::Quoted,
            (_, b'\r') => At::Return,
            (_, byte) if byte == b'\n' || byte == self.delimiter => At::Start,
            (At::Quote, _) | (_, b'"') => {
                self.stray_quote = true;
                At::Plain
            }
            _ => At::Plain,
        };
    }

    fn fault(&self) -> Option<RowError> {
        if self.is_quoted() {
            Some(RowError::OpenQuote)
        } else if self.stray_return {
            Some(RowError::CarriageReturn)
        } else {
            self.stray_quote.then_some(RowError::StrayQuote)
        }
    }
}

/// Splits records into fields, one at a time. The reader is reused, because creating one takes longer
/// than parsing a line.
#[derive(Debug)]
struct Splitter(csv::Reader<Cursor<Vec<u8>>>);

impl Splitter {
    fn new(delimiter: u8) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.has_headers(false).flexible(true).trim(Trim::All);
        builder.delimiter(delimiter);
        Self(builder.from_reader(Cursor::default()))
    }

    fn split(&mut self, record: &[u8]) -> Result<StringRecord, RowError> {
        let input = self.0.get_mut().get_mut();
        input.clear();
        input.extend_from_slice(record);
        let mut fields = StringRecord::new();
        let read = self
            .0
            .seek_raw(SeekFrom::Start(0), Position::new())
            .and_then(|()| self.0.read_record(&mut fields));
        // The data is in memory, so the only possible error is invalid UTF-8.
        read.map(|_| fields).map_err(|_| RowError::NotUtf8)
    }
}

/// The file as UTF-8. Excel's "Unicode text" and PowerShell 5 write UTF-16 with a byte order mark.
#[derive(Debug)]
struct Text<R> {
    input: R,
    encoding: Encoding,
    /// For UTF-16: the converted text, and how much of it has been read.
    converted: Vec<u8>,
    at: usize,
    bytes: u64,
}

#[derive(Clone, Copy, Debug)]
enum Encoding {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
}

impl<R: BufRead> Text<R> {
    fn new(mut input: R) -> io::Result<Self> {
        let mut mark = Vec::new();
        input.by_ref().take(2).read_to_end(&mut mark)?;
        let encoding = match mark.as_slice() {
            [0xff, 0xfe] => Encoding::Utf16(u16::from_le_bytes),
            [0xfe, 0xff] => Encoding::Utf16(u16::from_be_bytes),
            _ => Encoding::Utf8,
        };
        let bytes = mark.len() as u64;
        if matches!(encoding, Encoding::Utf16(_)) {
            mark.clear();
        }
        Ok(Self {
            input,
            encoding,
            converted: mark,
            at: 0,
            bytes,
        })
    }

    /// Converts the next part; returns nothing at the end. An unpaired half at the end becomes U+FFFD.
    fn convert(&mut self, unit: fn([u8; 2]) -> u16) -> io::Result<()> {
        let mut raw = Vec::new();
        self.input.by_ref().take(4096).read_to_end(&mut raw)?;
        let mut units: Vec<u16> = pairs(&raw, unit);
        if units
            .last()
            .is_some_and(|unit| (0xd800..0xdc00).contains(unit))
        {
            let mut rest = Vec::new();
            self.input.by_ref().take(2).read_to_end(&mut rest)?;
            units.extend(pairs(&rest, unit));
            raw.extend(rest);
        }
        self.bytes += raw.len() as u64;
        self.converted.clear();
        self.at = 0;
        let text: String = char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect();
        self.converted.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn pairs(raw: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u16> {
    let (pairs, rest) = raw.as_chunks::<2>();
    let half = (!rest.is_empty()).then_some(0xdfff);
    pairs.iter().copied().map(unit).chain(half).collect()
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

impl<R: BufRead> BufRead for Text<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.converted.len() {
            match self.encoding {
                Encoding::Utf8 => return self.input.fill_buf(),
                Encoding::Utf16(unit) => self.convert(unit)?,
            }
        }
        Ok(self.converted.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        if self.at < self.converted.len() {
            self.at += amount;
        } else {
            self.input.consume(amount);
            self.bytes += amount as u64;
        }
    }
}
