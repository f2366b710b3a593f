//! Finds accessibility problems with axe-core: <https://github.com/dequelabs/axe-core>

use std::error::Error;

use crate::page::Page;

/// Runs all rules except those in the first argument, on the page as it is shown now.
const RUN: &str = "const [off, done] = arguments; \
    const rules = Object.fromEntries(off.map((rule) => [rule, {enabled: false}])); \
    axe.run({rules}).then( \
    ({violations}) => done(violations.map(({id, nodes}) => `${id}: ${nodes[0].html}`)), \
    (error) => done([`axe-core failed: ${error}`]));";

/// Checks the open page with axe-core.
///
/// # Errors
/// The file that `AXE_CORE` names can't be read, or axe-core finds something.
pub(crate) async fn check(page: &Page) -> Result<(), Box<dyn Error + Send + Sync>> {
    check_without(page, &[]).await
}

/// Checks the open page without these rules.
///
/// # Errors
/// As for [`check`].
pub(crate) async fn check_without(
    page: &Page,
    rules: &[&str],
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Some(path) = std::env::var_os("AXE_CORE") else {
        eprintln!("Not checked by axe-core: AXE_CORE is not set.");
        return Ok(());
    };
    let source = std::fs::read_to_string(&path);
    let source = source.map_err(|error| format!("{}: {error}", path.display()))?;
    page.0.execute(source, vec![]).await?;
    let found = page.0.execute_async(RUN, vec![rules.into()]).await?;
    let found: Vec<String> = found.convert()?;
    if found.is_empty() {
        return Ok(());
    }
    let address = page.0.current_url().await?;
    Err(format!("axe-core on {address}: {found:#?}").into())
}
