//! Any bytes as a URI and as the value of each kind of header field.
#![no_main]

use jackfield_sip::{
    NameAddr, Uri, Via,
    headers::{AuthParams, Cseq, MediaType, Params, Values, text},
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    if let Some(uri) = Uri::parse(data) {
        assert_eq!(uri.as_bytes(), data);
        assert!(uri.equivalent(&uri));
        let _ = (uri.user(), uri.socket_addr(), uri.host().map(|host| host.to_string()));
        look_at(&uri.params());
    }
    for value in Values::of(data) {
        if let Some(via) = Via::parse(value) {
            let _ = (via.branch(), via.rport());
            look_at(&via.params);
        }
        if let Some(party) = NameAddr::parse(value) {
            let _ = (party.display(), party.tag(), party.uri());
            look_at(&party.params);
        }
    }
    let _ = (Cseq::parse(data), text(data), MediaType::parse(data).map(|kind| kind.is_multipart()));
    if let Some(auth) = AuthParams::parse(data) {
        let _ = (auth.is_digest(), auth.value("nonce"), auth.iter().count());
    }
});

fn look_at(params: &Params<'_>) {
    let _ = (params.is_well_formed(), params.iter().count(), params.value("tag"), params.has("lr"));
}
