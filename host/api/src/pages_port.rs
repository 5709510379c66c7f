//! What the API needs of the plugin runtime for plugins' pages.

use async_trait::async_trait;
use jackfield_model::{Language, Number, PhoneKey, PluginPage, Role, UserId};
use std::{fs::File, sync::Arc};

/// The pages of plugins, and what plugins answer to them.
#[async_trait]
pub trait PluginPages: Send + Sync + 'static {
    /// The pages of all plugins that are on.
    fn pages(&self) -> Vec<PluginPage>;
    /// What people can put on keys of their telephones, of all plugins that are on.
    fn keys(&self) -> Vec<PhoneKey>;
    /// A file of a plugin's pages by its path; `None` when the plugin is off or has no such file.
    fn file(&self, plugin: &str, path: &str) -> Option<PageFile>;
    /// What a plugin answers to a request of its page.
    async fn answer(&self, plugin: &str, request: PageRequest) -> Result<PageAnswer, PageFault>;
    /// A file of the page that a plugin shows to whoever has a link; `None` when the plugin is off or has no such file.
    fn link_file(&self, plugin: &str, path: &str) -> Option<PageFile>;
    /// What a plugin shows to who has a link with this word.
    async fn link(&self, plugin: &str, word: &str) -> Result<PageAnswer, PageFault>;
    /// The name of a plugin's printer; `None` when it has none or is off.
    fn printer(&self, plugin: &str) -> Option<String>;
    /// Prints to a plugin; takes as long as making pages takes.
    async fn print(&self, plugin: &str, request: PrintRequest) -> Result<(), PrintFault>;
}

/// A document that somebody prints.
#[derive(Clone, Debug)]
pub struct PrintRequest {
    /// What it is called; perhaps empty.
    pub name: String,
    /// The numbers that it is for, as far as they were said.
    pub to: Vec<String>,
    /// PDF, TIFF or text.
    pub content: Vec<u8>,
    /// Who prints.
    pub user: PageUser,
}

/// A document was not printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PrintFault {
    /// No such printer, or it is off.
    Unknown,
    /// Too much is printed just now.
    Busy,
    /// It cannot take this document; the text says why.
    Refused(String),
    /// It has failed; the text says why.
    Failed(String),
}

/// A file that a page is made of.
#[derive(Clone, Debug)]
pub struct PageFile {
    /// Its content, shared by all who load it.
    pub bytes: Arc<[u8]>,
    /// Its media type.
    pub media_type: &'static str,
}

/// A request of a page to its plugin.
#[derive(Clone, Debug)]
pub struct PageRequest {
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: String,
    /// The path below the plugin, decoded, beginning with `/`.
    pub path: String,
    /// The parameters after `?`, decoded.
    pub query: Vec<(String, String)>,
    /// Headers that plugins may see; names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Who asks.
    pub user: PageUser,
}

/// Who asks.
#[derive(Clone, Debug)]
pub struct PageUser {
    /// The person.
    pub id: UserId,
    /// Their name.
    pub name: String,
    /// Their first extension.
    pub extension: Option<Number>,
    /// Their role.
    pub role: Role,
    /// Their language.
    pub language: Language,
}

/// What a plugin answers.
#[derive(Debug)]
pub struct PageAnswer {
    /// 200 to 599.
    pub status: u16,
    /// Headers that plugins may set; names in lower case.
    pub headers: Vec<(String, String)>,
    /// What is sent.
    pub body: PageBody,
}

/// The body of an answer.
#[derive(Debug)]
pub enum PageBody {
    /// These bytes.
    Bytes(Vec<u8>),
    /// A WAV file, sent in the parts that are asked for.
    Recording(File),
    /// A file with content of this length at its beginning, sent in the parts that are asked for.
    Blob(File, u64),
}

/// A plugin did not answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PageFault {
    /// No such plugin, it is off, or it answers no requests.
    Unknown,
    /// It has too much to answer just now.
    Busy,
    /// It has failed; the text names it and says why.
    Failed(String),
}
