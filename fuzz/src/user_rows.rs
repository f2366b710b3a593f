//! The users in a CSV file: every non-empty record becomes a user with the record's values, or an error with
//! its line number. Quoted text is never a separate record.

use std::io::BufReader;

use shared::identifiers::PortalId;
use shared::repository::users::User;
use user_file::{ColumnNames, UserRows};

/// The portal of users for whom the file names none.
const PORTAL: PortalId = PortalId::new(9);

/// The file is read or refused as a whole, and no record gets lost.
pub fn user_rows(input: &[u8]) {
    // A few bytes at a time, so that reads also split multi-byte sequences.
    let file = BufReader::with_capacity(7, input);
    let mut rows = match UserRows::new(file, Some(PORTAL), &ColumnNames::default()) {
        Ok(rows) => rows,
        Err(error) => return assert_plain(&error.to_string()),
    };
    rows.ignored().iter().for_each(|name| assert_plain(name));
    let expected = std::str::from_utf8(input).ok().and_then(records);
    let mut last = 0;
    while let Some(row) = rows.next_row().unwrap() {
        assert!(row.line > last);
        last = row.line;
        match row.user {
            Ok(user) => {
                assert_eq!(user, read_again(&user));
                if let Some(records) = &expected {
                    let (_, fields) = records.iter().find(|(line, _)| *line == row.line).unwrap();
                    let email = user.email;
                    assert!(
                        fields
                            .iter()
                            .any(|field| field.parse() == Ok(email.clone()))
                    );
                }
            }
            Err(reason) => assert_plain(&reason.to_string()),
        }
    }
    if std::str::from_utf8(input).is_ok() {
        assert_eq!(rows.bytes(), input.len() as u64);
        let lines = input.split_inclusive(|byte| *byte == b'\n').count();
        assert_eq!(rows.line(), lines as u64);
    }
}

/// Checks that it is safe to print on a terminal.
fn assert_plain(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// The records of a comma-separated file under [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180), each with
/// the line on which it begins; `None` for files that don't follow it.
fn records(file: &str) -> Option<Vec<(u64, Vec<String>)>> {
    if file.contains([';', '\t', '=', '#', '\u{feff}', '|']) {
        return None;
    }
    let (mut records, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut quoted, mut at_start) = (false, true);
    let (mut line, mut begins) = (1, 1);
    let mut rest = file.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted || at_start => quoted = !quoted,
            ',' if !quoted => fields.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                fields.push(std::mem::take(&mut field));
                records.push((begins, std::mem::take(&mut fields)));
                begins = line + 1;
            }
            _ => field.push(c),
        }
        line += u64::from(c == '\n');
        at_start = matches!(c, ',' | '\n') && !quoted;
    }
    fields.push(field);
    records.push((begins, fields));
    Some(records)
}

/// Writes the user as a separate row and reads it back.
fn read_again(user: &User) -> User {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let file = format!(
        "portalId,nativeId,email\n{},{},{}",
        user.portal_id,
        quoted(user.native_id.as_deref().unwrap_or_default()),
        quoted(user.email.as_str()),
    );
    let mut rows = UserRows::new(file.as_bytes(), None, &ColumnNames::default()).unwrap();
    rows.next_row().unwrap().unwrap().user.unwrap()
}
