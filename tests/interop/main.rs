//! Real clients as black boxes.
//!
//! One binary: each file is one thing that people do with telephones.

mod auto_attendant;
mod ban;
mod browser;
mod calls;
mod click_to_dial;
mod conference;
mod contact_centre;
mod contact_centre_load;
mod contacts;
mod fax;
mod foreseen;
mod forged;
mod hostile;
mod kill;
mod ldap;
mod mail;
mod marks;
mod museum;
mod outside;
mod packages;
mod pages;
mod pool;
mod presence;
mod quality;
mod reaching;
mod recording;
mod reducers;
mod secure;
mod sound;
mod sounds;
mod speaking_clock;
mod start;
mod supervise;
mod switch;
mod t38;
mod torture;
mod transfer;
mod trial;
mod trunk;
mod tutorial;
mod upgrade;
mod voicemail;
mod web_phone;
mod yardstick;
