//! The template must match the code: keys and settings. What it deploys is tested in `testbed/stack`.

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::KeyType;
use join::video_system::SYSTEMS;
use saphyr::{LoadableYamlNode, Yaml};
use shared::outcome::Outcome;
use shared::retention::Retention;
use testbed::system::TestStore;

const TEMPLATE: &str = include_str!("../../../template.yaml");

fn template() -> Yaml<'static> {
    Yaml::load_from_str(TEMPLATE).unwrap().remove(0)
}

/// Key names in the order hash, range, each with its attribute's type.
fn keys_in_template(table: &str) -> Vec<(String, String)> {
    let template = template();
    let properties = &template["Resources"][table]["Properties"];
    let kind = |key: &str| {
        let attributes = properties["AttributeDefinitions"].as_vec().unwrap();
        let attribute = attributes
            .iter()
            .find(|a| a["AttributeName"].as_str() == Some(key));
        attribute.unwrap()["AttributeType"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let keys = properties["KeySchema"].as_vec().unwrap().iter();
    keys.zip(["HASH", "RANGE"])
        .map(|(key, role)| {
            assert_eq!(key["KeyType"].as_str(), Some(role));
            let name = key["AttributeName"].as_str().unwrap();
            (name.to_owned(), kind(name))
        })
        .collect()
}

async fn keys_in_store(store: &TestStore, table: &str) -> Vec<(String, String)> {
    let described = store
        .store
        .client()
        .describe_table()
        .table_name(table)
        .send()
        .await;
    let table = described.unwrap().table.unwrap();
    let kind = |key: &str| {
        let mut attributes = table.attribute_definitions().iter();
        let attribute = attributes.find(|a| a.attribute_name() == key).unwrap();
        attribute.attribute_type().as_str().to_owned()
    };
    let keys = table.key_schema().iter();
    keys.zip([KeyType::Hash, KeyType::Range])
        .map(|(key, role)| {
            assert_eq!(*key.key_type(), role);
            let name = key.attribute_name();
            (name.to_owned(), kind(name))
        })
        .collect()
}

#[tokio::test]
async fn local_tables_have_the_keys_of_the_deployed_ones() {
    let store = TestStore::start().await;
    let conferences = keys_in_store(&store, &store.conferences).await;
    assert_eq!(conferences, keys_in_template("ConferencesTable"));
    let users = keys_in_store(&store, &store.users).await;
    assert_eq!(users, keys_in_template("UsersTable"));
}

/// A string, or the name after `!Ref` or `!GetAtt`.
fn text<'a>(value: &'a Yaml<'_>) -> &'a str {
    match value {
        Yaml::Tagged(_, inner) => text(inner),
        value => value.as_str().unwrap(),
    }
}

fn texts<'a>(value: &'a Yaml<'_>) -> Vec<&'a str> {
    match value.as_vec() {
        Some(values) => values.iter().map(text).collect(),
        None => vec![text(value)],
    }
}

#[test]
fn every_setting_in_the_docs_reaches_a_function_and_every_variable_is_in_the_docs() {
    let page = include_str!("../../../docs/api.md");
    let (_, settings) = page.split_once("## Settings").unwrap();
    let (settings, _) = settings.split_once("\n## ").unwrap();
    let documented: BTreeSet<&str> = settings
        .lines()
        .filter(|line| line.starts_with("| `"))
        .flat_map(|line| {
            line.split('|')
                .nth(1)
                .unwrap()
                .split('`')
                .skip(1)
                .step_by(2)
        })
        .collect();

    let template = template();
    let mut variables = BTreeSet::new();
    let mut collect = |properties: &Yaml<'_>| {
        let of_function = &properties["Environment"]["Variables"];
        for (name, _) in of_function.as_mapping().unwrap() {
            variables.insert(name.as_str().unwrap().to_owned());
        }
    };
    collect(&template["Globals"]["Function"]);
    for function in ["Create", "Update", "Delete", "Verify", "Join"] {
        collect(&template["Resources"][format!("{function}Function").as_str()]["Properties"]);
    }
    // Not our settings: the SDK's, and the stack's name, which only the template sets, for the metrics.
    variables.retain(|name| !name.starts_with("AWS_") && name != "STACK_NAME");
    let variables: BTreeSet<&str> = variables.iter().map(String::as_str).collect();
    assert_eq!(documented, variables);
}

#[test]
fn every_video_system_can_be_deployed_and_is_in_the_docs() {
    let template = template();
    let allowed = texts(&template["Parameters"]["VideoSystem"]["AllowedValues"]);
    let known: Vec<_> = SYSTEMS.iter().map(|system| system.name).collect();
    assert_eq!(allowed, [&["link"], known.as_slice()].concat());
    let api = include_str!("../../../docs/api.md");
    let setting = api
        .lines()
        .find(|line| line.starts_with("| `VIDEO_SYSTEM` |"));
    let recipes = include_str!("../../../docs/video-systems.md");
    for name in known {
        assert!(
            setting.unwrap().contains(&format!("`{name}`")),
            "docs/api.md: {name}"
        );
        assert!(
            recipes.contains(&format!("`VideoSystem={name}`")),
            "docs/video-systems.md: {name}"
        );
    }
}

#[test]
fn every_outcome_is_documented() {
    let known = Outcome::ALL.map(Outcome::as_str);
    let operations = include_str!("../../../docs/operations.md");
    let documented: BTreeSet<&str> = operations
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next())
        .flat_map(|cell| cell.split(", "))
        .collect();
    for outcome in known {
        assert!(
            documented.contains(outcome),
            "docs/operations.md: {outcome}"
        );
    }
}

#[test]
fn numbers_have_the_same_limits_and_defaults_in_template_and_code() {
    let template = template();
    for (parameter, setting) in [
        ("RetryWindowHours", ::create::Settings::RETRY_WINDOW),
        ("RetentionDays", Retention::SETTING),
        ("JoinClosesHours", ::join::settings::Settings::CLOSES),
    ] {
        let declared = &template["Parameters"][parameter];
        for (key, number) in [
            ("MinValue", setting.min),
            ("MaxValue", setting.max),
            ("Default", setting.default),
        ] {
            let found = declared[key].as_integer();
            assert_eq!(found, Some(i64::from(number)), "{parameter} {key}");
        }
    }
}
