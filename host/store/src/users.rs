//! People who sign in.

use crate::{
    Slice, Store, StoreError, UNDO_MS,
    search::{fold, pattern},
    sessions::SessionToken,
};
use jackfield_model::{EmailAddress, Language, Number, Role, TimestampMs, User, UserId};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

/// A person to be added.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name typed at sign-in, 1 to 64 characters.
    pub login: String,
    /// The name that others see.
    pub name: String,
    /// What this person may do.
    pub role: Role,
    /// Language of the web page.
    pub language: Language,
    /// Where this person gets mail.
    pub email: Option<EmailAddress>,
    /// argon2id hash in PHC string format; an empty one matches no password.
    pub password_hash: String,
    /// Whether the password is a one-time one.
    pub must_change_password: bool,
}

/// What to change of a person; `None` leaves a field as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// A new login.
    pub login: Option<String>,
    /// A new display name.
    pub name: Option<String>,
    /// A new role.
    pub role: Option<Role>,
    /// A new language.
    pub language: Option<Language>,
    /// A new mail address, or none any more.
    pub email: Option<Option<EmailAddress>>,
}

/// A person with what sign-in needs.
#[derive(Clone)]
pub struct Credentials {
    /// Who.
    pub user: User,
    /// argon2id hash in PHC string format.
    pub password_hash: String,
    /// Whether the password is a one-time one.
    pub must_change_password: bool,
}

impl Store {
    /// People whose name or login contains `search`, by name, each with the numbers that they own.
    pub async fn users(&self, search: &str, offset: u32, limit: u32) -> Result<Slice<(User, Vec<Number>)>, StoreError> {
        let pattern = pattern(search);
        let total = "SELECT count(*) FROM users WHERE deleted IS NULL AND search LIKE ? ESCAPE '\\'";
        let total: u64 = sqlx::query_scalar(total).bind(&pattern).fetch_one(&self.read).await?;
        let page = "SELECT *, (SELECT group_concat(number, ' ') FROM extensions e
                               WHERE e.owner = users.id AND e.deleted IS NULL) AS numbers
                    FROM users WHERE deleted IS NULL AND search LIKE ? ESCAPE '\\'
                    ORDER BY search, id LIMIT ? OFFSET ?";
        let rows = sqlx::query(page).bind(&pattern).bind(limit).bind(offset).fetch_all(&self.read).await?;
        let items = rows.iter().map(|row| Ok((user(row)?, numbers(row)?))).collect::<Result<_, sqlx::Error>>()?;
        Ok(Slice { items, total })
    }

    /// One person.
    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let select = "SELECT * FROM users WHERE id = ? AND deleted IS NULL";
        let row = sqlx::query(select).bind(id.0).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// The numbers that a person owns, shortest first.
    pub async fn numbers_of(&self, id: UserId) -> Result<Vec<Number>, StoreError> {
        let select = "SELECT group_concat(number, ' ') AS numbers FROM extensions WHERE owner = ? AND deleted IS NULL";
        let row = sqlx::query(select).bind(id.0).fetch_one(&self.read).await?;
        Ok(numbers(&row)?)
    }

    /// Adds a person. Fails with [`StoreError::Taken`] when the login is in use.
    pub async fn create_user(&self, new: &NewUser, now: TimestampMs) -> Result<User, StoreError> {
        let insert = "INSERT INTO users
                          (login, login_key, name, role, language, email, password, must_change_password, search, created)
                      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *";
        let row = sqlx::query(insert)
            .bind(&new.login)
            .bind(new.login.to_lowercase())
            .bind(&new.name)
            .bind(new.role.as_str())
            .bind(new.language.as_str())
            .bind(new.email.as_ref().map(EmailAddress::as_str))
            .bind(&new.password_hash)
            .bind(new.must_change_password)
            .bind(search_text(&new.name, &new.login))
            .bind(now as i64)
            .fetch_one(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("login", "owner"))?;
        Ok(user(&row)?)
    }

    /// Changes a person; `None` when there is no such person. Refuses to take the last admin's role away.
    pub async fn update_user(&self, id: UserId, change: &UserChange) -> Result<Option<User>, StoreError> {
        let mut tx = self.write.begin().await?;
        let Some(mut changed) = find(&mut tx, id).await? else { return Ok(None) };
        if changed.role == Role::Admin && change.role == Some(Role::User) && admins(&mut tx).await? == 1 {
            return Err(StoreError::LastAdmin);
        }
        changed.login = change.login.clone().unwrap_or(changed.login);
        changed.name = change.name.clone().unwrap_or(changed.name);
        changed.role = change.role.unwrap_or(changed.role);
        changed.language = change.language.unwrap_or(changed.language);
        changed.email = change.email.clone().unwrap_or(changed.email);
        let update =
            "UPDATE users SET login = ?, login_key = ?, name = ?, role = ?, language = ?, email = ?, search = ?
                      WHERE id = ?";
        sqlx::query(update)
            .bind(&changed.login)
            .bind(changed.login.to_lowercase())
            .bind(&changed.name)
            .bind(changed.role.as_str())
            .bind(changed.language.as_str())
            .bind(changed.email.as_ref().map(EmailAddress::as_str))
            .bind(search_text(&changed.name, &changed.login))
            .bind(id.0)
            .execute(&mut *tx)
            .await
            .map_err(|error| StoreError::from(error).naming("login", "owner"))?;
        tx.commit().await?;
        Ok(Some(changed))
    }

    /// Deletes a person and signs them out; they can be brought back for [`UNDO_MS`]. `false` when there is none.
    pub async fn delete_user(&self, id: UserId, now: TimestampMs) -> Result<bool, StoreError> {
        let mut tx = self.write.begin().await?;
        let Some(gone) = find(&mut tx, id).await? else { return Ok(false) };
        if gone.role == Role::Admin && admins(&mut tx).await? == 1 {
            return Err(StoreError::LastAdmin);
        }
        sqlx::query("DELETE FROM sessions WHERE user = ?").bind(id.0).execute(&mut *tx).await?;
        sqlx::query("DELETE FROM users WHERE deleted < ?")
            .bind(now.saturating_sub(UNDO_MS) as i64)
            .execute(&mut *tx)
            .await?;
        sqlx::query("UPDATE users SET deleted = ? WHERE id = ?").bind(now as i64).bind(id.0).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Brings a deleted person back; `None` when it is too late. Fails with [`StoreError::Taken`] when somebody else has
    /// the login by now.
    pub async fn restore_user(&self, id: UserId, now: TimestampMs) -> Result<Option<User>, StoreError> {
        let update = "UPDATE users SET deleted = NULL WHERE id = ? AND deleted >= ? RETURNING *";
        let row = sqlx::query(update)
            .bind(id.0)
            .bind(now.saturating_sub(UNDO_MS) as i64)
            .fetch_optional(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("login", "owner"))?;
        Ok(row.as_ref().map(user).transpose()?)
    }

    /// What sign-in needs to know about the person with this login.
    pub async fn credentials(&self, login: &str) -> Result<Option<Credentials>, StoreError> {
        let select = "SELECT * FROM users WHERE login_key = ? AND deleted IS NULL";
        let row = sqlx::query(select).bind(login.to_lowercase()).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(credentials).transpose()?)
    }

    /// Sets a password and ends the person's sessions, all but `keep`. `false` when there is no such person.
    pub async fn set_password(
        &self,
        id: UserId,
        hash: &str,
        must_change: bool,
        keep: Option<&SessionToken>,
    ) -> Result<bool, StoreError> {
        let mut tx = self.write.begin().await?;
        let update = "UPDATE users SET password = ?, must_change_password = ? WHERE id = ? AND deleted IS NULL";
        let done = sqlx::query(update).bind(hash).bind(must_change).bind(id.0).execute(&mut *tx).await?;
        let kept = keep.map_or_else(Vec::new, |token| token.hash().to_vec());
        let end = "DELETE FROM sessions WHERE user = ? AND token_hash <> ?";
        sqlx::query(end).bind(id.0).bind(kept).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(done.rows_affected() == 1)
    }

    /// The mail address of the person whose extension this is; `None` when there is no such person, or no address.
    pub async fn email_of_extension(&self, number: &str) -> Result<Option<EmailAddress>, StoreError> {
        let select = "SELECT u.email FROM extensions e JOIN users u ON u.id = e.owner
                      WHERE e.number = ? AND e.deleted IS NULL AND u.deleted IS NULL";
        let row = sqlx::query(select).bind(number).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(email).transpose()?.flatten())
    }

    /// Whether nobody can sign in yet: the first start.
    pub async fn has_no_users(&self) -> Result<bool, StoreError> {
        Ok(sqlx::query_scalar("SELECT NOT EXISTS (SELECT 1 FROM users WHERE deleted IS NULL)")
            .fetch_one(&self.read)
            .await?)
    }
}

/// A person as a row of `users` has it.
pub(crate) fn user(row: &SqliteRow) -> Result<User, sqlx::Error> {
    Ok(User {
        id: UserId(row.try_get("id")?),
        login: row.try_get("login")?,
        name: row.try_get("name")?,
        role: parsed(row, "role")?,
        language: parsed(row, "language")?,
        email: email(row)?,
    })
}

/// An address that no longer passes is none: people must be able to sign in all the same.
fn email(row: &SqliteRow) -> Result<Option<EmailAddress>, sqlx::Error> {
    let text: Option<String> = row.try_get("email")?;
    Ok(text.and_then(|text| text.parse().ok()))
}

/// A text column with a type of ours in it.
pub(crate) fn parsed<T>(row: &SqliteRow, column: &'static str) -> Result<T, sqlx::Error>
where
    T: std::str::FromStr,
    T::Err: ToString,
{
    let text: String = row.try_get(column)?;
    text.parse().map_err(|error: T::Err| sqlx::Error::ColumnDecode {
        index: column.to_owned(),
        source: error.to_string().into(),
    })
}

fn credentials(row: &SqliteRow) -> Result<Credentials, sqlx::Error> {
    Ok(Credentials {
        user: user(row)?,
        password_hash: row.try_get("password")?,
        must_change_password: row.try_get("must_change_password")?,
    })
}

fn numbers(row: &SqliteRow) -> Result<Vec<Number>, sqlx::Error> {
    let text: Option<String> = row.try_get("numbers")?;
    let mut numbers: Vec<Number> =
        text.iter().flat_map(|text| text.split(' ')).filter_map(|n| n.parse().ok()).collect();
    numbers.sort_by(|a, b| (a.as_str().len(), a).cmp(&(b.as_str().len(), b)));
    Ok(numbers)
}

async fn find(tx: &mut SqliteConnection, id: UserId) -> Result<Option<User>, sqlx::Error> {
    let row = sqlx::query("SELECT * FROM users WHERE id = ? AND deleted IS NULL").bind(id.0).fetch_optional(tx).await?;
    row.as_ref().map(user).transpose()
}

async fn admins(tx: &mut SqliteConnection) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar("SELECT count(*) FROM users WHERE role = 'admin' AND deleted IS NULL").fetch_one(tx).await
}

fn search_text(name: &str, login: &str) -> String {
    fold(&format!("{name} {login}"))
}
