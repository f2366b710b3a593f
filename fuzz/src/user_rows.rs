//! The users in a CSV file: every line that says something is a user or an error with its line, and a
//! user is what the line says.

use std::io::BufReader;

use shared::identifiers::PortalId;
use shared::repository::users::User;
use user_file::UserRows;

/// Whose users they are where the file doesn't say.
const PORTAL: PortalId = PortalId::new(9);

/// The file is read or refused as a whole, and no line gets lost.
pub fn user_rows(input: &[u8]) {
    // A few bytes at a time, so that whatever belongs together also comes apart.
    let file = BufReader::with_capacity(7, input);
    let mut rows = match UserRows::new(file, Some(PORTAL)) {
        Ok(rows) => rows,
        Err(error) => return assert_plain(&error.to_string()),
    };
    rows.ignored().iter().for_each(|name| assert_plain(name));
    let lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
    let header = fields(lines[0]);
    let mut next = 1;
    while let Some(row) = rows.next_row().unwrap() {
        let at = usize::try_from(row.line).unwrap() - 1;
        assert!(lines[next..at].iter().all(|line| is_blank(line)));
        next = at + 1;
        match row.user {
            Ok(user) => {
                assert_eq!(user, expected(&header, &fields(lines[at])));
                assert_eq!(user, read_again(&user));
            }
            Err(reason) => assert_plain(&reason.to_string()),
        }
    }
    assert!(lines[next..].iter().all(|line| is_blank(line)));
    assert_eq!(rows.bytes(), input.len() as u64);
    assert_eq!(rows.line(), lines.len() as u64);
}

/// It can be shown at a terminal.
fn assert_plain(text: &str) {
    assert!(!text.chars().any(char::is_control), "{text:?}");
}

/// Nobody would miss such a line.
fn is_blank(line: &[u8]) -> bool {
    let nothing = |c: char| c.is_whitespace() || ",\"\u{feff}".contains(c);
    std::str::from_utf8(line).is_ok_and(|line| line.chars().all(nothing))
}

/// A line by the rules of RFC 4180, and what is against them as it stands. A byte order mark is none of it.
fn fields(line: &[u8]) -> Vec<String> {
    let line = std::str::from_utf8(line).unwrap();
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let mut fields = vec![String::new()];
    let (mut quoted, mut at_start) = (false, true);
    let mut rest = line.trim_end_matches(['\r', '\n']).chars().peekable();
    while let Some(c) = rest.next() {
        let field = fields.last_mut().unwrap();
        match c {
            '"' if quoted && rest.next_if_eq(&'"').is_some() => field.push('"'),
            '"' if quoted || at_start => quoted = !quoted,
            ',' if !quoted => fields.push(String::new()),
            _ => field.push(c),
        }
        at_start = c == ',' && !quoted;
    }
    fields.iter().map(|field| field.trim().to_owned()).collect()
}

fn expected(header: &[String], fields: &[String]) -> User {
    assert_eq!(header.len(), fields.len());
    let field = |name: &str| {
        let at = header.iter().position(|n| n.eq_ignore_ascii_case(name))?;
        Some(fields[at].clone()).filter(|field| !field.is_empty())
    };
    let portal = field("portalId").map(|portal| portal.parse().unwrap());
    User {
        portal_id: portal.unwrap_or(PORTAL),
        email: field("email").unwrap().parse().unwrap(),
        native_id: field("nativeId"),
    }
}

/// Writes the user as a row of its own and reads that.
fn read_again(user: &User) -> User {
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let file = format!(
        "portalId,nativeId,email\n{},{},{}",
        user.portal_id,
        quoted(user.native_id.as_deref().unwrap_or_default()),
        quoted(user.email.as_str()),
    );
    let mut rows = UserRows::new(file.as_bytes(), None).unwrap();
    rows.next_row().unwrap().unwrap().user.unwrap()
}
