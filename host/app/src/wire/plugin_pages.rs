//! Plugins' pages, as the web page shows them and asks for them.

use async_trait::async_trait;
use jackfield_api::{
    PageAnswer, PageBody, PageFault, PageFile, PageRequest, PageUser, PluginPages, PrintFault, PrintRequest,
};
use jackfield_model::{PhoneKey, PluginPage};
use jackfield_runtime::{Plugins, PrintError, Printed, WebAnswer, WebBody, WebError, WebRequest, WebUser};

/// The pages of these plugins.
pub struct Pages(pub Plugins);

#[async_trait]
impl PluginPages for Pages {
    fn pages(&self) -> Vec<PluginPage> {
        self.0.pages()
    }

    fn keys(&self) -> Vec<PhoneKey> {
        self.0.phone_keys()
    }

    fn file(&self, plugin: &str, path: &str) -> Option<PageFile> {
        let file = self.0.ui_file(plugin, path)?;
        Some(PageFile { bytes: file.bytes, media_type: file.media_type })
    }

    async fn answer(&self, plugin: &str, request: PageRequest) -> Result<PageAnswer, PageFault> {
        let PageRequest { method, path, query, headers, body, user } = request;
        let request = WebRequest { method, path, query, headers, body, user: person(user) };
        answered(self.0.web(plugin, request).await)
    }

    fn link_file(&self, plugin: &str, path: &str) -> Option<PageFile> {
        let file = self.0.link_file(plugin, path)?;
        Some(PageFile { bytes: file.bytes, media_type: file.media_type })
    }

    async fn link(&self, plugin: &str, word: &str) -> Result<PageAnswer, PageFault> {
        answered(self.0.link(plugin, word).await)
    }

    fn printer(&self, plugin: &str) -> Option<String> {
        self.0.printer(plugin)
    }

    async fn print(&self, plugin: &str, request: PrintRequest) -> Result<(), PrintFault> {
        let PrintRequest { name, to, content, user } = request;
        let printed = Printed { name, to, content, user: person(user) };
        self.0.print(plugin, printed).await.map_err(|error| match error {
            PrintError::Unknown => PrintFault::Unknown,
            PrintError::Busy => PrintFault::Busy,
            PrintError::Refused(why) => PrintFault::Refused(why),
            PrintError::Failed(why) => PrintFault::Failed(why),
        })
    }
}

fn answered(answer: Result<WebAnswer, WebError>) -> Result<PageAnswer, PageFault> {
    let answer = answer.map_err(|error| match error {
        WebError::Unknown => PageFault::Unknown,
        WebError::Busy => PageFault::Busy,
        WebError::Failed(..) => PageFault::Failed(error.to_string()),
    })?;
    let body = match answer.body {
        WebBody::Bytes(bytes) => PageBody::Bytes(bytes),
        WebBody::Recording(file) => PageBody::Recording(file),
        WebBody::Blob { file, size } => PageBody::Blob(file, size),
    };
    Ok(PageAnswer { status: answer.status, headers: answer.headers, body })
}

fn person(user: PageUser) -> WebUser {
    WebUser {
        id: user.id,
        name: user.name,
        extension: user.extension.map(|number| number.to_string()),
        role: user.role,
        language: user.language,
    }
}
