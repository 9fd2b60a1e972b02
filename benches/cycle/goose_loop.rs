//! goose as its users use it: `user.request` on its own client, shared by all users and without cookies, which is its cheapest.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};

use goose::GooseAttack;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::goose::{
    GooseMethod, GooseRequest, GooseUser, Scenario, Transaction, TransactionFunction, TransactionResult,
};
use proofmark::authenticator::BulkAuthenticator;
use serde_json::{Value, json};

use super::{CONNECTIONS, Measured, Target, User, WARM_UP, authenticator, own};

struct Shared {
    users: Vec<User>,
    /// Users of goose's so far; each is one of ours.
    arrived: AtomicUsize,
    begun: Instant,
    time: Duration,
    cycles: AtomicU64,
    /// Processor time and cycles when the warm-up was over.
    warm: OnceLock<(f64, u64)>,
    /// The same at the end.
    over: OnceLock<(f64, u64)>,
}

/// What a user keeps between cycles.
#[derive(Clone)]
struct Own {
    user: User,
    authenticator: Arc<Mutex<BulkAuthenticator>>,
}

pub fn measure(target: &Target, time: Duration) -> Measured {
    let shared = Arc::new(Shared {
        users: target.users.clone(),
        arrived: AtomicUsize::new(0),
        begun: Instant::now(),
        time,
        cycles: AtomicU64::new(0),
        warm: OnceLock::new(),
        over: OnceLock::new(),
    });
    let for_users = Arc::clone(&shared);
    let function: TransactionFunction = Arc::new(move |user| {
        let shared = Arc::clone(&for_users);
        Box::pin(async move { cycle(&shared, user).await })
    });
    let scenario = Scenario::new("enrolment").register_transaction(Transaction::new(function).set_name("cycle"));
    let attack = GooseAttack::initialize_with_config(configuration(&target.base_url)).expect("a configuration");
    let attack = attack.set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies());
    let attack = attack.expect("a client").register_scenario(scenario);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(attack.execute()).expect("metrics");
    let ((warm, before), (over, cycles)) = (shared.warm.get().expect("warm"), shared.over.get().expect("over"));
    Measured { cycles: cycles - before, cpu_us: over - warm }
}

fn configuration(host: &str) -> GooseConfiguration {
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(host.to_owned());
    configuration.users = Some(CONNECTIONS);
    configuration.increase_rate = Some((10 * CONNECTIONS).to_string());
    configuration.no_telnet = true;
    configuration.websocket = false;
    configuration.quiet = 2;
    configuration.no_print_metrics = true;
    configuration.no_reset_metrics = true;
    configuration
}

async fn cycle(shared: &Shared, goose: &mut GooseUser) -> TransactionResult {
    if goose.get_session_data::<Own>().is_none() {
        let number = shared.arrived.fetch_add(1, Ordering::Relaxed);
        let authenticator = Arc::new(Mutex::new(authenticator(number)));
        goose.set_session_data(Own { user: shared.users[number].clone(), authenticator });
    }
    let own_data = goose.get_session_data::<Own>().expect("set").clone();
    let elapsed = shared.begun.elapsed();
    let now = || (own(), shared.cycles.load(Ordering::Relaxed));
    if elapsed > WARM_UP {
        shared.warm.get_or_init(now);
    }
    if elapsed > WARM_UP + shared.time {
        shared.over.get_or_init(now);
        goose::trigger_killswitch("the time is up");
        tokio::time::sleep(Duration::from_millis(20)).await;
        return Ok(());
    }
    let path = format!("/v2/users/{}/passkeys", own_data.user.id);
    let started = post(goose, &own_data.user, &path, "start", "{}".to_owned()).await?;
    let mut started: Value = serde_json::from_str(&started).expect("JSON");
    let options = started["publicKeyCredentialCreationOptions"].take().to_string();
    let credential = own_data.authenticator.lock().expect("no panic").respond(&options).expect("created");
    let credential: Value = serde_json::from_str(&credential).expect("JSON");
    let path = format!("{path}/{}", started["passkeyId"].as_str().expect("an id"));
    let body = json!({ "publicKeyCredential": credential, "passkeyName": "goose" });
    post(goose, &own_data.user, &path, "verify", body.to_string()).await?;
    shared.cycles.fetch_add(1, Ordering::Relaxed);
    Ok(())
}

async fn post(
    goose: &mut GooseUser,
    user: &User,
    path: &str,
    name: &str,
    body: String,
) -> Result<String, Box<goose::goose::TransactionError>> {
    let builder = goose.get_request_builder(&GooseMethod::Post, path)?;
    let builder = builder.header("authorization", &user.authorization).header("content-type", "application/json");
    let request = GooseRequest::builder().method(GooseMethod::Post).path(path).name(name);
    let request = request.set_request_builder(builder.body(body)).expect_status_code(200).build();
    let reply = goose.request(request).await?.response.expect("a reply");
    Ok(reply.text().await.expect("a body"))
}
