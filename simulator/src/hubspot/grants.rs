//! The accounts, and the states of an authorization: a pending consent, a code, tokens.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::Serialize;
use shared::identifiers::PortalId;
use shared::timestamp::Timestamp;

use crate::sample;

/// How long a code is valid. HubSpot documents only "a short window".
const CODE_LIFETIME: Duration = Duration::from_mins(1);
/// How long an access token is valid (HubSpot, "Manage OAuth tokens").
pub(super) const TOKEN_LIFETIME: Duration = Duration::from_mins(30);
/// The maximum number of pending consents, codes and tokens. The oldest are dropped first.
const MAX_PENDING: usize = 100;
/// Length of a code, a token and a consent's ID, in bytes.
const RANDOM_BYTES: usize = 24;

/// A HubSpot account on this machine.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Account {
    /// HubSpot's ID of the account.
    pub portal_id: PortalId,
    /// The domain, which HubSpot shows as the account's name.
    pub domain: &'static str,
    /// Whether the app is installed.
    pub installed: bool,
}

/// A pending consent.
#[derive(Clone, Debug)]
pub(super) struct PendingConsent {
    /// Identifies the consent in the page's form, so that no other website can submit it.
    pub id: String,
    /// The account, if the URL names one.
    pub account: Option<PortalId>,
    /// Where to redirect.
    pub redirect_uri: String,
    /// The app's state, which the redirect returns.
    pub state: Option<String>,
}

#[derive(Debug)]
struct Code {
    text: String,
    portal: PortalId,
    redirect_uri: String,
    issued_at: Timestamp,
}

/// An access token and the account it is for.
#[derive(Clone, Debug)]
pub(super) struct Token {
    /// The token itself.
    pub access: String,
    /// The account.
    pub portal: PortalId,
    issued_at: Timestamp,
}

impl Token {
    /// The remaining lifetime.
    pub(super) fn left(&self, now: Timestamp) -> Duration {
        TOKEN_LIFETIME.saturating_sub(now.since(self.issued_at))
    }
}

/// Why a code can't be exchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CodeProblem {
    /// The code is unknown, used or expired.
    Code,
    /// The code was issued for another redirect URL.
    RedirectUri,
}

/// Accounts, pending consents, codes and tokens.
#[derive(Debug)]
pub(super) struct Grants {
    accounts: Vec<Account>,
    consents: Vec<PendingConsent>,
    codes: Vec<Code>,
    tokens: Vec<Token>,
}

impl Default for Grants {
    /// Two accounts. The one that the page starts with has the app.
    fn default() -> Self {
        let first = Account {
            portal_id: sample::Meeting::default().portal_id,
            domain: "example.com",
            installed: true,
        };
        let second = Account {
            portal_id: PortalId::new(456_456),
            domain: "example.org",
            installed: false,
        };
        Self {
            accounts: vec![first, second],
            consents: Vec::new(),
            codes: Vec::new(),
            tokens: Vec::new(),
        }
    }
}

impl Grants {
    /// All accounts.
    pub(super) fn accounts(&self) -> &[Account] {
        &self.accounts
    }

    /// The account with this ID.
    pub(super) fn account(&self, portal: PortalId) -> Option<&Account> {
        let mut accounts = self.accounts.iter();
        accounts.find(|account| account.portal_id == portal)
    }

    /// Whether the app is installed in the account.
    pub(super) fn has_app(&self, portal: PortalId) -> bool {
        self.account(portal)
            .is_some_and(|account| account.installed)
    }

    /// Stores a pending consent under a new random ID.
    ///
    /// # Errors
    /// [`getrandom::Error`] if the operating system provides no random bytes.
    pub(super) fn ask(
        &mut self,
        account: Option<PortalId>,
        redirect_uri: String,
        state: Option<String>,
    ) -> Result<PendingConsent, getrandom::Error> {
        let consent = PendingConsent {
            id: random()?,
            account,
            redirect_uri,
            state,
        };
        keep(&mut self.consents, consent.clone());
        Ok(consent)
    }

    /// Takes the pending consent with this ID. It can be submitted only once.
    pub(super) fn take_consent(&mut self, id: &str) -> Option<PendingConsent> {
        let index = self.consents.iter().position(|known| known.id == id)?;
        Some(self.consents.remove(index))
    }

    /// Issues a code for the account, valid for one exchange with the same redirect URL.
    ///
    /// # Errors
    /// [`getrandom::Error`] if the operating system provides no random bytes.
    pub(super) fn allow(
        &mut self,
        portal: PortalId,
        redirect_uri: String,
        now: Timestamp,
    ) -> Result<String, getrandom::Error> {
        let code = random()?;
        let issued = Code {
            text: code.clone(),
            portal,
            redirect_uri,
            issued_at: now,
        };
        keep(&mut self.codes, issued);
        Ok(code)
    }

    /// Exchanges a code for a token. From then on the app is installed in the account.
    ///
    /// # Errors
    /// [`CodeProblem`] if the code is unknown, used or expired, or was issued for another redirect URL.
    /// The attempt uses up the code. [`getrandom::Error`] if the operating system provides no random bytes.
    pub(super) fn exchange(
        &mut self,
        code: &str,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Result<Token, CodeProblem>, getrandom::Error> {
        let access = random()?;
        let index = self.codes.iter().position(|known| known.text == code);
        let Some(index) = index else {
            return Ok(Err(CodeProblem::Code));
        };
        let code = self.codes.remove(index);
        if now.since(code.issued_at) > CODE_LIFETIME {
            return Ok(Err(CodeProblem::Code));
        }
        if code.redirect_uri != redirect_uri {
            return Ok(Err(CodeProblem::RedirectUri));
        }
        let token = Token {
            access,
            portal: code.portal,
            issued_at: now,
        };
        keep(&mut self.tokens, token.clone());
        self.set_installed(code.portal, true);
        Ok(Ok(token))
    }

    /// The token, unless it has expired.
    pub(super) fn token(&self, access: &str, now: Timestamp) -> Option<Token> {
        let mut tokens = self.tokens.iter();
        let token = tokens.find(|known| known.access == access)?;
        (!token.left(now).is_zero()).then(|| token.clone())
    }

    /// Uninstalls the app from the account and revokes its tokens.
    pub(super) fn uninstall(&mut self, portal: PortalId) {
        self.tokens.retain(|token| token.portal != portal);
        self.codes.retain(|code| code.portal != portal);
        self.set_installed(portal, false);
    }

    fn set_installed(&mut self, portal: PortalId, installed: bool) {
        let accounts = self.accounts.iter_mut();
        for account in accounts.filter(|account| account.portal_id == portal) {
            account.installed = installed;
        }
    }
}

fn keep<T>(list: &mut Vec<T>, item: T) {
    if list.len() >= MAX_PENDING {
        list.remove(0);
    }
    list.push(item);
}

/// Random text that can't be guessed.
pub(super) fn random() -> Result<String, getrandom::Error> {
    let mut bytes = [0; RANDOM_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64URL_NOPAD.encode(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
    const SECOND: PortalId = PortalId::new(456_456);

    #[test]
    fn a_code_is_good_for_one_exchange_within_a_minute_and_for_its_own_redirect_url() {
        let mut grants = Grants::default();
        let code = |grants: &mut Grants| grants.allow(SECOND, "http://r".into(), NOW).unwrap();
        let late = NOW.plus(CODE_LIFETIME).plus(Duration::from_millis(1));
        for (redirect_uri, at, problem) in [
            ("http://r", late, CodeProblem::Code),
            ("http://r/", NOW, CodeProblem::RedirectUri),
        ] {
            let given = code(&mut grants);
            let refused = grants.exchange(&given, redirect_uri, at).unwrap();
            assert_eq!(refused.unwrap_err(), problem);
            let again = grants.exchange(&given, "http://r", NOW).unwrap();
            assert_eq!(again.unwrap_err(), CodeProblem::Code);
        }
        assert!(!grants.has_app(SECOND));
        let given = code(&mut grants);
        let token = grants.exchange(&given, "http://r", NOW).unwrap().unwrap();
        assert!(grants.has_app(SECOND));
        assert!(grants.token(&token.access, NOW).is_some());
        assert!(
            grants
                .token(&token.access, NOW.plus(TOKEN_LIFETIME))
                .is_none()
        );
    }

    #[test]
    fn uninstalling_ends_the_accounts_tokens_and_no_others() {
        let mut grants = Grants::default();
        let first = sample::Meeting::default().portal_id;
        let mut tokens = [first, SECOND].map(|portal| {
            let code = grants.allow(portal, String::new(), NOW).unwrap();
            grants.exchange(&code, "", NOW).unwrap().unwrap().access
        });
        grants.uninstall(SECOND);
        tokens.sort();
        let left = tokens.iter().filter_map(|token| grants.token(token, NOW));
        let left: Vec<_> = left.map(|token| token.portal).collect();
        assert_eq!(left, [first]);
        assert!(grants.has_app(first) && !grants.has_app(SECOND));
    }

    #[test]
    fn a_consent_is_submitted_once() {
        let mut grants = Grants::default();
        let consent = grants.ask(None, "http://r".into(), None).unwrap();
        assert!(grants.take_consent(&consent.id).is_some());
        assert!(grants.take_consent(&consent.id).is_none());
    }
}
