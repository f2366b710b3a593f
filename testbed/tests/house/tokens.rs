//! Reads Rust as tokens.

/// Identifiers, `::` and single characters, without comments and string literals.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if first == '"' {
            end_of_text(rest)
        } else if let Some(close) = raw_text(rest) {
            let opening = close.len() + 1;
            rest[opening..]
                .find(&close)
                .map_or(rest.len(), |end| opening + end + close.len())
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\") {
            3
        } else if first.is_alphabetic() || first == '_' {
            let word = |c: char| !c.is_alphanumeric() && c != '_';
            let end = rest.find(word).unwrap_or(rest.len());
            tokens.push(rest[..end].to_owned());
            end
        } else if rest.starts_with("::") {
            tokens.push("::".to_owned());
            2
        } else {
            if !first.is_whitespace() {
                tokens.push(first.to_string());
            }
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    tokens
}

fn end_of_text(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The delimiter that ends the raw string starting here.
fn raw_text(text: &str) -> Option<String> {
    let opening = text.strip_prefix('r')?;
    let hashes = opening.len() - opening.trim_start_matches('#').len();
    opening[hashes..]
        .starts_with('"')
        .then(|| format!("\"{}", "#".repeat(hashes)))
}
