//! The server's responses: small XML documents, with status 200 even for errors. The messages change
//! between versions, so only `returncode` and `messageKey` are used.

use http::StatusCode;
use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::Event;

use crate::video_system::entry::VideoSystemError;

/// The elements directly below `<response>` by name, in document order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Fields(Vec<(String, String)>);

impl Fields {
    /// The text of the first element with this name.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, text)| text.trim())
    }
}

/// Parses a response.
pub(super) fn read(status: StatusCode, body: &[u8]) -> Result<Fields, VideoSystemError> {
    let fields = std::str::from_utf8(body).ok().and_then(parse);
    let Some(fields) = fields else {
        return Err(without_xml(status));
    };
    match fields.get("returncode") {
        Some("SUCCESS") if status == StatusCode::OK => Ok(fields),
        Some("FAILED") => Err(refusal(fields.get("messageKey").unwrap_or_default())),
        _ => Err(without_xml(status)),
    }
}

fn without_xml(status: StatusCode) -> VideoSystemError {
    if status == StatusCode::OK {
        VideoSystemError::Malformed("it is not BigBlueButton's XML")
    } else {
        VideoSystemError::from_status(status)
    }
}

fn refusal(key: &str) -> VideoSystemError {
    let is_key = !key.is_empty() && key.len() <= 64;
    // Text from the server is logged only if it has the format of a message key.
    if !is_key || !key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return VideoSystemError::Refused("without a messageKey".to_owned());
    }
    if key == "internalError" {
        VideoSystemError::Unavailable(key.to_owned())
    } else {
        VideoSystemError::Refused(key.to_owned())
    }
}

/// The fields of a document, or `None` if it isn't well-formed. A document type is refused: no response
/// needs one, and its entities allow an exponential expansion ("billion laughs") attack.
fn parse(xml: &str) -> Option<Fields> {
    let mut reader = Reader::from_str(xml);
    let mut fields = Fields::default();
    let mut depth = 0_u32;
    let mut text = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if depth == 0 && start.name().as_ref() != "response" {
                    return None;
                }
                depth += 1;
                text.clear();
            }
            Event::End(end) => {
                if depth == 2 {
                    let name = end.name().as_ref().to_owned();
                    fields.0.push((name, std::mem::take(&mut text)));
                }
                text.clear();
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(fields);
                }
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(c) => text.push(c),
                None => text.push_str(resolve_xml_entity(&reference)?),
            },
            Event::Empty(_) | Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
            Event::DocType(_) | Event::Eof => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ok(xml: &str) -> Fields {
        read(StatusCode::OK, xml.as_bytes()).unwrap()
    }

    fn refused(xml: &str) -> String {
        let refused = read(StatusCode::OK, xml.as_bytes());
        refused.unwrap_err().to_string()
    }

    #[test]
    fn the_fields_of_an_answer_are_read_whatever_is_around_and_below_them() {
        let fields = ok("<?xml version='1.0'?>\n<!-- hello --><response>\n <returncode>SUCCESS</returncode>
            <messageKey/><createTime> 1700000300123\n</createTime><meetingName>D&#233;mo &amp; <![CDATA[<Z>]]></meetingName>
            <attendees><attendee><role>VIEWER</role></attendee></attendees></response>");
        assert_eq!(fields.get("createTime"), Some("1700000300123"));
        assert_eq!(fields.get("meetingName"), Some("Démo & <Z>"));
        assert_eq!(fields.get("role"), None);
        assert_eq!(fields.get("messageKey"), None);
    }

    #[test]
    fn a_refusal_is_identified_by_its_message_key() {
        let failed = |key: &str| {
            refused(&format!(
                "<response><returncode>FAILED</returncode><messageKey>{key}</messageKey></response>"
            ))
        };
        assert!(failed("checksumError").ends_with("refused the request: checksumError"));
        assert!(failed("internalError").contains("not available"));
        for odd in ["", "ada@example.com", "<b>bold</b>", &"x".repeat(65)] {
            assert!(failed(odd).ends_with("without a messageKey"), "{odd}");
        }
    }

    #[test]
    fn document_types_and_anything_that_is_not_an_answer_are_refused() {
        let bomb = "<!DOCTYPE r [<!ENTITY a \"SUCCESS\">]><response><returncode>&a;</returncode></response>";
        for garbage in [
            bomb,
            "",
            "hello",
            "<html><body>Welcome</body></html>",
            "<response><returncode>SUCCESS</returncode>",
            "<response><returncode>SUCCESS</response></returncode>",
            "<response><returncode>&lol;</returncode></response>",
            "<response><returncode>MAYBE</returncode></response>",
            "{\"returncode\":\"SUCCESS\"}",
        ] {
            assert!(
                refused(garbage).contains("not BigBlueButton's XML"),
                "{garbage}"
            );
        }
        let latin1 = b"<response><returncode>SUCCESS</returncode><a>\xE9</a></response>";
        assert!(read(StatusCode::OK, latin1).is_err());
    }

    #[test]
    fn a_status_other_than_200_is_not_a_success() {
        let xml = b"<response><returncode>SUCCESS</returncode></response>";
        for status in [302, 404, 500, 503] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(read(status, xml).is_err(), "{status}");
        }
        let failed = b"<response><returncode>FAILED</returncode><messageKey>checksumError</messageKey></response>";
        let error = read(StatusCode::INTERNAL_SERVER_ERROR, failed).unwrap_err();
        assert!(error.to_string().ends_with("checksumError"), "{error}");
    }
}
