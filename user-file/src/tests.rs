use super::*;

fn rows(text: &str, portal: Option<u64>) -> Vec<Row> {
    let mut rows = UserRows::new(text.as_bytes(), portal.map(PortalId::new)).unwrap();
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
fn only_the_address_has_to_be_there() {
    let users = rows("email\nada@example.com", Some(1));
    assert_eq!(users[0].user, Ok(user(1, "ada@example.com", None)));
}

#[test]
fn columns_that_do_not_count_are_told() {
    let rows = UserRows::new("email,nativID\n".as_bytes(), None).unwrap();
    assert_eq!(rows.ignored(), ["nativID"]);
}

#[test]
fn empty_rows_are_no_rows_and_count_as_lines() {
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
         \"ada@example.com,1,1\n\
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
            "has 1 columns, and the first line has 3",
            "opens a quote that is not closed on the same line",
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
fn what_is_no_text_spoils_its_own_row_alone() {
    let text =
        b"email\n\xff\xfe@example.com\n\"\xc3\"\xa4@example.com\nada@example.com\n".as_slice();
    let mut rows = UserRows::new(text, Some(PortalId::new(1))).unwrap();
    let mut next = || rows.next_row().unwrap().unwrap().user;
    assert_eq!(next(), Err(RowError::NotUtf8));
    assert_eq!(next(), Err(RowError::NotUtf8));
    assert_eq!(next(), Ok(user(1, "ada@example.com", None)));
}

#[test]
fn nothing_after_a_carriage_return_gets_lost() {
    let text = "email\nada@example.com\rbob@example.com\n,\reve@example.com\r\n";
    let reason = "has a carriage return in it: save the file with the line ends of Unix or Windows";
    let reason = || reason.to_owned();
    assert_eq!(refused(text), [(2, reason()), (3, reason())]);
}

#[test]
fn an_endless_line_spoils_its_own_row_alone() {
    let text = format!("email\n{}\nada@example.com\n", "x".repeat(300_000));
    let rows = rows(&text, Some(1));
    assert_eq!(rows[0].user, Err(RowError::TooLong));
    assert_eq!(rows[1].line, 3);
    assert_eq!(rows[1].user, Ok(user(1, "ada@example.com", None)));
}

#[test]
fn every_byte_counts_as_progress() {
    let text = format!("email\n{}\nada@example.com\n", "x".repeat(300_000));
    let mut rows = UserRows::new(text.as_bytes(), None).unwrap();
    while rows.next_row().unwrap().is_some() {}
    assert_eq!(rows.bytes(), text.len() as u64);
}

#[test]
fn a_file_without_usable_columns_is_refused_as_a_whole() {
    let problem = |text: &str| {
        let rows = UserRows::new(text.as_bytes(), None);
        rows.unwrap_err().to_string()
    };
    assert!(problem("").starts_with("the file is empty"));
    assert!(problem("email;nativeId\n").ends_with("there is: email;nativeId"));
    assert!(problem("email,EMAIL\n").ends_with("the column email twice"));
    let problem_of_old_macs = problem("email\rada@example.com\r");
    assert!(problem_of_old_macs.starts_with("the first line has a carriage return"));
    assert!(problem("\"email\n").starts_with("the first line opens a quote"));
}
