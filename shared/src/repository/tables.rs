//! Creates the tables in a local store. In AWS, `template.yaml` creates them, with the same keys.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};

use super::StoreError;

/// Which of the tables are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewTables {
    /// The conferences table.
    pub conferences: bool,
    /// The users table.
    pub users: bool,
}

/// Creates the tables that don't exist, and returns which ones it created.
///
/// # Errors
/// [`StoreError`] if the store can't be reached or refuses the request.
pub async fn create_tables(
    client: &Client,
    conferences: &str,
    users: &str,
) -> Result<NewTables, StoreError> {
    use ScalarAttributeType::{N, S};
    Ok(NewTables {
        conferences: create_table(client, conferences, &[("conferenceId", S)]).await?,
        users: create_table(client, users, &[("portalId", N), ("email", S)]).await?,
    })
}

/// Creates the table. Returns `false` if it already exists.
async fn create_table(
    client: &Client,
    name: &str,
    keys: &[(&str, ScalarAttributeType)],
) -> Result<bool, StoreError> {
    let mut request = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    for ((key, kind), role) in keys.iter().zip([KeyType::Hash, KeyType::Range]) {
        let attribute = AttributeDefinition::builder()
            .attribute_name(*key)
            .attribute_type(kind.clone())
            .build();
        let element = KeySchemaElement::builder()
            .attribute_name(*key)
            .key_type(role)
            .build();
        request = request
            .attribute_definitions(attribute?)
            .key_schema(element?);
    }
    match request.send().await {
        Ok(_) => Ok(true),
        Err(error)
            if error
                .as_service_error()
                .is_some_and(CreateTableError::is_resource_in_use_exception) =>
        {
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}
