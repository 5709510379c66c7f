//! The numbered event stream over a real socket.

use super::*;
use futures_util::{SinkExt, StreamExt};
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Error, Message, client::IntoClientRequest},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Serves on a free port until the test ends.
async fn served(api: &Api) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(jackfield_api::serve(listener, api.app.clone(), std::future::pending()));
    address
}

async fn open(address: SocketAddr, browser: &Browser, query: &str) -> Result<Socket, Error> {
    let mut request = format!("ws://{address}/api/v1/events{query}").into_client_request().unwrap();
    if let Some(cookie) = &browser.cookie {
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
    }
    connect_async(request).await.map(|(socket, _)| socket)
}

async fn next(socket: &mut Socket) -> Value {
    loop {
        match timeout(Duration::from_secs(10), socket.next()).await.unwrap().unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Ping(_) | Message::Pong(_) => {}
            other => panic!("{other:?}"),
        }
    }
}

fn call(n: u64, from: &str, to: &str) -> LiveCall {
    house::call(n, house::party(from, ""), house::party(to, ""), CallState::Ringing, n)
}

#[tokio::test]
async fn a_snapshot_comes_first_then_every_event_with_its_number() {
    let api = Api::new().await;
    let address = served(&api).await;
    let admin = api.signed_in("admin").await;
    api.house.register(1, "100", "phone");
    api.house.set_call(1, call(1, "100", "101"));
    let mut socket = open(address, &admin, "").await.unwrap();
    let snapshot = next(&mut socket).await;
    assert_eq!((&snapshot["type"], &snapshot["data"]["seq"]), (&json!("snapshot"), &json!(2)));
    assert_eq!(snapshot["data"]["calls"][0]["state"], "ringing");
    assert_eq!(snapshot["data"]["registrations"][0]["extension"], "100");
    assert_eq!(snapshot["data"]["plugins"].as_array().unwrap().len(), 5);

    api.house.end_call(2, &CallId::new(1, 1));
    let event = next(&mut socket).await;
    assert_eq!((&event["seq"], &event["type"]), (&json!(3), &json!("call-ended")));

    // Away, and back with what it knows.
    let run = snapshot["data"]["run"].as_str().unwrap();
    socket.close(None).await.unwrap();
    api.house.unregister(3, "100");
    let mut socket = open(address, &admin, &format!("?since=3&run={run}")).await.unwrap();
    let event = next(&mut socket).await;
    assert_eq!(
        (&event["seq"], &event["type"], &event["data"]["extension"]),
        (&json!(4), &json!("unregistered"), &json!("100"))
    );
    // Numbers of another run of the server mean nothing.
    let mut socket = open(address, &admin, "?since=3&run=other").await.unwrap();
    assert_eq!(next(&mut socket).await["type"], "snapshot");
}

#[tokio::test]
async fn a_user_hears_of_their_own_numbers_only() {
    let api = Api::new().await;
    let address = served(&api).await;
    api.give_number("anna", "100").await;
    let anna = api.signed_in("anna").await;
    api.house.set_call(1, call(1, "101", "102"));
    let mut socket = open(address, &anna, "").await.unwrap();
    let snapshot = next(&mut socket).await;
    assert_eq!((&snapshot["data"]["calls"], &snapshot["data"]["plugins"]), (&json!([]), &json!([])));

    api.house.register(1, "101", "not hers");
    api.house.end_call(1, &CallId::new(1, 1));
    api.bus.publish(1, EventKind::PluginChanged { id: "x".into() });
    api.house.set_call(1, call(2, "101", "100"));
    let event = next(&mut socket).await;
    assert_eq!((&event["type"], &event["data"]["callee"]["number"]), (&json!("call"), &json!("100")));
    // It is transferred to somebody else: for her it is over.
    api.house.set_call(1, call(2, "101", "102"));
    assert_eq!(next(&mut socket).await["type"], "call-ended");
    api.house.set_call(1, call(2, "101", "103"));
    api.house.end_call(1, &CallId::new(1, 2));

    // She is given another number: the page learns of it with a fresh snapshot.
    api.give_number("anna", "101").await;
    let admin = api.signed_in("admin").await;
    admin.send("PATCH", "/extensions/101", Some(json!({"name": "Second"}))).await.ok(200);
    let snapshot = next(&mut socket).await;
    assert_eq!(
        (&snapshot["type"], &snapshot["data"]["registrations"][0]["extension"]),
        (&json!("snapshot"), &json!("101"))
    );
    assert_eq!(next(&mut socket).await["type"], "directory-changed");
}

#[tokio::test]
async fn everybody_hears_where_people_are_and_what_phones_do_but_not_what_is_hidden() {
    let api = Api::new().await;
    let address = served(&api).await;
    let (anna, bruno) = (api.signed_in("anna").await, api.signed_in("bruno").await);
    let mut own = open(address, &anna, "").await.unwrap();
    let mut other = open(address, &bruno, "").await.unwrap();
    next(&mut own).await;
    next(&mut other).await;
    let body = json!({ "state": "sick", "note": "Flu", "hide_detail": true });
    anna.send("PUT", "/me/availability", Some(body)).await.ok(200);
    for (socket, note) in [(&mut own, "Flu"), (&mut other, "")] {
        let event = next(socket).await;
        assert_eq!((&event["type"], &event["data"]["availability"]["state"]), (&json!("availability"), &json!("sick")));
        assert_eq!(event["data"]["availability"]["note"], note);
    }
    api.bus.publish(1, EventKind::Phone { extension: "101".parse().unwrap(), state: PhoneState::Ringing });
    assert_eq!(next(&mut other).await["data"], json!({ "extension": "101", "state": "ringing" }));
}

#[tokio::test]
async fn a_slow_client_gets_a_fresh_snapshot_in_place_of_what_it_missed() {
    let api = Api::new().await;
    let address = served(&api).await;
    let admin = api.signed_in("admin").await;
    let mut socket = open(address, &admin, "").await.unwrap();
    next(&mut socket).await;
    // More than any buffer between here and there holds, published without giving the stream a turn.
    for n in 0..20_000u64 {
        api.bus.publish(n, EventKind::PluginChanged { id: "x".repeat(500) });
    }
    let (mut last, mut snapshots) = (0, 0);
    while last < 20_000 {
        let message = next(&mut socket).await;
        let seq = message["seq"].as_u64().or(message["data"]["seq"].as_u64()).unwrap();
        assert!(seq > last, "{seq} after {last}");
        last = seq;
        snapshots += u32::from(message["type"] == "snapshot");
    }
    assert!(snapshots > 0, "20,000 events cannot have been kept for one client");
}

#[tokio::test]
async fn the_stream_is_closed_to_strangers_and_to_other_sites() {
    let api = Api::new().await;
    let address = served(&api).await;
    let status = |error: Error| match error {
        Error::Http(response) => response.status().as_u16(),
        other => panic!("{other}"),
    };
    assert_eq!(status(open(address, &api.browser(), "").await.unwrap_err()), 401);
    let admin = api.signed_in("admin").await;
    let mut request = format!("ws://{address}/api/v1/events").into_client_request().unwrap();
    request.headers_mut().insert("cookie", admin.cookie.clone().unwrap().parse().unwrap());
    request.headers_mut().insert("origin", "http://evil.example".parse().unwrap());
    assert_eq!(status(connect_async(request).await.map(|_| ()).unwrap_err()), 403);
}

#[tokio::test]
async fn the_server_ends_in_good_order_while_a_page_is_open() {
    let api = Api::new().await;
    let admin = api.signed_in("admin").await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(jackfield_api::serve(listener, api.app.clone(), async {
        let _ = stopped.await;
    }));
    let mut socket = open(address, &admin, "").await.unwrap();
    next(&mut socket).await;
    stop.send(()).unwrap();
    timeout(Duration::from_secs(8), server).await.expect("it ends").unwrap().unwrap();
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
    let _ = socket.send(Message::Text("x".into())).await;
}
