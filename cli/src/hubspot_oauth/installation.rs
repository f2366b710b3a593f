//! What HubSpot reports about an access token: its account and its app.

use serde_json::Value;

use shared::printable::printable;

/// An app installed in an account, as far as HubSpot reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Installation {
    /// The account.
    pub hub_id: Option<u64>,
    /// The account's domain.
    pub hub_domain: Option<String>,
    /// The user who installed the app.
    pub user: Option<String>,
    /// The app's ID.
    pub app_id: Option<u64>,
    /// The scopes that were granted.
    pub scopes: Vec<String>,
    /// Whether HubSpot reports the token as valid.
    pub active: bool,
}

impl Installation {
    /// Parses HubSpot's introspection response leniently: a number may be a string, scopes may be one
    /// string, and missing fields are `None`.
    pub(crate) fn read(answer: &Value) -> Self {
        Self {
            hub_id: number(answer, "hub_id"),
            hub_domain: text(answer, "hub_domain"),
            user: text(answer, "user"),
            app_id: number(answer, "app_id"),
            scopes: scopes(answer),
            // [RFC 7662, section 2.2](https://www.rfc-editor.org/rfc/rfc7662#section-2.2) requires the
            // field, but a missing one doesn't mean that the token is invalid.
            active: answer.get("active") != Some(&Value::Bool(false)),
        }
    }

    /// A description of the account.
    pub(crate) fn account(&self) -> String {
        let id = known(self.hub_id.as_ref());
        match &self.hub_domain {
            Some(domain) => format!("{id} ({domain})"),
            None => id,
        }
    }
}

/// The value as text, or a placeholder.
pub(crate) fn known(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "(HubSpot doesn't say)".to_owned(), ToString::to_string)
}

fn number(answer: &Value, name: &str) -> Option<u64> {
    let value = answer.get(name)?;
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

fn text(answer: &Value, name: &str) -> Option<String> {
    let text = answer.get(name)?.as_str()?.trim();
    (!text.is_empty()).then(|| printable(text))
}

fn scopes(answer: &Value) -> Vec<String> {
    let value = answer.get("scopes").or_else(|| answer.get("scope"));
    match value {
        Some(Value::Array(list)) => {
            let texts = list.iter().filter_map(Value::as_str);
            texts.map(printable).collect()
        }
        Some(Value::String(text)) => text.split([' ', ',']).map(printable).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_is_read_whatever_its_types_are() {
        let expected = Installation {
            hub_id: Some(62515),
            hub_domain: Some("example.com".to_owned()),
            user: Some("ada@example.com".to_owned()),
            app_id: Some(7),
            scopes: vec!["oauth".to_owned(), "tickets".to_owned()],
            active: true,
        };
        for answer in [
            json!({"active": true, "hub_id": 62515, "hub_domain": "example.com", "app_id": 7,
                "user": "ada@example.com", "scopes": ["oauth", "tickets"], "more": null}),
            json!({"hub_id": "62515", "hub_domain": " example.com ", "app_id": "7",
                "user": "ada@example.com", "scope": "oauth tickets"}),
        ] {
            assert_eq!(Installation::read(&answer), expected);
        }
        let nothing = Installation::read(&json!({"active": false, "user": null, "hub_domain": ""}));
        assert_eq!(nothing, Installation::default());
        assert_eq!(nothing.account(), "(HubSpot doesn't say)");
    }
}
