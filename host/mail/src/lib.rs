//! Letters for the outside: written (RFC 5322), kept until a server has taken them, and sent by SMTP (RFC 5321).
//!
//! A letter that was accepted is on the disk, so whatever ends the host, it goes. It goes once as far as SMTP allows: between
//! a server's word that it has taken a letter and our remembering that, the host may end, and then the letter goes again,
//! with the same Message-ID, by which mailboxes tell the two to be one.
//!
//! The only crate that knows SMTP and MIME. It deliberately knows neither plugins nor HTTP; the letters themselves are kept by
//! the store.
//!
//! Read first: [`Mail`] (what others ask for), `post.rs` (what becomes of a letter), `carrier.rs` (how it is handed over).
//!
//! ```no_run
//! # async fn example(store: jackfield_store::Store) -> Result<(), jackfield_mail::Refusal> {
//! use jackfield_mail::{Letter, Mail, Quota};
//! let mail = Mail::start(store, || 1_772_000_000_000);
//! let to = vec!["anna@example.org".parse().expect("an address")];
//! mail.accept(Letter::new("org.example.menu", to, "Hello", "How are you?"), Quota::default()).await
//! # }
//! ```

mod carrier;
mod letter;
mod mail;
mod post;

pub use letter::{Attachment, Letter};
pub use mail::{Mail, Quota, Refusal};
