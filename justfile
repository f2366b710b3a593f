# Every command in this project. `just` lists them; each also works without just.

# List the commands
default:
    @just --list --unsorted

# --- Use it ---

# The whole system on this machine, with a page at http://127.0.0.1:8787
[group('use')]
dev *options:
    cargo run -- dev {{ options }}

# One meeting's whole life, printed step by step
[group('use')]
demo:
    cargo run -- demo

# Any command of the command line: just run settings show --app-id 1234567
[group('use')]
run *words:
    cargo run -- {{ words }}

# Help for the command line, or for one of its commands
[group('use')]
help *words:
    cargo run -- help {{ words }}

# The command line as one binary, target/release/hubspot-conference
[group('use')]
release:
    cargo build --release

# --- Change it ---

# Does everything compile?
[group('change')]
check:
    cargo check --workspace --all-targets

# The tests of the workspace
[group('change')]
test *options:
    cargo test --workspace {{ options }}

# The tests of one crate, or those with this name: just crate shared invitation
[group('change')]
crate package *options:
    cargo test --package {{ package }} {{ options }}

# The functions' binaries: how they start, and their secrets
[group('change')]
programs name="":
    cargo test --package testbed --test programs {{ name }}

# The stories of the whole backend, or those with this name
[group('change')]
stories name="":
    cargo test --package testbed --test stories {{ name }}

# A built function as Lambda runs it, with Docker: just invoke CreateFunction -e events/create.json
[group('change')]
invoke function *options:
    sam local invoke {{ function }} {{ options }}

# Format the code
[group('change')]
format:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/libfuzzer/Cargo.toml

# Clippy, as strict as CI
[group('change')]
clippy:
    cargo clippy --locked --workspace --all-targets --all-features -- -D warnings

# The documentation of the code, in a browser
[group('change')]
doc:
    cargo doc --workspace --no-deps --open

# The dependencies: bans, licenses, sources, known vulnerabilities
[group('change')]
deny:
    cargo deny --locked check

# What CI runs; or a part of it: lint, tests, peers, deployable
[group('change')]
ci *parts:
    bash .ci/run {{ parts }}

# --- Try to break it ---

# Random histories against a model
[group('break')]
model cases="400":
    PROPTEST_CASES={{ cases }} cargo test --package testbed --test model

# Every fault of the store on every webhook
[group('break')]
faults:
    cargo test --package testbed --test faults

# A thousand creates at once
[group('break')]
load:
    cargo test --package testbed --test load -- --nocapture

# Every fuzz target on random changes of the corpus
[group('break')]
fuzz executions="2000":
    FUZZ_EXECUTIONS={{ executions }} cargo test --package fuzz --test targets -- --nocapture

# One fuzz target under libFuzzer: click, event, payload, request, signature, url, user_rows
[group('break')]
libfuzzer target *options:
    fuzz/run {{ target }} {{ options }}

# Break one line at a time and see which tests notice; --check only compares the mutations with the code
[group('break')]
mutate word="":
    testbed/mutate {{ word }}

# --- Check it against independent implementations ---

# The stories on Amazon's DynamoDB Local
[group('peers')]
dynamodb-local:
    .ci/dynamodb-local cargo test --locked --offline --workspace --test stories

# The page in a real browser
[group('peers')]
browser:
    cargo test --workspace --features hubspot-conference/browser --test browser

# BigBlueButton's API in an independent implementation
[group('peers')]
bigbluebutton:
    python3 -m venv target/bigbluebutton
    target/bigbluebutton/bin/pip install --quiet --ignore-requires-python -r testbed/peers/bigbluebutton.txt
    BIGBLUEBUTTON_PYTHON=$PWD/target/bigbluebutton/bin/python cargo test --workspace \
        --features testbed/bigbluebutton-server,hubspot-conference/bigbluebutton-server --test bigbluebutton
    BIGBLUEBUTTON_PYTHON=$PWD/target/bigbluebutton/bin/python cargo test --workspace \
        --features testbed/bigbluebutton-server,hubspot-conference/bigbluebutton-server --test operator bigbluebutton

# HubSpot's own client libraries
[group('peers')]
contract:
    contract/run

# What the join link signs, with the official verifiers
[group('peers')]
contract-video:
    contract/video/run

# --- Measure it ---

# Cold starts and warm answers, compared with the baseline function
[group('measure')]
bench *options:
    cargo bench --package bench --bench functions -- {{ options }}

# What a cold start waits for in a region, step by step
[group('measure')]
bench-region *options:
    bench/peers/install && cargo bench --package bench --bench region -- {{ options }}

# The time of our own code, part by part
[group('measure')]
bench-parts:
    cargo bench --package bench --bench parts

# Many callers and a million conferences; needs wrk
[group('measure')]
bench-throughput *options:
    cargo bench --package bench --bench throughput -- {{ options }}

# Sizes, crates, memory, handshakes and requests against their budgets
[group('measure')]
budgets *options:
    cargo run --package bench --bin budgets -- {{ options }}

# --- Deploy it ---

# Install the tools for it into .venv; then `. .venv/bin/activate`
[group('deploy')]
tools:
    python3 -m venv .venv
    .venv/bin/pip install -r .ci/requirements.txt

# Check the template in each of its forms
[group('deploy')]
template:
    sam validate --lint
    python -W ignore -m unittest discover --start-directory testbed/stack

# Search the template for insecure settings; needs .ci/checkov.txt in a Python environment of its own
[group('deploy')]
checkov:
    checkov -f template.yaml

# Build the functions for arm64, or for x86_64
[group('deploy')]
build architecture="arm64":
    sam build --parameter-overrides Architecture={{ architecture }}

# Build and deploy; the first time with `just deploy --guided`
[group('deploy')]
deploy *options:
    sam build && sam deploy {{ options }}
