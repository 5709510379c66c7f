//! `POST /mail/test`: find out whether settings are right.

use super::view::TestInput;
use crate::{
    ApiState,
    auth::Admin,
    error::{Problem, ProblemKind},
    input::Json,
};
use axum::extract::State;
use jackfield_model::{Language, MailTrouble};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// What came of a test.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailTest {
    /// What is in the way; none when the server has taken the letter.
    trouble: Option<MailTrouble>,
}

/// Sends a letter with these settings now, past the outbox; answers when the server has taken it or something is in the way.
#[utoipa::path(post, path = "/mail/test", tag = "mail", request_body = TestInput,
    responses((status = 200, description = "What came of it.", body = MailTest)))]
pub(crate) async fn test(
    State(state): State<ApiState>,
    Admin(admin): Admin,
    Json(input): Json<TestInput>,
) -> Result<axum::Json<MailTest>, Problem> {
    let to = input.address()?;
    let kept = state.store().mail_settings().await?;
    let settings = match input.settings {
        Some(settings) => settings.check(kept.and_then(|kept| kept.password))?,
        None => kept.ok_or_else(|| {
            Problem::new(ProblemKind::Conflict, "Mail is not set up yet. Fill in the server and the sender first.")
        })?,
    };
    state.audit(&admin, "mail.test", &to, json!({ "server": settings.server })).await;
    let (subject, text) = words(admin.user.language);
    let trouble = state.parts.mail.test(&settings, &to, subject, text).await.err();
    Ok(axum::Json(MailTest { trouble }))
}

fn words(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::En => {
            ("Test of the telephone system", "Mail from the telephone system arrives. Nothing is to be done.")
        }
        Language::Fr => {
            ("Essai du système téléphonique", "Le courrier du système téléphonique arrive. Il n’y a rien à faire.")
        }
        Language::De => ("Test der Telefonanlage", "Post von der Telefonanlage kommt an. Es ist nichts zu tun."),
    }
}
