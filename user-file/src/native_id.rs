//! The video system's ID of a user, and how spreadsheets damage it.

/// The maximum length in bytes. The ID is sent to HubSpot as text, and no real ID is this long.
const MAX_BYTES: usize = 1024;

/// Why a text is not a valid ID in the video system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NativeIdError {
    /// The text contains control or invisible characters.
    #[error("must not contain control or invisible characters")]
    Control,
    /// The text is too long.
    #[error("must not be longer than {MAX_BYTES} bytes")]
    TooLong,
    /// The text is empty.
    #[error("must not be empty")]
    Empty,
    /// A spreadsheet's error value, or a program's placeholder for a missing value.
    #[error(
        "is a placeholder for a missing value, such as #N/A or NULL: correct the cell, or leave it empty"
    )]
    NoValue,
    /// A spreadsheet interpreted the ID as a number and rounded it.
    #[error("was rounded by a spreadsheet, such as 1.23E+17: import the column there as text")]
    Rounded,
    /// A formula that keeps a spreadsheet from interpreting the ID as a number.
    #[error("is a spreadsheet's formula, such as =\"0047\": enter only the id")]
    Formula,
}

/// Parses the video system's ID of a user.
///
/// # Errors
/// [`NativeIdError`] if the text is empty, too long, or damaged by a spreadsheet.
pub fn native_id(text: &str) -> Result<String, NativeIdError> {
    let text = text.trim();
    if text.is_empty() {
        Err(NativeIdError::Empty)
    } else if text.len() > MAX_BYTES {
        Err(NativeIdError::TooLong)
    } else if text.chars().any(shared::printable::is_unsafe) {
        Err(NativeIdError::Control)
    } else if is_no_value(text) {
        Err(NativeIdError::NoValue)
    } else if is_rounded(text) {
        Err(NativeIdError::Rounded)
    } else if text.starts_with("=\"") {
        Err(NativeIdError::Formula)
    } else {
        Ok(text.to_owned())
    }
}

/// Excel's error values begin with # in every language and end with ! or ?, except #N/A and similar ones.
/// A column that was too narrow contains only #.
fn is_no_value(text: &str) -> bool {
    let words = ["null", "undefined", "nan", "n/a", "none", "nil", "(null)"];
    words.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.strip_prefix('#').is_some_and(|rest| {
            rest.ends_with(['!', '?']) || rest.contains("/A") || rest.bytes().all(|b| b == b'#')
        })
}

/// `1.23E+17`, `1,23E+17`, `1E+17`: digits, and an exponent with its sign.
fn is_rounded(text: &str) -> bool {
    text.split_once(['E', 'e'])
        .is_some_and(|(number, exponent)| {
            let is_digit = |c: char| c.is_ascii_digit();
            let is_number = |c| is_digit(c) || c == '.' || c == ',';
            let exponent = exponent.strip_prefix(['+', '-']);
            number.starts_with(is_digit)
                && number.chars().all(is_number)
                && exponent.is_some_and(|digits| !digits.is_empty() && digits.chars().all(is_digit))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_stays_as_it_is() {
        for id in [
            "0047", "4711", "=4,5", "@me", "-1", "a#b", "1e5", "E+17", "#1", "日本",
        ] {
            assert_eq!(native_id(&format!(" {id} ")).as_deref(), Ok(id));
        }
    }

    #[test]
    fn an_id_that_a_spreadsheet_damaged_is_refused() {
        for (text, reason) in [
            ("#N/A", NativeIdError::NoValue),
            ("#REF!", NativeIdError::NoValue),
            ("#NAME?", NativeIdError::NoValue),
            ("#DIV/0!", NativeIdError::NoValue),
            ("#WERT!", NativeIdError::NoValue),
            ("########", NativeIdError::NoValue),
            ("NULL", NativeIdError::NoValue),
            ("1.23E+17", NativeIdError::Rounded),
            ("1,23E+17", NativeIdError::Rounded),
            ("1e-5", NativeIdError::Rounded),
            ("=\"0047\"", NativeIdError::Formula),
            ("a\u{200b}b", NativeIdError::Control),
            ("a\nb", NativeIdError::Control),
            (" ", NativeIdError::Empty),
        ] {
            assert_eq!(native_id(text), Err(reason), "{text}");
        }
    }
}
