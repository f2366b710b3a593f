//! Random histories: the actions of HubSpot, its network, the store and attackers, step by step.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use shared::signature::SignatureVersion;
use testbed::proxy::Fault;

use super::reference::PORTALS;

/// A request that HubSpot wants to send, before it is known which conferences exist.
#[derive(Clone, Debug)]
pub(crate) enum Intent {
    Create {
        portal: u64,
        meeting: u8,
    },
    Update {
        which: Index,
        foreign: bool,
        title: u8,
    },
    Delete {
        which: Index,
    },
    Verify {
        portal: u64,
        user: u8,
    },
}

/// One request to be sent.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub intent: Intent,
    pub version: SignatureVersion,
    /// When it is signed, in milliseconds from now. Negative values are in the past.
    pub signed: i64,
}

/// How the store fails the functions' requests in one step.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Trouble {
    None,
    /// The first attempt of the first request fails.
    Once(Fault),
    /// Every attempt fails.
    Always(Fault),
}

/// What an attacker without the secret changes in an earlier request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Forgery {
    Body,
    Method,
    Path,
    Time,
    LastCharacter,
    Truncated,
    Empty,
    NoSignature,
    OtherSecret,
    WrongBesideRight,
}

/// One step of a history. Each step begins when the previous one has ended.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Send(Call, Trouble),
    /// Different requests at the same instant.
    Together(Vec<Call>, Trouble),
    /// The same request several times at the same instant.
    Duplicates(Call, usize, Trouble),
    /// An earlier request, byte for byte.
    Replay(Index),
    /// An earlier request, signed again.
    Again(Index),
    Forge(Index, Forgery),
    Wait(Duration),
    /// The clock is set back by this many milliseconds.
    Back(i64),
}

fn intent() -> impl Strategy<Value = Intent> {
    let portal = || select(PORTALS.to_vec());
    prop_oneof![
        4 => (portal(), 0..2_u8).prop_map(|(portal, meeting)| Intent::Create { portal, meeting }),
        6 => (any::<Index>(), prop::bool::weighted(0.2), 0..4_u8)
            .prop_map(|(which, foreign, title)| Intent::Update { which, foreign, title }),
        2 => any::<Index>().prop_map(|which| Intent::Delete { which }),
        1 => (portal(), 0..3_u8).prop_map(|(portal, user)| Intent::Verify { portal, user }),
    ]
}

fn call() -> impl Strategy<Value = Call> {
    use SignatureVersion::{V1, V2, V3};
    let version = prop_oneof![4 => Just(V3), 2 => Just(V2), 2 => Just(V1)];
    let signed = prop_oneof![
        4 => Just(0),
        4 => -3..4_i64,
        2 => -240_000..60_000_i64,
        1 => select(vec![-300_001, -300_000, 300_000, 300_001]),
    ];
    (intent(), version, signed).prop_map(|(intent, version, signed)| Call {
        intent,
        version,
        signed,
    })
}

fn trouble() -> impl Strategy<Value = Trouble> {
    // A stall takes seconds, so it is tested in tests/faults.rs instead.
    let fault = || {
        select(vec![
            Fault::Throttle,
            Fault::ServerError,
            Fault::ServerErrorAfter,
            Fault::Cut,
            Fault::CutAfter,
            Fault::Garbage,
            Fault::GarbageAfter,
        ])
    };
    prop_oneof![
        8 => Just(Trouble::None),
        1 => fault().prop_map(Trouble::Once),
        1 => fault().prop_map(Trouble::Always),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    use Forgery::{
        Body, Empty, LastCharacter, Method, NoSignature, OtherSecret, Path, Time, Truncated,
        WrongBesideRight,
    };
    let forgery = select(vec![
        Body,
        Method,
        Path,
        Time,
        LastCharacter,
        Truncated,
        Empty,
        NoSignature,
        OtherSecret,
        WrongBesideRight,
    ]);
    let wait = select(vec![
        1, 20, 60_000, 299_999, 3_600_000, 86_400_000, 90_000_000,
    ]);
    prop_oneof![
        10 => (call(), trouble()).prop_map(|(call, trouble)| Step::Send(call, trouble)),
        3 => (vec(call(), 2..4), trouble()).prop_map(|(calls, trouble)| Step::Together(calls, trouble)),
        2 => (call(), 2..5_usize, trouble())
            .prop_map(|(call, times, trouble)| Step::Duplicates(call, times, trouble)),
        3 => any::<Index>().prop_map(Step::Replay),
        2 => any::<Index>().prop_map(Step::Again),
        4 => (any::<Index>(), forgery).prop_map(|(which, forgery)| Step::Forge(which, forgery)),
        3 => wait.prop_map(|millis| Step::Wait(Duration::from_millis(millis))),
        1 => (1..240_000_i64).prop_map(Step::Back),
    ]
}

/// Up to a dozen steps.
pub(crate) fn histories() -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..13)
}
