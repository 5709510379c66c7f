//! Contacts outside the house, by source. A source is replaced whole: its next generation is written in parts, and nobody
//! sees it before it is complete.

use crate::{
    Slice, Store, StoreError,
    search::{fold, pattern},
};
use jackfield_model::{Contact, ContactSource, SourceKind, TimestampMs};
use sqlx::{QueryBuilder, Row, Sqlite, SqliteConnection, sqlite::SqliteRow};

/// Whose contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceName {
    /// Which kind.
    pub kind: SourceKind,
    /// Its name; of a plugin its id.
    pub name: String,
}

/// A contact with where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredContact {
    /// Its id, which changes whenever its source is replaced.
    pub id: i64,
    /// Where it comes from.
    pub source: SourceName,
    /// The contact.
    pub contact: Contact,
}

/// A generation of a source that is being written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draft {
    source: i64,
    generation: i64,
}

/// What has become of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Contacts now.
    pub contacts: u64,
    /// Those that were not there before, by key.
    pub added: u64,
    /// Those that are not there any more.
    pub removed: u64,
}

impl Store {
    /// Every source, by kind and name.
    pub async fn contact_sources(&self) -> Result<Vec<ContactSource>, StoreError> {
        let select = "SELECT s.kind, s.name, s.changed, s.previous IS NOT NULL AS can_undo,
                      (SELECT COUNT(*) FROM contacts c WHERE c.source = s.id AND c.generation = s.generation) AS contacts
                      FROM contact_sources s ORDER BY s.kind, s.name";
        let rows = sqlx::query(select).fetch_all(&self.read).await?;
        let source = |row: &SqliteRow| {
            Ok(ContactSource {
                kind: kind(row)?,
                name: row.try_get("name")?,
                contacts: row.try_get::<i64, _>("contacts")?.unsigned_abs(),
                changed: row.try_get::<i64, _>("changed")?.unsigned_abs(),
                can_undo: row.try_get("can_undo")?,
            })
        };
        Ok(rows.iter().map(source).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Contacts of which every word of `text` is somewhere in the name, the company, a number or the mail address; by name.
    /// Of one source alone when it is given.
    pub async fn contacts(
        &self,
        text: &str,
        source: Option<&SourceName>,
        offset: u64,
        limit: u64,
    ) -> Result<Slice<StoredContact>, StoreError> {
        let mut count = QueryBuilder::new("SELECT COUNT(*)");
        narrow(&mut count, text, source);
        let total = count.build_query_scalar::<i64>().fetch_one(&self.read).await?.unsigned_abs();
        let mut select = QueryBuilder::new("SELECT c.*, s.kind, s.name AS source_name");
        narrow(&mut select, text, source);
        select.push(" ORDER BY c.search, c.id LIMIT ").push_bind(limit as i64);
        select.push(" OFFSET ").push_bind(offset as i64);
        let rows = select.build().fetch_all(&self.read).await?;
        Ok(Slice { items: rows.iter().map(stored).collect::<Result<_, _>>()?, total })
    }

    /// Every number of every contact in E.164, with what a telephone shows for it.
    pub async fn contact_names(&self) -> Result<Vec<(String, String)>, StoreError> {
        let select = "SELECT c.name, c.company, n.value ->> 'number' AS number
                      FROM contacts c JOIN contact_sources s ON s.id = c.source AND s.generation = c.generation,
                      json_each(c.numbers) n WHERE number LIKE '+%' ORDER BY s.kind, s.name, c.id";
        let rows = sqlx::query(select).fetch_all(&self.read).await?;
        let name = |row: &SqliteRow| {
            let (name, company): (String, String) = (row.try_get("name")?, row.try_get("company")?);
            Ok((row.try_get("number")?, if name.is_empty() { company } else { name }))
        };
        Ok(rows.iter().map(name).collect::<Result<_, sqlx::Error>>()?)
    }

    /// Begins to replace what a source has. What was begun before and not finished is thrown away.
    pub async fn draft_contacts(&self, of: &SourceName, now: TimestampMs) -> Result<Draft, StoreError> {
        let mut tx = self.write.begin().await?;
        let begin = "INSERT INTO contact_sources (kind, name, generation, newest, changed) VALUES (?, ?, 0, 1, ?)
                     ON CONFLICT (kind, name) DO UPDATE SET newest = newest + 1 RETURNING id, newest";
        let row = sqlx::query(begin).bind(of.kind.as_str()).bind(&of.name).bind(now as i64).fetch_one(&mut *tx).await?;
        let draft = Draft { source: row.try_get("id")?, generation: row.try_get("newest")? };
        forget_others(&mut tx, draft.source).await?;
        tx.commit().await?;
        Ok(draft)
    }

    /// Adds contacts to a draft; of two with the same key the later one counts. False when the draft has been overtaken by a
    /// newer one.
    pub async fn write_contacts(&self, draft: Draft, contacts: &[Contact]) -> Result<bool, StoreError> {
        let mut tx = self.write.begin().await?;
        if !is_newest(&mut tx, draft).await? {
            return Ok(false);
        }
        for contact in contacts {
            let numbers = serde_json::to_string(&contact.numbers).unwrap_or_else(|_| String::from("[]"));
            sqlx::query(
                "INSERT OR REPLACE INTO contacts (source, generation, key, name, company, numbers, mail, note, search)
                 VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )
            .bind(draft.source)
            .bind(draft.generation)
            .bind(&contact.key)
            .bind(&contact.name)
            .bind(&contact.company)
            .bind(numbers)
            .bind(&contact.mail)
            .bind(&contact.note)
            .bind(searched(contact))
            .execute(&mut *tx)
            .await?;
        }
        tx.commit().await?;
        Ok(true)
    }

    /// Puts a draft in the place of what its source had; `None` when it has been overtaken by a newer one.
    pub async fn finish_contacts(&self, draft: Draft, now: TimestampMs) -> Result<Option<Replaced>, StoreError> {
        let mut tx = self.write.begin().await?;
        if !is_newest(&mut tx, draft).await? {
            return Ok(None);
        }
        let select = "SELECT generation FROM contact_sources WHERE id = ?";
        let before: i64 = sqlx::query_scalar(select).bind(draft.source).fetch_one(&mut *tx).await?;
        let only_in = "SELECT COUNT(*) FROM contacts a WHERE a.source = ?1 AND a.generation = ?2 AND NOT EXISTS
                       (SELECT 1 FROM contacts b WHERE b.source = ?1 AND b.generation = ?3 AND b.key = a.key)";
        let mut counted = [0_i64; 2];
        for (count, (of, not)) in counted.iter_mut().zip([(draft.generation, before), (before, draft.generation)]) {
            *count = sqlx::query_scalar(only_in).bind(draft.source).bind(of).bind(not).fetch_one(&mut *tx).await?;
        }
        let all = "SELECT COUNT(*) FROM contacts WHERE source = ? AND generation = ?";
        let contacts: i64 =
            sqlx::query_scalar(all).bind(draft.source).bind(draft.generation).fetch_one(&mut *tx).await?;
        sqlx::query("UPDATE contact_sources SET previous = generation, generation = ?, changed = ? WHERE id = ?")
            .bind(draft.generation)
            .bind(now as i64)
            .bind(draft.source)
            .execute(&mut *tx)
            .await?;
        forget_others(&mut tx, draft.source).await?;
        tx.commit().await?;
        let [added, removed] = counted.map(i64::unsigned_abs);
        Ok(Some(Replaced { contacts: contacts.unsigned_abs(), added, removed }))
    }

    /// Throws a draft away.
    pub async fn discard_contacts(&self, draft: Draft) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM contacts WHERE source = ? AND generation = ? AND generation <> (SELECT generation FROM contact_sources WHERE id = source)")
            .bind(draft.source)
            .bind(draft.generation)
            .execute(&self.write)
            .await?;
        Ok(())
    }

    /// Goes back to what a source had before; a second time goes forward again. False when there is nothing to go back to.
    pub async fn undo_contacts(&self, of: &SourceName, now: TimestampMs) -> Result<bool, StoreError> {
        let swap = "UPDATE contact_sources SET generation = previous, previous = generation, changed = ?
                    WHERE kind = ? AND name = ? AND previous IS NOT NULL";
        let done =
            sqlx::query(swap).bind(now as i64).bind(of.kind.as_str()).bind(&of.name).execute(&self.write).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes all contacts of a source away, which can be undone. False when there is no such source.
    pub async fn empty_contacts(&self, of: &SourceName, now: TimestampMs) -> Result<bool, StoreError> {
        let empty = "UPDATE contact_sources SET previous = CASE generation WHEN 0 THEN previous ELSE generation END,
                     generation = 0, changed = ? WHERE kind = ? AND name = ?";
        let done =
            sqlx::query(empty).bind(now as i64).bind(of.kind.as_str()).bind(&of.name).execute(&self.write).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Forgets a source and all that it has or had.
    pub async fn forget_contacts(&self, of: &SourceName) -> Result<(), StoreError> {
        let delete = "DELETE FROM contact_sources WHERE kind = ? AND name = ?";
        sqlx::query(delete).bind(of.kind.as_str()).bind(&of.name).execute(&self.write).await?;
        Ok(())
    }
}

/// The contacts that count, those alone that are asked for.
fn narrow(query: &mut QueryBuilder<Sqlite>, text: &str, source: Option<&SourceName>) {
    const MOST_WORDS: usize = 8;
    query.push(" FROM contacts c JOIN contact_sources s ON s.id = c.source AND s.generation = c.generation WHERE TRUE");
    for word in text.split_whitespace().take(MOST_WORDS) {
        query.push(" AND c.search LIKE ").push_bind(pattern(word)).push(" ESCAPE '\\'");
    }
    if let Some(SourceName { kind, name }) = source {
        query.push(" AND s.kind = ").push_bind(kind.as_str()).push(" AND s.name = ").push_bind(name.clone());
    }
}

/// Forget what is neither current, nor what undo goes back to, nor being written.
async fn forget_others(tx: &mut SqliteConnection, source: i64) -> Result<(), sqlx::Error> {
    let delete = "DELETE FROM contacts WHERE source = ?1 AND generation NOT IN
                  (SELECT generation FROM contact_sources WHERE id = ?1
                   UNION SELECT COALESCE(previous, 0) FROM contact_sources WHERE id = ?1)";
    sqlx::query(delete).bind(source).execute(tx).await.map(drop)
}

async fn is_newest(tx: &mut SqliteConnection, draft: Draft) -> Result<bool, sqlx::Error> {
    let select = "SELECT newest FROM contact_sources WHERE id = ?";
    let newest: Option<i64> = sqlx::query_scalar(select).bind(draft.source).fetch_optional(tx).await?;
    Ok(newest == Some(draft.generation))
}

/// What a contact is found by.
fn searched(contact: &Contact) -> String {
    let mut text = format!("{} {}", contact.name, contact.company);
    for number in &contact.numbers {
        text.push(' ');
        text.push_str(&number.number);
    }
    text.push(' ');
    text.push_str(&contact.mail);
    fold(text.trim())
}

fn kind(row: &SqliteRow) -> Result<SourceKind, sqlx::Error> {
    Ok(if row.try_get::<String, _>("kind")? == "file" { SourceKind::File } else { SourceKind::Plugin })
}

fn stored(row: &SqliteRow) -> Result<StoredContact, sqlx::Error> {
    Ok(StoredContact {
        id: row.try_get("id")?,
        source: SourceName { kind: kind(row)?, name: row.try_get("source_name")? },
        contact: Contact {
            key: row.try_get("key")?,
            name: row.try_get("name")?,
            company: row.try_get("company")?,
            // We have written it ourselves.
            numbers: serde_json::from_str(&row.try_get::<String, _>("numbers")?).unwrap_or_default(),
            mail: row.try_get("mail")?,
            note: row.try_get("note")?,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jackfield_model::{ContactNumber, NumberKind};
    use std::time::{Duration, Instant};

    fn contact(key: &str, name: &str, company: &str, number: &str) -> Contact {
        Contact {
            key: key.into(),
            name: name.into(),
            company: company.into(),
            numbers: vec![ContactNumber { kind: NumberKind::Work, number: number.into() }],
            ..Contact::default()
        }
    }

    fn file(name: &str) -> SourceName {
        SourceName { kind: SourceKind::File, name: name.into() }
    }

    async fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        (folder, store)
    }

    async fn replace(store: &Store, source: &SourceName, contacts: &[Contact], now: TimestampMs) -> Replaced {
        let draft = store.draft_contacts(source, now).await.unwrap();
        assert!(store.write_contacts(draft, contacts).await.unwrap());
        store.finish_contacts(draft, now).await.unwrap().unwrap()
    }

    async fn names(store: &Store, text: &str) -> Vec<String> {
        let found = store.contacts(text, None, 0, 100).await.unwrap();
        assert_eq!(found.total, found.items.len() as u64);
        found.items.into_iter().map(|found| found.contact.display().to_owned()).collect()
    }

    #[tokio::test]
    async fn a_source_is_replaced_whole_and_can_be_taken_back() {
        let (_folder, store) = store().await;
        let customers = file("customers");
        let (anna, bea) = (
            contact("1", "Anna Dupont", "Dupont & Söhne", "+33123456789"),
            contact("2", "", "Béa SARL", "+33198765432"),
        );
        let first = replace(&store, &customers, &[anna.clone(), bea.clone()], 5).await;
        assert_eq!(first, Replaced { contacts: 2, added: 2, removed: 0 });
        assert_eq!(names(&store, "DUP sohne").await, ["Anna Dupont"]);
        assert_eq!(names(&store, "bea").await, ["Béa SARL"]);
        assert_eq!(names(&store, "98765").await, ["Béa SARL"]);

        // Nobody sees what is not complete, and what is begun twice counts once.
        let overtaken = store.draft_contacts(&customers, 6).await.unwrap();
        assert!(store.write_contacts(overtaken, &[contact("3", "Zoe", "", "+1")]).await.unwrap());
        assert_eq!(names(&store, "").await, ["Anna Dupont", "Béa SARL"]);
        let next = replace(&store, &customers, &[Contact { name: "Anna Durand".into(), ..anna }], 7).await;
        assert_eq!(next, Replaced { contacts: 1, added: 0, removed: 1 });
        assert!(!store.write_contacts(overtaken, &[bea]).await.unwrap());
        assert_eq!(store.finish_contacts(overtaken, 8).await.unwrap(), None);
        assert_eq!(names(&store, "").await, ["Anna Durand"]);
        assert_eq!(store.contact_names().await.unwrap(), [("+33123456789".into(), "Anna Durand".into())]);

        assert!(store.undo_contacts(&customers, 9).await.unwrap());
        assert_eq!(names(&store, "").await, ["Anna Dupont", "Béa SARL"]);
        assert!(store.empty_contacts(&customers, 10).await.unwrap());
        assert!(names(&store, "").await.is_empty());
        assert!(store.undo_contacts(&customers, 11).await.unwrap());
        let sources = store.contact_sources().await.unwrap();
        assert_eq!((sources[0].contacts, sources[0].changed, sources[0].can_undo), (2, 11, true));
        store.forget_contacts(&customers).await.unwrap();
        assert!(store.contact_sources().await.unwrap().is_empty());
        assert!(!store.undo_contacts(&customers, 12).await.unwrap());
    }

    #[tokio::test]
    async fn fifty_thousand_are_searched_while_somebody_types() {
        let (_folder, store) = store().await;
        let draft = store.draft_contacts(&file("many"), 1).await.unwrap();
        for batch in 0..50 {
            let some: Vec<_> = (0..1_000)
                .map(|n| batch * 1_000 + n)
                .map(|n| contact(&n.to_string(), &format!("Person {n:05}"), "Dupont SA", &format!("+331{n:08}")))
                .collect();
            store.write_contacts(draft, &some).await.unwrap();
        }
        store.finish_contacts(draft, 2).await.unwrap().unwrap();
        let began = Instant::now();
        let found = store.contacts("dup 04999", None, 0, 50).await.unwrap();
        // Ten by their numbers, and number 4,999 itself.
        assert_eq!((found.total, found.items.len()), (11, 11));
        // A tenth of it is what is wanted; a machine under test does other things too.
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
        assert_eq!(store.contact_names().await.unwrap().len(), 50_000);
    }
}
