//! Files as directories and spreadsheets export them, and the mistakes in them.

use shared::repository::users::User;
use shared::user_email::UserEmailError;

use super::*;

fn rows(text: &str, portal: Option<u64>) -> Vec<Row> {
    let mut rows = UserRows::new(
        text.as_bytes(),
        portal.map(PortalId::new),
        &ColumnNames::default(),
    )
    .unwrap();
    std::iter::from_fn(|| rows.next_row().unwrap()).collect()
}

fn refused(text: &str) -> Vec<(u64, String)> {
    let refused = rows(text, Some(1)).into_iter().filter_map(|row| {
        let reason = row.user.err()?;
        Some((row.line, reason.to_string()))
    });
    refused.collect()
}

fn user(portal: u64, email: &str, native_id: Option<&str>) -> User {
    User {
        portal_id: PortalId::new(portal),
        email: email.parse().unwrap(),
        native_id: native_id.map(str::to_owned),
    }
}

#[test]
fn a_row_is_read_by_the_names_of_its_columns() {
    let text = "\u{feff}nativeId,Email,notes,portalId\r\n\
                4711,Ada@Example.com,\"a, \"\"b\"\"\",5\r\n\
                \u{feff},*@example.org,,\r\n";
    let users: Vec<_> = rows(text, Some(9)).into_iter().collect();
    assert_eq!(users[0].user, Ok(user(5, "ada@example.com", Some("4711"))));
    assert_eq!(users[1].user, Ok(user(9, "*@example.org", None)));
    assert_eq!(users[1].line, 3);
}

#[test]
fn only_the_address_is_required() {
    let users = rows("email\nada@example.com", Some(1));
    assert_eq!(users[0].user, Ok(user(1, "ada@example.com", None)));
}

#[test]
fn ignored_columns_are_reported() {
    let rows = UserRows::new("email,nativID\n".as_bytes(), None, &ColumnNames::default()).unwrap();
    assert_eq!(rows.ignored(), ["nativID"]);
}

#[test]
fn empty_rows_are_skipped_but_count_as_lines() {
    let text = "email,nativeId\n\n,\n  \nada@example.com,\n";
    let found = rows(text, Some(1));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].line, 5);
}

#[test]
fn every_refused_row_has_its_line_and_its_reason() {
    let long = "x".repeat(1025);
    let text = format!(
        "email,nativeId,portalId\n\
         ada,1,1\n\
         ada@example.com\n\
         ada\"@example.com,1,1\n\
         ada@example.com,{long},1\n\
         ada@example.com,1,none\n\
         ,1,1\n\
         bob@example.com,1,1\n"
    );
    let refused = refused(&text);
    let lines: Vec<_> = refused.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
    let reasons: Vec<_> = refused.iter().map(|(_, reason)| reason.as_str()).collect();
    let address = "email must be one address, such as ada@example.com, or *@example.com for a \
                   whole domain";
    assert_eq!(
        reasons,
        [
            address,
            "has a different number of columns (1) than the first line (3)",
            "has a quote in the middle of a cell: put the cell in quotes and double the ones in it",
            "nativeId must not be longer than 1024 bytes",
            "portalId must be a positive whole number",
            address,
        ]
    );
}

#[test]
fn a_row_without_a_portal_needs_one_from_the_command_line() {
    let rows = rows("email\nada@example.com\n", None);
    assert_eq!(rows[0].user, Err(RowError::NoPortal));
}

#[test]
fn invalid_utf_8_affects_only_its_own_row() {
    let text =
        b"email\n\xff\xfe@example.com\n\"\xc3\"\xa4@example.com\nada@example.com\n".as_slice();
    let mut rows = UserRows::new(text, Some(PortalId::new(1)), &ColumnNames::default()).unwrap();
    let mut next = || rows.next_row().unwrap().unwrap().user;
    assert_eq!(next(), Err(RowError::NotUtf8));
    assert_eq!(next(), Err(RowError::NotUtf8));
    assert_eq!(next(), Ok(user(1, "ada@example.com", None)));
}

#[test]
fn nothing_after_a_carriage_return_gets_lost() {
    let text = "email\nada@example.com\rbob@example.com\n,\reve@example.com\r\n";
    let reason = "has a carriage return in it: save the file with Unix or Windows line endings";
    let reason = || reason.to_owned();
    assert_eq!(refused(text), [(2, reason()), (3, reason())]);
}

#[test]
fn a_very_long_line_affects_only_its_own_row() {
    let text = format!("email\n{}\nada@example.com\n", "x".repeat(3_000_000));
    let rows = rows(&text, Some(1));
    assert_eq!(rows[0].user, Err(RowError::TooLong));
    assert_eq!(rows[1].line, 3);
    assert_eq!(rows[1].user, Ok(user(1, "ada@example.com", None)));
}

#[test]
fn every_byte_counts_as_progress() {
    let text = format!("email\n{}\nada@example.com\n", "x".repeat(3_000_000));
    let mut rows = UserRows::new(text.as_bytes(), None, &ColumnNames::default()).unwrap();
    while rows.next_row().unwrap().is_some() {}
    assert_eq!(rows.bytes(), text.len() as u64);
}

#[test]
fn a_file_without_usable_columns_is_refused_as_a_whole() {
    let problem = |text: &str| {
        let rows = UserRows::new(text.as_bytes(), None, &ColumnNames::default());
        rows.unwrap_err().to_string()
    };
    assert!(problem("").starts_with("the file is empty"));
    assert!(problem("name,nativeId\n").ends_with("found: name, nativeId"));
    assert!(problem("email,EMAIL\n").ends_with("the column email twice"));
    let problem_of_old_macs = problem("email\rada@example.com\r");
    assert!(problem_of_old_macs.starts_with("the first line has a carriage return"));
    assert!(problem("\"email\n").starts_with("the first line opens a quote"));
}

fn emails(text: &[u8], names: &ColumnNames) -> Vec<String> {
    let mut rows = UserRows::new(text, Some(PortalId::new(1)), names).unwrap();
    let rows = std::iter::from_fn(|| rows.next_row().unwrap());
    rows.map(|row| row.user.unwrap().email.to_string())
        .collect()
}

#[test]
fn text_inside_quotes_is_never_a_row() {
    let text =
        "email,about\n\"ada@example.com\",\"hello\n*@evil.example,x\nbye\"\r\nbob@example.com,\n";
    let found = rows(text, Some(1));
    assert_eq!(found[0].user, Ok(user(1, "ada@example.com", None)));
    assert_eq!((found[0].line, found[1].line, found.len()), (2, 5, 2));

    let never_closed = "email,about\nada@example.com,\"hello\n*@evil.example,x\nbye\n";
    let reason = "opens a quote that is never closed: nothing after it was read";
    assert_eq!(refused(never_closed), [(2, reason.to_owned())]);

    let too_long = format!(
        "email,about\nada@example.com,\"{}\n*@evil.example,x\n\"\n",
        "x".repeat(3_000_000)
    );
    let found = rows(&too_long, Some(1));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].user, Err(RowError::TooLong));
}

#[test]
fn text_after_a_closing_quote_is_refused() {
    for row in [
        "\"ada@example.com\"x",
        "\"ada@example.com\" \"\n*@evil.example\n\"",
        "5\" ada@example.com",
    ] {
        let found = rows(&format!("email\n{row}\n"), Some(1));
        assert_eq!(found[0].user, Err(RowError::StrayQuote), "{row}");
    }
}

#[test]
fn real_exports_are_read_by_their_public_column_names() {
    for (export, expected) in [
        // HubSpot, Settings > Users & Teams
        (
            "First name,Last name,Email,Team\nAda,L,ada@example.com,x\n",
            "ada@example.com",
        ),
        // Google Workspace, Download users
        (
            "First Name [Required],Last Name [Required],Email Address [Required],Status [READ ONLY],Recovery Email\n\
          Ada,L,ada@example.com,Active,other@example.org\n",
            "ada@example.com",
        ),
        // Microsoft Entra, Download users; then PowerShell
        (
            "userPrincipalName,displayName,mail,accountEnabled\nada@t.onmicrosoft.com,Ada,ada@example.com,True\n",
            "ada@example.com",
        ),
        (
            "#TYPE Selected.Microsoft.Graph\n\"DisplayName\",\"UserPrincipalName\"\n\"Ada\",\"ada@example.com\"\n",
            "ada@example.com",
        ),
        // Okta
        (
            "login,firstName,lastName,status\nada@example.com,Ada,L,ACTIVE\n",
            "ada@example.com",
        ),
        (
            "\"User Name\";\"E-mail\"\nada;ada@example.com\n",
            "ada@example.com",
        ),
        // Zoom
        (
            "Email\tFirst Name\tUser Status\nada@example.com\tAda\tActive\n",
            "ada@example.com",
        ),
        (
            "sep=;\nEmail;Native ID\nada@example.com;a,b\n",
            "ada@example.com",
        ),
        ("\n  \nemail\nada@example.com\n", "ada@example.com"),
    ] {
        let found = emails(export.as_bytes(), &ColumnNames::default());
        assert_eq!(found, [expected], "{export}");
    }
}

#[test]
fn a_column_with_any_name_can_be_named() {
    let names = ColumnNames {
        email: Some("Kontakt".into()),
        native_id: Some("nr".into()),
    };
    let text = "Kontakt,NR\nada@example.com,0047\n".as_bytes();
    let mut rows = UserRows::new(text, Some(PortalId::new(1)), &names).unwrap();
    let row = rows.next_row().unwrap().unwrap();
    assert_eq!(row.user, Ok(user(1, "ada@example.com", Some("0047"))));
    let missing = UserRows::new("email\n".as_bytes(), None, &names).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the first line has no column Kontakt; found: email"
    );
}

#[test]
fn utf_16_from_spreadsheets_is_read() {
    let text = "\u{feff}email\tnativeId\r\nada@example.com\t🎥\r\n";
    let text = text.replace("ada", &"a".repeat(5_000));
    let units: Vec<u16> = text.encode_utf16().collect();
    let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
    let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
    for bytes in [little, big] {
        let mut rows = UserRows::new(
            bytes.as_slice(),
            Some(PortalId::new(1)),
            &ColumnNames::default(),
        )
        .unwrap();
        let row = rows.next_row().unwrap().unwrap();
        assert_eq!(row.line, 2);
        // The address is so long that the file is converted in several parts.
        let too_long = RowError::Email(UserEmailError::TooLong);
        assert_eq!(row.user, Err(too_long));
        while rows.next_row().unwrap().is_some() {}
        assert_eq!(rows.bytes(), bytes.len() as u64);
    }
    let short = "\u{feff}email\r\nada@example.com\r\n".encode_utf16();
    let short: Vec<u8> = short.flat_map(u16::to_le_bytes).collect();
    assert_eq!(emails(&short, &ColumnNames::default()), ["ada@example.com"]);
}

#[test]
fn a_closed_account_is_recognized_by_its_state() {
    for (text, is_suspended) in [
        ("email,Status\na@b.c,Suspended\n", true),
        ("email,Status\na@b.c,active\n", false),
        ("email,accountEnabled\na@b.c,False\n", true),
        ("email,accountEnabled\na@b.c,TRUE\n", false),
        ("email,deactivated\na@b.c,true\n", true),
        ("email,status\na@b.c,DEPROVISIONED\n", true),
        ("email\na@b.c\n", false),
    ] {
        assert_eq!(rows(text, Some(1))[0].is_suspended, is_suspended, "{text}");
    }
}
