//! What holds when the file says nothing. The commented example says the same; a test keeps the two together.

use super::{
    Acme, Bounded, Calls, CodecName, Config, DigestName, Dns, Encryption, Fax, Http, Limits, Log, LogFormat, Media,
    Monitoring, Phones, Plugins, PortRange, Recording, Security, Sip, Text, Tls, Turn,
};
use jackfield_calls::{GuardConfig, TollConfig};
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from("data"),
            sip: Sip::default(),
            tls: Tls::default(),
            acme: Acme::default(),
            media: Media::default(),
            calls: Calls::default(),
            recording: Recording::default(),
            fax: Fax::default(),
            security: Security::default(),
            http: Http::default(),
            turn: Turn::default(),
            plugins: Plugins::default(),
            log: Log::default(),
            limits: Limits::default(),
            phones: Phones::default(),
            lists: Vec::new(),
            dns: Dns::default(),
            trunks: Vec::new(),
            extensions: Vec::new(),
        }
    }
}

impl Default for Sip {
    fn default() -> Self {
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 5060));
        Self {
            udp: vec![everywhere],
            tcp: vec![everywhere],
            tls: Vec::new(),
            ws: Vec::new(),
            wss: Vec::new(),
            ws_origins: Vec::new(),
            external: Vec::new(),
            external_registration: false,
            domains: Vec::new(),
            admin: Vec::new(),
            admin_networks: Vec::new(),
            realm: Text::constant("jackfield"),
            trusted_peers: Vec::new(),
            digest: vec![DigestName::SHA256, DigestName::MD5],
            user_agent: String::from("Jackfield"),
        }
    }
}

impl Default for Tls {
    fn default() -> Self {
        Self { certificates: Vec::new(), client_ca: None, client_required: true, peer_ca: None }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            ports: PortRange { first: 20_000, last: 29_999 },
            threads: Bounded(1),
            public_address: None,
            encryption: Encryption::Offered,
        }
    }
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            ring: Bounded(60),
            max_contacts: Bounded(10),
            expires_shortest: Bounded(60),
            expires_default: Bounded(3_600),
            expires_longest: Bounded(7_200),
            codecs: vec![CodecName::OPUS, CodecName::G722, CodecName::PCMA, CodecName::PCMU],
            emergency: Vec::new(),
            failover: None,
            park_recall: Bounded(120),
            monitoring: Monitoring::Announced,
            records: true,
            explain: true,
            explain_days: Bounded(14),
            explain_megabytes: Bounded(256),
        }
    }
}

impl Default for Security {
    fn default() -> Self {
        let GuardConfig { ban_after, ban_time, never_ban } = GuardConfig::default();
        let TollConfig { per_hour, abroad_per_hour, barred } = TollConfig::default();
        Self {
            ban_after: Bounded(ban_after.into()),
            ban_time: Bounded(ban_time.as_secs()),
            never_ban,
            outside_per_hour: Bounded(per_hour.into()),
            abroad_per_hour: Bounded(abroad_per_hour.into()),
            barred,
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            tls: Vec::new(),
            https: false,
            web_dir: None,
            metrics_token: None,
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: String::from("info"), format: LogFormat::Text }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            legs: Bounded(50_000),
            transactions: Bounded(200_000),
            connections: Bounded(8_192),
            connections_per_address: Bounded(1_024),
            plugin_instances: None,
            compile_seconds: Bounded(40),
            compile_mib: Bounded(2_048),
        }
    }
}
