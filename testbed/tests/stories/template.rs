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
    let variables: BTreeSet<&str> = variables(&template).map(|(name, _)| name).collect();
    assert_eq!(documented, variables);
}

#[test]
fn every_video_system_can_be_deployed_and_is_in_the_docs() {
    let template = template();
    let allowed = names(&template["Parameters"]["VideoSystem"]["AllowedValues"]);
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
    let settings = [
        ::create::Settings::RETRY_WINDOW,
        Retention::SETTING,
        ::join::settings::Settings::CLOSES,
        ::join::settings::Settings::OPENS,
    ];
    let template = template();
    let mut compared = BTreeSet::new();
    for (variable, value) in variables(&template) {
        for name in names(value) {
            let Some(parameter) = template["Parameters"].as_mapping_get(name) else {
                continue;
            };
            let Some(limits) = limits(parameter) else {
                continue;
            };
            let setting = settings.iter().find(|setting| setting.name == variable);
            let setting = setting.expect(variable);
            assert_eq!(limits, (setting.min, setting.max), "{variable}");
            // One that may be empty isn't set by default.
            if let Some(text) = parameter["Default"].as_str() {
                assert_eq!(text, "", "{variable}");
            } else {
                let default = parameter["Default"].as_integer();
                assert_eq!(default, Some(setting.default.into()), "{variable}");
            }
            compared.insert(variable);
        }
    }
    assert_eq!(compared, settings.map(|setting| setting.name).into());
}

/// The variables of all functions, with their values. Not those that aren't our settings: the SDK's, and
/// the stack's name, which only the template sets, for the metrics.
fn variables<'a>(template: &'a Yaml<'a>) -> impl Iterator<Item = (&'a str, &'a Yaml<'a>)> {
    let functions = ["Create", "Update", "Delete", "Verify", "Join"].map(|function| {
        &template["Resources"][format!("{function}Function").as_str()]["Properties"]
    });
    std::iter::once(&template["Globals"]["Function"])
        .chain(functions)
        .flat_map(|properties| properties["Environment"]["Variables"].as_mapping().unwrap())
        .map(|(name, value)| (name.as_str().unwrap(), value))
        .filter(|(name, _)| !name.starts_with("AWS_") && *name != "STACK_NAME")
}

/// The names and texts in a value, such as the three in `!If [IsGradual, !Ref A, !Ref B]`.
fn names<'a>(value: &'a Yaml<'_>) -> Vec<&'a str> {
    match value {
        Yaml::Tagged(_, inner) => names(inner),
        Yaml::Sequence(values) => values.iter().flat_map(names).collect(),
        value => vec![value.as_str().unwrap()],
    }
}

/// The smallest and the largest number that a parameter accepts, or `None` if it accepts other text. A
/// number that may be empty is declared as text, with a pattern that limits its digits.
fn limits(parameter: &Yaml<'_>) -> Option<(u32, u32)> {
    if parameter["Type"].as_str() == Some("Number") {
        let limit = |key: &str| parameter[key].as_integer()?.try_into().ok();
        return Some((limit("MinValue")?, limit("MaxValue")?));
    }
    let pattern = parameter.as_mapping_get("AllowedPattern")?.as_str()?;
    let digits = pattern.strip_prefix("^$|^[0-9]{1,")?.strip_suffix("}$")?;
    Some((0, 10_u32.pow(digits.parse().unwrap()) - 1))
}
