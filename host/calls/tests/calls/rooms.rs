//! Rooms on real legs, with a script in the test's hand: who gets in, what is told, and that nothing is left.

use crate::house;
use jackfield_calls::{
    CallsConfig, Exchange, Router, Scripts,
    conference::{Change, EntryFailure, Happening, RoomOptions, Seat, Whom},
    router::{Decision, RouteRequest, Routed, ScriptRef},
    scripts::{ScriptCall, ScriptEnd, VerbError},
};
use jackfield_model::{Conference, EventKind};
use jackfield_net::{Leg, Sip};
use jackfield_sip::{LegCommand, LegEvent, NewInvite, Party, Transport};
use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};
use tokio::{sync::mpsc, time::timeout};

const OFFER: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8\r\n";
const SOON: Duration = Duration::from_secs(10);

/// Every call is a room's: the number that is called is its name, `m` before it makes a moderator.
struct ToRooms;

impl Router for ToRooms {
    fn route(&self, request: RouteRequest) -> Pin<Box<dyn Future<Output = Routed> + Send + '_>> {
        let entry = request.callee.number;
        let decision = Decision::Run(ScriptRef { plugin: "org.example.rooms".into(), entry, args: Vec::new() });
        Box::pin(std::future::ready(Routed { decision, ..Routed::pass() }))
    }
}

/// What has become of a caller.
#[derive(Debug, PartialEq)]
enum Told {
    Refused(EntryFailure),
    Happened(Result<Happening, VerbError>),
}

/// Has callers enter and stay, and tells what came of it.
struct Keeper(RoomOptions, mpsc::Sender<Told>);

impl Scripts for Keeper {
    fn run(
        &self,
        script: ScriptRef,
        call: Box<dyn ScriptCall>,
    ) -> Pin<Box<dyn Future<Output = ScriptEnd> + Send + '_>> {
        Box::pin(async move {
            let told = enter_and_stay(&self.0, &script.entry, call).await;
            self.1.send(told).await.unwrap();
            ScriptEnd::Returned
        })
    }
}

async fn enter_and_stay(options: &RoomOptions, entry: &str, mut call: Box<dyn ScriptCall>) -> Told {
    let (name, moderator) = entry.strip_prefix('m').map_or((entry, false), |name| (name, true));
    let seat = Seat { moderator, music: true, ..Seat::default() };
    match call.enter(name, options, seat).await {
        Ok(_) => Told::Happened(call.stay("", SOON).await),
        Err(refused) => Told::Refused(refused),
    }
}

struct House {
    exchange: Arc<Exchange>,
    at: SocketAddr,
    phones: Sip,
    told: mpsc::Receiver<Told>,
    _incoming: mpsc::Receiver<jackfield_net::Incoming>,
}

impl House {
    fn new(options: RoomOptions, ports: u16) -> Self {
        let (phones, incoming) = house::sip(7, &[]);
        let (tell, told) = mpsc::channel(64);
        let trusted_peers = vec![phones.listeners().next().unwrap().1];
        let config = CallsConfig { trusted_peers, ..CallsConfig::default() };
        let (exchange, at) = house::exchange_with(config, ports, Arc::new(ToRooms), Arc::new(Keeper(options, tell)));
        Self { exchange, at, phones, told, _incoming: incoming }
    }

    /// Somebody calls; they are heard of when they are answered, or refused.
    async fn call(&self, number: &str) -> Leg {
        let mut leg = self.phones.new_leg();
        let party = |user: &str| Party { display: None, uri: format!("sip:{user}@127.0.0.1") };
        let invite = NewInvite {
            target: format!("sip:{number}@{}", self.at),
            flow: self.phones.flow_to(Transport::Udp, self.at).unwrap(),
            from: party("voice"),
            to: party(number),
            sdp: Some(OFFER.into()),
            headers: Vec::new(),
            max_forwards: 70,
            call_id: None,
            account: None,
            patience: None,
            session_timer: jackfield_sip::SessionPolicy::default(),
        };
        leg.command(LegCommand::Invite(Box::new(invite))).await;
        loop {
            match timeout(SOON, leg.event()).await.unwrap() {
                Some(LegEvent::Answered { .. } | LegEvent::Rejected { .. }) => return leg,
                Some(_) => {}
                None => panic!("the call is over"),
            }
        }
    }

    async fn told(&mut self) -> Told {
        timeout(SOON, self.told.recv()).await.unwrap().unwrap()
    }

    /// The one room, once it is as it should be.
    async fn room(&self, is: impl Fn(&Conference) -> bool) -> Conference {
        for _ in 0..1_000 {
            if let Some(room) = self.exchange.conferences.list().into_iter().find(&is) {
                return room;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", self.exchange.conferences.list());
    }

    async fn of(&self, members: usize) -> Conference {
        self.room(|room| room.members.len() == members).await
    }

    /// Nothing is left of rooms and calls.
    async fn is_empty(&self) {
        for _ in 0..1_000 {
            let ports = self.exchange.media.ports().in_use();
            if self.exchange.conferences.list().is_empty() && self.exchange.live.count() == 0 && ports == 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} ports in use, {} calls", self.exchange.media.ports().in_use(), self.exchange.live.count());
    }
}

fn options() -> RoomOptions {
    RoomOptions { max_members: 3, ..RoomOptions::default() }
}

#[tokio::test]
async fn a_room_begins_with_its_first_member_takes_so_many_and_ends_with_its_last() {
    let mut house = House::new(options(), 32_000);
    let mut events = house.exchange.bus.subscribe();
    let mut legs = vec![house.call("600").await, house.call("600").await, house.call("600").await];
    let room = house.of(3).await;
    assert_eq!((room.name.as_str(), room.plugin.as_str()), ("600", "org.example.rooms"));
    assert_eq!(room.members.iter().map(|member| member.id).collect::<Vec<_>>(), [1, 2, 3]);
    legs.push(house.call("600").await);
    assert_eq!(house.told().await, Told::Refused(EntryFailure::Full));
    legs.push(house.call("601").await);
    house.room(|room| room.name == "601").await;
    for leg in legs {
        leg.hang_up(None).await;
    }
    for _ in 0..4 {
        assert_eq!(house.told().await, Told::Happened(Err(VerbError::Gone)));
    }
    house.is_empty().await;
    let mut ended = 0;
    while let Ok(event) = events.try_recv() {
        ended += u32::from(matches!(event.kind, EventKind::ConferenceEnded { .. }));
    }
    assert_eq!(ended, 2);
    // The same name is another room now.
    let again = house.call("600").await;
    assert!(house.of(1).await.id > room.id);
    drop(again);
    house.told().await;
    house.is_empty().await;
}

#[tokio::test]
async fn a_locked_room_lets_moderators_in_and_whoever_is_removed_is_told() {
    let mut house = House::new(options(), 32_400);
    let _first = house.call("600").await;
    let id = house.of(1).await.id;
    house.exchange.conferences.change(id, Change::Lock(true)).unwrap();
    let _late = house.call("600").await;
    assert_eq!(house.told().await, Told::Refused(EntryFailure::Locked));
    let _moderator = house.call("m600").await;
    assert!(house.of(2).await.members[1].moderator);

    house.exchange.conferences.change(id, Change::Mute(Whom::All, true)).unwrap();
    let muted: Vec<_> = house.of(2).await.members.iter().map(|member| member.muted).collect();
    assert_eq!(muted, [true, false], "moderators are never silenced together with the others");
    assert!(house.exchange.conferences.change(id, Change::Remove(9)).is_err());
    house.exchange.conferences.change(id, Change::Remove(1)).unwrap();
    assert_eq!(house.told().await, Told::Happened(Ok(Happening::Removed)));
    house.of(1).await;
    house.exchange.conferences.change(id, Change::End).unwrap();
    assert_eq!(house.told().await, Told::Happened(Ok(Happening::Ended)));
    assert!(house.exchange.conferences.change(id, Change::Lock(false)).is_err(), "it is over");
    house.is_empty().await;
}

#[tokio::test]
async fn members_wait_for_a_moderator_and_go_with_the_last_one() {
    let options = RoomOptions { wait_for_moderator: true, ends_with_moderator: true, ..options() };
    let mut house = House::new(options, 32_800);
    let _member = house.call("600").await;
    assert!(house.of(1).await.waiting);
    let moderator = house.call("m600").await;
    assert!(!house.of(2).await.waiting);
    moderator.hang_up(None).await;
    let mut both = [house.told().await, house.told().await];
    both.sort_by_key(|told| *told == Told::Happened(Err(VerbError::Gone)));
    assert_eq!(both[0], Told::Happened(Ok(Happening::Ended)));
    house.is_empty().await;
}

#[tokio::test]
async fn a_room_whose_time_is_over_ends_unless_it_is_put_off() {
    let lasts = Some(Duration::from_millis(800));
    let mut house = House::new(RoomOptions { lasts, ..options() }, 33_200);
    let _member = house.call("600").await;
    let room = house.of(1).await;
    house.exchange.conferences.change(room.id, Change::Extend(Duration::from_millis(700))).unwrap();
    assert_eq!(house.of(1).await.ends.unwrap() - room.ends.unwrap(), 700);
    assert_eq!(house.told().await, Told::Happened(Ok(Happening::Ended)));
    house.is_empty().await;
}

#[tokio::test]
async fn changes_of_a_room_are_bounded() {
    let mut house = House::new(options(), 33_600);
    let member = house.call("600").await;
    let id = house.of(1).await.id;
    let refused = (0..200).filter(|n| house.exchange.conferences.change(id, Change::Lock(n % 2 == 0)).is_err()).count();
    assert!(refused >= 100, "{refused} of 200 changes at once were refused");
    member.hang_up(None).await;
    house.told().await;
    house.is_empty().await;
}
