//! Prompts and music that were uploaded: which there are, and the playlist of music on hold. The files are somebody else's.

use crate::{Store, StoreError};
use jackfield_model::{Sound, SoundKind, TimestampMs};
use sqlx::{Row, sqlite::SqliteRow};

/// Where the pause between two pieces of music is kept, in milliseconds.
const GAP: &str = "music.gap";

/// A sound to be added.
#[derive(Clone, Debug)]
pub struct NewSound {
    /// What it is for.
    pub kind: SoundKind,
    /// Its name.
    pub name: String,
    /// The language of a prompt; empty for music.
    pub language: String,
    /// How long it lasts, in milliseconds.
    pub duration: u64,
    /// Size of its file.
    pub bytes: u64,
    /// How loud it is, in LUFS.
    pub loudness: f64,
    /// Login name of who uploads it.
    pub created_by: String,
}

impl Store {
    /// Every sound: music in the order of the playlist, then by name.
    pub async fn sounds(&self) -> Result<Vec<Sound>, StoreError> {
        let select = "SELECT * FROM sounds ORDER BY kind, place IS NULL, place, name, language";
        let rows = sqlx::query(select).fetch_all(&self.read).await?;
        Ok(rows.iter().map(of).collect::<Result<_, _>>()?)
    }

    /// One sound.
    pub async fn sound(&self, id: u64) -> Result<Option<Sound>, StoreError> {
        let row = sqlx::query("SELECT * FROM sounds WHERE id = ?").bind(id as i64).fetch_optional(&self.read).await?;
        Ok(row.as_ref().map(of).transpose()?)
    }

    /// Adds a sound; its id. Music goes to the end of the playlist. Fails with [`StoreError::Taken`] when there is one of
    /// this kind, name and language.
    pub async fn add_sound(&self, new: &NewSound, now: TimestampMs) -> Result<u64, StoreError> {
        let insert = "INSERT INTO sounds (kind, name, language, duration, bytes, loudness, created, created_by, place)
                      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                      CASE WHEN ?1 = 'music' THEN (SELECT COALESCE(MAX(place) + 1, 0) FROM sounds) END)";
        let done = sqlx::query(insert)
            .bind(new.kind.as_str())
            .bind(&new.name)
            .bind(&new.language)
            .bind(new.duration as i64)
            .bind(new.bytes as i64)
            .bind((new.loudness * 100.0).round() as i64)
            .bind(now as i64)
            .bind(&new.created_by)
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("name", "name"))?;
        Ok(done.last_insert_rowid().unsigned_abs())
    }

    /// Gives a sound another name and language; false when there is none.
    pub async fn rename_sound(&self, id: u64, name: &str, language: &str) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE sounds SET name = ?, language = ? WHERE id = ?")
            .bind(name)
            .bind(language)
            .bind(id as i64)
            .execute(&self.write)
            .await
            .map_err(|error| StoreError::from(error).naming("name", "name"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Takes a sound away; false when there is none.
    pub async fn delete_sound(&self, id: u64) -> Result<bool, StoreError> {
        let done = sqlx::query("DELETE FROM sounds WHERE id = ?").bind(id as i64).execute(&self.write).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Makes these the playlist of music on hold, in this order, with so many milliseconds between two. What is no music is
    /// left out.
    pub async fn set_playlist(&self, order: &[u64], gap: u64) -> Result<(), StoreError> {
        let mut tx = self.write.begin().await?;
        sqlx::query("UPDATE sounds SET place = NULL").execute(&mut *tx).await?;
        for (place, id) in order.iter().enumerate() {
            sqlx::query("UPDATE sounds SET place = ? WHERE id = ? AND kind = 'music'")
                .bind(place as i64)
                .bind(*id as i64)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        self.set_meta(GAP, &gap.to_string()).await
    }

    /// Milliseconds between two pieces of music.
    pub async fn music_gap(&self) -> Result<u64, StoreError> {
        Ok(self.meta(GAP).await?.and_then(|gap| gap.parse().ok()).unwrap_or(0))
    }
}

fn of(row: &SqliteRow) -> Result<Sound, sqlx::Error> {
    let number = |column| Ok::<_, sqlx::Error>(row.try_get::<i64, _>(column)?.unsigned_abs());
    Ok(Sound {
        id: number("id")?,
        kind: if row.try_get::<String, _>("kind")? == "music" { SoundKind::Music } else { SoundKind::Prompt },
        name: row.try_get("name")?,
        language: row.try_get("language")?,
        duration: number("duration")?,
        bytes: number("bytes")?,
        loudness: row.try_get::<i64, _>("loudness")? as f64 / 100.0,
        created: number("created")?,
        created_by: row.try_get("created_by")?,
        place: row.try_get::<Option<i64>, _>("place")?.and_then(|place| u32::try_from(place).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(kind: SoundKind, name: &str, language: &str) -> NewSound {
        NewSound {
            kind,
            name: name.into(),
            language: language.into(),
            duration: 1_000,
            bytes: 32_044,
            loudness: -18.25,
            created_by: "admin".into(),
        }
    }

    #[tokio::test]
    async fn sounds_have_their_names_to_themselves_and_music_its_order() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("a.db")).await.unwrap();
        let welcome = store.add_sound(&new(SoundKind::Prompt, "welcome", "de"), 5).await.unwrap();
        store.add_sound(&new(SoundKind::Prompt, "welcome", "fr"), 5).await.unwrap();
        let again = store.add_sound(&new(SoundKind::Prompt, "welcome", "de"), 6).await.unwrap_err();
        assert!(matches!(again, StoreError::Taken { field: "name" }), "{again}");
        let (one, two) = (
            store.add_sound(&new(SoundKind::Music, "Waltz", ""), 5).await.unwrap(),
            store.add_sound(&new(SoundKind::Music, "Aria", ""), 5).await.unwrap(),
        );
        let names = async || {
            store.sounds().await.unwrap().into_iter().map(|s| (s.name, s.language, s.place)).collect::<Vec<_>>()
        };
        let entry = |name: &str, language: &str, place| (name.to_owned(), language.to_owned(), place);
        let prompts = [entry("welcome", "de", None), entry("welcome", "fr", None)];
        assert_eq!(names().await, [&[entry("Waltz", "", Some(0)), entry("Aria", "", Some(1))], &prompts[..]].concat());
        store.set_playlist(&[two, welcome, one], 2_500).await.unwrap();
        assert_eq!(names().await, [&[entry("Aria", "", Some(0)), entry("Waltz", "", Some(2))], &prompts[..]].concat());
        assert_eq!(store.music_gap().await.unwrap(), 2_500);
        let taken = store.rename_sound(welcome, "welcome", "fr").await.unwrap_err();
        assert!(matches!(taken, StoreError::Taken { .. }));
        assert!(store.rename_sound(welcome, "goodbye", "de").await.unwrap());
        let sound = store.sound(welcome).await.unwrap().unwrap();
        assert_eq!((sound.name.as_str(), sound.loudness, sound.created), ("goodbye", -18.25, 5));
        assert!(store.delete_sound(welcome).await.unwrap() && !store.delete_sound(welcome).await.unwrap());
    }
}
