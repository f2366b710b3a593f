//! Reads Rust as tokens.

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Identifiers, `::` and single characters, without comments and literals.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    flatten(text.parse().unwrap(), &mut tokens);
    tokens
}

fn flatten(stream: TokenStream, tokens: &mut Vec<String>) {
    for tree in stream {
        match tree {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::None => ("", ""),
                };
                tokens.push(open.to_owned());
                flatten(group.stream(), tokens);
                tokens.push(close.to_owned());
            }
            // `::` comes as two colons.
            TokenTree::Punct(colon) if colon.as_char() == ':' && is_colon(tokens.last()) => {
                tokens.pop();
                tokens.push("::".to_owned());
            }
            TokenTree::Ident(_) | TokenTree::Punct(_) => tokens.push(tree.to_string()),
            TokenTree::Literal(_) => {}
        }
    }
}

fn is_colon(token: Option<&String>) -> bool {
    token.is_some_and(|token| token == ":")
}
